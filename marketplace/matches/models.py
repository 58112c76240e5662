"""The matching policy, feedback on pairings, findings, and the log of changes that the index follows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, text
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


class IndexChange(Base):
    """What transaction `xact` changed of what the index holds; triggers write it, whoever makes the change.

    `no` is that of a listing, of an enterprise whose standing changed (`enterprise`) or whose permits did
    (`permits`), and 0 for the rest. A row `forgotten` stands for all that were dropped up to its `xact`.
    """

    __tablename__ = "index_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    xact: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint"), index=True
    )
    what: Mapped[str]
    no: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))

    __table_args__ = (
        CheckConstraint(
            "what IN ('listing', 'enterprise', 'permits', 'catalogue', 'all', 'forgotten')", name="what"
        ),
    )
