"""The red list: enterprises with honours that count."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...credit.models import CreditEvent, EventStatus
from ...database import db
from ...enterprises.models import Enterprise, EnterpriseStatus, Grade
from .shown import ABOUT, citation_of, events_of, has_event, is_asked_for, present_enterprise, titles_of

HONOUR = "site.honour"
SHOWN = ("rule", "document", "authority", "decided_on", "effective_on")


def search_honoured(query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Any]:
    """Enterprises with an honour that counts, by id, at most `limit` after `after`.

    Who is on the blocked list, or has a grade of the other board, is not praised beside it: our own choice.
    """
    rows = select(*ABOUT).where(
        Enterprise.status == EnterpriseStatus.APPROVED,
        ~Enterprise.blocked,
        Enterprise.grade.not_in((Grade.D, Grade.E)),
        has_event(*_is_honour()),
        *is_asked_for(query),
    )
    if after is not None:
        rows = rows.where(Enterprise.id > after)
    return db.session.execute(rows.order_by(Enterprise.id).limit(limit)).all()


def present_honoured(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Enterprises with their honours, the latest first."""
    honours = events_of(rows, *_is_honour())
    titles = titles_of(honours)
    return [
        {
            **present_enterprise(row),
            "honours": [
                {
                    **{name: getattr(event, name) for name in SHOWN},
                    "title": titles[event.id],
                    "citation": citation_of(event),
                    "counts_until": event.lapses_on,
                }
                for event in honours[row.id]
            ],
        }
        for row in rows
    ]


def _is_honour() -> tuple[Any, ...]:
    today = clock.today()
    return (
        CreditEvent.rule == HONOUR,
        CreditEvent.status == EventStatus.RECORDED,
        CreditEvent.is_public,
        CreditEvent.points_milli > 0,
        CreditEvent.effective_on <= today,
        CreditEvent.lapses_on > today,
    )
