"""Histories read from the tables of credit, of a batch of enterprises at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ...enterprises.models import EnterpriseStatus
from ...statements import Statement, uuid_array
from .histories import CreditHistory, PastEvaluation, PastEvent

BATCH = 2000
"""Enterprises of one statement: with 17 events each some 30 MB here."""
MEMBERS = [EnterpriseStatus.APPROVED.value, EnterpriseStatus.SUSPENDED.value]
EVENT_COLUMNS = (
    "enterprise_id", "rule", "axis", "points_milli", "most_per_year_milli", "severity", "recorded_as",
    "cause", "effective_on", "lapses_on", "recorded_on", "ended_on",
)  # fmt: skip
EVENTS = Statement(
    text("""
    SELECT event.enterprise_id, event.rule, event.axis, event.points_milli, event.most_per_year_milli,
        event.severity, event.recorded_as, event.cause, event.effective_on, event.lapses_on,
        CAST(timezone('Asia/Shanghai', event.created_at) AS date) AS recorded_on,
        CAST(timezone('Asia/Shanghai', CASE event.status
            WHEN 'withdrawn' THEN coalesce(back.created_at, event.created_at)
            WHEN 'repaired' THEN coalesce(
                (SELECT max(at) FROM audit
                 WHERE subject_kind = 'credit_event' AND subject_id = CAST(event.id AS text)
                    AND action = 'repair'), event.created_at)
        END) AS date) AS ended_on
    FROM credit_event AS event
    LEFT JOIN credit_event AS back ON back.withdraws = event.id
    WHERE event.enterprise_id = ANY(CAST(:ids AS uuid[])) AND event.status <> 'compensation'
    ORDER BY event.enterprise_id, event.effective_on, event.id
    """),
    EVENT_COLUMNS,
)
"""An event whose end nobody knows the day of counts as never known."""
EVALUATIONS = Statement(
    text("""
    SELECT enterprise_id, published_on, valid_until,
        CAST(timezone('Asia/Shanghai', created_at) AS date) AS recorded_on
    FROM credit_evaluation
    WHERE enterprise_id = ANY(CAST(:ids AS uuid[])) AND published_on IS NOT NULL
    """),
    ("enterprise_id", "published_on", "valid_until", "recorded_on"),
)
FIRMS = Statement(
    text("""
    SELECT id, CAST(timezone('Asia/Shanghai', created_at) AS date) AS since FROM enterprise
    WHERE id = ANY(CAST(:ids AS uuid[])) AND status = ANY(:members) ORDER BY id
    """),
    ("id", "since"),
)
SAMPLE = Statement(
    text("""
    SELECT id FROM enterprise WHERE status = ANY(:members) ORDER BY md5(CAST(id AS text)) LIMIT :most
    """),
    ("id",),
)
BEGINNING = Statement(
    text("""
    SELECT CAST(timezone('Asia/Shanghai', min(created_at)) AS date) AS began_on,
        EXISTS (SELECT FROM enterprise WHERE right(contact_email, 12) = '@example.com') AS is_simulated
    FROM credit_event
    """),
    ("began_on", "is_simulated"),
)


def histories_of(ids: Sequence[UUID]) -> dict[UUID, CreditHistory]:
    """The histories of those of the enterprises that are members, by id; three statements."""
    about = {"ids": uuid_array(ids)}
    events: dict[UUID, list[PastEvent]] = defaultdict(list)
    for row in EVENTS.all(**about):
        events[row.enterprise_id].append(_event(row))
    evaluations: dict[UUID, list[PastEvaluation]] = defaultdict(list)
    for row in EVALUATIONS.all(**about):
        evaluations[row.enterprise_id].append(
            PastEvaluation(row.published_on, row.valid_until, row.recorded_on)
        )
    firms = FIRMS.all(**about, members=MEMBERS)
    return {firm.id: CreditHistory(firm.since, events[firm.id], evaluations[firm.id]) for firm in firms}


def _event(row: Any) -> PastEvent:
    return PastEvent(
        row.rule, row.axis, row.points_milli, row.most_per_year_milli, row.severity, row.recorded_as,
        row.cause, row.effective_on, row.lapses_on, row.recorded_on, row.ended_on or date.max,
    )  # fmt: skip


def sampled(most: int) -> Iterator[list[UUID]]:
    """So many members, the same for each training, in batches."""
    ids = [row.id for row in SAMPLE.all(members=MEMBERS, most=most)]
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def beginning() -> tuple[date | None, bool]:
    """The day from which on credit events are known, None without any; and whether enterprises of the demo
    city, whose mail addresses nobody can have, are among the members."""
    row = BEGINNING.one()
    return row.began_on, row.is_simulated
