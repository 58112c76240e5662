"""Listings as an actor may see them: with codes and owner, places rounded for others."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

import matching

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import Grade
from ...errors import Notice
from ...events.actor import REGULATOR, Actor
from ...http.languages import render_warnings
from ..models import Kind, Listing
from .listing_place import notices_of

COLUMNS = tuple(column.key for column in Listing.__table__.columns)
_values = attrgetter(*COLUMNS)
Accepted = Sequence[tuple[int, str]]
"""Codes that a demand accepts: the id, and what an unlisted one says."""


class Owner(NamedTuple):
    """What is shown of the owner of a listing, and its region."""

    id: UUID
    name: str
    grade: Grade
    credit_milli: int
    region: int


def present(actor: Actor, rows: Sequence[Listing], owner: Any = None) -> list[dict[str, Any]]:
    """Listings as this actor may see them.

    Args:
        owner: of all of them, where the caller has read it already.
    """
    owners = {owner.id: owner} if owner else enterprises.references({row.enterprise_id for row in rows})
    accepted = [[(accept.code_id, accept.unlisted_code) for accept in row.accepts] for row in rows]
    return _present_all(actor, rows, accepted, [owners[row.enterprise_id] for row in rows])


def present_shown(actor: Actor, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The same of rows of `shown_by_id`, without a further statement."""
    owners = [
        Owner(row.enterprise_id, row.owner_name, row.owner_grade, row.owner_credit_milli, row.owner_region)
        for row in rows
    ]
    return _present_all(actor, rows, [row.accepted or [] for row in rows], owners)


def _present_all(
    actor: Actor, rows: Sequence[Any], accepted: Sequence[Accepted], owners: Sequence[Any]
) -> list[dict[str, Any]]:
    codes = catalogue.codes_by_id(
        [row.code_id for row in rows if row.code_id]
        + [code_id for accepts in accepted for code_id, _ in accepts]
    )
    each = zip(rows, accepted, owners, notices_of(rows), strict=True)
    return [_present(actor, row, accepts, owner, codes, odd) for row, accepts, owner, odd in each]


def _present(
    actor: Actor, row: Any, accepted: Accepted, owner: Any, codes: dict[int, Any], notices: list[Notice]
) -> dict[str, Any]:
    whole = governs(actor, row, owner)
    lon, lat = (row.lon, row.lat) if whole else coarse(row.lon, row.lat)
    return {
        **dict(zip(COLUMNS, _values(row), strict=True)),
        "external_id": row.external_id if whole else None,
        "waste": _code(codes[row.code_id], row.unlisted_code) if row.code_id else None,
        "accepts": [_code(codes[code_id], unlisted) for code_id, unlisted in accepted]
        if row.kind == Kind.DEMAND
        else None,
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "enterprise": enterprises.reference_to(owner),
        "warnings": render_warnings(notices) if whole else [],
    }


def governs(actor: Actor, row: Any, owner: Any) -> bool:
    """Whether a listing is the actor's own or under its oversight, as the condition `governed` says it."""
    return (
        actor.is_admin
        or actor.enterprise_id == row.enterprise_id
        or (actor.kind == REGULATOR and _oversees(actor.region or 0, row, owner))
    )


def _oversees(region: int, row: Any, owner: Any) -> bool:
    """Whether a listing lies in a regulator's region or belongs to an enterprise of it."""
    return any(
        catalogue.region_covers(region, adcode) for adcode in (row.place_region or row.region, owner.region)
    )


def coarse(lon: float, lat: float) -> tuple[float, float]:
    """A place as others see it, to a hundredth of a degree; `coarse_place` in the database rounds the same
    way."""
    shown_lon, shown_lat = matching.coarse(np.array([lon, lat])).tolist()
    return shown_lon, shown_lat


def _code(row: Any, unlisted: str | None) -> dict[str, str]:
    return {"scheme": row.scheme, "code": unlisted or row.code}
