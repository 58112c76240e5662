"""Balances of capacities that turn out to be one."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from ...events.work import Work
from ..models import PermitKind, PermitYear


def merge_balances(work: Work, kind: PermitKind, capacity_nos: Collection[int], merged_no: int) -> None:
    """Make the balances of capacities that have become one those of `merged_no`.

    What each was allowed to promise stays promised, although it may be more than one of them allows.
    """
    query = (
        select(PermitYear)
        .where(PermitYear.permit_kind == kind, PermitYear.capacity_no.in_(capacity_nos))
        .order_by(PermitYear.capacity_no, PermitYear.year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_year: dict[int, list[PermitYear]] = {}
    for balance in work.session.scalars(query):
        by_year.setdefault(balance.year, []).append(balance)
    for year, balances in by_year.items():
        merged = _merged(kind, merged_no, year, balances)
        for balance in balances:
            work.session.delete(balance)
        work.session.flush()
        work.add(merged)


def _merged(kind: PermitKind, capacity_no: int, year: int, balances: Sequence[PermitYear]) -> PermitYear:
    reserved = sum(balance.reserved_kg for balance in balances)
    used = sum(balance.used_kg for balance in balances)
    return PermitYear(
        permit_kind=kind,
        capacity_no=capacity_no,
        year=year,
        allowed_kg=max(reserved + used, *(balance.allowed_kg for balance in balances)),
        reserved_kg=reserved,
        used_kg=used,
        over_kg=sum(balance.over_kg for balance in balances),
    )
