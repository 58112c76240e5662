"""What was published of credit until when, and how long a decision may be challenged."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ..database import Base, values_check
from ..dated_rows import DatedTerm


class PointsBy(StrEnum):
    """What points lost are summed by."""

    AXIS = "axis"
    DISTRICT = "district"
    MONTH = "month"


class EntryEnd(StrEnum):
    """Why a reason is published no more."""

    WITHDRAWN = "withdrawn"
    """The event was taken back, also by an appeal."""
    REPAIRED = "repaired"
    APPEALED = "appealed"
    """An appeal against it is open."""
    TERM_OVER = "term_over"
    """It has been published for as long as its severity allows, or counts no more."""
    REGRADED = "regraded"
    """The enterprise no longer has grade D or E, or is no member any more."""


class BoardEntry(Base):
    """That a reason is on the public board, or was: what departments that were told of it have to forget.

    What the board shows is judged anew for each request; these rows follow it within a minute.
    """

    __tablename__ = "board_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("credit_event.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    published_on: Mapped[date]
    withdrawn_on: Mapped[date | None]
    why: Mapped[EntryEnd | None]

    __table_args__ = (
        values_check("why", EntryEnd),
        CheckConstraint("(withdrawn_on IS NULL) = (why IS NULL)", name="withdrawn_for_a_reason"),
        CheckConstraint("published_on <= withdrawn_on", name="order_of_days"),
        Index(
            "ix_board_entry_published", "event_id",
            unique=True, postgresql_where=text("withdrawn_on IS NULL"),
        ),
        Index("ix_board_entry_withdrawn", "withdrawn_on", postgresql_where=text("withdrawn_on IS NOT NULL")),
    )  # fmt: skip


class RemedyTerm(DatedTerm, Base):
    """How many days after its service a decision may be challenged; after them it is final."""

    __tablename__ = "credit_remedy_term"

    days: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("days >= 0", name="days"),
        *DatedTerm.term_checks(),
    )
