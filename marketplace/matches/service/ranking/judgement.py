"""One pairing judged freshly for a deal: today, and for the deal's own days and tonnes.

The caller holds both listings locked; what it reads is what the transaction sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np

import matching
from matching import Basis

from .... import clock
from ....errors import Notice
from ....events.actor import Actor
from ....listings.models import Listing
from ....messages.names import Name
from ....shortage import not_enough_left
from ..policy import policy_in_force
from .explanation import failed_gates, hit_of, say_failed_gate
from .match_input import EPOCH, MatchInput, day_number, pair_of
from .match_presentation import legal_basis_of
from .pair_warnings import transfer_day, warning_notices

PERMIT_KINDS = {Basis.LICENCE: "line", Basis.COLLECTOR: "line", Basis.CHANNEL: "channel"}
"""In which ledger the tonnes of a pairing with this basis are counted; the others need no permit."""


@dataclass(frozen=True, slots=True)
class DealTerms:
    """What two sides agree on: the days include both ends, the year of the last one counts."""

    quantity_kg: int
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True)
class Ground:
    """On what a deal rests: `permit_kind` and `permit_id` name the ledger of its tonnes, None where the law
    asks for no permit; `approval_id` the transfer approval that is counted besides. `legal_basis` is as the
    API shows it."""

    permit_kind: str | None
    permit_id: UUID | None
    approval_id: UUID | None
    legal_basis: dict[str, Any]
    policy_version: int
    warnings: list[Notice]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The ground of a lawful pairing, or the gates that it fails, as the API shows them."""

    ground: Ground | None
    failed_gates: list[dict[str, str]]

    @property
    def gates(self) -> tuple[Name, ...]:
        """The failed gates by their names."""
        return tuple(Name("gate", failed["gate"]) for failed in self.failed_gates)


def lawful_days(supply: Listing, demand: Listing) -> tuple[date, date]:
    """The days on which waste may move by both listings and, where they are needed, by the permit and the
    approval."""
    inputs = pair_of(supply, demand)
    pairing = _explained(policy_in_force().matching, inputs, clock.today())
    first = max(clock.today(), supply.available_from, demand.available_from)
    last = min(supply.available_until, demand.available_until)
    for table, row in ((inputs.tables.permits, pairing.permit), (inputs.tables.approvals, pairing.approval)):
        if row >= 0:
            first, last = max(first, _day(table.first_day[row])), min(last, _day(table.last_day[row]))
    return first, last


def judge(actor: Actor, supply: Listing, demand: Listing, terms: DealTerms) -> Judgement:
    """Hold a pairing against every gate, today and on the last day of a deal.

    Args:
        actor: who is told of failed gates what it may know.
        terms: tonnes must be left of the permit in the calendar year of its last day.

    Raises:
        Conflict: only the permit has too little left (`not_enough_left`, with the year).
    """
    inputs = pair_of(supply, demand)
    on_last_day = _for_deal(inputs, terms)
    policy = policy_in_force()
    rules = policy.matching
    now = _explained(rules, inputs, clock.today())
    then = _explained(rules, on_last_day, terms.until_day)
    failed = _all_failed(now, then)
    if [failure.reason for failure in failed] == ["tonnes"]:
        facts = failed[0].facts
        raise not_enough_left(int(facts["left_kg"]), Name("subject", "permit"), year=int(facts["year"]))
    if [failure.reason for failure in failed] == ["approval_tonnes"]:
        raise not_enough_left(int(failed[0].facts["left_kg"]), Name("subject", "transfer_approval"))
    if failed:
        told = failed_gates(actor, failed, on_last_day, supply, demand)
        return Judgement(None, [say_failed_gate(gate) for gate in told])
    hit = hit_of(on_last_day, then, demand.id)
    ground = Ground(
        permit_kind=PERMIT_KINDS.get(then.basis),
        permit_id=hit.permit_id,
        approval_id=hit.approval_id,
        legal_basis=legal_basis_of(supply, demand, hit, inputs.tables.book),
        policy_version=policy.version,
        warnings=warning_notices(now.warnings | then.warnings, then.basis, transfer_day(terms.from_day)),
    )
    return Judgement(ground, [])


def _explained(policy: matching.Policy, inputs: MatchInput, today: date) -> matching.Pairing:
    return matching.explain(policy, inputs.supplies, inputs.demands, inputs.tables, day_number(today))


def _for_deal(inputs: MatchInput, terms: DealTerms) -> MatchInput:
    """The pairing with the deal's days as both windows and its tonnes as the smallest lot."""

    def agreed(side: Any) -> Any:
        first, last = day_number(terms.from_day), day_number(terms.until_day)
        return replace(
            side,
            first_day=np.full_like(side.first_day, first),
            last_day=np.full_like(side.last_day, last),
            min_lot_kg=np.full_like(side.min_lot_kg, terms.quantity_kg),
        )

    return replace(inputs, supplies=agreed(inputs.supplies), demands=agreed(inputs.demands))


def _all_failed(now: matching.Pairing, then: matching.Pairing) -> Sequence[matching.Failure]:
    """Each failed gate once; the tonnes of the permit count in the year of the last day only."""
    of_today = [failure for failure in now.failed if (failure.gate, failure.reason) != ("licence", "tonnes")]
    gates = {failure.gate for failure in of_today}
    both = [*of_today, *(failure for failure in then.failed if failure.gate not in gates)]
    return sorted(both, key=lambda failure: matching.GATES.index(failure.gate))


def _day(number: Any) -> date:
    return EPOCH + timedelta(days=int(number))
