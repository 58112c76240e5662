"""Registrations as the API shows them."""

from collections.abc import Sequence
from typing import Any

from ...catalogue import service as catalogue
from ...licences.models import modes_of
from ..models import Registration, Site

SHOWN = (
    "id", "enterprise_id", "number", "authority", "valid_from", "valid_until", "status", "decided_at",
    "reason", "revoked_at", "created_at",
)  # fmt: skip


def present(registrations: Sequence[Registration]) -> list[dict[str, Any]]:
    """Registrations with their sites; the codes of all are looked up together."""
    sites = [site for registration in registrations for site in registration.sites]
    codes = catalogue.codes_by_id({named.code_id for site in sites for named in site.codes})
    return [
        {
            **{name: getattr(registration, name) for name in SHOWN},
            "sites": [_site(site, codes) for site in registration.sites],
        }
        for registration in registrations
    ]


def _site(site: Site, codes: dict[int, Any]) -> dict[str, Any]:
    named = [codes[code.code_id] for code in site.codes]
    return {
        "id": site.id,
        "kind": site.kind,
        "name": site.name,
        "region": site.region,
        "location": {"lon": site.lon, "lat": site.lat, "crs": "wgs84"},
        "modes": modes_of(site.modes),
        "capacity_t": site.capacity_kg,
        "codes": [{"scheme": code.scheme, "code": code.code} for code in named],
    }
