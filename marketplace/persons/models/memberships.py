"""What a person is a member of, by which right, and how one is invited."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from .persons import Language, Person


class Right(StrEnum):
    """What a member of an enterprise may do for it."""

    OWNER = "owner"
    """Everything; invites others and sets their rights."""
    TRADER = "trader"
    """Posts, deals and signs."""
    VIEWER = "viewer"
    DRIVER = "driver"
    """Sees the loads of a transporter of the day, and signs pickup and receipt."""


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


CURRENT = text("ended_at IS NULL")
"""The condition of the partial indexes of memberships that have not ended."""


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

    Of a code only the digest is kept; one that is mailed is made when its e-mail is sent. Of those that are
    mailed to one address into the same only the last is open.
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
        Index(
            "ix_invitation_mailed", "enterprise_id", text("lower(email)"),
            unique=True, postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_invitation_mailed_to_staff", "staff_id", text("lower(email)"),
            unique=True, postgresql_where=text("status = 'open'"),
        ),
        Index("ix_invitation_open", "created_at", postgresql_where=text("status = 'open'")),
    )  # fmt: skip
