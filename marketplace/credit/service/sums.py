"""What the scores of many enterprises are made of, summed in SQL; `score.py` makes the scores of it.

Each statement is about one batch of enterprises, so that neither this process nor the database holds more
than that at a time. `tests/credit/test_credit_in_sql.py` compares the result with `score.standing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from ...enterprises.models import MILLI_PER_POINT, Grade
from ...statements import Statement, uuid_array
from .rules import points_milli, severity_of, term_of
from .score import COMPLETED, base_score, clamped, established_by, grade_of, relief
from .standings import member_since

BATCH = 2000
"""Enterprises of one statement: with 17 events each some 10 MB in the database."""
COLUMNS = (
    "id", "created_at", "credit_milli", "grade", "provisional", "blocked", "credit_valid_until",
    "recorded", "of_platform", "completed", "has_deduction", "evaluated_until", "is_blocked",
)  # fmt: skip
SUMS = Statement(
    text("""
    WITH term AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb)) AS term(
            code text, axis text, points integer, reported integer, most integer, severity text,
            months integer, recorded_as text)
    ), counting AS MATERIALIZED (
        SELECT event.enterprise_id, event.rule, event.effective_on, event.cause,
            coalesce(term.axis, event.axis) AS axis,
            CASE WHEN term.code IS NULL THEN event.points_milli
                 WHEN event.is_self_reported THEN term.reported ELSE term.points END AS points,
            CASE WHEN term.code IS NULL THEN event.most_per_year_milli ELSE term.most END AS most,
            CASE WHEN term.code IS NULL THEN event.severity ELSE term.severity END AS severity,
            coalesce(term.recorded_as, event.recorded_as) AS recorded_as
        FROM credit_event AS event
        LEFT JOIN term ON term.code = event.rule
        LEFT JOIN LATERAL (
            SELECT CAST(event.effective_on + make_interval(months => term.months) AS date) AS day
        ) AS later ON term.code IS NOT NULL
        WHERE event.enterprise_id = ANY(CAST(:ids AS uuid[])) AND event.status = 'recorded'
            AND event.effective_on <= :today AND event.lapses_on > :today
            AND (term.code IS NULL OR :today < later.day
                 OR (:today = later.day
                     AND extract(day FROM later.day) < extract(day FROM event.effective_on)))
    ), once AS (
        SELECT * FROM counting
        WHERE cause IS NULL OR recorded_as <> 'system' OR severity IS DISTINCT FROM 'light'
        UNION ALL (
            SELECT DISTINCT ON (enterprise_id, cause) * FROM counting
            WHERE cause IS NOT NULL AND recorded_as = 'system' AND severity = 'light'
            ORDER BY enterprise_id, cause, points, rule COLLATE "C", effective_on
        )
    ), line AS (
        SELECT enterprise_id, recorded_as, greatest(-most, least(most, sum(points))) AS limited
        FROM once
        GROUP BY enterprise_id, rule, axis, recorded_as, most,
            CASE WHEN most IS NOT NULL THEN extract(year FROM effective_on) END
    ), total AS (
        SELECT enterprise_id,
            sum(CASE WHEN recorded_as <> 'system' THEN limited ELSE 0 END) AS recorded,
            sum(CASE WHEN recorded_as = 'system' THEN limited ELSE 0 END) AS of_platform
        FROM line GROUP BY enterprise_id
    ), record AS (
        SELECT enterprise_id, count(*) FILTER (WHERE rule = :completed) AS completed,
            bool_or(points < 0) AS has_deduction
        FROM counting GROUP BY enterprise_id
    ), evaluated AS (
        SELECT enterprise_id, max(valid_until) AS until FROM credit_evaluation
        WHERE enterprise_id = ANY(CAST(:ids AS uuid[])) AND published_on IS NOT NULL
            AND published_on <= :today AND valid_until > :today
        GROUP BY enterprise_id
    )
    SELECT firm.id, firm.created_at, firm.credit_milli, firm.grade, firm.provisional, firm.blocked,
        firm.credit_valid_until, CAST(coalesce(total.recorded, 0) AS bigint) AS recorded,
        CAST(coalesce(total.of_platform, 0) AS bigint) AS of_platform,
        coalesce(record.completed, 0) AS completed,
        coalesce(record.has_deduction, false) AS has_deduction, evaluated.until AS evaluated_until,
        EXISTS (SELECT FROM credit_block AS block
                WHERE block.enterprise_id = firm.id AND block.lifted_at IS NULL) AS is_blocked
    FROM enterprise AS firm
    LEFT JOIN total ON total.enterprise_id = firm.id
    LEFT JOIN record ON record.enterprise_id = firm.id
    LEFT JOIN evaluated ON evaluated.enterprise_id = firm.id
    WHERE firm.id = ANY(CAST(:ids AS uuid[]))
    ORDER BY firm.id
    """),
    COLUMNS,
)


@dataclass(frozen=True, slots=True)
class Sum:
    """The standing of an enterprise as it is to be, beside what is written of it; scores in thousandths."""

    enterprise_id: UUID
    score: int
    grade: Grade
    provisional: bool
    blocked: bool
    valid_until: date | None
    written: tuple[int, Grade, bool, bool, date | None]

    @property
    def standing(self) -> tuple[int, Grade, bool, bool, date | None]:
        return self.score, self.grade, self.provisional, self.blocked, self.valid_until


def sums_of(ids: Sequence[UUID], today: date, terms: str = "[]") -> list[Sum]:
    """The standings of some enterprises, by id.

    Args:
        terms: what `terms_of` gives, to count all events by the terms of another table than their own.
    """
    rows = SUMS.all(ids=uuid_array(ids), today=today, terms=terms, completed=COMPLETED)
    return [_sum_of(row, today) for row in rows]


def _sum_of(row: Any, today: date) -> Sum:
    established = established_by(
        row.evaluated_until, member_since(row), today, row.completed, row.has_deduction
    )
    base = base_score(established)
    total = base + row.recorded + row.of_platform
    score = clamped(total + relief(base + row.recorded, row.of_platform))
    return Sum(
        row.id, score, grade_of(score), established is None, row.is_blocked, row.evaluated_until,
        (row.credit_milli, Grade(row.grade), row.provisional, row.blocked, row.credit_valid_until),
    )  # fmt: skip


def terms_of(rules: Sequence[dict[str, Any]]) -> str:
    """The terms of a table's rules as the statement reads them, in thousandths of a point."""
    return orjson.dumps([_term_of(rule) for rule in rules]).decode()


def _term_of(rule: dict[str, Any]) -> dict[str, Any]:
    most = rule.get("most_per_year")
    return {
        "code": rule["code"],
        "axis": rule["axis"],
        "points": points_milli(rule, is_self_reported=False),
        "reported": points_milli(rule, is_self_reported=True),
        "most": None if most is None else round(most * MILLI_PER_POINT),
        "severity": severity_of(rule),
        "months": term_of(rule, "months"),
        "recorded_as": term_of(rule, "recorded_by"),
    }
