"""The standing of an enterprise: computed from its record, written to its row, shown and explained."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, bindparam, select

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import MILLI_PER_POINT, Enterprise
from ...errors import Invalid, NotFound
from ...events import service as events
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ...statements import Statement
from ..models import Block, CreditEvent, Evaluation
from .lapse import counts, due_for_refresh
from .score import Standing, next_grade, standing
from .titles import rule_titles


def is_published() -> ColumnElement[bool]:
    """The condition of evaluations that are no previews."""
    return Evaluation.published_on.is_not(None)


_TODAY = bindparam("today", type_=Date)
EVENTS_IN_FORCE = Statement(
    select(
        CreditEvent.rule, CreditEvent.axis, CreditEvent.points_milli, CreditEvent.most_per_year_milli,
        CreditEvent.severity, CreditEvent.recorded_as, CreditEvent.cause, CreditEvent.status,
        CreditEvent.effective_on, CreditEvent.lapses_on,
    ).where(
        CreditEvent.enterprise_id == bindparam("enterprise_id"),
        CreditEvent.effective_on <= _TODAY, CreditEvent.lapses_on > _TODAY,
    )
)  # fmt: skip
"""What `score.standing` reads of the events of an enterprise whose day has come and which have not lapsed."""
PUBLISHED_EVALUATIONS = Statement(
    select(Evaluation.published_on, Evaluation.valid_until).where(
        Evaluation.enterprise_id == bindparam("enterprise_id"), is_published()
    )
)
MOST_AHEAD = 10
"""Days ahead of which an explanation says the score; our own choice."""

log = logging.getLogger(__name__)


def standing_of(enterprise: Enterprise) -> Standing:
    """The standing of an enterprise today, from its events and evaluations."""
    today = clock.today()
    return standing(*_read(enterprise, today), member_since(enterprise), today)


def _read(enterprise: Enterprise, today: date) -> tuple[Sequence[Any], Sequence[Any]]:
    """What the standing of an enterprise is made of: its events and its evaluations."""
    about = {"enterprise_id": enterprise.id}
    return EVENTS_IN_FORCE.all(**about, today=today), PUBLISHED_EVALUATIONS.all(**about)


def member_since(enterprise: Enterprise) -> date:
    """The day of registration in Asia/Shanghai."""
    return enterprise.created_at.astimezone(clock.LOCAL).date()


def blocks_in_force(enterprise_id: UUID) -> Sequence[Block]:
    """Blocks of an enterprise that nobody has lifted; provisional ones count."""
    return db.session.scalars(
        select(Block).where(Block.enterprise_id == enterprise_id, Block.lifted_at.is_(None))
    ).all()


def lock_enterprise(work: Work, enterprise_id: UUID) -> Enterprise:
    """The enterprise that a body names, locked. Raises: Invalid: there is none (`unknown_enterprise`)."""
    try:
        return enterprises.lock(work, enterprise_id)
    except NotFound as error:
        raise Invalid("unknown_enterprise", at="enterprise_id") from error


def refresh_standing(work: Work, enterprise: Enterprise) -> None:
    """Compute the standing of a locked enterprise and write it; emit `credit.changed` if it differs."""
    current = standing_of(enterprise)
    before = (enterprise.credit_milli, enterprise.grade, enterprise.blocked)
    enterprises.set_standing(
        enterprise,
        score_milli=current.score,
        grade=current.grade,
        provisional=current.is_provisional,
        blocked=bool(blocks_in_force(enterprise.id)),
        valid_until=current.valid_until,
        as_of=clock.today(),
    )
    after = (enterprise.credit_milli, enterprise.grade, enterprise.blocked)
    if before == after:
        return
    score = current.score / MILLI_PER_POINT
    work.emit(
        "credit.changed",
        enterprise_id=str(enterprise.id),
        score=score,
        grade=current.grade,
        grade_before=before[1],
        blocked=enterprise.blocked,
    )
    log.info(
        "credit standing changed",
        extra={
            "enterprise_id": str(enterprise.id),
            "score_before": before[0] / MILLI_PER_POINT,
            "score": score,
            "grade": current.grade.value,
            "blocked": enterprise.blocked,
        },
    )


def refresh_lapsed() -> int:
    """Recompute the standings that the passing of days has changed. Returns how many.

    Each is a transaction of its own.
    """
    started = time.perf_counter()
    enterprise_ids = db.session.scalars(due_for_refresh(clock.today())).all()
    for enterprise_id in enterprise_ids:
        with unit_of_work() as work:
            refresh_standing(work, enterprises.lock(work, enterprise_id))
    if enterprise_ids:
        ms = round((time.perf_counter() - started) * 1000)
        log.info("lapsed standings refreshed", extra={"count": len(enterprise_ids), "ms": ms})
    return len(enterprise_ids)


def present(actor: Actor, enterprise: Enterprise) -> dict[str, Any]:
    """A standing as this actor may see it: points in thousandths; to others grade and score in whole points,
    to those that are not approved the grade alone."""
    if not enterprises.sees_all_of(actor, enterprise):
        points = enterprises.whole_points(enterprise.credit_milli) * MILLI_PER_POINT
        return {"grade": enterprise.grade, **({"score": points} if enterprises.sees_scores(actor) else {})}
    events.note_read(actor, events.CREDIT, enterprise.id)
    return {
        "score": enterprise.credit_milli,
        "grade": enterprise.grade,
        "provisional": enterprise.provisional,
        "axes": standing_of(enterprise).axes,
        "valid_until": enterprise.credit_valid_until,
        "blocked": enterprise.blocked,
    }


def explain(actor: Actor, enterprise: Enterprise, language: str) -> dict[str, Any]:
    """Why a score is what it is: its base, the lines that add up to it, and the blocks in force; what the
    next grade takes, and what it will be as events and evaluations end.
    """
    events.note_read(actor, events.CREDIT, enterprise.id)
    today, since = clock.today(), member_since(enterprise)
    counting, published = _read(enterprise, today)
    current = standing(counting, published, since, today)
    titles = rule_titles(language)
    ends = {each.lapses_on for each in counting if counts(each, today)}
    ends.update(each.valid_until for each in published)
    days = sorted(day for day in ends if day > today)[:MOST_AHEAD]
    return {
        **{name: getattr(current, name) for name in ("base", "established_by", "sum", "score", "grade")},
        "lines": [{**asdict(line), "title": titles.get(line.rule)} for line in current.lines],
        "next_grade": next_grade(current.score),
        "ahead": [
            {"on": day, "score": then.score, "grade": then.grade}
            for day in days
            for then in [standing(counting, published, since, day)]
        ],
        "blocks": [block.id for block in blocks_in_force(enterprise.id)],
    }
