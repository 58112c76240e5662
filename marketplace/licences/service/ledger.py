"""The permit ledger: tonnes reserved, used and released, by permit and calendar year.

All functions are part of the caller's unit of work and judge under the locks of `balances`. A deal's
reservations are what its entries say: those of a year that a permit's renewal covers are the renewal's.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from sqlalchemy import case, func, select

from ...database import db
from ...events.work import Work
from ...messages.names import Name
from ...shortage import not_enough_left
from ..models import PermitKind, PermitUse, PermitYear, UseKind
from .balances import (
    TABLES,
    Account,
    HeldPermit,
    PermitInYear,
    PermitRef,
    hold_permit,
    lock_accounts,
    permit_in_year,
    year_of,
)
from .standing import SUBJECTS, permit_not_valid

log = logging.getLogger(__name__)

EFFECTS = {
    UseKind.RESERVED: ("reserved_kg", 1),
    UseKind.RELEASED: ("reserved_kg", -1),
    UseKind.USED: ("used_kg", 1),
    UseKind.OVER: ("over_kg", 1),
}
"""The column of the balance that an entry changes, and whether it adds or takes."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is booked: the waste, and the deal and the manifest, or what an official noted."""

    code_id: int
    deal_id: UUID | None = None
    manifest_id: UUID | None = None
    note: str = ""


def reserve(
    work: Work, permits: Sequence[PermitRef], code_id: int, kg: int, year: int, *, deal_id: UUID
) -> None:
    """Reserve kilograms for a deal on each of these permits, or on none.

    Raises:
        Conflict: one does not count any more (`permit_not_valid`), or has less left in that year
            (`not_enough_left`).
    """
    targets = [(permit_in_year(work.session, ref, code_id, year), year_of(ref.kind, year)) for ref in permits]
    accounts = lock_accounts(work, targets)
    for account in accounts.values():
        _require_unhalted(account.permit)
        _require_left(account, kg)
    for account in accounts.values():
        book(work, account, UseKind.RESERVED, kg, Cause(code_id, deal_id))
    work.session.flush()


def move_reservation(
    work: Work,
    permits: Sequence[PermitRef],
    code_id: int,
    kg: int,
    from_year: int,
    to_year: int,
    *,
    deal_id: UUID,
    manifest_id: UUID,
) -> None:
    """Have a load's kilograms reserved in the year in which it moves.

    What the deal has reserved in `from_year` is moved first, then that of its other years; the rest of its
    reservations is in `to_year` already.

    Raises:
        Conflict: less is left in `to_year` (`not_enough_left`).
    """
    yearly = [ref for ref in permits if TABLES[ref.kind].by_year]
    targets = [(permit_in_year(work.session, ref, code_id, to_year), to_year) for ref in yearly]
    parts = [
        _part({key: held for key, held in reserved_kg(work, ref.kind, deal_id).items() if key[1] != to_year},
              kg if from_year != to_year else 0, from_year)
        for ref in yearly
    ]  # fmt: skip
    accounts = lock_accounts(work, [*targets, *_held_in(work, parts)])
    cause = Cause(code_id, deal_id, manifest_id)
    for (target, year), part in zip(targets, parts, strict=True):
        moved = sum(part.values())
        if moved:
            _require_left(accounts[target.ref, year], moved)
            _release_part(work, accounts, part, cause)
            book(work, accounts[target.ref, year], UseKind.RESERVED, moved, cause)
    work.session.flush()


def use_reserved(
    work: Work,
    permits: Sequence[PermitRef],
    code_id: int,
    kg: int,
    year: int,
    *,
    deal_id: UUID,
    manifest_id: UUID,
) -> int:
    """Count accepted kilograms as used in a year, in place of what the deal has reserved.

    What was not reserved is used as far as the permit has room; beyond, it stands as over.

    Returns:
        kilograms beyond what was reserved.
    """
    targets = [(permit_in_year(work.session, ref, code_id, year), year_of(ref.kind, year)) for ref in permits]
    parts = [_part(reserved_kg(work, ref.kind, deal_id), kg, year_of(ref.kind, year)) for ref in permits]
    accounts = lock_accounts(work, [*targets, *_held_in(work, parts)])
    cause = Cause(code_id, deal_id, manifest_id)
    for (target, in_year), part in zip(targets, parts, strict=True):
        _release_part(work, accounts, part, cause)
        own = part.get((target.ref, in_year), 0)
        over = use(work, accounts[target.ref, in_year], kg, cause, reserved=own)
        if over:
            _emit_over(work, accounts[target.ref, in_year], over, cause)
    work.session.flush()
    return max((kg - sum(part.values()) for part in parts), default=0)


def release(
    work: Work,
    permits: Sequence[PermitRef],
    code_id: int,
    kg: int,
    year: int,
    *,
    deal_id: UUID,
    manifest_id: UUID | None = None,
) -> None:
    """Give back kilograms that a deal has reserved and needs no longer, those of `year` first."""
    parts = [_part(reserved_kg(work, ref.kind, deal_id), kg, year_of(ref.kind, year)) for ref in permits]
    accounts = lock_accounts(work, _held_in(work, parts))
    for part in parts:
        if sum(part.values()) < kg:
            log.error("less is reserved than released", extra={"deal_id": str(deal_id), "kg": kg})
        _release_part(work, accounts, part, Cause(code_id, deal_id, manifest_id))
    work.session.flush()


