"""Persons, what they are members of, invitations, and log-ins."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class Right(StrEnum):
    """What a member of an enterprise may do for it."""

    OWNER = "owner"
    """Everything; invites others and sets their rights."""
    TRADER = "trader"
    """Posts, deals and signs."""
    VIEWER = "viewer"
    DRIVER = "driver"
    """Sees the loads of a transporter of the day, and signs pickup and receipt."""


class Language(StrEnum):
    """The language in which a person or an enterprise is written to."""

    ZH = "zh"
    EN = "en"


class InvitationStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


INVITED_FOR = timedelta(days=7)
"""How long an invitation waits; our own choice."""
INVITATION_LIFE = LifeCycle(
    Move(
        "accept", InvitationStatus.OPEN, InvitationStatus.ACCEPTED,
        by={Party.INVITED}, event="invitation.accepted",
    ),
    Move(
        "withdraw", InvitationStatus.OPEN, InvitationStatus.WITHDRAWN,
        by={Party.OWNER, Party.ADMIN}, event="invitation.withdrawn",
    ),
    Move(
        "lapse", InvitationStatus.OPEN, InvitationStatus.LAPSED,
        by={Party.CLOCK}, event="invitation.lapsed", after=INVITED_FOR, since="created_at",
    ),
)  # fmt: skip


class ResetStatus(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    USED = "used"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ResetKind(StrEnum):
    """What a person has lost and cannot get back by mail."""

    PASSWORD = "password"  # noqa: S105 - the name of what was lost
    SECOND_FACTOR = "second_factor"


PROPOSED_FOR = timedelta(days=3)
"""How long a proposal waits for a second admin; our own choice."""
CONFIRMED_FOR = timedelta(days=1)
"""How long the code on paper works; our own choice."""
RESET_LIFE = LifeCycle(
    Move(
        "confirm", ResetStatus.PROPOSED, ResetStatus.CONFIRMED,
        by={Party.ADMIN}, event="access_reset.confirmed",
    ),
    Move(
        "withdraw", ResetStatus.PROPOSED, ResetStatus.WITHDRAWN,
        by={Party.ADMIN, Party.SYSTEM}, event="access_reset.withdrawn",
    ),
    Move(
        "withdraw", ResetStatus.CONFIRMED, ResetStatus.WITHDRAWN,
        by={Party.ADMIN, Party.SYSTEM}, event="access_reset.withdrawn",
    ),
    Move("use", ResetStatus.CONFIRMED, ResetStatus.USED, by={Party.PERSON}, event="access_reset.used"),
    Move(
        "lapse", ResetStatus.PROPOSED, ResetStatus.LAPSED,
        by={Party.CLOCK}, event="access_reset.lapsed", after=PROPOSED_FOR, since="created_at",
    ),
    Move(
        "lapse", ResetStatus.CONFIRMED, ResetStatus.LAPSED,
        by={Party.CLOCK}, event="access_reset.lapsed", after=CONFIRMED_FOR, since="confirmed_at",
    ),
)  # fmt: skip

LIVING = text("erased_at IS NULL")
"""The condition of the partial indexes of persons who have not been erased."""
CURRENT = text("ended_at IS NULL")
"""The condition of the partial indexes of memberships that have not ended."""


class Person(Base):
    """Somebody who logs in, by e-mail address or telephone number.

    `no` is what history shows of a person who was erased. `email` was proven by the invitation that it got.
    `totp_step` is the last step of 30 seconds for which a code was taken, so that none is taken twice; a
    secret without a `totp_since` is offered and not confirmed yet; it is sealed for this person's id
    (marketplace/sealing.py), so that neither a copy of the table nor another's row gives codes.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    password_hash: Mapped[str]
    totp_secret: Mapped[str | None]
    totp_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("language", Language),
        CheckConstraint("erased_at IS NOT NULL OR num_nonnulls(email, phone) > 0", name="reachable"),
        CheckConstraint("totp_since IS NULL OR totp_secret IS NOT NULL", name="second_factor"),
        Index("ix_person_email", text("lower(email)"), unique=True, postgresql_where=LIVING),
        Index("ix_person_phone", "phone", unique=True, postgresql_where=LIVING),
    )


class Membership(Base):
    """A person acts for an enterprise with a right, or is a member of staff, until it ends.

    Nobody is two members of staff: four eyes are those of two persons.
    """

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    right: Mapped[Right | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("right", Right),
        CheckConstraint("num_nonnulls(enterprise_id, staff_id) = 1", name="of_one"),
        CheckConstraint('(enterprise_id IS NULL) = ("right" IS NULL)', name="right_in_enterprise"),
        Index(
            "ix_membership_enterprise", "enterprise_id", "person_id",
            unique=True, postgresql_where=CURRENT,
        ),
        Index("ix_membership_staff", "staff_id", unique=True, postgresql_where=CURRENT),
        Index(
            "ix_membership_person_as_staff", "person_id",
            unique=True, postgresql_where=text("ended_at IS NULL AND staff_id IS NOT NULL"),
        ),
        Index("ix_membership_person_id", "person_id"),
    )  # fmt: skip


