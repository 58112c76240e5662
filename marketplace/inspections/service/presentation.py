"""Inspections as the API shows them."""

from collections.abc import Sequence
from typing import Any

from ...enterprises import service as enterprises
from ..models import Inspection

HEAD = (
    "id", "number", "status", "enterprise_id", "checklist", "kind", "way", "begun_on", "note", "points",
    "most_points", "result", "due_on", "was_late", "finished_at", "answered_at", "closed_at", "created_at",
    "updated_at",
)  # fmt: skip


def present_heads(rows: Sequence[Inspection]) -> list[dict[str, Any]]:
    """Inspections without their items."""
    known = enterprises.references({row.enterprise_id for row in rows})
    return [
        {
            **{name: getattr(row, name) for name in HEAD},
            "enterprise": enterprises.reference_to(known[row.enterprise_id]),
            "percent": percent_of(row),
        }
        for row in rows
    ]


def present(row: Inspection) -> dict[str, Any]:
    """An inspection with every item and its answer."""
    return {**present_heads([row])[0], "items": [answer.as_facts() for answer in row.answers]}


def percent_of(row: Inspection) -> float | None:
    """The share of the points, to a tenth of a per cent; None before it is finished."""
    return None if row.points is None else round(100 * row.points / (row.most_points or 1), 1)
