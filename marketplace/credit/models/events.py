"""What is recorded by a rule, and the files that prove it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from ...uploaded_files import KeptFile
from .rules import Recorder, Severity


class EventStatus(StrEnum):
    RECORDED = "recorded"
    WITHDRAWN = "withdrawn"
    COMPENSATION = "compensation"
    """The entry that takes a wrong one back; both stay on record, and neither counts."""
    REPAIRED = "repaired"
    """Right when it was recorded, and made good since: it stays on record and no longer counts."""


ON_RECORD = (EventStatus.RECORDED, EventStatus.REPAIRED)
"""What nobody has taken back: the same decision is not entered again."""
EVENT_LIFE = LifeCycle(
    Move(
        "withdraw",
        EventStatus.RECORDED,
        EventStatus.WITHDRAWN,
        by={Party.ADMIN},
        event="credit.withdrawn",
    ),
    Move(
        "repair",
        EventStatus.RECORDED,
        EventStatus.REPAIRED,
        by={Party.ADMIN},
        event="credit.repaired",
    ),
)


class CreditEvent(Base):
    """Something that adds to or takes from one axis, with the terms its rule had that day.

    `document_key` is the number of the decision as it is compared; `basis` the id of a legal basis or what
    the decision cites in words; `is_repeatable` whether its rule allows several of one day. `severity` is
    empty for merits; `recorded_as` is whom the rule names to record it, whoever did. `cause` is what an event
    of the platform follows from: light ones of one cause count once. A compensation has the opposite points
    of the event that it `withdraws`. `found_by` are the officers who found what another one recorded.
    """

    __tablename__ = "credit_event"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    rule: Mapped[str]
    rule_version: Mapped[int] = mapped_column(ForeignKey("credit_rule_table.version"))
    axis: Mapped[str]
    points_milli: Mapped[int]
    most_per_year_milli: Mapped[int | None]
    severity: Mapped[Severity | None]
    months: Mapped[int] = mapped_column(SmallInteger, default=24, server_default=text("24"))
    recorded_as: Mapped[Recorder] = mapped_column(default=Recorder.ADMIN, server_default=text("'admin'"))
    is_public: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_self_reported: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    cause: Mapped[str | None]
    effective_on: Mapped[date]
    lapses_on: Mapped[date]
    note: Mapped[str]
    evidence: Mapped[str | None]
    document: Mapped[str | None]
    document_key: Mapped[str | None]
    authority: Mapped[str | None]
    acted_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    served_on: Mapped[date | None]
    basis: Mapped[str | None]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    is_repeatable: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    status: Mapped[EventStatus] = mapped_column(default=EVENT_LIFE.initial, server_default=text("'recorded'"))
    withdraws: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"), unique=True)
    recorded_by: Mapped[UUID | None]
    found_by: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("status", EventStatus),
        values_check("severity", Severity),
        values_check("recorded_as", Recorder),
        CheckConstraint("months > 0", name="months"),
        CheckConstraint("effective_on < lapses_on", name="lapse_after_effect"),
        CheckConstraint("(status = 'compensation') = (withdraws IS NOT NULL)", name="compensates_one"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("acted_on <= decided_on AND decided_on <= served_on", name="order_of_days"),
        Index(
            "ix_credit_event_document",
            "document_key",
            unique=True,
            postgresql_where=text("status IN ('recorded', 'repaired')"),
        ),
        Index(
            "ix_credit_event_rule_and_day",
            "enterprise_id",
            "rule",
            "effective_on",
            unique=True,
            postgresql_where=text(
                "status IN ('recorded', 'repaired') AND document_key IS NULL AND NOT is_repeatable"
            ),
        ),
        Index("ix_credit_event_enterprise", "enterprise_id", "id"),
        Index("ix_credit_event_lapse", "lapses_on"),
    )

    def is_work_of(self, officer_id: UUID | None) -> bool:
        """Whether an officer recorded it, or found what is recorded: another one decides about it."""
        return officer_id is not None and officer_id in (self.recorded_by, *self.found_by)


class FileSender(StrEnum):
    """Who added a file to an event."""

    OFFICER = "officer"
    ENTERPRISE = "enterprise"
    """The enterprise that the event is about, with its appeal."""


class CreditFile(KeptFile, Base):
    """A file that proves an event, or what is wrong with it."""

    __tablename__ = "credit_file"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("credit_event.id"))

    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        UniqueConstraint("event_id", "sha256"),
    )
