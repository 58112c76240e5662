"""Messages, what each enterprise was last notified of, saved searches, and preferences of delivery."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Sequence, String, false, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..enterprises.models import Grade
from ..events.lifecycle import LifeCycle, Move, Party
from ..persons.models import Language

RELEASE_ORDER = ("release_at", text("credit_milli DESC"), text("score DESC"), "id")
"""The columns by which messages are released, as the indexes of those that are planned have them."""
RELEASE_NUMBERS = Sequence("notification_release_no", metadata=Base.metadata)


class NotificationKind(StrEnum):
    """What a message is about; `service/kinds.py` has a row for each.

    The columns that hold it are plain text, so that a new kind needs no migration.
    """

    MATCH_MUTUAL = "match.mutual"
    MATCH_INTEREST = "match.interest"
    MATCH_FOUND = "match.found"
    SEARCH_HIT = "search.found"
    KEY_EXPIRING = "key.expiring"
    EMAIL_REFUSED = "email.refused"
    WEBHOOK_STOPPED = "webhook.stopped"
    CREDIT_WITHDRAWN = "credit.withdrawn"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_UPHELD = "appeal.upheld"
    APPEAL_OVERTURNED = "appeal.overturned"
    APPEAL_ENDED = "appeal.ended"
    REPAIR_OPENED = "repair.opened"
    REPAIR_CHECKED = "repair.checked"
    REPAIR_EXTENDED = "repair.extended"
    REPAIR_GRANTED = "repair.granted"
    REPAIR_REFUSED = "repair.refused"
    REPAIR_ENDED = "repair.ended"
    MATCH_WITHDRAWN = "match.withdrawn"
    LISTING_ENDING = "listing.ending"
    LICENCE_ENDING = "licence.ending"
    LICENCE_CONFIRMED = "licence.confirmed"
    LICENCE_REFUSED = "licence.refused"
    TRANSPORTER_EXPIRING = "transporter.expiring"
    TRANSPORTER_VERIFIED = "transporter.verified"
    TRANSPORTER_REFUSED = "transporter.refused"
    DEAL_VERIFY_RECEIVER = "deal.verify_receiver"
    RECEIVER_REQUESTED = "receiver.requested"
    RECEIVER_ACCEPTED = "receiver.accepted"
    RECEIVER_DECLINED = "receiver.declined"
    REGISTRATION_CONFIRMED = "registration.confirmed"
    REGISTRATION_REFUSED = "registration.refused"
    PERMIT_SUSPENDED = "permit.suspended"
    PERMIT_RESUMED = "permit.resumed"
    PERMIT_EXPIRED = "permit.expired"
    PERMIT_REVOKED = "permit.revoked"
    PERMIT_PAUSED = "permit.paused"
    TEST_DUE = "permit.test_due"
    GRADE_CHANGED = "grade.changed"
    EVALUATION_PUBLISHED = "evaluation.published"
    EVALUATION_ENDING = "evaluation.ending"
    ENTERPRISE_APPROVED = "enterprise.approved"
    ENTERPRISE_REJECTED = "enterprise.rejected"
    ENTERPRISE_LAPSED = "enterprise.lapsed"
    CHANGE_CONFIRMED = "enterprise.change_confirmed"
    CHANGE_REFUSED = "enterprise.change_refused"
    ENTERPRISE_SUSPENDED = "enterprise.suspended"
    MANIFEST_REQUESTED = "manifest.requested"
    MANIFEST_DECLINED = "manifest.declined"
    MANIFEST_ISSUED = "manifest.issued"
    MANIFEST_CANCELLED = "manifest.cancelled"
    MANIFEST_RECEIVED = "manifest.received"
    MANIFEST_REFUSED = "manifest.refused"
    MANIFEST_DIFFERED = "manifest.differed"
    MANIFEST_OVERDUE = "manifest.overdue"
    MANIFEST_TREATED = "manifest.treated"
    MANIFEST_CORRECTION = "manifest.correction_asked"
    INSPECTION_FINISHED = "inspection.finished"
    INSPECTION_ORDERED = "inspection.ordered"
    INSPECTION_OVERDUE = "inspection.overdue"
    INSPECTION_CORRECTED = "inspection.corrected"
    INSPECTION_RETURNED = "inspection.returned"
    DECLARATION_DUE = "declaration.due"
    DECLARATION_LATE = "declaration.late"
    PLAN_DUE = "plan.due"
    PLAN_LATE = "plan.late"
    OFFER_RECEIVED = "offer.received"
    OFFER_COUNTERED = "offer.countered"
    OFFER_ACCEPTED = "offer.accepted"
    OFFER_REJECTED = "offer.rejected"
    OFFER_WITHDRAWN = "offer.withdrawn"
    OFFER_LAPSED = "offer.lapsed"
    DEAL_COMPLETED = "deal.completed"
    DEAL_CANCELLED = "deal.cancelled"
    DEAL_DISPUTED = "deal.disputed"
    DEAL_SETTLED = "deal.settled"
    DEAL_LAPSED = "deal.lapsed"


REQUIRED = frozenset({
    NotificationKind.APPEAL_OPENED, NotificationKind.APPEAL_UPHELD, NotificationKind.APPEAL_OVERTURNED,
    NotificationKind.APPEAL_ENDED, NotificationKind.REPAIR_GRANTED, NotificationKind.REPAIR_REFUSED,
    NotificationKind.CREDIT_WITHDRAWN, NotificationKind.EVALUATION_PUBLISHED,
    NotificationKind.ENTERPRISE_SUSPENDED, NotificationKind.ENTERPRISE_REJECTED,
    NotificationKind.PERMIT_SUSPENDED, NotificationKind.PERMIT_PAUSED, NotificationKind.PERMIT_REVOKED,
    NotificationKind.DECLARATION_LATE, NotificationKind.PLAN_LATE,
    NotificationKind.INSPECTION_ORDERED, NotificationKind.INSPECTION_OVERDUE,
    NotificationKind.OFFER_ACCEPTED, NotificationKind.DEAL_CANCELLED, NotificationKind.DEAL_DISPUTED,
    NotificationKind.DEAL_VERIFY_RECEIVER, NotificationKind.MANIFEST_REFUSED,
    NotificationKind.MANIFEST_CANCELLED, NotificationKind.MANIFEST_OVERDUE,
})  # fmt: skip
"""Kinds whose e-mail nobody switches off, neither by a link nor by a setting: law or contract gives a right,
a duty or a time limit by what they say."""


class NotificationStatus(StrEnum):
    PLANNED = "planned"
    RELEASED = "released"
    DROPPED = "dropped"


LIFE = LifeCycle(
    Move("release", NotificationStatus.PLANNED, NotificationStatus.RELEASED, by={Party.CLOCK}),
    Move("drop", NotificationStatus.PLANNED, NotificationStatus.DROPPED, by={Party.SYSTEM}),
)


class Delivery(StrEnum):
    """How a released message goes out: by e-mail at once, in the daily digest, or in the inbox alone."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    INBOX = "inbox"


