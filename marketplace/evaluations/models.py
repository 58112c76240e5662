"""Jobs that make previews, and reminders of evaluations that end. Evaluations themselves are of credit."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class MissingInput(StrEnum):
    """What is not known of an enterprise that is evaluated."""

    DECLARATIONS = "declarations"
    """It owes reports and none was due yet: nothing says how completely it reports."""
    BALANCE = "balance"
    """None of those that were due is confirmed: nothing says how truly it reports."""
    INSPECTION = "inspection"
    """No officer has finished one."""
    RECORD = "record"
    """A newcomer: no evaluation that holds, and no year on the platform with deals and without deduction."""


class EvaluationJobStatus(StrEnum):
    """Whether a job has made all of its previews."""

    QUEUED = "queued"
    DONE = "done"


JOB_LIFE = LifeCycle(
    Move("finish", EvaluationJobStatus.QUEUED, EvaluationJobStatus.DONE, by={Party.SYSTEM}),
)


class EvaluationJob(Base):
    """A job that makes a preview of one enterprise, or of each approved one of a region.

    Enterprises are taken by id, a batch at a time: `done` of `total` are, and `last_id` was the last.
    """

    __tablename__ = "evaluation_job"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    region: Mapped[int | None] = mapped_column(ForeignKey("region.adcode"))
    note: Mapped[str]
    status: Mapped[EvaluationJobStatus] = mapped_column(default=JOB_LIFE.initial)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("status", EvaluationJobStatus),
        CheckConstraint("num_nonnulls(enterprise_id, region) = 1", name="scope"),
        CheckConstraint("done BETWEEN 0 AND total", name="done"),
        CheckConstraint("(status = 'done') = (ended_at IS NOT NULL)", name="ended"),
    )


class EvaluationReminder(Base):
    """That the end of a published evaluation was announced, `days` before it; each once."""

    __tablename__ = "evaluation_reminder"

    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("credit_evaluation.id"), primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (CheckConstraint("days > 0", name="days"),)
