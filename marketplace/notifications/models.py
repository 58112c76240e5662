"""Messages, what was told to whom, saved searches, and how each enterprise wants to be told."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Sequence, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base
from ..events.lifecycle import LifeCycle, Move, Party

MATCH_FOUND = "match.found"
MATCH_MUTUAL = "match.mutual"
SEARCH_HIT = "search.found"
KEY_EXPIRING = "key.expiring"
KINDS = (MATCH_MUTUAL, MATCH_FOUND, SEARCH_HIT, KEY_EXPIRING)
"""In the order in which a digest has its sections."""

RELEASE_ORDER = Sequence("notification_release_order", metadata=Base.metadata)


class NotificationStatus(StrEnum):
    PLANNED = "planned"
    RELEASED = "released"
    DROPPED = "dropped"


LIFE = LifeCycle(
    Move("release", NotificationStatus.PLANNED, NotificationStatus.RELEASED, by={Party.CLOCK}),
    Move("drop", NotificationStatus.PLANNED, NotificationStatus.DROPPED, by={Party.SYSTEM}),
)


class Delivery(StrEnum):
    """How a released message goes out beside the inbox."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    INBOX = "inbox"


class Notification(Base):
    """One message to one enterprise; in its inbox from `released_at` on.

    `place` numbers messages in the order of their release. A message that is planned with a `delivery` goes
    out no louder than that.
    """

    __tablename__ = "notification"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=NotificationStatus.PLANNED)
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    grade: Mapped[str]
    credit_milli: Mapped[int]
    score: Mapped[float]
    release_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    place: Mapped[int | None] = mapped_column(BigInteger)
    delivery: Mapped[str | None]
    digest_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mailed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        CheckConstraint("status IN ('planned', 'released', 'dropped')", name="status"),
        CheckConstraint("(status = 'released') = (place IS NOT NULL)", name="released_has_a_place"),
        Index(
            "ix_notification_inbox", "enterprise_id", "place", postgresql_where=text("status = 'released'")
        ),
        Index("ix_notification_due", "release_at", postgresql_where=text("status = 'planned'")),
        Index("ix_notification_listing", "listing_id", postgresql_where=text("status = 'planned'")),
        Index("ix_notification_counterpart", "counterpart_id", postgresql_where=text("status = 'planned'")),
        Index(
            "ix_notification_digest",
            "enterprise_id",
            postgresql_where=text("delivery = 'digest' AND digest_at IS NULL"),
        ),
    )


class Told(Base):
    """That an enterprise was (or is about to be) told of a counterpart and code, and at what terms.

    The primary key is the rule "once": a second message needs this row to change.
    """

    __tablename__ = "told"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    remaining_kg: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Silence(Base):
    """That an enterprise wants to be told nothing more of a counterpart and code."""

    __tablename__ = "silence"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Preferences(Base):
    """How an enterprise wants to be told; without a row the defaults hold.

    `kinds` says it by kind of message; `email` holds for the kinds that it does not name.
    """

    __tablename__ = "notification_preferences"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    email: Mapped[str] = mapped_column(default="immediate")
    language: Mapped[str] = mapped_column(default="zh")
    muted_codes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    kinds: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        CheckConstraint("email IN ('immediate', 'digest', 'off')", name="email"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
    )


class SavedSearch(Base):
    """A filter of listings, by the names of `GET /listings`; who saved it is told what it finds.

    The `wanted_` columns repeat what of the query an index can look up; ANY_TEXT and ANY_REGION mean any.
    """

    __tablename__ = "saved_search"

    ANY_TEXT = ""
    ANY_REGION = -1

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str]
    query: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notify: Mapped[str]
    paused: Mapped[bool]
    wanted_kind: Mapped[str]
    wanted_code: Mapped[str]
    wanted_region: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        CheckConstraint("notify IN ('immediate', 'daily', 'off')", name="notify"),
        Index("ix_saved_search_owner", "enterprise_id", "id"),
        Index(
            "ix_saved_search_wanted",
            "wanted_code",
            "wanted_region",
            "wanted_kind",
            postgresql_where=text("notify <> 'off' AND NOT paused"),
        ),
    )
