"""The credit rule table, events, evaluations, blocks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..enterprises.models import Grade
from ..events.lifecycle import LifeCycle, Move, Party
from ..uploaded_files import KeptFile

AXES = ("law", "manifests", "reporting", "site", "fulfilment", "incidents")
EVALUATION, RECORD = ESTABLISHED_BY = ("evaluation", "record")
"""What makes an enterprise established: a valid evaluation, or its record on the platform."""


class Severity(StrEnum):
    """How grave a deduction is: how long it is published, and when its repair may be asked for."""

    LIGHT = "light"
    GENERAL = "general"
    SERIOUS = "serious"


class Recorder(StrEnum):
    """Who records the events of a rule."""

    ADMIN = "admin"
    REGULATOR = "regulator"
    SYSTEM = "system"


class RuleTable(Base):
    """One published version of the rules: a list of {code, axis, points, title, ...}."""

    __tablename__ = "credit_rule_table"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


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
    of the event that it `withdraws`.
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


class EvaluationStatus(StrEnum):
    """Whether an evaluation counts."""

    PREVIEW = "preview"
    """Counts for nothing, and only officers see it."""
    PUBLISHED = "published"


EVALUATION_LIFE = LifeCycle(
    Move(
        "publish",
        EvaluationStatus.PREVIEW,
        EvaluationStatus.PUBLISHED,
        by={Party.ADMIN},
        event="evaluation.published",
    ),
)


class Evaluation(Base):
    """An evaluation. It is a preview until `published_on`; from then it makes an enterprise established, up
    to the day before `valid_until`.

    `inputs` is what it was made of, and `inputs_sha256` the SHA-256 of that as JSON with sorted names and no
    blanks; both are empty where it was published without a preview. `score_milli`, `grade` and `axes` are the
    standing with the evaluation in force, `provisional` is whether the enterprise was a newcomer without it,
    `missing` what was not known. `job_id` names the job that made it, in the room `evaluations` above.

    A trigger refuses every change but its publication, and every deletion but that of a preview.
    """

    __tablename__ = "credit_evaluation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    published_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    note: Mapped[str]
    job_id: Mapped[UUID | None]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    inputs_sha256: Mapped[str | None] = mapped_column(String(64))
    score_milli: Mapped[int | None]
    grade: Mapped[Grade | None]
    axes: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    provisional: Mapped[bool | None]
    missing: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    recorded_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    @property
    def status(self) -> EvaluationStatus:
        """Read from the day of publication, which entering the state stores."""
        return EvaluationStatus.PREVIEW if self.published_on is None else EvaluationStatus.PUBLISHED

    @status.setter
    def status(self, entered: EvaluationStatus) -> None:
        setattr(self, f"{entered}_on", clock.today())

    __table_args__ = (
        values_check("grade", Grade),
        CheckConstraint("(published_on IS NULL) = (valid_until IS NULL)", name="published_has_an_end"),
        CheckConstraint("published_on IS NOT NULL OR inputs IS NOT NULL", name="preview_is_frozen"),
        CheckConstraint("(inputs IS NULL) = (inputs_sha256 IS NULL)", name="inputs_have_a_digest"),
        CheckConstraint("inputs_sha256 ~ '^[0-9a-f]{64}$'", name="inputs_sha256"),
        UniqueConstraint("job_id", "enterprise_id"),
        Index("ix_credit_evaluation_valid_until", "valid_until", "id", "enterprise_id"),
        Index("ix_credit_evaluation_preview", "created_at", postgresql_where=text("published_on IS NULL")),
    )


class BlockStatus(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"


LIFE = LifeCycle(
    Move("confirm", BlockStatus.PROVISIONAL, BlockStatus.CONFIRMED, by={Party.ADMIN}),
    Move("lift", BlockStatus.PROVISIONAL, BlockStatus.LIFTED, by={Party.ADMIN}),
    Move("lift", BlockStatus.CONFIRMED, BlockStatus.LIFTED, by={Party.ADMIN}),
    column="state",
)


class Block(Base):
    """An entry of the blocked list: in force from the start, confirmed by a second officer, until lifted."""

    __tablename__ = "credit_block"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"))
    reason: Mapped[str]
    placed_by: Mapped[UUID | None]
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lift_reason: Mapped[str | None]

    @property
    def state(self) -> BlockStatus:
        """Read from the moments that are stored; entering a state stores its moment."""
        if self.lifted_at is not None:
            return BlockStatus.LIFTED
        return BlockStatus.PROVISIONAL if self.confirmed_at is None else BlockStatus.CONFIRMED

    @state.setter
    def state(self, entered: BlockStatus) -> None:
        setattr(self, f"{entered}_at", clock.now())

    __table_args__ = (
        CheckConstraint("confirmed_by <> placed_by", name="second_officer"),
        Index(
            "ix_credit_block_provisional", "placed_at", "id", "enterprise_id",
            postgresql_where=text("confirmed_at IS NULL AND lifted_at IS NULL"),
        ),
    )  # fmt: skip


class PublicationTerm(Base):
    """How many months an event of a severity is published, from the day of its decision: until it is
    repaired, which may be asked for after the shortest, and no longer than the longest. An operator may
    correct it.

    `mark` is T for the text of the law, S for a summary of it, O for our own choice.
    """

    __tablename__ = "credit_publication_term"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    severity: Mapped[Severity]
    shortest_months: Mapped[int] = mapped_column(SmallInteger)
    longest_months: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    mark: Mapped[str]
    source: Mapped[str]

    __table_args__ = (
        values_check("severity", Severity),
        CheckConstraint("mark IN ('T', 'S', 'O')", name="mark"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint("shortest_months BETWEEN 0 AND longest_months", name="months"),
    )


MOST_FEED_ROWS = 10_000
"""Rows of one feed; our own choice."""


class FeedStatus(StrEnum):
    """Whether all rows of a feed have been looked at."""

    QUEUED = "queued"
    DONE = "done"


FEED_LIFE = LifeCycle(Move("finish", FeedStatus.QUEUED, FeedStatus.DONE, by={Party.SYSTEM}))


class FeedResult(StrEnum):
    """What became of a row of a feed."""

    RECORDED = "recorded"
    SKIPPED = "skipped"
    """Its reference is known, with the same content: nothing was recorded twice."""
    CONFLICTING = "conflicting"
    """Its reference is known, with another content: somebody has to decide."""
    REFUSED = "refused"
    UNMATCHED = "unmatched"
    """Nobody has its USCC yet: it waits for whoever registers and is approved."""


class CreditImport(Base):
    """A feed that was sent. `source` names the system that keeps it; `counts` its rows by result."""

    __tablename__ = "credit_import"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    source: Mapped[str]
    status: Mapped[FeedStatus] = mapped_column(default=FEED_LIFE.initial)
    rows_total: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    created_by: Mapped[UUID | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)

    __table_args__ = (values_check("status", FeedStatus),)


class CreditImportRow(Base):
    """A row of a feed as it was sent, and what became of it; without a result it is still to be looked at.

    `problems` say why nothing was recorded, each with its sentence in all languages.
    """

    __tablename__ = "credit_import_row"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("credit_import.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[FeedResult | None]
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)

    __table_args__ = (
        values_check("result", FeedResult),
        CheckConstraint("event_id IS NULL OR result = 'recorded'", name="event_of_recorded"),
    )


class CreditReference(Base):
    """An entry of a source, known by the source's own reference: it is recorded once, whoever sends it again.

    `digest` is of what it says; `event_id` is empty while it waits for its enterprise, or if nothing could be
    recorded then.
    """

    __tablename__ = "credit_reference"

    source: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class CreditUnmatched(Base):
    """An entry of a source about a USCC that nobody had when it came.

    `settled_at` is when its enterprise was there and it was tried; `problem` why nothing was recorded then.
    """

    __tablename__ = "credit_unmatched"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("credit_import.id"))
    source: Mapped[str]
    reference: Mapped[str]
    uscc: Mapped[str] = mapped_column(String(18))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        CheckConstraint("settled_at IS NOT NULL OR event_id IS NULL", name="settled"),
        UniqueConstraint("source", "reference"),
        Index("ix_credit_unmatched_waiting", "uscc", postgresql_where=text("settled_at IS NULL")),
        Index(
            "ix_credit_unmatched_since",
            "created_at",
            "id",
            "uscc",
            postgresql_where=text("settled_at IS NULL"),
        ),
    )


class CreditFile(KeptFile, Base):
    """A file that proves an event."""

    __tablename__ = "credit_file"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("credit_event.id"))

    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        UniqueConstraint("event_id", "sha256"),
    )
