"""Listings as an actor may see them: with codes and owner, places rounded for others."""

from collections.abc import Sequence
from typing import Any

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...events.actor import REGULATOR, Actor
from ..models import Kind, Listing

COARSE_STEPS = 100
"""Others see a place to a hundredth of a degree, about a kilometre."""


def present(actor: Actor, rows: Sequence[Listing]) -> list[dict[str, Any]]:
    """Listings as this actor may see them."""
    owners = enterprises.by_id({row.enterprise_id for row in rows})
    codes = catalogue.codes_by_id(
        [row.code_id for row in rows if row.code_id]
        + [accept.code_id for row in rows for accept in row.accepts]
    )
    return [_present(actor, row, owners[row.enterprise_id], codes) for row in rows]


def _present(actor: Actor, row: Listing, owner: Any, codes: dict[int, Any]) -> dict[str, Any]:
    governs = (
        actor.is_admin
        or actor.enterprise_id == row.enterprise_id
        or (actor.kind == REGULATOR and catalogue.region_covers(actor.region or 0, row.region))
    )
    plain = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    lon, lat = (row.lon, row.lat) if governs else coarse(row.lon, row.lat)
    return {
        **plain,
        "waste": _code(codes[row.code_id]) if row.code_id else None,
        "accepts": [_code(codes[accept.code_id]) for accept in row.accepts]
        if row.kind == Kind.DEMAND
        else None,
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "enterprise": {"id": owner.id, "name": owner.name, "grade": owner.grade},
        "warnings": [],
    }


def coarse(lon: float, lat: float) -> tuple[float, float]:
    """A place as others see it; `coarse_place` in the database rounds the same way."""
    return round(lon * COARSE_STEPS) / COARSE_STEPS, round(lat * COARSE_STEPS) / COARSE_STEPS


def _code(row: Any) -> dict[str, str]:
    return {"scheme": row.scheme, "code": row.code}
