"""The desk of a transporter: what it is asked to carry, and the trips of a day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...database import db
from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import Actor
from ...manifests.models import Manifest, ManifestLine, ManifestStatus
from .analysis import LonLat
from .places import Gazetteer, gazetteer

MOST_TRIPS = 500
"""Of a day; no transporter here has so many vehicles that this would be short."""
UNPLANNED = (ManifestStatus.DRAFT, ManifestStatus.REQUESTED, ManifestStatus.CANCELLED)
PLAIN = (
    "number", "official_number", "status", "kind", "hazardous", "planned_on", "planned_at", "vehicle",
    "driver", "escort", "emergency", "planned_kg",
)  # fmt: skip


def search_requests(transporter_id: UUID, after: UUID | None, limit: int) -> Sequence[Manifest]:
    """Manifests that wait for this transporter to schedule or decline them, newest first."""
    rows = select(Manifest).where(
        Manifest.transporter_id == transporter_id, Manifest.status == ManifestStatus.REQUESTED
    )
    if after is not None:
        rows = rows.where(Manifest.id < after)
    return db.session.scalars(rows.order_by(Manifest.id.desc()).limit(limit)).all()


def day_plan(actor: Actor, transporter_id: UUID, day: date) -> dict[str, Any]:
    """The trips of a transporter on a day, by time and vehicle; those that are done among them."""
    first = datetime.combine(day, time(), clock.LOCAL)
    planned = and_(Manifest.planned_at >= first, Manifest.planned_at < first + timedelta(days=1))
    unplanned = and_(Manifest.planned_at.is_(None), Manifest.planned_on == day)
    trips = select(Manifest).where(
        Manifest.transporter_id == transporter_id,
        Manifest.status.not_in(UNPLANNED),
        or_(planned, unplanned),
    )
    in_order = trips.order_by(Manifest.planned_at.nulls_last(), Manifest.vehicle, Manifest.id)
    rows = db.session.scalars(in_order.limit(MOST_TRIPS)).all()
    return {
        "day": day,
        "total_t": sum(row.planned_kg for row in rows),
        "vehicles": len({row.vehicle for row in rows if row.vehicle}),
        "items": present_trips(actor, rows),
    }


def present_trips(actor: Actor, rows: Sequence[Manifest]) -> list[dict[str, Any]]:
    """Trips with both ends; whom to call there is shown once the transporter has taken the trip on."""
    known = gazetteer(rows)
    codes = catalogue.codes_by_id({line.code_id for row in rows for line in row.lines})
    return [_trip(actor, row, known, codes) for row in rows]


def _trip(actor: Actor, row: Manifest, known: Gazetteer, codes: dict[int, CatalogueCode]) -> dict[str, Any]:
    ends = known.ends(row)
    is_taken_on = row.status not in UNPLANNED
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in PLAIN},
        "lines": [_line(line, codes[line.code_id]) for line in row.lines],
        "supplier": _end(actor, row.sender_id, ends.origins, known, is_taken_on),
        "receiver": _end(actor, row.receiver_id, ends.destinations, known, is_taken_on),
    }


def _end(
    actor: Actor, enterprise_id: UUID, places: Sequence[LonLat], known: Gazetteer, is_taken_on: bool
) -> dict[str, Any]:
    firm, (lon, lat) = known.firms[enterprise_id], places[0]
    contact = enterprises.contact_for(firm) if is_taken_on else None
    if contact is not None:
        events.note_read(actor, events.CONTACT, firm.id)
    return {
        "enterprise": enterprises.reference_to(firm),
        "region": firm.region,
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "contact": contact,
    }


def _line(line: ManifestLine, code: CatalogueCode) -> dict[str, Any]:
    names = ("name", "form", "hazard", "packing", "packages", "quantity_kg")
    return {"scheme": code.scheme, "code": code.code, **{name: getattr(line, name) for name in names}}
