"""Whether a transporter may carry a load on a day, with this vehicle and these people."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from ...database import db
from ...document_numbers import document_key
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, Role
from ...errors import Conflict, Invalid, Notice
from ..models import CardKind, CarrierPart, CrewCard, PaperKind, PaperStatus, TransporterPaper

NAME_END = "\n"
"""Stands between the name of a person and the number of the card in a key of the crew."""


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
            _exists(transporter_id, PaperKind.PERMIT, _holds_on(on)),
            _exists(
                transporter_id, PaperKind.VEHICLE, _holds_on(on), TransporterPaper.key == plate_key(plate)
            ),
            _may_work(transporter_id, CardKind.DRIVER, driver, on),
            _may_work(transporter_id, CardKind.ESCORT, escort, on),
        )
    ).one()
    held = (enterprises.may_trade(transporter_id), *found)
    return tuple(part for part, is_held in zip(CarrierPart, held, strict=True) if not is_held)


def find_vehicle(transporter_id: UUID, plate: str) -> TransporterPaper | None:
    """The verified vehicle of this plate, the one of the longest validity; None where there is none."""
    vehicles = select(TransporterPaper).where(
        *counts(transporter_id), _is(PaperKind.VEHICLE), TransporterPaper.key == plate_key(plate)
    )
    return db.session.scalars(vehicles.order_by(TransporterPaper.valid_until.desc()).limit(1)).one_or_none()


def counts(transporter_id: Any) -> tuple[ColumnElement[bool], ...]:
    """The conditions of the verified papers of a transporter that were not ended."""
    return (
        TransporterPaper.transporter_id == transporter_id,
        TransporterPaper.status == PaperStatus.VERIFIED,
        TransporterPaper.ended_at.is_(None),
    )


def name_key(name: str) -> str:
    """A person's name as it is compared, however wide or spaced it was typed."""
    return document_key(name)


def plate_key(plate: str) -> str:
    """A plate as it is compared, of whatever form."""
    return document_key(plate).upper()


def _is(kind: PaperKind) -> ColumnElement[bool]:
    return TransporterPaper.kind == kind


def _holds_on(day: date) -> ColumnElement[bool]:
    has_begun = or_(TransporterPaper.valid_from.is_(None), TransporterPaper.valid_from <= day)
    return has_begun & (TransporterPaper.valid_until >= day)


def _exists(transporter_id: Any, kind: PaperKind, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(TransporterPaper.id).where(*counts(transporter_id), _is(kind), *conditions).exists()


def _may_work(transporter_id: Any, kind: CardKind, name: str | None, day: date) -> ColumnElement[bool]:
    """The condition that somebody of this name has a card of this kind that is valid on the day."""
    valid = (CrewCard.kind == kind, CrewCard.valid_until >= day)
    has_card = select(CrewCard.paper_id).where(CrewCard.paper_id == TransporterPaper.id, *valid).exists()
    is_named = TransporterPaper.key.startswith(name_key(name or "") + NAME_END, autoescape=True)
    return _exists(transporter_id, PaperKind.CREW, has_card, is_named)