class EmailPreference(StrEnum):
    """Which e-mail an enterprise wants, the most prompt first."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    OFF = "off"


class SearchNotify(StrEnum):
    """Which e-mail an enterprise wants of the results of a saved search."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    OFF = "off"


class Notification(Base):
    """One message to one enterprise; in its inbox from `released_at` on.

    `release_no` numbers messages as they are released. A message planned with a `delivery` goes out no more
    promptly than that. `is_summed` says that its sender was over the policy's cap by the pair of enterprises:
    the digest has one line for all such messages of the sender. `bulk` says that it was planned as one of
    many, as those of an import are.
    """

    __tablename__ = "notification"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    status: Mapped[NotificationStatus] = mapped_column(default=NotificationStatus.PLANNED)
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    grade: Mapped[Grade]
    credit_milli: Mapped[int]
    score: Mapped[float]
    release_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    release_no: Mapped[int | None] = mapped_column(BigInteger)
    delivery: Mapped[Delivery | None]
    is_summed: Mapped[bool] = mapped_column(default=False, server_default=false())
    bulk: Mapped[bool] = mapped_column(default=False, server_default=false())
    digest_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mailed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("status", NotificationStatus),
        values_check("grade", Grade),
        values_check("delivery", Delivery),
        CheckConstraint("(status = 'released') = (release_no IS NOT NULL)", name="released_has_a_number"),
        Index(
            "ix_notification_inbox",
            "enterprise_id",
            "release_no",
            postgresql_where=text("status = 'released'"),
        ),
        Index(
            "ix_notification_released",
            "enterprise_id",
            "released_at",
            postgresql_where=text("status = 'released'"),
        ),
        Index(
            "ix_notification_due",
            "bulk",
            *RELEASE_ORDER,
            postgresql_where=text("status = 'planned' AND delivery IS NULL"),
        ),
        Index(
            "ix_notification_due_for_digests",
            *RELEASE_ORDER,
            postgresql_where=text("status = 'planned' AND delivery IS NOT NULL"),
        ),
        Index("ix_notification_listing", "listing_id", postgresql_where=text("status = 'planned'")),
        Index("ix_notification_counterpart", "counterpart_id", postgresql_where=text("status = 'planned'")),
        Index(
            "ix_notification_digest",
            "enterprise_id",
            postgresql_where=text("delivery = 'digest' AND digest_at IS NULL"),
        ),
    )


