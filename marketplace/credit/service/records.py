"""The record of enterprises: all that a standing is made of, read for many of them at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...database import db, is_among
from ...enterprises.models import Enterprise
from ..models import Block, CreditEvent, Evaluation, EventStatus
from .score import Standing, standing
from .standings import is_published, member_since


@dataclass(frozen=True, slots=True)
class Record:
    """The record of an enterprise on a day.

    Attributes:
        events: those that count that day, by id. evaluations: those that are published.
        is_blocked: whether a block is in force.
    """

    day: date
    member_since: date
    events: Sequence[CreditEvent]
    evaluations: Sequence[Evaluation]
    is_blocked: bool

    def standing(self) -> Standing:
        """The standing as it is."""
        return standing(self.events, self.evaluations, self.member_since, self.day)

    def standing_with(self, published_on: date, valid_until: date) -> Standing:
        """The standing as it would be with a further evaluation."""
        further = Evaluation(published_on=published_on, valid_until=valid_until)
        return standing(self.events, [*self.evaluations, further], self.member_since, self.day)


def records_of(rows: Sequence[Enterprise]) -> dict[UUID, Record]:
    """The records of some enterprises as they are today, by id; three statements, however many they are."""
    today, ids = clock.today(), [row.id for row in rows]
    recorded = (
        select(CreditEvent)
        .where(
            is_among(CreditEvent.enterprise_id, ids),
            CreditEvent.status == EventStatus.RECORDED,
            CreditEvent.effective_on <= today,
            CreditEvent.lapses_on > today,
        )
        .order_by(CreditEvent.id)
    )
    published = select(Evaluation).where(is_among(Evaluation.enterprise_id, ids), is_published())
    in_force = select(Block.enterprise_id).where(
        is_among(Block.enterprise_id, ids), Block.lifted_at.is_(None)
    )
    events, evaluations = _by_enterprise(recorded), _by_enterprise(published)
    blocked = set(db.session.scalars(in_force))
    return {
        row.id: Record(
            today, member_since(row), events[row.id], evaluations[row.id], is_blocked=row.id in blocked
        )
        for row in rows
    }


def _by_enterprise(query: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.enterprise_id].append(row)
    return found
