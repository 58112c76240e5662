"""Feeds of other systems: what was sent, what became of it, and what waits for its enterprise."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party

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


def source_name(text: str) -> str:
    """The name of a source as it is compared: width and case aside."""
    return unicodedata.normalize("NFKC", text).casefold()


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


DISTRICT_OF_USCC = "(substr({}uscc::text, 3, 6)::integer)"
"""SQL of the district that registered a USCC, digits 3 to 8 (GB 32100-2015, 4.4), as PostgreSQL writes it: an
index has it."""


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
        Index(
            "ix_credit_unmatched_district", text(DISTRICT_OF_USCC.format("")), "created_at", "id",
            postgresql_where=text("settled_at IS NULL"),
        ),
    )  # fmt: skip
