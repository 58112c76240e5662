"""Transporters are told before a paper ends."""

import logging
from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from ... import clock
from ...events.work import Work, unit_of_work
from ..models import CrewCard, TransporterPaper
from .may_carry import verified

REMIND_DAYS = (30, 7)
"""Days before its end when the holder of a paper is reminded."""

Ending = dict[UUID, list[dict[str, str]]]

log = logging.getLogger(__name__)


def remind_of_ends() -> int:
    """Announce papers and cards that end within 30 days, and again within 7, all of a transporter at once.

    What a newer verified paper renews is not announced.

    Returns:
        how many were announced.
    """
    ending: Ending = defaultdict(list)
    with unit_of_work() as work:
        for days in sorted(REMIND_DAYS):
            _announce_papers(work, days, ending)
            _announce_cards(work, days, ending)
        for transporter_id, papers in ending.items():
            work.emit("transporter.expiring", enterprise_id=str(transporter_id), papers=papers)
    announced = sum(map(len, ending.values()))
    if announced:
        log.info("ending papers announced", extra={"count": announced})
    return announced


def _announce_papers(work: Work, days: int, ending: Ending) -> None:
    newer = aliased(TransporterPaper)
    renewal = select(newer.id).where(
        newer.transporter_id == TransporterPaper.transporter_id,
        newer.kind == TransporterPaper.kind,
        newer.key == TransporterPaper.key,
        newer.status == TransporterPaper.status,
        newer.ended_at.is_(None),
        newer.valid_until > TransporterPaper.valid_until,
    )
    due = select(TransporterPaper).where(*verified(), *_is_due(TransporterPaper, days), ~renewal.exists())
    for paper in work.session.scalars(due.with_for_update(skip_locked=True)):
        paper.reminded_days = days
        _note(ending, paper, paper.valid_until)


def _announce_cards(work: Work, days: int, ending: Ending) -> None:
    due = (
        select(CrewCard, TransporterPaper)
        .join(TransporterPaper, TransporterPaper.id == CrewCard.paper_id)
        .where(*verified(), *_is_due(CrewCard, days))
        .with_for_update(of=CrewCard, skip_locked=True)
    )
    for card, paper in work.session.execute(due):
        card.reminded_days = days
        _note(ending, paper, card.valid_until)


def _is_due(model: Any, days: int) -> tuple[Any, ...]:
    """Rows that end within as many days, and were not announced for as few before."""
    today = clock.today()
    return (
        model.valid_until >= today,
        model.valid_until <= today + timedelta(days=days),
        or_(model.reminded_days.is_(None), model.reminded_days > days),
    )


def _note(ending: Ending, paper: TransporterPaper, last_day: date | None) -> None:
    about = {"paper_id": str(paper.id), "paper": paper.kind}
    entry = {**about, "last_day": str(last_day)}
    if entry not in ending[paper.transporter_id]:
        ending[paper.transporter_id].append(entry)
