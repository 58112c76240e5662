"""One pairing explained: its score in parts and legal basis, or the gates that it fails."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import matching

from .... import clock
from ....catalogue import service as catalogue
from ....enterprises.models import EnterpriseStatus
from ....errors import NotFound
from ....events.actor import Actor
from ....http.fields import FEN_PER_CNY
from ....licences import service as licences
from ....listings import service as listings
from ....listings.models import Kind, Listing
from ....messages.names import Name
from ..policy import policy_in_force
from .database_search import rank_field
from .hits import Hit, HitSlice, uuid_of
from .match_input import MatchInput, day_number, facing, pair_of
from .match_presentation import present_hits
from .pair_warnings import transfer_day


def lawful_among(listing: Listing, others: Sequence[Listing]) -> set[UUID]:
    """The ids of those `others` whose pairing with `listing` is lawful today."""
    today = clock.today()
    inputs = facing(listing, others, alive_on=today)
    ranking = rank_field(policy_in_force().matching, inputs, today, len(others))
    return {hit.listing_id for hit in HitSlice.of(ranking, inputs.tables, 0, None).hits}


def score_of(listing: Listing, other: Listing) -> float:
    """The score (0 to 1) of one pairing as the owner of `listing` sees it, lawful or not."""
    return _judge(policy_in_force().matching, pair_of(listing, other)).score / matching.SCORE_UNIT


def _judge(policy: matching.Policy, inputs: MatchInput) -> matching.Pairing:
    today = day_number(clock.today())
    seeker: Any = inputs.seeker
    return matching.explain(policy, inputs.supplies, inputs.demands, inputs.tables, today, seeker=seeker)


def explain(actor: Actor, listing: Listing, other_id: UUID) -> dict[str, Any]:
    """One pairing with any open counterpart: its item if it is lawful, else all gates that it fails.

    Raises:
        NotFound: there is no such open listing of the other side.
    """
    other = counterpart(actor, listing, other_id)
    policy = policy_in_force()
    inputs = pair_of(listing, other)
    pairing = _judge(policy.matching, inputs)
    head = {"lawful": pairing.lawful, "policy_version": policy.version, "as_of": clock.now()}
    if pairing.lawful:
        hit = _hit_of(inputs, pairing, other.id)
        (item,) = present_hits(listing, [hit], policy.matching, inputs.tables.book)
        return {**head, "failed_gates": [], **{name: value for name, value in item.items() if name != "rank"}}
    return {
        **head,
        "failed_gates": [_failed_gate(failure, inputs, listing, other) for failure in pairing.failed],
    }


def counterpart(actor: Actor, listing: Listing, other_id: UUID) -> Listing:
    """The open listing of the other side that a pairing names. Raises: NotFound."""
    if actor.enterprise_id is not None and actor.status != EnterpriseStatus.APPROVED:
        raise NotFound()
    return listings.find_open(other_id, Kind.DEMAND if listing.kind == Kind.SUPPLY else Kind.SUPPLY)


def _hit_of(inputs: MatchInput, pairing: matching.Pairing, other_id: UUID) -> Hit:
    return Hit(
        rank=1,
        listing_id=other_id,
        score=pairing.score,
        values=pairing.values,
        distance_km=pairing.distance_km,
        basis=pairing.basis,
        permit_id=_permit_id(inputs, pairing.permit) if pairing.permit >= 0 else None,
        warnings=pairing.warnings,
    )


def _permit_id(inputs: MatchInput, row: int) -> UUID:
    permits = inputs.tables.permits
    return uuid_of(permits.id_hi[row], permits.id_lo[row])


def _failed_gate(
    failure: matching.Failure, inputs: MatchInput, listing: Listing, other: Listing
) -> dict[str, Any]:
    """A failed gate with the facts its sentence needs, in the units and names that people read."""
    facts = dict(failure.facts)
    for name in [name for name in facts if name.endswith("_kg")]:
        facts[f"{name[:-3]}_t"] = f"{float(facts[name]) / matching.KG_PER_T:g}"
    for name in [name for name in facts if name.endswith("_fen")]:
        facts[f"{name[:-4]}_cny"] = f"{float(facts[name]) / FEN_PER_CNY:g}"
    for name in [name for name in facts if name.endswith("_km")]:
        facts[name] = f"{float(facts[name]):.1f}"
    for name in [name for name in facts if name.endswith("_province")]:
        facts[name] = catalogue.find_region(int(facts[name]) * 10_000).name_zh
    if "permit" in facts:
        permit_id = _permit_id(inputs, int(facts["permit"]))
        facts["reference"] = licences.references([permit_id])[permit_id]
    if "component" in facts:
        facts["component"] = _component_out_of_range(listing, other)
    return {
        "gate": failure.gate,
        "reason": failure.reason,
        "facts": facts | _listed(facts),
        "law_of": transfer_day(listing.available_from, other.available_from),
    }


def _listed(facts: dict[str, Any]) -> dict[str, Any]:
    """Modes by their names and codes as lists, so that each language writes them its own way."""
    listed: dict[str, Any] = {}
    if "accepts" in facts:
        listed["accepts"] = tuple(facts["accepts"].split(", "))
    if "mode" in facts:
        listed["mode"] = Name("mode", facts["mode"])
        listed["allowed"] = tuple(Name("mode", mode) for mode in facts["allowed"].split(", ") if mode)
    return listed


def _component_out_of_range(listing: Listing, other: Listing) -> str:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    stated = {component["key"]: component for component in map(catalogue.with_key, supply.composition)}
    for required in map(catalogue.with_key, demand.requires):
        has = stated.get(required["key"])
        if has and (_is_below(has["high"], required["low"]) or _is_below(required["high"], has["low"])):
            return str(required["component"])
    return ""


def _is_below(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high < low
