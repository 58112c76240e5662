"""The policy, feedback, outcomes and the orders learned from them, the log of changes that the
index follows, and the ranking of all supplies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.model import POSITIVE_OUTCOMES, Outcome

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class Verdict(StrEnum):
    """What the owner of a listing says of a pairing."""

    INTERESTED = "interested"
    NOT_SUITABLE = "not_suitable"


class InterestState(StrEnum):
    """Who is interested in a pairing, as one of its sides sees it."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "mutual"


FORMULA, LEARNED = ORDERS = ("formula", "learned")
"""What a page is ranked by."""
UNITS = {"distance": "km", "credit": "points", "price": "CNY/t", "quantity": "t", "time": "days"}
"""Units of the figures behind the components of a score; the code has none."""


class RerankReason(StrEnum):
    """What started a ranking of all open supplies."""

    NIGHTLY = "nightly"
    POLICY = "policy"
    COMMAND = "command"


class ChangedPart(StrEnum):
    """What part of what the index holds a transaction changed; `FORGOTTEN` replaces deleted rows."""

    LISTING = "listing"
    ENTERPRISE = "enterprise"
    PERMITS = "permits"
    CATALOGUE = "catalogue"
    ALL = "all"
    FORGOTTEN = "forgotten"


_POSITIVE = ", ".join(f"'{outcome}'" for outcome in POSITIVE_OUTCOMES)


class MatchingPolicy(Base):
    """One version of the policy; the greatest is in force."""

    __tablename__ = "matching_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Feedback(Base):
    """The verdict of the owner of `listing_id` on the pairing with `other_id`."""

    __tablename__ = "match_feedback"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    verdict: Mapped[Verdict]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("verdict", Verdict),
        Index("ix_match_feedback_other", "other_id", "listing_id"),
    )


class MutualInterest(Base):
    """That both owners said "interested" of a pairing at one time, since `at`: it released their contacts.

    It stays when one of them changes its mind or closes its listing.
    """

    __tablename__ = "mutual_interest"

    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (Index("ix_mutual_interest_demand", "demand_id", "supply_id"),)


class IndexChange(Base):
    """What transaction `xact` changed of what the index holds; triggers write it, whoever makes the change.

    `no` is that of a listing, of an enterprise whose standing changed (`enterprise`) or whose permits did
    (`permits`), and 0 for the rest. A row `forgotten` replaces all that were deleted up to its `xact`.
    """

    __tablename__ = "index_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    xact: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint"), index=True
    )
    what: Mapped[ChangedPart]
    no: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))

    __table_args__ = (values_check("what", ChangedPart),)


class PairingOutcome(Base):
    """Something that became of a pairing, once, with the facts as they were: what a ranking is learned from.

    `km` and the values of code (`fit`) and `quantity` are matching's, `score` is the formula's from the
    supply's side in 1e-15, credit is the receiver's; `lat` and `lon` are the supply's place.
    """

    __tablename__ = "pairing_outcome"

    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(primary_key=True)
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
        values_check("outcome", Outcome),
        Index("ix_pairing_outcome_done", "at", postgresql_where=text(f"outcome IN ({_POSITIVE})")),
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


MODEL_LIFE = LifeCycle(
    Move("start", ModelStatus.QUEUED, ModelStatus.RUNNING, by={Party.SYSTEM}),
    Move("start", ModelStatus.RUNNING, ModelStatus.RUNNING, by={Party.SYSTEM}),
    Move("finish", ModelStatus.RUNNING, ModelStatus.DONE, by={Party.SYSTEM}),
)
"""A training that was cut off starts again."""


class RankingModel(Base):
    """One training of the ranking model: its card for ever, its arrays for a while.

    The newest that is done decides: where it is not `used`, for the `reason` given, the formula orders.
    `night` is the day for which it was enqueued, None for one that was asked for. Only a used one has
    `arrays`, named by their `digest`, and only while it is among the last.
    """

    __tablename__ = "ranking_model"

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    night: Mapped[date | None] = mapped_column(unique=True)
    status: Mapped[ModelStatus]
    used: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    card: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    arrays: Mapped[bytes | None] = mapped_column(deferred=True)
    digest: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    trained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (values_check("status", ModelStatus),)


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    SUPERSEDED = "superseded"


RUN_LIFE = LifeCycle(
    Move("finish", RunState.RUNNING, RunState.DONE, by={Party.SYSTEM}, event="matches.reranked"),
    Move("supersede", RunState.RUNNING, RunState.SUPERSEDED, by={Party.SYSTEM}),
    column="state",
)


class RerankRun(Base):
    """One ranking of all open supplies, by one policy for one day, into one of the two slots."""

    __tablename__ = "rerank_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    policy_version: Mapped[int] = mapped_column(ForeignKey("matching_policy.version"))
    today: Mapped[date]
    reason: Mapped[RerankReason]
    slot: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[RunState] = mapped_column(default=RunState.RUNNING)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("reason", RerankReason),
        CheckConstraint("slot IN (0, 1)", name="slot"),
        values_check("state", RunState),
        CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="running_has_no_end"),
        Index("ix_rerank_run_running", "state", unique=True, postgresql_where=text("state = 'running'")),
    )


class RerankPart(Base):
    """Supplies of some codes that are ranked together; of a large code those with `no` in a range.

    `last_no` is excluded; None: there is no end. The figures come when it is done.
    """

    __tablename__ = "rerank_part"

    run_id: Mapped[int] = mapped_column(ForeignKey("rerank_run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    first_no: Mapped[int] = mapped_column(BigInteger)
    last_no: Mapped[int | None] = mapped_column(BigInteger)
    expected: Mapped[int]
    supplies: Mapped[int | None]
    pairings: Mapped[int | None]
    took_s: Mapped[dict[str, float] | None] = mapped_column(JSONB(none_as_null=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


RANKED_SUPPLIES = tuple(
    Table(
        f"ranked_supply_{slot}",
        Base.metadata,
        Column("supply", BigInteger, primary_key=True, autoincrement=False),
        Column("demands", ARRAY(BigInteger), nullable=False),
        Column("scores", ARRAY(REAL), nullable=False),
    )
    for slot in (0, 1)
)
"""By slot: the best demands of each supply, all by their `no`, best first, with their scores (0 to 1).

A run fills the slot that the last complete run does not have, so there is always a whole ranking.
"""


class NewPairing(Base):
    """A pairing that the last complete ranking did not have, for the owner (`receiver`) of `mine`.

    Enterprises and listings are named by their `no`. It goes when it has been looked at.
    """

    __tablename__ = "new_pairing"

    run_id: Mapped[int] = mapped_column(ForeignKey("rerank_run.id", ondelete="CASCADE"), primary_key=True)
    receiver: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mine: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    theirs: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code_id: Mapped[int]
    score: Mapped[float] = mapped_column(REAL)
    rank: Mapped[int] = mapped_column(SmallInteger)
