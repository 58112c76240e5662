"""An enterprise as the API shows it."""

from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...events import service as events
from ...events.actor import Actor
from ...http.languages import render_warnings
from ..models import MILLI_PER_POINT, Enterprise, Grade
from .contacts import contact_for
from .email_refusal import email_refusal
from .lookup import sees_all_of, sees_scores

PUBLIC = ("id", "name", "region", "roles", "grade", "status")
PRIVATE = (
    "uscc", "status_reason", "email_proven_at", "small_generator", "partner_id", "provisional",
    "blocked", "created_at", "updated_at",
)  # fmt: skip


def present(
    actor: Actor, enterprise: Enterprise, warnings: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """An enterprise as this actor may see it; strangers see what is public, and the approved among them
    the score in whole points."""
    public = {name: getattr(enterprise, name) for name in PUBLIC}
    if not sees_all_of(actor, enterprise):
        score = {"score": whole_points(enterprise.credit_milli)} if sees_scores(actor) else {}
        return public | score
    events.note_read(actor, events.CONTACT, enterprise.id)
    refusal = email_refusal(enterprise)
    return {
        **public,
        **({"email_refused": refusal} if refusal else {}),
        **{name: getattr(enterprise, name) for name in PRIVATE},
        "location": {"lon": enterprise.lon, "lat": enterprise.lat, "crs": "wgs84"},
        "contact": contact_for(enterprise),
        "contact_erased_at": enterprise.contact_erased_at,
        "score": enterprise.credit_milli / MILLI_PER_POINT,
        "warnings": [*_place_warnings(enterprise), *(warnings or [])],
    }


def reference(enterprise_id: UUID, name: str, grade: Grade, credit_milli: int) -> dict[str, Any]:
    """An enterprise as it is described beside a listing, to approved members and staff."""
    return {"id": enterprise_id, "name": name, "grade": grade, "score": whole_points(credit_milli)}


def reference_to(row: Any) -> dict[str, Any]:
    """`reference` of an enterprise, or of its row of `references`."""
    return reference(row.id, row.name, row.grade, row.credit_milli)


def whole_points(credit_milli: int) -> int:
    """A score as others see it: in whole points, rounded down, as a grade begins at a whole point."""
    return credit_milli // MILLI_PER_POINT


def _place_warnings(enterprise: Enterprise) -> list[dict[str, Any]]:
    """A warning as long as the enterprise's place lies in another district than it is said to."""
    places = [(enterprise.place_region, enterprise.region)]
    return render_warnings(catalogue.region_notices(places)[0])
