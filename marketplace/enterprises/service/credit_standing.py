"""The credit standing that the credit room writes to an enterprise, where all others read it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select, text

from ... import clock
from ...statements import Statement
from ..models import Enterprise, Grade


def set_standing(
    enterprise: Enterprise,
    *,
    score_milli: int,
    grade: Grade,
    provisional: bool,
    blocked: bool,
    valid_until: date | None,
    as_of: date,
) -> None:
    """Write the standing of a locked enterprise; the credit room's only way to do so.

    Args:
        score_milli: the score in thousandths of a point, 0 to 100,000.
        valid_until: the first day on which the evaluation that established it no longer counts.
        as_of: the day that the standing is of.
    """
    enterprise.credit_milli = score_milli
    enterprise.grade = grade
    enterprise.provisional = provisional
    enterprise.blocked = blocked
    enterprise.credit_valid_until = valid_until
    enterprise.credit_as_of = as_of


_SET = Statement(
    text("""
        UPDATE enterprise SET credit_milli = new.score_milli, grade = new.grade,
            provisional = new.provisional, blocked = new.blocked, credit_valid_until = new.valid_until,
            credit_as_of = :as_of, updated_at = :now, version = version + 1
        FROM jsonb_to_recordset(CAST(:standings AS jsonb)) AS new(
            id uuid, score_milli integer, grade text, provisional boolean, blocked boolean, valid_until date)
        WHERE enterprise.id = new.id
    """)
)


def set_standings(standings: Sequence[dict[str, Any]], *, as_of: date) -> None:
    """Write the standings of many locked enterprises, as `set_standing` does of one.

    Args:
        standings: each with the `id` and what `set_standing` takes.
    """
    if standings:
        _SET.write(standings=orjson.dumps(standings).decode(), as_of=as_of, now=clock.now())


def with_standing_before(enterprise_id: Any, day: Any, today: date) -> Any:
    """A query of the ids in a column whose standing is of a day before that in the column `day`."""
    return (
        select(Enterprise.id)
        .join_from(enterprise_id.table, Enterprise, Enterprise.id == enterprise_id)
        .where(Enterprise.credit_as_of < day, Enterprise.credit_as_of < today)
        .distinct()
    )
