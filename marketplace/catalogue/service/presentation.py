"""Waste codes as the API shows them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ...database import db
from ..models import CatalogueCode, Crosswalk, WasteCode
from .codes import CERTAIN, codes_by_id

SHOWN = (
    "scheme", "code", "level", "name_zh", "name_en", "industry", "hazardous", "hazard", "edition",
    "evidence", "tradable",
)  # fmt: skip
"""Columns that are shown as they are."""


def present_codes(rows: Sequence[CatalogueCode]) -> list[dict[str, Any]]:
    """Codes as the API shows them, with parents and mappings fetched together."""
    parents = codes_by_id({row.parent_id for row in rows if row.parent_id})
    mappings = _mappings([row.id for row in rows])
    return [
        {
            **{name: getattr(row, name) for name in SHOWN},
            "name": row.name_zh or row.name_en,
            "category": parents[row.parent_id].code if row.parent_id else None,
            "provisional": row.unlisted or row.evidence not in CERTAIN,
            "maps_to": mappings[row.id],
        }
        for row in rows
    ]


def _mappings(local_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What each of these codes maps to, the surest first."""
    national = aliased(WasteCode)
    rows = db.session.execute(
        select(Crosswalk.local_id, national.scheme, national.code, Crosswalk.confidence)
        .join(national, national.id == Crosswalk.national_id)
        .where(Crosswalk.local_id.in_(local_ids))
        .order_by(Crosswalk.confidence.desc(), national.code)
    )
    mappings: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for local_id, scheme, code, confidence in rows:
        mappings[local_id].append({"scheme": scheme, "code": code, "confidence": confidence})
    return mappings
