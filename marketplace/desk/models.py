"""Which kinds of items the desk has, who has taken one, and the changes of grade that nobody has seen yet.

Nothing that waits is copied here: the queue is read from the tables of the rooms that decide.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, text_enum, values_check
from ..enterprises.models import Grade


class DeskKind(StrEnum):
    """What an item is. Their order decides between items of the same moment, so a further one comes last."""

    REGISTRATION = "registration"
    """An enterprise that waits for its approval."""
    RECEIVER_REGISTRATION = "receiver_registration"
    """What a receiver of general waste handed in (备案)."""
    TRANSPORTER_PAPER = "transporter_paper"
    APPEAL = "appeal"
    REPAIR = "repair"
    PROVISIONAL_BLOCK = "provisional_block"
    """An entry of the blocked list that no second officer has confirmed."""
    EXPIRING_EVALUATION = "expiring_evaluation"
    GRADE_CHANGE = "grade_change"
    UNMATCHED_ENTRY = "unmatched_entry"
    """An entry of a feed about a USCC that nobody has."""
    EARLY_WARNING = "early_warning"
    """An enterprise that may fall to grade D or E."""
    OVERDUE_RECTIFICATION = "overdue_rectification"
    """An officer's order that was not carried out in time."""
    RECHECK = "recheck"
    """What an enterprise says it put right, to be seen by the officers."""
    PROFILE_CHANGE = "profile_change"
    """What an approved enterprise proposes to change of what its approval vouches for."""
    USCC_CLAIM = "uscc_claim"
    """A registration that was refused because its code is taken."""
    LICENCE = "licence"
    """A licence that its holder handed in."""
    TRANSFER_APPLICATION = "transfer_application"
    """An application for a transfer to another province at a step that an authority takes."""
    EXEMPTION_REVIEW = "exemption_review"
    """An open demand whose evidence for an exemption nobody has looked at; its id is that of the listing."""


class DeskDecision(StrEnum):
    """What an officer may say to an item; which one fits which kind is in `service/deciding.py`."""

    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    VERIFY = "verify"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    CHECK = "check"
    GRANT = "grant"
    LIFT = "lift"
    UPHOLD_CLAIM = "uphold_claim"
    """Who claims a code gets it: another thing than to uphold the record that an appeal is against."""
    DISMISS_CLAIM = "dismiss_claim"
    ACCEPT = "accept"
    SEE = "see"
    """Taken note of: nothing else changes."""


class DeskSort(StrEnum):
    SINCE = "since"
    """What has waited longest first."""
    DUE = "due"
    """The earliest deadline first; what has none comes last, in the order of `since`."""


class DeskColumn(StrEnum):
    """The columns of the file."""

    KIND = "kind"
    TITLE = "title"
    ENTERPRISE = "enterprise"
    REGION = "region"
    SINCE = "since"
    DUE = "due"
    ASSIGNED_TO = "assigned_to"
    PATH = "path"
    ID = "id"


class Assignment(Base):
    """Who has taken an item. It says nothing once the item is done, and is dropped a day later."""

    __tablename__ = "desk_assignment"

    kind: Mapped[DeskKind] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    assigned_to: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    assigned_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    assigned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("kind", DeskKind),
        Index("ix_desk_assignment_officer", "assigned_to", "kind", "subject_id"),
    )


UNSEEN = "seen_at IS NULL"


class GradeChange(Base):
    """From which grade to which an enterprise came since an officer last looked; of each one waits at a time.

    A further change moves `grade` and `changed_at`; one back to `grade_before` takes the row away.
    """

    __tablename__ = "desk_grade_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    grade_before: Mapped[Grade] = mapped_column(text_enum(Grade, length=1))
    grade: Mapped[Grade] = mapped_column(text_enum(Grade, length=1))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    seen_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("grade_before", Grade),
        values_check("grade", Grade),
        CheckConstraint("grade <> grade_before", name="changed"),
        CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name="seen_by_somebody"),
        Index("ix_desk_grade_change_enterprise", "enterprise_id", "id"),
        Index("ix_desk_grade_change_unseen", "enterprise_id", unique=True, postgresql_where=text(UNSEEN)),
        Index(
            "ix_desk_grade_change_since", "changed_at", "id", "enterprise_id", postgresql_where=text(UNSEEN)
        ),
    )
