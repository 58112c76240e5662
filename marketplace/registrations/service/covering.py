"""Which receivers have a registration on file for a waste."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from ...catalogue import service as catalogue
from ...database import db, is_among
from ..models import Registration, RegistrationStatus, Site, SiteCode


def in_force_on(day: date) -> list[ColumnElement[bool]]:
    """The conditions of the registrations that count on a day."""
    return [
        Registration.status == RegistrationStatus.CONFIRMED,
        Registration.revoked_at.is_(None),
        Registration.valid_from <= day,
        Registration.valid_until >= day,
    ]


def registered(
    pairs: Iterable[tuple[UUID, int]], day: date, covering: Mapping[int, Collection[int]]
) -> set[tuple[UUID, int]]:
    """Which of these receivers have a registration in force on `day` for the waste code beside them.

    Args:
        covering: of each code what stands for it: itself, what is above it, what a local code maps to.
    """
    wanted = set(pairs)
    if not wanted:
        return set()
    codes = {alias for _, code_id in wanted for alias in covering[code_id]}
    rows = db.session.execute(
        select(Registration.enterprise_id, SiteCode.code_id)
        .join(Site, Site.registration_id == Registration.id)
        .join(SiteCode, SiteCode.site_id == Site.id)
        .where(
            Registration.enterprise_id.in_({receiver for receiver, _ in wanted}),
            is_among(SiteCode.code_id, codes),
            *in_force_on(day),
        )
    )
    held = {(receiver, code_id) for receiver, code_id in rows}
    return {
        (receiver, code_id)
        for receiver, code_id in wanted
        if any((receiver, alias) in held for alias in covering[code_id])
    }


def registrations_of(receiver_id: UUID, code_id: int, day: date) -> Sequence[Registration]:
    """The registrations of a receiver that cover a waste code on `day`, the latest to expire first."""
    covering = {alias.alias_id for alias in catalogue.aliases_of([code_id])}
    query = (
        select(Registration)
        .join(Site, Site.registration_id == Registration.id)
        .join(SiteCode, SiteCode.site_id == Site.id)
        .where(
            Registration.enterprise_id == receiver_id,
            is_among(SiteCode.code_id, covering),
            *in_force_on(day),
        )
        .order_by(Registration.valid_until.desc(), Registration.id)
        .distinct()
    )
    return db.session.scalars(query).all()
