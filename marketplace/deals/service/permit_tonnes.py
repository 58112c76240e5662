"""The tonnes of a deal's permits: reserved for the year of its last day, moved to the year of each load,
used as they are accepted, released when it ends. The ledger of `licences` says what is reserved where.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from ...events.work import Work
from ...licences import service as licences
from ...licences.models import PermitKind
from ..models import Deal, DealLoad


def permits_of(deal: Deal) -> Sequence[licences.PermitRef]:
    """The ledgers in which the tonnes of a deal are counted; none where the law asks for no permit."""
    named = ((deal.permit_kind, deal.permit_id), (PermitKind.APPROVAL, deal.approval_id))
    return [licences.PermitRef(PermitKind(kind), ref) for kind, ref in named if kind and ref]


def reserve_for(work: Work, deal: Deal, kg: int) -> None:
    """Reserve `kg` in the year of the deal's last day. Raises: Conflict: `not_enough_left` with the year."""
    if permits := permits_of(deal):
        licences.reserve(work, permits, deal.code_id, kg, deal.until_day.year, deal_id=deal.id)


def commit_load(work: Work, deal: Deal, kg: int, on: date, manifest_id: UUID) -> None:
    """Have `kg` reserved for a load in the year in which it is picked up, moved there from other years.

    Raises:
        Conflict: a permit does not count on that day (`permit_not_valid`), or has too little left in that
            year (`not_enough_left`).
    """
    if permits := permits_of(deal):
        licences.require_permit_on(permits, on)
        lacking = kg - _uncommitted_kg(work, deal, on.year)
        if lacking > 0:
            other = deal.until_day.year if deal.until_day.year != on.year else on.year - 1
            licences.move_reservation(
                work, permits, deal.code_id, lacking, other, on.year,
                deal_id=deal.id, manifest_id=manifest_id,
            )  # fmt: skip
    load = work.session.get(DealLoad, (deal.id, manifest_id))
    if load is None:
        work.add(DealLoad(deal_id=deal.id, manifest_id=manifest_id, year=on.year, kg=kg))
    else:
        load.kg += kg


def _uncommitted_kg(work: Work, deal: Deal, year: int) -> int:
    """What the deal has reserved in a year and no load in flight needs; the least of its yearly permits."""
    committed = work.session.scalar(
        select(func.coalesce(func.sum(DealLoad.kg), 0)).where(
            DealLoad.deal_id == deal.id, DealLoad.year == year
        )
    )
    kinds = [permit.kind for permit in permits_of(deal) if permit.kind != PermitKind.APPROVAL]
    held = [
        sum(kg for (_, in_year), kg in licences.reserved_kg(work, kind, deal.id).items() if in_year == year)
        for kind in kinds
    ]
    return min(held, default=0) - int(committed or 0)


def forget_load(work: Work, deal: Deal, manifest_id: UUID) -> DealLoad | None:
    """Take a load out of flight; what was reserved for it is the deal's again, in the same year."""
    load = work.session.get(DealLoad, (deal.id, manifest_id))
    if load is not None:
        work.session.delete(load)
        work.session.flush()
    return load


def use_for_load(work: Work, deal: Deal, kg: int, on: date, manifest_id: UUID) -> None:
    """Count accepted tonnes as used in the year in which the load was picked up; what was not reserved stands
    as over."""
    if kg and (permits := permits_of(deal)):
        licences.use_reserved(
            work, permits, deal.code_id, kg, on.year, deal_id=deal.id, manifest_id=manifest_id
        )


def release_all(work: Work, deal: Deal) -> None:
    """Give back all that the deal has reserved on permits: it has ended."""
    if permits_of(deal):
        licences.release_all(work, deal.code_id, deal_id=deal.id)


def nothing_in_flight() -> ColumnElement[bool]:
    """The condition that no manifest of a deal is issued and not closed."""
    return ~select(DealLoad.manifest_id).where(DealLoad.deal_id == Deal.id).exists()


def is_in_flight(work: Work, deal: Deal) -> bool:
    """Whether a manifest of the deal is issued and not closed."""
    loads = select(DealLoad.manifest_id).where(DealLoad.deal_id == deal.id).limit(1)
    return work.session.scalar(loads) is not None