def release_all(work: Work, code_id: int, *, deal_id: UUID) -> None:
    """Give back whatever a deal still has reserved: it has ended."""
    parts = [reserved_kg(work, kind, deal_id) for kind in TABLES]
    accounts = lock_accounts(work, _held_in(work, parts))
    for part in parts:
        _release_part(work, accounts, part, Cause(code_id, deal_id))
    work.session.flush()


def reserved_kg(work: Work, kind: PermitKind, deal_id: UUID) -> dict[PermitInYear, int]:
    """Kilograms that a deal has reserved on permits of a kind, by permit and year."""
    signed = case(
        (PermitUse.kind == UseKind.RESERVED, PermitUse.kg),
        (PermitUse.kind == UseKind.RELEASED, -PermitUse.kg),
        else_=0,
    )
    sums = (
        select(PermitUse.permit_id, PermitUse.year, func.sum(signed))
        .where(PermitUse.deal_id == deal_id, PermitUse.permit_kind == kind)
        .group_by(PermitUse.permit_id, PermitUse.year)
        .having(func.sum(signed) > 0)
        .order_by(PermitUse.year, PermitUse.permit_id)
    )
    return {(PermitRef(kind, permit_id), year): int(kg) for permit_id, year, kg in work.session.execute(sums)}


def left_kg(permit: PermitRef, year: int) -> int:
    """Kilograms that may still be reserved on a permit in a calendar year, as far as others let them.

    Raises:
        NotFound: there is no such permit.
    """
    counted = year_of(permit.kind, year)
    held = permit_in_year(db.session(), permit, None, counted)
    query = select(PermitYear).where(
        PermitYear.permit_kind == permit.kind,
        PermitYear.capacity_no == held.capacity_no,
        PermitYear.year == counted,
    )
    balance = db.session.scalars(query).one_or_none()
    empty = PermitYear(year=counted, reserved_kg=0, used_kg=0, over_kg=0)
    return Account(held, balance or empty).left_kg


def use(work: Work, account: Account, kg: int, cause: Cause, *, reserved: int = 0) -> int:
    """Book kilograms that were taken: as used as far as they were reserved or there is room, else as over.

    Returns:
        what stands as over.
    """
    within = min(kg, max(reserved, account.room_kg))
    book(work, account, UseKind.USED, within, cause)
    book(work, account, UseKind.OVER, kg - within, cause)
    return kg - within


def _emit_over(work: Work, account: Account, kg: int, cause: Cause) -> None:
    """Write that a deal took more than a permit allows, for those who watch over it."""
    permit = account.permit
    work.emit(
        "permit.over",
        kind=permit.ref.kind,
        id=str(permit.ref.id),
        number=permit.number,
        year=account.balance.year,
        kg=kg,
        deal_id=str(cause.deal_id),
        manifest_id=str(cause.manifest_id),
    )


def book(work: Work, account: Account, kind: UseKind, kg: int, cause: Cause) -> None:
    """Write an entry, and the balance with it; nothing for 0 kg."""
    if not kg:
        return
    work.session.add(
        PermitUse(
            permit_kind=account.permit.ref.kind,
            permit_id=account.permit.ref.id,
            capacity_no=account.permit.capacity_no,
            code_id=cause.code_id,
            year=account.balance.year,
            kind=kind,
            kg=kg,
            deal_id=cause.deal_id,
            manifest_id=cause.manifest_id,
            note=cause.note,
        )
    )
    column, sign = EFFECTS[kind]
    setattr(account.balance, column, getattr(account.balance, column) + sign * kg)


def _part(reserved: Mapping[PermitInYear, int], kg: int, year: int) -> dict[PermitInYear, int]:
    """At most `kg` of what is reserved, by permit and year; that of `year` first."""
    part: dict[PermitInYear, int] = {}
    for key in sorted(reserved, key=lambda key: (key[1] != year, key[1], key[0])):
        part[key] = min(kg, reserved[key])
        kg -= part[key]
    return {key: taken for key, taken in part.items() if taken}


def _held_in(work: Work, parts: Sequence[Mapping[PermitInYear, int]]) -> list[tuple[HeldPermit, int]]:
    """The permits of these reservations, held, with their years."""
    return [(hold_permit(work.session, ref), year) for ref, year in sorted({*chain(*parts)})]


def _release_part(
    work: Work, accounts: Mapping[PermitInYear, Account], part: Mapping[PermitInYear, int], cause: Cause
) -> None:
    for key, kg in part.items():
        book(work, accounts[key], UseKind.RELEASED, kg, cause)


def _require_unhalted(permit: HeldPermit) -> None:
    if permit.halt is not None:
        raise permit_not_valid(permit)


def _require_left(account: Account, kg: int) -> None:
    if account.left_kg < kg:
        kind = account.permit.ref.kind
        raise not_enough_left(account.left_kg, Name("subject", SUBJECTS[kind]), year=account.balance.year)
