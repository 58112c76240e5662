"""The profile of an enterprise is changed: name, roles, region and place, contact, partner."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...database import db
from ...errors import Invalid, Notice, PreconditionFailed
from ...events.actor import Actor
from ...events.work import Work
from ..models import Enterprise
from .contacts import contact_columns
from .email_refusal import NOT_REFUSED

MoveNotices = Callable[[Work, Enterprise], list[Notice]]
"""Called within the change, before the place changes."""


def apply(
    work: Work, actor: Actor, enterprise: Enterprise, data: dict[str, Any], action: str, **detail: Any
) -> list[Notice]:
    """Change the profile of a locked enterprise, and record it as `action` with what changed.

    Args:
        data: the fields to change, of those in ProfileChangeSchema.
        detail: what else the audit says.
    Raises:
        Invalid: `unknown_region`, a place in another province (`place_not_in_region`), or an unknown partner
            (`unknown_enterprise`).
    """
    notices: list[Notice] = []
    columns: dict[str, Any] = {
        name: data[name] for name in ("name", "roles", "small_generator") if name in data
    }
    if "contact" in data:
        columns |= contact_columns(data["contact"]) | NOT_REFUSED | {"contact_erased_at": None}
        if columns["contact_email"] != enterprise.contact_email:
            columns["email_proven_at"] = None
            work.emit("enterprise.email_changed", enterprise_id=str(enterprise.id))
    if "partner_id" in data:
        columns["partner_id"] = _partner_id(enterprise, data["partner_id"])
    if "region" in data or "location" in data:
        columns |= whereabouts(enterprise, data)
        notices += move_notices(work, enterprise, data)
    before = _stated(enterprise)
    for name, value in columns.items():
        setattr(enterprise, name, value)
    after = _stated(enterprise)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    hidden = ["contact"] if "contact" in data else []
    work.audit(actor, action, enterprise, fields=hidden, changes=changes, **detail)
    return notices


def _stated(enterprise: Enterprise) -> dict[str, Any]:
    """The profile by the names of its fields, as JSON, but for the contact, which is a person's."""
    return {
        "name": enterprise.name,
        "roles": sorted(enterprise.roles),
        "region": f"{enterprise.region:06d}",
        "location": {"lon": enterprise.lon, "lat": enterprise.lat, "crs": "wgs84"},
        "small_generator": enterprise.small_generator,
        "partner_id": enterprise.partner_id and str(enterprise.partner_id),
    }


def _partner_id(enterprise: Enterprise, partner_id: UUID | None) -> UUID | None:
    if partner_id is not None and (
        partner_id == enterprise.id or db.session.get(Enterprise, partner_id) is None
    ):
        raise Invalid("unknown_enterprise", at="partner_id")
    return partner_id


def whereabouts(enterprise: Enterprise, data: dict[str, Any]) -> dict[str, Any]:
    """The columns of region and place after the change; a region alone does not move the place.

    Raises:
        Invalid: `unknown_region`, or the place is in another province (`place_not_in_region`).
    """
    region = catalogue.find_region(data.get("region", enterprise.region))
    location = data.get("location") or {"lon": enterprise.lon, "lat": enterprise.lat, "crs": "wgs84"}
    lon, lat = place(location, region)
    at = "location" if "location" in data else "region"
    district = catalogue.locate(lon, lat, region.adcode, at)
    return {"region": region.adcode, "lon": lon, "lat": lat, "place_region": district}


def place(location: dict[str, Any] | None, region: Any) -> tuple[float, float]:
    """Longitude and latitude (WGS-84) of a location, of the region's seat without one."""
    return (region.lon, region.lat) if location is None else catalogue.to_wgs84(location)


def move_notices(work: Work, enterprise: Enterprise, data: dict[str, Any]) -> list[Notice]:
    """What an enterprise leaves behind whose place these fields change. Raises: Invalid: as `whereabouts`."""
    columns = whereabouts(enterprise, data)
    stays = (columns["lon"], columns["lat"]) == (enterprise.lon, enterprise.lat)
    return [] if stays else _left_behind(work, enterprise)


def set_move_notices(notices: MoveNotices) -> None:
    """Say which notices an enterprise gets that moves; the rooms that know what it leaves behind are to the
    right of this one."""
    global _left_behind
    _left_behind = notices


def _nothing_left(work: Work, enterprise: Enterprise) -> list[Notice]:
    return []


_left_behind: MoveNotices = _nothing_left


def require_version(row: Any, expected: int | None) -> None:
    """Raises: PreconditionFailed: someone changed the row in the meantime (`version_changed`)."""
    if expected is not None and row.version != expected:
        raise PreconditionFailed("version_changed")
