"""How a person logs in: sessions and failures, codes for paper, passkeys, accounts elsewhere."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check


class Session(Base):
    """A log-in of a person on a device, by the digest of its token; it acts for one membership at a time.

    `passed_at` is when the second factor was shown, `issuer` that of the account elsewhere that began it, if
    one did.
    """

    __tablename__ = "session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"), index=True)
    device: Mapped[str]
    issuer: Mapped[str | None]
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
