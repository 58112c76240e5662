"""The steps that have a deadline, and which of them were late."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ... import clock
from ...database import Base, values_check
from ...dated_rows import DatedTerm
from .life import CLOSED_STATES, RECEIPTS, ManifestStatus, S


class LateStep(StrEnum):
    """A step that has a deadline; who has to make it is in `WAITING`."""

    SCHEDULE = "schedule"
    PICKUP = "pickup"
    DELIVER = "deliver"
    RECEIVE = "receive"
    CLOSE = "close"
    EXPLAIN = "explain"
    FOLLOW = "follow"
    OUTCOME = "outcome"


class LateStage(StrEnum):
    """What comes of a step that is not made, one after the other."""

    REMINDED = "reminded"
    ESCALATED = "escalated"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The states in which a step is waited for, the column that says since when, and who has to make it."""

    states: tuple[ManifestStatus, ...]
    since: str
    who: str


WAITING = {
    LateStep.SCHEDULE: Waiting((S.REQUESTED,), "requested_at", "transporter_id"),
    LateStep.PICKUP: Waiting((S.ISSUED,), "load_on", "transporter_id"),
    LateStep.DELIVER: Waiting((S.MOVING,), "picked_up_at", "transporter_id"),
    LateStep.RECEIVE: Waiting((S.DELIVERED,), "delivered_at", "receiver_id"),
    LateStep.CLOSE: Waiting(RECEIPTS, "received_at", "receiver_id"),
    LateStep.EXPLAIN: Waiting((*RECEIPTS, S.REFUSED, *CLOSED_STATES), "explain_since", "sender_id"),
    LateStep.FOLLOW: Waiting((S.PARTLY_REFUSED, S.REFUSED, *CLOSED_STATES), "follow_since", "sender_id"),
    LateStep.OUTCOME: Waiting((S.CLOSED,), "outcome_since", "receiver_id"),
}
"""Of each step with a deadline; a step whose column is empty is not waited for."""


class ManifestDeadline(DatedTerm, Base):
    """When a step that is not made has its consequences, in days after its start.

    Where `working` is false the days are those of the calendar. A stage without a number of days never comes.
    """

    __tablename__ = "manifest_deadline"

    step: Mapped[LateStep]
    working: Mapped[bool]
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    escalated_days: Mapped[int | None] = mapped_column(SmallInteger)
    recorded_days: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        values_check("step", LateStep),
        *DatedTerm.term_checks(),
        CheckConstraint(
            "reminded_days > 0 AND escalated_days > reminded_days AND recorded_days > escalated_days",
            name="one_after_the_other",
        ),
    )


class ManifestDelay(Base):
    """A step that was late, and how far that has gone; one row a step, start and stage, so told once."""

    __tablename__ = "manifest_delay"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    step: Mapped[LateStep] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    stage: Mapped[LateStage] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("step", LateStep), values_check("stage", LateStage))
