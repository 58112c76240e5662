"""Whether a transporter may carry a load on a day, with this vehicle and these people."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, Role
from ...errors import Conflict, Invalid, Notice
from ..models import CardKind, CarrierPart, CrewCard, PaperKind, PaperStatus, TransporterPaper
from .keys import NAME_END, name_key, plate_key


def require_transporter(enterprise_id: UUID, at: str = "transporter_id") -> Enterprise:
    """The approved transporter of this id. Raises: Invalid: there is none (`unknown_transporter`)."""
    enterprise = enterprises.by_id({enterprise_id}).get(enterprise_id)
    if enterprise is None or not enterprise.may_trade or Role.TRANSPORTER not in enterprise.roles:
        raise Invalid("unknown_transporter", at=at)
    return enterprise


def require_may_carry(
    transporter_id: UUID, plate: str, driver: str, escort: str | None, hazardous: bool, on: date
) -> None:
    """Refuse a load that this transporter may not carry on that day.

    Raises:
        Conflict: `carrier_not_permitted`, with what is `missing`.
    """
    missing = missing_parts(transporter_id, plate, driver, escort, hazardous, on)
    if missing:
        raise Conflict("carrier_not_permitted", missing=missing, day=on)


def missing_for(
    transporter_id: UUID, plate: str, driver: str, escort: str | None, hazardous: bool, on: date
) -> list[Notice]:
    """The same as a warning, for a plan that may still be completed."""
    missing = missing_parts(transporter_id, plate, driver, escort, hazardous, on)
    return [Notice("carrier_not_permitted", None, {"missing": missing, "day": on})] if missing else []


def missing_parts(
    transporter_id: UUID, plate: str, driver: str, escort: str | None, hazardous: bool, on: date
) -> Sequence[CarrierPart]:
    """What a transporter lacks to carry a load on a day; nothing where the waste is not hazardous.

    Args:
        plate, driver, escort: as typed; people by their names in the register.
    """
    if not hazardous:
        return ()
    found = db.session.execute(
        select(
            has_paper(transporter_id, PaperKind.PERMIT, on),
            has_paper(transporter_id, PaperKind.VEHICLE, on, TransporterPaper.key == plate_key(plate)),
            has_crew(transporter_id, CardKind.DRIVER, on, _is_named(driver)),
            has_crew(transporter_id, CardKind.ESCORT, on, _is_named(escort or "")),
        )
    ).one()
    held = (enterprises.may_trade(transporter_id), *found)
    return tuple(part for part, is_held in zip(CarrierPart, held, strict=True) if not is_held)


def carries_hazardous(transporter_id: Any, on: date) -> ColumnElement[bool]:
    """The condition that a transporter has a permit, a vehicle, a driver and an escort for hazardous waste.

    Args:
        transporter_id: the id, or the column that holds it.
    """
    return and_(
        has_paper(transporter_id, PaperKind.PERMIT, on),
        has_paper(transporter_id, PaperKind.VEHICLE, on),
        has_crew(transporter_id, CardKind.DRIVER, on),
        has_crew(transporter_id, CardKind.ESCORT, on),
    )


def find_vehicle(transporter_id: UUID, plate: str) -> TransporterPaper | None:
    """The verified vehicle of this plate, the one of the longest validity; None where there is none."""
    is_it = (TransporterPaper.kind == PaperKind.VEHICLE, TransporterPaper.key == plate_key(plate))
    vehicles = select(TransporterPaper).where(*counts(transporter_id), *is_it)
    return db.session.scalars(vehicles.order_by(TransporterPaper.valid_until.desc()).limit(1)).one_or_none()


def verified() -> tuple[ColumnElement[bool], ...]:
    """The conditions of the verified papers that were not ended."""
    return TransporterPaper.status == PaperStatus.VERIFIED, TransporterPaper.ended_at.is_(None)


def counts(transporter_id: Any) -> tuple[ColumnElement[bool], ...]:
    """The conditions of those of one transporter."""
    return TransporterPaper.transporter_id == transporter_id, *verified()


def holds_on(day: date) -> ColumnElement[bool]:
    """The condition that a day is within a paper's validity."""
    has_begun = or_(TransporterPaper.valid_from.is_(None), TransporterPaper.valid_from <= day)
    return has_begun & (TransporterPaper.valid_until >= day)


def has_paper(
    transporter_id: Any, kind: PaperKind, day: date, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The condition that a verified paper of this kind holds on the day."""
    papers = select(TransporterPaper.id).where(
        *counts(transporter_id), TransporterPaper.kind == kind, holds_on(day), *conditions
    )
    return papers.exists()


def has_crew(
    transporter_id: Any, kind: CardKind, day: date, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The condition that a verified member of the crew has a card of this kind that holds on the day."""
    crew = select(TransporterPaper.id).join(CrewCard, CrewCard.paper_id == TransporterPaper.id)
    holds = (CrewCard.kind == kind, CrewCard.valid_until >= day)
    return crew.where(*counts(transporter_id), *holds, *conditions).exists()


def _is_named(name: str) -> ColumnElement[bool]:
    return TransporterPaper.key.startswith(name_key(name) + NAME_END, autoescape=True)
