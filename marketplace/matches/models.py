"""The matching policy, feedback on pairings and what became of them, the orders learned from that, findings,
and the log of changes that the index follows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..extensions import Base

OUTCOMES = ("shown", "not_suitable", "interested", "offered", "dealt", "closed")
"""What can become of a pairing, as `matching.history` reads it."""
DONE = ("interested", "offered", "dealt", "closed")
"""Outcomes by which somebody moved."""


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


class PairingOutcome(Base):
    """Something that became of a pairing, once, with the facts as they were: what an order is learned from.

    `km` and the values of code (`fit`) and `quantity` are matching's, `score` is the formula's from the
    supply's side in 1e-15, credit is the receiver's; `lat` and `lon` are the supply's place.
    """

    __tablename__ = "pairing_outcome"

    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    km: Mapped[float]
    fit: Mapped[float]
    quantity: Mapped[float]
    credit_milli: Mapped[int]
    capacity_kg: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[int] = mapped_column(BigInteger)
    lat: Mapped[float]
    lon: Mapped[float]

    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        Index("ix_pairing_outcome_done", "at", postgresql_where=text(f"outcome IN {DONE}")),
        Index(
            "ix_pairing_outcome_closed",
            "receiver_id",
            postgresql_where=text("outcome = 'closed'"),
            postgresql_include=["supplier_id", "code_id", "at", "lat", "lon"],
        ),
    )


class ModelStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class RankingModel(Base):
    """One training of the learned order: its card for ever, its arrays for a while.

    The newest that is done decides: where it is not `used`, for the `reason` given, the formula orders.
    `night` is the day for which the clock owed it, None for one that was asked for. Only a used one has
    `arrays`, named by their `digest`, and only while it is among the last.
    """

    __tablename__ = "ranking_model"

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    night: Mapped[date | None] = mapped_column(unique=True)
    status: Mapped[str]
    used: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    card: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    arrays: Mapped[bytes | None] = mapped_column(deferred=True)
    digest: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    trained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("status IN ('queued', 'running', 'done')", name="status"),)
