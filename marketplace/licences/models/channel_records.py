"""What a channel keeps of itself: files, monthly tests, and the book of its secondary waste."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check


class ChannelFileKind(StrEnum):
    """What a file of a channel is."""

    EXPERT_REVIEW = "expert_review"
    POLLUTION_CONTROL = "pollution_control"
    PRODUCT_STANDARD = "product_standard"
    TEST = "test"


class ChannelTest(Base):
    """A monthly test of the waste of a channel, as it was judged on the day it was filed; never changed.

    `results` are `{component, value, unit}`; `out_of_bounds` those outside the standard, with its bounds.
    `cma` and `cnas` are the numbers of the laboratory's accreditations.
    """

    __tablename__ = "channel_test"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    sampled_on: Mapped[date]
    lab: Mapped[str]
    cma: Mapped[str]
    cnas: Mapped[str]
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    out_of_bounds: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    passed: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (Index("ix_channel_test_channel_id", "channel_id", "sampled_on"),)


class ChannelFile(Base):
    """A paper of a channel or of one of its tests; `size` in bytes."""

    __tablename__ = "channel_file"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"), index=True)
    test_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel_test.id"), index=True)
    kind: Mapped[ChannelFileKind]
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("kind", ChannelFileKind),
        CheckConstraint("(kind = 'test') = (test_id IS NOT NULL)", name="of_test"),
    )


class SecondaryWaste(Base):
    """An entry of the book of what waste the use of a channel's waste made, and where it went.

    Rows are added only. An entry that was wrong is taken back, in part or whole, by one of negative `kg` that
    names it as `corrects_id`.
    """

    __tablename__ = "secondary_waste"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channel.id"))
    on_day: Mapped[date]
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    kg: Mapped[int] = mapped_column(BigInteger)
    destination: Mapped[str]
    note: Mapped[str | None]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("secondary_waste.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        CheckConstraint("CASE WHEN corrects_id IS NULL THEN kg > 0 ELSE kg < 0 END", name="kg"),
        Index("ix_secondary_waste_channel_id", "channel_id", "id"),
        Index(
            "ix_secondary_waste_corrects_id", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")
        ),
    )
