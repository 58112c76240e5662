"""The generator confirms per deal that it checked a contractor; each confirmation is kept."""

import logging
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from ... import clock
from ...deals import service as deals
from ...deals.models import LIVE_DEALS, Deal
from ...errors import Forbidden, Invalid
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...events.work import unit_of_work
from ..models import Check, Contractor, DueDiligence
from .known_facts import Facts, contractor_of, known_facts

LONGEST = timedelta(days=365)
"""How long a confirmation is current at most; our own choice."""

log = logging.getLogger(__name__)


def check_generator(actor: Actor, deal: Deal) -> None:
    """Refuse who is not the supplier of the deal, nor an admin. Raises: Forbidden (`role_forbids`)."""
    if not actor.is_admin and actor.enterprise_id != deal.supplier_id:
        raise Forbidden("role_forbids", allowed=(Party.SUPPLIER,))


def confirm(actor: Actor, deal_id: UUID, data: dict[str, Any]) -> Deal:
    """Keep that all was checked of a contractor, with the facts as they are on file today.

    Args:
        data: `contractor`, `transporter_id` of a transporter, each check as true, `note`.
    Raises:
        Forbidden: the actor is not the supplier (`role_forbids`).
        Invalid: a check is not made (`check_not_made`), no transporter is named (`field_required`), or there
            is no such (`unknown_transporter`).
        Conflict: the deal has ended (`wrong_state`).
    """
    contractor = Contractor(data["contractor"])
    for check in Check:
        if not data[check]:
            raise Invalid("check_not_made", at=str(check), check=check)
    if contractor == Contractor.TRANSPORTER and data["transporter_id"] is None:
        raise Invalid("field_required", at="transporter_id")
    with unit_of_work() as work:
        deal = deals.lock_deal(work, deal_id)
        check_generator(actor, deal)
        if deal.status not in LIVE_DEALS:
            raise wrong_state("deal", deal.status, "confirm", LIVE_DEALS)
        enterprise = contractor_of(deal, contractor, data["transporter_id"])
        facts = known_facts(deal, contractor, enterprise)
        row = work.add(
            DueDiligence(
                deal_id=deal.id,
                contractor=contractor,
                enterprise_id=enterprise.id,
                facts={str(check): known for check, known in facts.items()},
                note=data["note"],
                valid_until=_first_end(facts),
                confirmed_by=actor.id,
            )
        )
        work.audit(actor, "confirm", row, deal_id=str(deal.id), contractor=str(contractor))
        work.emit(
            "due_diligence.confirmed",
            deal_id=str(deal.id),
            contractor=str(contractor),
            enterprise_id=str(enterprise.id),
            generator_id=str(deal.supplier_id),
        )
    log.info("due diligence confirmed", extra={"deal_id": str(deal_id), "contractor": str(contractor)})
    return deal


def _first_end(facts: Facts) -> date:
    """The day on which the first of these documents ends, a year ahead at most."""
    ends = [fact["valid_until"] for known in facts.values() for fact in known if fact["valid_until"]]
    return min([clock.today() + LONGEST, *map(date.fromisoformat, ends)])
