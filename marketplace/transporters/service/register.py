"""What a transporter says of itself, and who may carry in a region."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, Role
from ...errors import PreconditionFailed
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import PaperKind, TransporterPaper, TransporterRegister
from .may_carry import carries_hazardous, holds_on, verified

log = logging.getLogger(__name__)


def change_register(
    actor: Actor, enterprise_id: UUID, data: dict[str, Any], expected: int | None
) -> TransporterRegister:
    """Set what a transporter says of itself.

    Args:
        data: `service_area` (adcodes), `hazardous`, `duty_phone`, `note`.
        expected: the version that the caller read, None for any.
    Raises:
        Invalid: an unknown region (`unknown_region`).
        PreconditionFailed: it has changed since (`version_changed`).
    """
    for place, adcode in enumerate(data["service_area"]):
        catalogue.find_region(adcode, f"service_area.{place}")
    with unit_of_work() as work:
        enterprises.lock(work, enterprise_id)
        register = work.session.get(TransporterRegister, enterprise_id, populate_existing=True)
        if expected is not None and expected != (register.version if register else 0):
            raise PreconditionFailed("version_changed")
        if register is None:
            register = work.add(TransporterRegister(enterprise_id=enterprise_id, **data))
        for name, value in data.items():
            setattr(register, name, value)
        work.audit(actor, "change", register)
        work.emit("transporter.changed", enterprise_id=str(enterprise_id))
    log.info("register changed", extra={"enterprise_id": str(enterprise_id)})
    return register


def search_transporters(query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Any]:
    """Approved transporters, newest first, at most `limit` older than `after`.

    Args:
        query: `region`: only those that lie or serve there; `hazardous`: True for those only that may carry
            hazardous waste today.
    Returns:
        rows of Enterprise, TransporterRegister or None, and whether it may carry hazardous waste.
    """
    may_carry = carries_hazardous(Enterprise.id, clock.today())
    rows = (
        select(Enterprise, TransporterRegister, may_carry.label("hazardous"), Enterprise.id.label("id"))
        .outerjoin(TransporterRegister, TransporterRegister.enterprise_id == Enterprise.id)
        .where(Enterprise.may_trade, Enterprise.roles.contains([Role.TRANSPORTER]))
    )
    if query["region"] is not None:
        rows = rows.where(_serves(query["region"]))
    if query["hazardous"]:
        rows = rows.where(may_carry)
    if after is not None:
        rows = rows.where(Enterprise.id < after)
    return db.session.execute(rows.order_by(Enterprise.id.desc()).limit(limit)).all()


def _serves(region: int) -> ColumnElement[bool]:
    """The condition that a transporter lies in a region, or serves it, a part of it or what it is part of."""
    around = catalogue.region_with_ancestors(region)
    served = func.unnest(TransporterRegister.service_area).column_valued("served")
    inside = select(served).where(catalogue.within(served, region)).exists()
    serves = or_(TransporterRegister.service_area.overlap(around), inside)
    return or_(catalogue.within(Enterprise.region, region), serves)


def fleets(transporter_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Vehicles that are verified and valid today, and their payload in kilograms, by transporter."""
    rows = db.session.execute(
        select(TransporterPaper.transporter_id, func.count(), func.sum(TransporterPaper.payload_kg))
        .where(*_today(PaperKind.VEHICLE, transporter_ids))
        .group_by(TransporterPaper.transporter_id)
    )
    return {transporter_id: (count, int(kg or 0)) for transporter_id, count, kg in rows}


def scopes(transporter_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Scope and last day of the permits that are verified and valid today, by transporter."""
    rows = db.session.execute(
        select(TransporterPaper.transporter_id, TransporterPaper.scope, TransporterPaper.valid_until)
        .where(*_today(PaperKind.PERMIT, transporter_ids))
        .order_by(TransporterPaper.id)
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for transporter_id, scope, valid_until in rows:
        found.setdefault(transporter_id, []).append({"scope": scope, "valid_until": valid_until})
    return found


def _today(kind: PaperKind, transporter_ids: Sequence[UUID]) -> list[ColumnElement[bool]]:
    of_them = TransporterPaper.transporter_id.in_(transporter_ids)
    return [of_them, *verified(), TransporterPaper.kind == kind, holds_on(clock.today())]
