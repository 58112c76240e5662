"""How what was lost or has changed is set again: by a mailed link or code, or by two admins."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from .persons import Person


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