class LastNotification(Base):
    """The last message, sent or planned, to an enterprise about a counterpart and code, and its terms.

    The primary key is the rule "once": a second message needs this row to change.
    """

    __tablename__ = "last_notification"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    remaining_kg: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RepeatedNotification(Base):
    """That better terms were told again to an enterprise about a counterpart, whatever the code and kind.

    The primary key is the rule "at most once a day" (in Asia/Shanghai). The row is deleted with a message
    that is never sent; it may be written before its message.
    """

    __tablename__ = "repeated_notification"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(
        ForeignKey("notification.id", deferrable=True, initially="DEFERRED"), index=True
    )


class SentMail(Base):
    """That an e-mail of a kind went to a mailbox, which stands here as a digest; for the caps by address."""

    __tablename__ = "sent_mail"

    message_id: Mapped[str] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_sent_mail_mailbox", "mailbox", "at"), Index("ix_sent_mail_at", "at"))


class Announcement(Base):
    """That an owner was told of the last day of a listing or licence; the primary key is the rule "once"."""

    __tablename__ = "announcement"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Silence(Base):
    """That an enterprise wants no more messages about a counterpart and code."""

    __tablename__ = "silence"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Preferences(Base):
    """Which e-mail an enterprise wants; without a row the defaults apply.

    `kinds` has an `EmailPreference` by kind of message; `email` applies to the kinds that it does not name.
    """

    __tablename__ = "notification_preferences"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    email: Mapped[EmailPreference] = mapped_column(default=EmailPreference.IMMEDIATE)
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    muted_codes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    kinds: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("email", EmailPreference),
        values_check("language", Language),
    )


class SavedSearch(Base):
    """A filter of listings, by the names of `GET /listings`; its owner is notified of what it finds.

    The `wanted_` columns repeat the part of the query that an index can look up; ANY_TEXT and ANY_REGION
    mean any. `wanted_codes` are as the catalogue spells them.
    """

    __tablename__ = "saved_search"

    ANY_TEXT = ""
    ANY_REGION = -1

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str]
    query: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notify: Mapped[SearchNotify]
    paused: Mapped[bool]
    wanted_kind: Mapped[str]
    wanted_codes: Mapped[list[str]] = mapped_column(ARRAY(String))
    wanted_region: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("notify", SearchNotify),
        Index("ix_saved_search_owner", "enterprise_id", "id"),
        Index(
            "ix_saved_search_wanted_codes",
            "wanted_codes",
            postgresql_using="gin",
            postgresql_where=text("notify <> 'off' AND NOT paused"),
        ),
        Index(
            "ix_saved_search_wanted",
            "wanted_region",
            "wanted_kind",
            postgresql_where=text("notify <> 'off' AND NOT paused"),
        ),
    )
