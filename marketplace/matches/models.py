"""The matching policy, feedback on pairings, and findings of listings that no one can lawfully serve."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..extensions import Base


class MatchingPolicy(Base):
    """One version of the policy; the greatest is in force."""

    __tablename__ = "matching_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Feedback(Base):
    """What the owner of `listing_id` said of the pairing with `other_id`."""

    __tablename__ = "match_feedback"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    verdict: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        CheckConstraint("verdict IN ('interested', 'not_suitable')", name="verdict"),
        Index("ix_match_feedback_other", "other_id", "listing_id"),
    )


class Finding(Base):
    """A listing without a lawful counterpart: which gate stopped most, and how many each stopped."""

    __tablename__ = "match_finding"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    gate: Mapped[str]
    stopped: Mapped[dict[str, int]] = mapped_column(JSONB)
    candidates: Mapped[int]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_match_finding_gate", "gate"),)
