"""An enterprise as the API shows it."""

from typing import Any

from ...catalogue import service as catalogue
from ...events import service as events
from ...events.actor import Actor
from ...http.languages import render_warnings
from ..models import MILLI_PER_POINT, Enterprise
from .contacts import contact_for
from .email_refusal import email_refusal
from .lookup import sees_all_of

PUBLIC = ("id", "name", "region", "roles", "grade")
PRIVATE = (
    "uscc", "status", "status_reason", "email_proven_at", "small_generator", "partner_id", "provisional",
    "blocked", "created_at", "updated_at",
)  # fmt: skip


def present(
    actor: Actor, enterprise: Enterprise, warnings: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """An enterprise as this actor may see it; strangers see what is public. Score in points."""
    public = {name: getattr(enterprise, name) for name in PUBLIC}
    if not sees_all_of(actor, enterprise):
        return public
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


def _place_warnings(enterprise: Enterprise) -> list[dict[str, Any]]:
    """A warning as long as the enterprise's place lies in another district than it is said to."""
    places = [(enterprise.place_region, enterprise.region)]
    return render_warnings(catalogue.region_notices(places)[0])
