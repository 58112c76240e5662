"""An application for a transfer approval, the steps it took, and its papers.

Source of steps and days: Transfer Measures 2021, art. 21-28 (`law.md` 2).
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..calendar import service as calendar
from ..catalogue.models import Mode
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party, WorkingDays


class TransferStatus(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    AT_SENDER = "at_sender"
    AT_RECEIVER = "at_receiver"
    DECIDING = "deciding"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ToAct(StrEnum):
    """Who must act next."""

    APPLICANT = "applicant"
    SENDER_PROVINCE = "sender_province"
    RECEIVER_PROVINCE = "receiver_province"


class TransferPaperKind(StrEnum):
    """The papers of an application (Transfer Measures, 23)."""

    FORM = "form"
    RECEIVER_LICENCE = "receiver_licence"
    RECEIVER_NOTE = "receiver_note"
    CONTRACT = "contract"


TO_ACT = {
    TransferStatus.SUBMITTED: ToAct.SENDER_PROVINCE,
    TransferStatus.INCOMPLETE: ToAct.APPLICANT,
    TransferStatus.AT_SENDER: ToAct.SENDER_PROVINCE,
    TransferStatus.AT_RECEIVER: ToAct.RECEIVER_PROVINCE,
    TransferStatus.DECIDING: ToAct.SENDER_PROVINCE,
}
LIVE = tuple(TO_ACT)
DAYS = {
    TransferStatus.SUBMITTED: 5,
    TransferStatus.AT_SENDER: 5,
    TransferStatus.AT_RECEIVER: 10,
    TransferStatus.DECIDING: 5,
}
"""Working days that each step may take. Source: Transfer Measures 2021, art. 24-26."""
AT_AN_AUTHORITY = "status IN ('submitted', 'at_sender', 'at_receiver', 'deciding')"
"""The applications of which an authority takes the next step: each has a last day."""
UNDECIDED = (TransferStatus.AT_SENDER, TransferStatus.AT_RECEIVER, TransferStatus.DECIDING)

LIFE = LifeCycle(
    Move(
        "accept_papers", TransferStatus.SUBMITTED, TransferStatus.AT_SENDER,
        by={Party.ADMIN, Party.CLOCK}, event="permit.application_moved",
        after=WorkingDays(DAYS[TransferStatus.SUBMITTED], calendar.is_working_day), since="step_began_on",
    ),
    Move(
        "ask_papers", TransferStatus.SUBMITTED, TransferStatus.INCOMPLETE,
        by={Party.ADMIN}, event="permit.application_moved",
    ),
    Move(
        "supplement", TransferStatus.INCOMPLETE, TransferStatus.SUBMITTED,
        by={Party.SUPPLIER}, event="permit.application_moved", twin=True,
    ),
    Move(
        "forward", TransferStatus.AT_SENDER, TransferStatus.AT_RECEIVER,
        by={Party.ADMIN}, event="permit.application_moved",
    ),
    Move(
        "agree", TransferStatus.AT_RECEIVER, TransferStatus.DECIDING,
        by={Party.ADMIN}, event="permit.application_moved",
    ),
    Move(
        "grant", TransferStatus.DECIDING, TransferStatus.GRANTED,
        by={Party.ADMIN}, event="permit.application_moved",
    ),
    *(
        Move(
            "refuse", status, TransferStatus.REFUSED, by={Party.ADMIN}, event="permit.application_moved",
        )
        for status in UNDECIDED
    ),
    *(
        Move(
            "withdraw", status, TransferStatus.WITHDRAWN,
            by={Party.SUPPLIER}, event="permit.application_moved", twin=True,
        )
        for status in LIVE
    ),
)  # fmt: skip
"""Papers that nobody found wanting within 5 working days are deemed complete: the clock accepts them."""


class TransferApplication(Base):
    """A generator's application to move one waste to one receiver in another province, in one way.

    `due_on` is the last day of the present step, None where the applicant must act or nobody.
    """

    __tablename__ = "transfer_application"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[TransferStatus] = mapped_column(default=TransferStatus.SUBMITTED)
    generator_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    way: Mapped[Mode]
    kg: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    step_began_on: Mapped[date]
    due_on: Mapped[date | None]
    reason: Mapped[str | None]
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("transfer_approval.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    steps: Mapped[list["TransferStep"]] = relationship(order_by="TransferStep.id", lazy="selectin")
    papers: Mapped[list["TransferPaper"]] = relationship(order_by="TransferPaper.id", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", TransferStatus),
        values_check("way", Mode),
        CheckConstraint("kg > 0", name="kg"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint("generator_id <> receiver_id", name="two_parties"),
        CheckConstraint("(status = 'granted') = (approval_id IS NOT NULL)", name="granted"),
        Index(
            "ix_transfer_application_live", "generator_id", "receiver_id", "code_id", "way",
            unique=True, postgresql_where=text("status NOT IN ('granted', 'refused', 'withdrawn')"),
        ),
        Index(
            "ix_transfer_application_since", "step_began_on", "id", "generator_id", "receiver_id", "status",
            postgresql_where=text(AT_AN_AUTHORITY),
        ),
        Index(
            "ix_transfer_application_due", "due_on", "id", "generator_id", "receiver_id", "status",
            postgresql_where=text(AT_AN_AUTHORITY),
        ),
    )  # fmt: skip


class TransferStep(Base):
    """A step that an application took: from which state, by which move, and whether it was in time."""

    __tablename__ = "transfer_step"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_application.id"), index=True)
    source: Mapped[TransferStatus]
    move: Mapped[str]
    target: Mapped[TransferStatus]
    due_on: Mapped[date | None]
    on_day: Mapped[date]
    note: Mapped[str | None]

    __table_args__ = (values_check("source", TransferStatus), values_check("target", TransferStatus))


class TransferPaper(Base):
    """A paper of an application; `size` in bytes."""

    __tablename__ = "transfer_paper"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_application.id"), index=True)
    kind: Mapped[TransferPaperKind]
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("kind", TransferPaperKind),)
