"""Appeals against credit events, requests to repair them, and the days that each step may take."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..credit.models import CreditEvent
from ..database import Base, values_check
from ..dated_rows import DatedTerm
from ..events.lifecycle import LifeCycle, Move, Party


class AppealStatus(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    """The event stands."""
    OVERTURNED = "overturned"
    """The event is taken back."""
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    """The event was taken back or repaired in another way, so there is nothing left to decide."""


class RepairStatus(StrEnum):
    OPEN = "open"
    CHECKED = "checked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Decision(StrEnum):
    """What becomes of an appeal: of the event that it is against, it stands or falls."""

    UPHOLD = "uphold"
    OVERTURN = "overturn"


class RepairDecision(StrEnum):
    GRANT = "grant"
    REFUSE = "refuse"


class Reminder(StrEnum):
    """What the officers were last reminded of."""

    DUE = "due"
    OVERDUE = "overdue"


class AppealStep(StrEnum):
    """A step with a deadline."""

    APPEAL = "appeal"
    DECIDE_APPEAL = "decide_appeal"
    DECIDE_REPAIR = "decide_repair"
    DECIDE_COMPLEX_REPAIR = "decide_complex_repair"


UNDECIDED = (RepairStatus.OPEN, RepairStatus.CHECKED)

APPEAL_LIFE = LifeCycle(
    Move(
        "decide_uphold", AppealStatus.OPEN, AppealStatus.UPHELD, by={Party.ADMIN}, event="appeal.upheld"
    ),
    Move(
        "decide_overturn", AppealStatus.OPEN, AppealStatus.OVERTURNED,
        by={Party.ADMIN}, event="appeal.overturned",
    ),
    Move("withdraw", AppealStatus.OPEN, AppealStatus.WITHDRAWN, by={Party.OWNER}, event="appeal.withdrawn"),
    Move("end", AppealStatus.OPEN, AppealStatus.ENDED, by={Party.SYSTEM}, event="appeal.ended"),
)  # fmt: skip

REPAIR_LIFE = LifeCycle(
    Move(
        "check", RepairStatus.OPEN, RepairStatus.CHECKED,
        by={Party.ADMIN, Party.REGULATOR}, event="repair.checked",
    ),
    Move(
        "decide_grant", RepairStatus.CHECKED, RepairStatus.GRANTED, by={Party.ADMIN}, event="repair.granted"
    ),
    *(
        move
        for status in UNDECIDED
        for move in (
            Move("extend", status, status, by={Party.ADMIN}, event="repair.extended"),
            Move(
                "decide_refuse", status, RepairStatus.REFUSED, by={Party.ADMIN}, event="repair.refused"
            ),
            Move(
                "withdraw", status, RepairStatus.WITHDRAWN, by={Party.OWNER}, event="repair.withdrawn"
            ),
            Move("end", status, RepairStatus.ENDED, by={Party.SYSTEM}, event="repair.ended"),
        )
    ),
)  # fmt: skip


class Appeal(Base):
    """What an enterprise says against a credit event; of each event once.

    `due_on` is the last day of the decision. A trigger of the database refuses a decision by whoever recorded
    the event. `answer` is the reason of the decision, or why the appeal ended without one.
    """

    __tablename__ = "credit_appeal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("credit_event.id"), unique=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    status: Mapped[AppealStatus] = mapped_column(default=APPEAL_LIFE.initial)
    reason: Mapped[str]
    due_on: Mapped[date]
    reminded_of: Mapped[Reminder | None]
    decided_by: Mapped[UUID | None]
    answer: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    event: Mapped[CreditEvent] = relationship()

    __table_args__ = (
        values_check("status", AppealStatus),
        values_check("reminded_of", Reminder),
        CheckConstraint(
            "(status IN ('upheld', 'overturned')) = (decided_by IS NOT NULL)", name="decided_by_somebody"
        ),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed_at_a_moment"),
        Index("ix_credit_appeal_enterprise", "enterprise_id", "id"),
        Index(
            "ix_credit_appeal_due", "due_on", "id", "enterprise_id", postgresql_where=text("status = 'open'")
        ),
        Index(
            "ix_credit_appeal_since",
            "created_at",
            "id",
            "enterprise_id",
            postgresql_where=text("status = 'open'"),
        ),
    )


class Repair(Base):
    """A request to repair a credit event: all is corrected, and a promise is made in public.

    An officer checks that all is corrected, and another one decides; a trigger of the database also refuses
    a decision by whoever recorded the event. `is_complex` says that the decision takes longer.
    """

    __tablename__ = "credit_repair"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("credit_event.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    status: Mapped[RepairStatus] = mapped_column(default=REPAIR_LIFE.initial)
    promise: Mapped[str]
    is_complex: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date]
    reminded_of: Mapped[Reminder | None]
    checked_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    check_note: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    answer: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    event: Mapped[CreditEvent] = relationship()

    __table_args__ = (
        values_check("status", RepairStatus),
        values_check("reminded_of", Reminder),
        CheckConstraint("decided_by <> checked_by", name="second_officer"),
        CheckConstraint("status NOT IN ('checked', 'granted') OR checked_by IS NOT NULL", name="checked"),
        CheckConstraint(
            "(status IN ('granted', 'refused')) = (decided_by IS NOT NULL)", name="decided_by_somebody"
        ),
        CheckConstraint("(status IN ('open', 'checked')) = (closed_at IS NULL)", name="closed_at_a_moment"),
        Index(
            "ix_credit_repair_under_way", "event_id",
            unique=True, postgresql_where=text("status IN ('open', 'checked')"),
        ),
        Index("ix_credit_repair_event", "event_id"),
        Index("ix_credit_repair_enterprise", "enterprise_id", "id"),
        Index(
            "ix_credit_repair_due", "due_on", "id", "enterprise_id",
            postgresql_where=text("status IN ('open', 'checked')"),
        ),
        Index(
            "ix_credit_repair_since", "created_at", "id", "enterprise_id",
            postgresql_where=text("status IN ('open', 'checked')"),
        ),
    )  # fmt: skip


class AppealDeadline(DatedTerm, Base):
    """How many working days a step may take, counted from the day after it begins.

    Officers are reminded `remind_days` working days before the last one.
    """

    __tablename__ = "appeal_deadline"

    step: Mapped[AppealStep]
    working_days: Mapped[int] = mapped_column(SmallInteger)
    remind_days: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        values_check("step", AppealStep),
        *DatedTerm.term_checks(),
        CheckConstraint("working_days > 0 AND remind_days BETWEEN 0 AND working_days", name="days"),
    )
