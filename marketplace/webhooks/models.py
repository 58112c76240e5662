"""What happened, numbered in the order of commits; where it is delivered, and what became of that."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party
from ..events.made_by import MadeByPerson


class DeliveryStatus(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class AttemptOutcome(StrEnum):
    """How a try ended."""

    TAKEN = "taken"
    REFUSED = "refused"
    """An answer of the kind that no further try changes."""
    BUSY = "busy"
    """429 or 5xx."""
    REDIRECTED = "redirected"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    NOT_PUBLIC = "not_public"
    GONE = "gone"
    """410."""


class StopReason(StrEnum):
    """Why nothing is delivered to an endpoint any more."""

    GONE = "gone"
    FAILING = "failing"


LIFE = LifeCycle(
    Move("deliver", DeliveryStatus.WAITING, DeliveryStatus.DELIVERED, by={Party.SYSTEM}),
    Move("fail", DeliveryStatus.WAITING, DeliveryStatus.FAILED, by={Party.SYSTEM}),
    Move("redeliver", DeliveryStatus.DELIVERED, DeliveryStatus.WAITING, by={Party.OWNER, Party.ADMIN}),
    Move("redeliver", DeliveryStatus.FAILED, DeliveryStatus.WAITING, by={Party.OWNER, Party.ADMIN}),
)


class FeedEvent(Base):
    """An event that enterprises may know of.

    One writer at a time gives the numbers, and keeps the others out until its commit: who has read up to a
    number has missed nothing before it.
    """

    __tablename__ = "feed_event"

    no: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    subject: Mapped[dict[str, Any]] = mapped_column(JSONB)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FeedReader(Base):
    """An enterprise that may know of an event."""

    __tablename__ = "feed_reader"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    no: Mapped[int] = mapped_column(
        ForeignKey("feed_event.no", ondelete="CASCADE"), primary_key=True, index=True
    )


class WebhookEndpoint(MadeByPerson, Base):
    """An address to which events of an enterprise are delivered; without `kinds`, of every kind.

    The secrets are sealed. `notified_no` is up to which message of the inbox it was
    served, `failures` counts those since the last success, since `failing_since`; until
    `paused_until` nothing is tried. `asked_until` is the claim of whoever asks it now: another may ask it
    after that, as the one who claimed it must have died.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    notified_no: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    paused_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    asked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_for: Mapped[StopReason | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("stopped_for", StopReason),)


class WebhookDelivery(Base):
    """An event on its way to an endpoint: once each, however often it is tried.

    `message_id` is its `webhook-id`.
    """

    __tablename__ = "webhook_delivery"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    message_id: Mapped[str]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[DeliveryStatus] = mapped_column(default=LIFE.initial)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("status", DeliveryStatus),
        UniqueConstraint("endpoint_id", "message_id"),
        Index("ix_webhook_delivery_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_delivery_ended_at", "ended_at"),
        Index("ix_webhook_delivery_failed", "id", postgresql_where=text("status = 'failed'")),
    )


class WebhookAttempt(Base):
    """One try of a delivery: how it ended, and in how many milliseconds; nothing of what was answered."""

    __tablename__ = "webhook_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    outcome: Mapped[AttemptOutcome]
    http_status: Mapped[int | None]
    took_ms: Mapped[int]

    __table_args__ = (values_check("outcome", AttemptOutcome),)
