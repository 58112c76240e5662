"""Entries of the blocked list."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base
from ...events.lifecycle import LifeCycle, Move, Party


class BlockStatus(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"


BLOCK_LIFE = LifeCycle(
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
