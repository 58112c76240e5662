"""What was done to a row, from the audit."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_

from ...database import db
from ..models import READ, Audit

LEFT_OUT = ("read_all", READ)
"""Actions that change nothing about their subject."""


def history_of(subject_kind: str, subject_id: str, after: int | None, limit: int) -> list[Audit]:
    """Who did what to a row, newest first, at most `limit` lines older than the line `after`.

    Args:
        subject_kind: the name of its table; `subject_id`: its primary key as text.
    """
    query = select(Audit).where(
        Audit.subject_kind == subject_kind,
        Audit.subject_id == subject_id,
        Audit.action.not_in(LEFT_OUT),
    )
    if after is not None:
        query = query.where(Audit.id < after)
    return list(db.session.scalars(query.order_by(Audit.id.desc()).limit(limit)))


def histories_of(subjects: Sequence[tuple[str, str]], limit: int) -> list[Audit]:
    """Who did what to any of several rows, newest first, at most `limit` lines of them all.

    Args:
        subjects: of each row the name of its table, and its primary key as text.
    """
    query = select(Audit).where(
        tuple_(Audit.subject_kind, Audit.subject_id).in_(subjects), Audit.action.not_in(LEFT_OUT)
    )
    return list(db.session.scalars(query.order_by(Audit.id.desc()).limit(limit)))


def times_done(subject_kind: str, subject_id: str, action: str, since: datetime, most: int) -> int:
    """How often something was done to a row since a moment, counted up to `most`."""
    done = select(Audit.id).where(
        Audit.subject_kind == subject_kind,
        Audit.subject_id == subject_id,
        Audit.action == action,
        Audit.at > since,
    )
    newest = done.order_by(Audit.id.desc()).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(newest)) or 0
