"""Permits as the ledger reads them, and the balances of their capacities, locked before they are judged.

A permit and its balances are locked in one order everywhere: first the rows of all permits that are charged,
shared with whoever else charges them, so that nobody suspends, revokes or merges them meanwhile; then the
balances by kind, capacity and year.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row, Select, String, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from ...errors import NotFound
from ...events.work import Work
from ..models import (
    WHOLE_LIFE,
    Channel,
    ChannelStatus,
    Licence,
    LicenceLine,
    LicenceStatus,
    PermitKind,
    PermitYear,
    TransferApproval,
)
from .capacities import lineages_of


@dataclass(frozen=True, slots=True, order=True)
class PermitRef:
    """The licence line, channel or transfer approval of which tonnes are counted."""

    kind: PermitKind
    id: UUID


PermitInYear: TypeAlias = tuple[PermitRef, int]


@dataclass(frozen=True, slots=True)
class HeldPermit:
    """What the ledger reads of a permit.

    Attributes:
        kg: what it allows in a calendar year, of an approval in its whole life.
        halt: why it does not count now, on whatever day: a value of the names `permit_halt`; else None.
    """

    ref: PermitRef
    capacity_no: int
    code_id: int
    kg: int
    number: str
    valid_from: date
    valid_until: date
    halt: str | None

    def reaches_year(self, year: int) -> bool:
        """Whether it is valid on some day of a year."""
        return year == WHOLE_LIFE or self.valid_from.year <= year <= self.valid_until.year

    def kg_in(self, year: int) -> int:
        """Kilograms that it allows in a year."""
        return self.kg if self.reaches_year(year) else 0

    def reaches_day(self, day: date) -> bool:
        """Whether it is valid on a day."""
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, slots=True)
class Account:
    """A permit and the locked balance of its capacity in a year."""

    permit: HeldPermit
    balance: PermitYear

    @property
    def room_kg(self) -> int:
        """Kilograms between what was taken and what the permit allows in this year."""
        return max(0, self.permit.kg_in(self.balance.year) - self.balance.taken_kg)

    @property
    def left_kg(self) -> int:
        """Kilograms that may still be reserved."""
        return 0 if self.permit.halt else self.room_kg


@dataclass(frozen=True, slots=True)
class PermitTable:
    """How permits of a kind are read.

    Attributes:
        query: the columns that a `HeldPermit` has after `ref`, in their order.
        id: the column of the permit's id.
        locked: the tables whose rows are locked with it.
        by_year: whether its tonnes are counted by calendar year.
    """

    query: Select[Any]
    id: Any
    locked: tuple[Any, ...]
    by_year: bool = True


TABLES: dict[PermitKind, PermitTable] = {
    PermitKind.LINE: PermitTable(
        select(
            LicenceLine.id,
            func.coalesce(LicenceLine.capacity_no, LicenceLine.no),
            LicenceLine.code_id,
            LicenceLine.kg_per_year,
            Licence.number,
            Licence.valid_from,
            Licence.valid_until,
            case(
                (Licence.revoked_at.is_not(None), "revoked"),
                (Licence.status != LicenceStatus.CONFIRMED, cast(Licence.status, String)),
            ),
        ).join(Licence, Licence.id == LicenceLine.licence_id),
        LicenceLine.id,
        (LicenceLine, Licence),
    ),
    PermitKind.CHANNEL: PermitTable(
        select(
            Channel.id,
            func.coalesce(Channel.capacity_no, Channel.no),
            Channel.code_id,
            Channel.kg_per_year,
            Channel.approval_number,
            Channel.valid_from,
            Channel.valid_until,
            case(
                (Channel.revoked_at.is_not(None), "revoked"),
                (Channel.status == ChannelStatus.PAUSED, "paused"),
            ),
        ),
        Channel.id,
        (Channel,),
    ),
    PermitKind.APPROVAL: PermitTable(
        select(
            TransferApproval.id,
            TransferApproval.no,
            TransferApproval.code_id,
            TransferApproval.kg,
            TransferApproval.number,
            TransferApproval.valid_from,
            TransferApproval.valid_until,
            case((TransferApproval.revoked_at.is_not(None), "revoked")),
        ),
        TransferApproval.id,
        (TransferApproval,),
        by_year=False,
    ),
}
"""A new kind of permit that is counted is a row here."""


def year_of(kind: PermitKind, year: int) -> int:
    """The year in which tonnes of this calendar year are counted against a permit of this kind."""
    return year if TABLES[kind].by_year else WHOLE_LIFE


def hold_permit(session: Session, ref: PermitRef) -> HeldPermit:
    """A permit; within a unit of work nobody changes it until the end. Raises: NotFound."""
    table = TABLES[ref.kind]
    row = session.execute(_held_back(session, table.query.where(table.id == ref.id), table)).one_or_none()
    if row is None:
        raise NotFound()
    return _held(ref.kind, row)


def permit_in_year(session: Session, ref: PermitRef, code_id: int | None, year: int) -> HeldPermit:
    """The permit that counts in a year: this one, else its renewal, else this one, with nothing left."""
    return _renewed(session, ref, code_id, lambda permit: permit.reaches_year(year))


def permit_on_day(session: Session, ref: PermitRef, code_id: int | None, day: date) -> HeldPermit:
    """The permit that counts on a day: this one, else its renewal, else this one."""
    return _renewed(session, ref, code_id, lambda permit: permit.reaches_day(day))


def _renewed(
    session: Session, ref: PermitRef, code_id: int | None, reaches: Callable[[HeldPermit], bool]
) -> HeldPermit:
    """The permit itself if it reaches the time, else the latest renewal that does and stands, else itself.

    What was revoked may have been entered again, corrected; what is suspended is not renewed meanwhile.
    """
    own = hold_permit(session, ref)
    stands = own.halt is None and reaches(own)
    if stands or ref.kind != PermitKind.LINE or own.halt not in (None, "revoked"):
        return own
    query = _renewals(own, {own.code_id, code_id or own.code_id})
    rows = session.execute(_held_back(session, query, TABLES[PermitKind.LINE]))
    renewals = [_held(PermitKind.LINE, row) for row in rows]
    found = [renewal for renewal in renewals if renewal.halt is None and reaches(renewal)]
    return max(found, key=lambda renewal: (renewal.valid_until, renewal.ref), default=own)


def _renewals(own: HeldPermit, code_ids: set[int]) -> Select[Any]:
    """The lines of other validities of the same number that cover one of these codes for all its modes."""
    licence, line = aliased(Licence), aliased(LicenceLine)
    mine = select(licence.enterprise_id, licence.number_key, line.modes).join(
        line, line.licence_id == licence.id
    )
    paper = mine.where(line.id == own.ref.id, licence.number_key != "").subquery()
    covering = {parent for lineage in lineages_of(code_ids).values() for parent in lineage}
    return (
        TABLES[PermitKind.LINE]
        .query.join(
            paper,
            (paper.c.enterprise_id == Licence.enterprise_id) & (paper.c.number_key == Licence.number_key),
        )
        .where(
            LicenceLine.id != own.ref.id,
            LicenceLine.code_id.in_(covering),
            LicenceLine.modes.op("&")(paper.c.modes) == paper.c.modes,
        )
        .order_by(LicenceLine.id)
    )


def _held_back(session: Session, query: Select[Any], table: PermitTable) -> Select[Any]:
    """The query, within a unit of work with a lock that keeps others from changing what it finds."""
    return query.with_for_update(read=True, of=table.locked) if "work" in session.info else query


def _held(kind: PermitKind, row: Row[Any]) -> HeldPermit:
    columns: tuple[Any, ...] = tuple(row)
    return HeldPermit(PermitRef(kind, columns[0]), *columns[1:])


def lock_accounts(work: Work, wanted: Iterable[tuple[HeldPermit, int]]) -> Mapping[PermitInYear, Account]:
    """The accounts of permits in years, each locked until the end.

    Args:
        wanted: permits held by `hold_permit` or `permit_in_year`, with the year.
    """
    permits = {(permit.ref, year): permit for permit, year in wanted}
    keys = sorted((ref.kind, permit.capacity_no, year, ref) for (ref, year), permit in permits.items())
    return {
        (ref, year): Account(permits[ref, year], _lock_balance(work, permits[ref, year], year))
        for _, _, year, ref in keys
    }


def _lock_balance(work: Work, permit: HeldPermit, year: int) -> PermitYear:
    key = {"permit_kind": permit.ref.kind, "capacity_no": permit.capacity_no, "year": year}
    try:
        balance = _locked(work, key)
    except NotFound:
        first = insert(PermitYear).values(**key, allowed_kg=permit.kg_in(year))
        work.session.execute(first.on_conflict_do_nothing())
        balance = _locked(work, key)
    balance.allowed_kg = max(balance.allowed_kg, permit.kg_in(year))
    return balance


def _locked(work: Work, key: Mapping[str, Any]) -> PermitYear:
    return work.lock(PermitYear, *(getattr(PermitYear, name) == value for name, value in key.items()))
