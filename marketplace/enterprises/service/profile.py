"""What may change of an enterprise, and by whom."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...database import db
from ...errors import Forbidden, Invalid, Notice, PreconditionFailed
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ...messages.names import Name
from ..models import Enterprise
from .contacts import contact_columns
from .email_refusal import NOT_REFUSED
from .registration import place
from .standing import require_unfrozen

MoveNotices = Callable[[Work, Enterprise], list[Notice]]
"""Called within the change, before the place changes."""

ADMIN_ONLY = ("roles", "small_generator", "partner_id")


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a frozen enterprise, and a body that names something only an admin may change.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected`, `enterprise_lapsed`, or `admin_only_field`.
    """
    require_unfrozen(actor)
    admin_only = [name for name in ADMIN_ONLY if name in raw]
    if admin_only and not actor.is_admin:
        raise Forbidden("admin_only_field", at=admin_only[0], field=Name("field", admin_only[0]))


def change(
    actor: Actor, enterprise_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Enterprise, list[Notice]]:
    """Change an enterprise's profile.

    Args:
        data: the fields to change, of those in ProfileChangeSchema.
        expected: the version that the caller has read, None to overwrite whichever there is.
    Raises:
        NotFound: no such enterprise.
        Forbidden: it is frozen, and changes itself.
        PreconditionFailed: changed in the meantime (`version_changed`).
        Invalid: `unknown_region`, a place in another province (`place_not_in_region`), or an unknown partner
            (`unknown_enterprise`).
    """
    notices: list[Notice] = []
    with unit_of_work() as work:
        enterprise = work.lock(Enterprise, Enterprise.id == enterprise_id)
        if not actor.is_admin:
            require_unfrozen(enterprise)
        require_version(enterprise, expected)
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
            columns |= _whereabouts(enterprise, data)
            if (columns["lon"], columns["lat"]) != (enterprise.lon, enterprise.lat):
                notices += _left_behind(work, enterprise)
        before = _stated(enterprise)
        for name, value in columns.items():
            setattr(enterprise, name, value)
        after = _stated(enterprise)
        changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        hidden = ["contact"] if "contact" in data else []
        work.audit(actor, "change", enterprise, fields=hidden, changes=changes)
    return enterprise, notices


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


def _whereabouts(enterprise: Enterprise, data: dict[str, Any]) -> dict[str, Any]:
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
