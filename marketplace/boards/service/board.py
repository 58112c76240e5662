"""The public board: enterprises of grade D and E with the reasons that may be published."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from .publication import IS_LISTED, Publication
from .shown import ABOUT, citation_of, events_of, has_event, is_asked_for, present_enterprise, titles_of

SHOWN = ("rule", "axis", "severity", "points_milli", "document", "authority", "decided_on", "served_on")


def search_board(publication: Publication, query: dict[str, Any], after: list[Any] | None) -> Sequence[Any]:
    """A page of enterprises that the board names, and one more, the lowest score first."""
    key = tuple_(Enterprise.credit_milli, Enterprise.id)
    rows = select(*ABOUT).where(IS_LISTED, has_event(publication.is_reason()), *is_asked_for(query))
    if after is not None:
        rows = rows.where(key > tuple(after))
    ordered = rows.order_by(Enterprise.credit_milli, Enterprise.id)
    return db.session.execute(ordered.limit(query["limit"] + 1)).all()


def board_position(row: Any) -> list[int | UUID]:
    """Where a page of the board ended that ended with this row."""
    return [row.credit_milli, row.id]


def present_board(publication: Publication, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Enterprises with their reasons, the latest first."""
    reasons = events_of(rows, publication.is_reason())
    titles = titles_of(reasons)
    return [
        {
            **present_enterprise(row),
            "grade": row.grade,
            "score": enterprises.whole_points(row.credit_milli),
            "reasons": [
                {
                    **{name: getattr(event, name) for name in SHOWN},
                    "title": titles[event.id],
                    "citation": citation_of(event),
                    "published_until": publication.until(event),
                }
                for event in reasons[row.id]
            ],
        }
        for row in rows
    ]
