"""Tonnes counted against the yearly allowance of a licence line or a channel, and the balances of years."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import func, or_, select

from ...database import db
from ...errors import Conflict, Invalid, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import (
    Channel,
    Licence,
    LicenceLine,
    PermitKind,
    PermitUse,
    PermitYear,
    TransferApproval,
    UseKind,
)
from .balances import Account, PermitRef, hold_permit, lock_accounts
from .ledger import Cause, book, use
from .plausible_permits import usage_notices

Counted: TypeAlias = LicenceLine | Channel | TransferApproval
KINDS: dict[type, PermitKind] = {
    LicenceLine: PermitKind.LINE, Channel: PermitKind.CHANNEL, TransferApproval: PermitKind.APPROVAL,
}  # fmt: skip
"""Rows of which tonnes are counted, and in which ledger."""

log = logging.getLogger(__name__)


def count_usage(actor: Actor, permit: Licence | Channel, data: dict[str, Any]) -> list[Notice]:
    """Count kilograms that were handled outside the platform in a year; negative ones take back.

    They are a fact, and may be more than is left: the rest stands as over.

    Args:
        data: `year`, `tonnes` (as kilograms), `note`; of a licence also `line_id`.
    Returns:
        notices of tonnes or a year that are hardly meant.
    Raises:
        Invalid: the line is not of this licence (`unknown_line`).
        Conflict: the year's sum of what was counted so would fall below zero (`usage_below_zero`).
    """
    row = _row_of(permit, data)
    kg, year = data["tonnes"], data["year"]
    with unit_of_work() as work:
        held = hold_permit(work.session, PermitRef(_kind_of(row), row.id))
        account = lock_accounts(work, [(held, year)])[held.ref, year]
        cause = Cause(row.code_id, note=data["note"])
        if kg < 0:
            _take_back(work, account, -kg, cause)
        else:
            use(work, account, kg, cause)
        work.audit(actor, "count_usage", permit, row_id=str(row.id), kg=kg, year=year)
    log.info(
        "usage counted",
        extra={"kind": permit.__tablename__, "permit_id": str(permit.id), "kg": kg, "year": year},
    )
    return usage_notices(row, kg, year)


def _take_back(work: Work, account: Account, kg: int, cause: Cause) -> None:
    """Take back what was counted: first of what stands as over."""
    ref, year = account.permit.ref, account.balance.year
    counted = select(func.coalesce(func.sum(PermitUse.kg), 0)).where(
        PermitUse.permit_kind == ref.kind,
        PermitUse.permit_id == ref.id,
        PermitUse.year == year,
        PermitUse.deal_id.is_(None),
    )
    if (work.session.scalar(counted) or 0) < kg:
        raise Conflict("usage_below_zero", at="tonnes")
    over = min(kg, account.balance.over_kg)
    book(work, account, UseKind.OVER, -over, cause)
    book(work, account, UseKind.USED, over - kg, cause)


def _row_of(permit: Licence | Channel, data: dict[str, Any]) -> Any:
    """The row whose code is counted: the line of a licence, or the channel itself."""
    if isinstance(permit, Channel):
        return permit
    for line in permit.lines:
        if line.id == data["line_id"]:
            return line
    raise Invalid("unknown_line", at="line_id")


def _kind_of(row: Counted) -> PermitKind:
    return KINDS[type(row)]


def balances_of(rows: Sequence[Counted]) -> Mapping[UUID, Sequence[PermitYear]]:
    """The balances of the capacity of each of these rows, by the row's id and in the order of years."""
    numbers: dict[PermitKind, set[int]] = {}
    for row in rows:
        numbers.setdefault(_kind_of(row), set()).add(row.capacity_no or row.no)
    if not numbers:
        return {}
    conditions = [
        (PermitYear.permit_kind == kind) & PermitYear.capacity_no.in_(nos) for kind, nos in numbers.items()
    ]
    by_capacity: dict[tuple[str, int], list[PermitYear]] = {}
    query = select(PermitYear).where(or_(*conditions)).order_by(PermitYear.year)
    for balance in db.session.scalars(query.execution_options(populate_existing=True)):
        by_capacity.setdefault((balance.permit_kind, balance.capacity_no), []).append(balance)
    return {row.id: by_capacity.get((_kind_of(row), row.capacity_no or row.no), []) for row in rows}