class Invitation(Base):
    """Somebody is asked to become a member: by a code that is mailed to `email`, or handed over on paper.

    Of a code only the digest is kept; one that is mailed is made when its e-mail is sent.
    """

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[InvitationStatus] = mapped_column(default=INVITATION_LIFE.initial)
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    right: Mapped[Right | None]
    email: Mapped[str | None]
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    digest: Mapped[str | None] = mapped_column(String(64))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("digest"),
        values_check("status", InvitationStatus),
        values_check("right", Right),
        values_check("language", Language),
        CheckConstraint("num_nonnulls(enterprise_id, staff_id) = 1", name="of_one"),
        CheckConstraint('(enterprise_id IS NULL) = ("right" IS NULL)', name="right_in_enterprise"),
        CheckConstraint("(status = 'accepted') = (person_id IS NOT NULL)", name="accepted_by"),
        Index("ix_invitation_enterprise", "enterprise_id", "id"),
        Index("ix_invitation_staff_id", "staff_id"),
        Index("ix_invitation_open", "created_at", postgresql_where=text("status = 'open'")),
    )


class Session(Base):
    """A log-in of a person on a device, by the digest of its token; it acts for one membership at a time.

    `passed_at` is when the second factor was shown.
    """

    __tablename__ = "session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"), index=True)
    device: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    passed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("digest"), Index("ix_session_created_at", "created_at"))


class LoginFailure(Base):
    """A log-in that failed, by digests of who it was to be and where it came from; kept for a day."""

    __tablename__ = "login_failure"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_login_failure_login", "login", "at"),
        Index("ix_login_failure_address", "address", "at"),
    )


class RecoveryCode(Base):
    """A code that stands in for the second factor once, by its digest."""

    __tablename__ = "recovery_code"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("person_id", "digest"),)


class PasswordReset(Base):
    """A link that was mailed to a person who has forgotten the password, by the digest of its token."""

    __tablename__ = "password_reset"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_password_reset_person_id", "person_id", "created_at"),
    )


class EmailChange(Base):
    """A new address of a person, until a code that is mailed there proves it; its digest is kept."""

    __tablename__ = "email_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    digest: Mapped[str | None] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_email_change_person_id", "person_id", "created_at"),
    )


class AccessReset(Base):
    """A lost password or second factor, given up by two admins; the person then uses a code on paper.

    Two members of staff, and where persons are known two persons, neither of them who gets access: the
    database refuses anything else. Of the code only the digest is kept.
    """

    __tablename__ = "access_reset"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[ResetStatus] = mapped_column(default=RESET_LIFE.initial)
    kind: Mapped[ResetKind]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    proposer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    confirmer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    digest: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    version: Mapped[int] = mapped_column()

    person: Mapped[Person] = relationship(lazy="raise", foreign_keys=[person_id])

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", ResetStatus),
        values_check("kind", ResetKind),
        UniqueConstraint("digest"),
        CheckConstraint("confirmed_by <> proposed_by", name="second_admin"),
        CheckConstraint("confirmer_id <> proposer_id", name="second_person"),
        CheckConstraint("proposer_id <> person_id AND confirmer_id <> person_id", name="not_for_oneself"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_by_somebody"),
        CheckConstraint("status NOT IN ('confirmed', 'used') OR confirmed_by IS NOT NULL", name="confirmed"),
        CheckConstraint("status <> 'confirmed' OR digest IS NOT NULL", name="has_code"),
        Index(
            "ix_access_reset_open", "person_id", "kind",
            unique=True, postgresql_where=text("status IN ('proposed', 'confirmed')"),
        ),
        Index(
            "ix_access_reset_under_way", "created_at",
            postgresql_where=text("status IN ('proposed', 'confirmed')"),
        ),
    )  # fmt: skip


class Passkey(Base):
    """A key of WebAuthn that a device of a person holds; only its public half is here.

    `sign_count` is how often the device says that it was used, 0 where it does not count.
    """

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LinkedAccount(Base):
    """An account elsewhere, by the issuer and subject of its OpenID Connect tokens, that is a person's."""

    __tablename__ = "linked_account"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class HandshakeKind(StrEnum):
    REGISTER_PASSKEY = "register_passkey"
    LOG_IN = "log_in"
    SECOND_FACTOR = "second_factor"
    ACCOUNT = "account"


class Handshake(Base):
    """A question that one answer is taken to: the challenge of a passkey, the state of a log-in elsewhere.

    `digest` is that of the question, `holder` that of what its asker keeps: the browser's cookie, or the
    session. The row is deleted when it is answered. Of a log-in elsewhere `next` is the page to go on to,
    `invitation_digest` that of the code that is accepted by it.
    """

    __tablename__ = "handshake"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    kind: Mapped[HandshakeKind]
    next: Mapped[str | None]
    invitation_digest: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("kind", HandshakeKind), Index("ix_handshake_created_at", "created_at"))
