"""What the tiers of credit do to everybody else: by grade and side who is told how much and how late, and
who deals.

`docs/credit.md` defines each figure; it is measured here and decided nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from ... import clock
from ...database import db
from ...deals.models import Side
from ...enterprises.models import EnterpriseStatus, Grade
from ...listings.models import Kind, ListingStatus
from ...notifications.models import NotificationKind, NotificationStatus

SIDES = {Kind.SUPPLY.value: Side.SUPPLIER, Kind.DEMAND.value: Side.RECEIVER}
"""By the kind of its own listing that it has, or is told for: the side of an enterprise."""
PROMPT = timedelta(hours=1)
"""A message planned within this time follows from the publication, not from a later change or re-rank."""
Key = tuple[Grade, Side]

ENTERPRISES = text("""
    SELECT firm.grade, own.kind, count(DISTINCT firm.id)
    FROM listing AS own JOIN enterprise AS firm ON firm.id = own.enterprise_id
    WHERE own.status = :open AND firm.status = :approved
    GROUP BY firm.grade, own.kind
""")
MESSAGES = text("""
    SELECT told.grade, own.kind, count(*), count(told.released_at),
        count(*) FILTER (WHERE told.status = :dropped),
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM told.released_at - other.published_at)
        ) FILTER (WHERE told.released_at IS NOT NULL AND told.created_at < other.published_at + :prompt),
        count(*) FILTER (WHERE CAST(told.data ->> 'rank' AS integer) = 1)
    FROM notification AS told
    JOIN listing AS own ON own.id = told.listing_id
    JOIN listing AS other ON other.id = told.counterpart_id
    WHERE told.kind = :kind AND told.created_at >= :since
    GROUP BY told.grade, own.kind
""")
DEALS = text("""
    SELECT firm.grade, party.side, count(*)
    FROM deal
    CROSS JOIN LATERAL (
        VALUES (:supplier, deal.supplier_id), (:receiver, deal.receiver_id)
    ) AS party (side, enterprise_id)
    JOIN enterprise AS firm ON firm.id = party.enterprise_id
    WHERE deal.agreed_at >= :since
    GROUP BY firm.grade, party.side
""")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one grade has on one side; `first_place_share` is None where nobody of the side had such."""

    grade: Grade
    side: Side
    enterprises: int
    planned: int
    released: int
    dropped: int
    median_delay_s: float | None
    first_places: int
    first_place_share: float | None
    deals: int


def exposure(days: int) -> tuple[datetime, Sequence[Exposure]]:
    """Since when, and what each grade has had since on each side, best grade first."""
    since = clock.now() - timedelta(days=days)
    enterprises = _by_key(_of_kinds(ENTERPRISES, open=ListingStatus.OPEN, approved=EnterpriseStatus.APPROVED))
    messages = _by_key(
        _of_kinds(
            MESSAGES, kind=NotificationKind.MATCH_FOUND, dropped=NotificationStatus.DROPPED,
            since=since, prompt=PROMPT,
        )
    )  # fmt: skip
    deals = _by_key(_rows(DEALS, since=since, supplier=Side.SUPPLIER, receiver=Side.RECEIVER))
    firsts = {side: sum(messages.get((grade, side), NOTHING)[-1] for grade in Grade) for side in Side}
    return since, [
        _exposure((grade, side), enterprises, messages, deals, firsts[side])
        for side in Side
        for grade in Grade
    ]


NOTHING: tuple[Any, ...] = (0, 0, 0, None, 0)


def _exposure(
    key: Key, enterprises: dict[Key, Any], messages: dict[Key, Any], deals: dict[Key, Any], firsts: int
) -> Exposure:
    planned, released, dropped, delay, first = messages.get(key, NOTHING)
    return Exposure(
        *key,
        enterprises=enterprises.get(key, (0,))[0],
        planned=planned,
        released=released,
        dropped=dropped,
        median_delay_s=None if delay is None else float(delay),
        first_places=first,
        first_place_share=first / firsts if firsts else None,
        deals=deals.get(key, (0,))[0],
    )


def _rows(statement: Any, **about: Any) -> Iterable[tuple[Any, ...]]:
    values = {name: getattr(value, "value", value) for name, value in about.items()}
    return [tuple(row) for row in db.session.execute(statement, values)]


def _of_kinds(statement: Any, **about: Any) -> Iterable[tuple[Any, ...]]:
    """Rows with the side instead of the kind of listing."""
    return [(grade, SIDES[kind], *rest) for grade, kind, *rest in _rows(statement, **about)]


def _by_key(rows: Iterable[tuple[Any, ...]]) -> dict[Key, tuple[Any, ...]]:
    return {(Grade(grade), Side(side)): tuple(rest) for grade, side, *rest in rows}
