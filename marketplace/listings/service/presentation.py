"""Listings as an actor may see them: with codes and owner, places rounded for others."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import matching

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import Notice
from ...events.actor import REGULATOR, Actor
from ...http.languages import render_warnings
from ..models import Kind, Listing
from .listing_place import notices_of

COLUMNS = tuple(column.key for column in Listing.__table__.columns)


def present(actor: Actor, rows: Sequence[Listing], owner: Any = None) -> list[dict[str, Any]]:
    """Listings as this actor may see them.

    Args:
        owner: of all of them, where the caller has read it already.
    """
    owners = {owner.id: owner} if owner else enterprises.references({row.enterprise_id for row in rows})
    codes = catalogue.codes_by_id(
        [row.code_id for row in rows if row.code_id]
        + [accept.code_id for row in rows for accept in row.accepts]
    )
    notices = notices_of(rows)
    return [
        _present(actor, row, owners[row.enterprise_id], codes, odd)
        for row, odd in zip(rows, notices, strict=True)
    ]


def _present(
    actor: Actor, row: Listing, owner: Any, codes: dict[int, Any], notices: list[Notice]
) -> dict[str, Any]:
    whole = governs(actor, row, owner)
    plain = {name: getattr(row, name) for name in COLUMNS}
    lon, lat = (row.lon, row.lat) if whole else coarse(row.lon, row.lat)
    return {
        **plain,
        "external_id": row.external_id if whole else None,
        "waste": _code(codes[row.code_id], row.unlisted_code) if row.code_id else None,
        "accepts": [_code(codes[accept.code_id], accept.unlisted_code) for accept in row.accepts]
        if row.kind == Kind.DEMAND
        else None,
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "enterprise": enterprises.reference_to(owner),
        "warnings": render_warnings(notices) if whole else [],
    }


def governs(actor: Actor, row: Listing, owner: Any) -> bool:
    """Whether a listing is the actor's own or under its oversight, as the condition `governed` says it."""
    return (
        actor.is_admin
        or actor.enterprise_id == row.enterprise_id
        or (actor.kind == REGULATOR and _oversees(actor.region or 0, row, owner))
    )


def _oversees(region: int, row: Listing, owner: Any) -> bool:
    """Whether a listing lies in a regulator's region or belongs to an enterprise of it."""
    return any(catalogue.region_covers(region, adcode) for adcode in (row.lies_in, owner.region))


def coarse(lon: float, lat: float) -> tuple[float, float]:
    """A place as others see it, to a hundredth of a degree; `coarse_place` in the database rounds the same
    way."""
    shown_lon, shown_lat = matching.coarse(np.array([lon, lat])).tolist()
    return shown_lon, shown_lat


def _code(row: Any, unlisted: str | None) -> dict[str, str]:
    return {"scheme": row.scheme, "code": unlisted or row.code}
