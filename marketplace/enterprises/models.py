"""Enterprises, platform staff, and their API keys."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates
from uuid_utils.compat import uuid7

from .. import clock, lookalikes
from ..database import Base, text_enum, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class Role(StrEnum):
    """What an enterprise does with waste; it may have several roles."""

    GENERATOR = "generator"
    RECYCLER = "recycler"
    TRANSPORTER = "transporter"
    COLLECTOR = "collector"


class Grade(StrEnum):
    """Credit grades, best first. `matching.Grade` numbers them in the same order."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


ROLES = tuple(Role)
GRADES = tuple(Grade)
TRUSTED_GRADES = (Grade.A, Grade.B)
"""Grades of the receivers that a supervised generator may still use (gate `credit` of matching)."""
MILLI_PER_POINT = 1000
"""Credit points are kept as whole thousandths, in columns and variables that end in `_milli`."""


class EnterpriseStatus(StrEnum):
    """Only the approved may trade."""

    PENDING = "pending"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    """Turned away before it was ever approved; its USCC is free for a new registration."""
    LAPSED = "lapsed"
    """Nobody approved it in time; its USCC is free for a new registration."""


ENDED = (EnterpriseStatus.REJECTED, EnterpriseStatus.LAPSED)
"""Registrations that came to nothing: their USCC is free."""
FROZEN = (EnterpriseStatus.SUSPENDED, *ENDED)
"""Who may read and withdraw, but write nothing new: no listing, licence, key or profile."""


class MailPurpose(StrEnum):
    """What a link in an e-mail is for."""

    PROOF = "proof"
    RECOVERY = "recovery"


LIVING = text("status NOT IN ('rejected', 'lapsed')")
"""The condition of the partial indexes of enterprises that are none of `ENDED`."""
PENDING_FOR = timedelta(days=30)
"""How long a registration waits for its approval (issue 10); then it ends and its USCC is free."""
PENDING_DAY = "((timezone('Asia/Shanghai'::text, {}created_at))::date)"
"""SQL of the day from which on `PENDING_FOR` counts, as PostgreSQL writes it: an index has it."""

LIFE = LifeCycle(
    Move(
        "approve", EnterpriseStatus.PENDING, EnterpriseStatus.APPROVED,
        by={Party.ADMIN}, event="enterprise.approved",
    ),
    Move(
        "approve", EnterpriseStatus.SUSPENDED, EnterpriseStatus.APPROVED,
        by={Party.ADMIN}, event="enterprise.approved",
    ),
    Move(
        "reject", EnterpriseStatus.PENDING, EnterpriseStatus.REJECTED,
        by={Party.ADMIN}, event="enterprise.rejected",
    ),
    Move(
        "lapse", EnterpriseStatus.PENDING, EnterpriseStatus.LAPSED,
        by={Party.CLOCK}, event="enterprise.lapsed", after=PENDING_FOR, since="created_at",
    ),
    Move(
        "suspend", EnterpriseStatus.PENDING, EnterpriseStatus.SUSPENDED,
        by={Party.ADMIN}, event="enterprise.suspended",
    ),
    Move(
        "suspend", EnterpriseStatus.APPROVED, EnterpriseStatus.SUSPENDED,
        by={Party.ADMIN}, event="enterprise.suspended",
    ),
)  # fmt: skip


IS_OPEN = text("status = 'open'")
"""The condition of the partial indexes of cases that wait for a decision."""


class ChangeStatus(StrEnum):
    """Where a proposed change of an approved enterprise stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


CHANGE_LIFE = LifeCycle(
    Move(
        "confirm", ChangeStatus.OPEN, ChangeStatus.CONFIRMED,
        by={Party.ADMIN}, event="enterprise.change_confirmed",
    ),
    Move(
        "refuse", ChangeStatus.OPEN, ChangeStatus.REFUSED,
        by={Party.ADMIN}, event="enterprise.change_refused",
    ),
    Move("withdraw", ChangeStatus.OPEN, ChangeStatus.WITHDRAWN, by={Party.OWNER}),
)  # fmt: skip


class ClaimStatus(StrEnum):
    """What became of a second claim on a USCC."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"
    """Nobody decided in time; the contact is forgotten."""


CLAIM_LIFE = LifeCycle(
    Move("uphold", ClaimStatus.OPEN, ClaimStatus.UPHELD, by={Party.ADMIN}),
    Move("dismiss", ClaimStatus.OPEN, ClaimStatus.DISMISSED, by={Party.ADMIN}),
    Move(
        "lapse", ClaimStatus.OPEN, ClaimStatus.LAPSED,
        by={Party.CLOCK}, after=PENDING_FOR, since="created_at",
    ),
)  # fmt: skip


class Enterprise(Base):
    """A legal person, known by its USCC. Its credit standing is kept here by the credit room.

    `name_folded` and `name_skeleton` follow from the name (`marketplace/lookalikes.py`): by them equal names
    are found, and those that look alike. `no` is a short number for joins inside the platform; it is never
    shown. `credit_milli` is the score times 1,000. `place_region` is the district that its place lies in,
    None as long as nobody looked.
    `privacy_notice` is the version of the notice that it was given; a contact that was erased is three empty
    texts.
    """

    __tablename__ = "enterprise"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str]
    name_folded: Mapped[str]
    name_skeleton: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String))
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    lon: Mapped[float]
    lat: Mapped[float]
    place_region: Mapped[int | None] = mapped_column(ForeignKey("region.adcode"))
    contact_name: Mapped[str]
    contact_email: Mapped[str]
    contact_phone: Mapped[str]
    email_refusal: Mapped[str | None]
    email_refused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    email_proven_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    privacy_notice: Mapped[int | None] = mapped_column(SmallInteger)
    contact_erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status: Mapped[EnterpriseStatus] = mapped_column(default=EnterpriseStatus.PENDING)
    status_reason: Mapped[str | None]
    small_generator: Mapped[bool] = mapped_column(default=False)
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    credit_milli: Mapped[int] = mapped_column(server_default=text("80000"))
    grade: Mapped[Grade] = mapped_column(text_enum(Grade, length=1), server_default=text("'B'"))
    provisional: Mapped[bool] = mapped_column(server_default=text("true"))
    blocked: Mapped[bool] = mapped_column(server_default=text("false"))
    credit_valid_until: Mapped[date | None]
    credit_as_of: Mapped[date] = mapped_column(default=clock.today)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    @validates("name")
    def _fold_name(self, _: str, name: str) -> str:
        self.name_folded, self.name_skeleton = lookalikes.folded(name), lookalikes.skeleton(name)
        return name

    @hybrid_property
    def may_trade(self) -> bool:
        """Whether its listings are matched and it may act: it is approved."""
        return self.status == EnterpriseStatus.APPROVED

    @hybrid_property
    def is_supervised(self) -> bool:
        """Whether its credit restricts it: it is of grade E or blocked (gate `credit` of matching)."""
        return self.blocked | (self.grade == Grade.E)

    @hybrid_property
    def may_receive(self) -> bool:
        """Whether its credit lets it receive waste, and be shown supplies."""
        return not self.is_supervised

    @may_receive.inplace.expression
    @classmethod
    def _may_receive(cls) -> ColumnElement[bool]:
        return ~cls.is_supervised

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", EnterpriseStatus),
        CheckConstraint("credit_milli BETWEEN 0 AND 100000", name="credit"),
        values_check("grade", Grade),
        CheckConstraint("partner_id <> id", name="partner_is_another"),
        Index("ix_enterprise_uscc", "uscc", unique=True, postgresql_where=LIVING),
        Index("ix_enterprise_review", "region", "credit_milli", "id"),
        Index("ix_enterprise_grade", "grade"),
        Index("ix_enterprise_partner_id", "partner_id", postgresql_where=text("partner_id IS NOT NULL")),
        Index("ix_enterprise_name_folded", "name_folded", postgresql_where=LIVING),
        Index("ix_enterprise_name_skeleton", "name_skeleton", postgresql_where=LIVING),
        Index(
            "ix_enterprise_pending", "created_at", "id", "region",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_enterprise_pending_region", "region", "created_at", "id",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_enterprise_pending_day", text(PENDING_DAY.format("")), "id", "region",
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_enterprise_unapproved", "id", postgresql_where=text("status <> 'approved'")),
    )  # fmt: skip


class EnterpriseChange(Base):
    """What an approved enterprise proposes to change of what its approval vouches for; one waits at a time.

    `before` and `proposed` hold values by the names of the profile's fields; a region is its adcode.
    `region_proposed` is the region among the proposed values, as a column that indexes can hold.
    """

    __tablename__ = "enterprise_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    status: Mapped[ChangeStatus] = mapped_column(default=ChangeStatus.OPEN)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    region_proposed: Mapped[int | None] = mapped_column(Computed("(proposed ->> 'region')::integer"))
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    enterprise: Mapped[Enterprise] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", ChangeStatus),
        Index("ix_enterprise_change_open", "enterprise_id", unique=True, postgresql_where=IS_OPEN),
        Index(
            "ix_enterprise_change_since",
            "created_at",
            "id",
            "enterprise_id",
            "region_proposed",
            postgresql_where=IS_OPEN,
        ),
        Index("ix_enterprise_change_to", "region_proposed", postgresql_where=IS_OPEN),
    )


class UsccClaim(Base):
    """A registration that was refused because an enterprise has its USCC already: a case for staff."""

    __tablename__ = "uscc_claim"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    name: Mapped[str]
    contact_name: Mapped[str]
    contact_email: Mapped[str]
    contact_phone: Mapped[str]
    status: Mapped[ClaimStatus] = mapped_column(default=ClaimStatus.OPEN)
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    version: Mapped[int] = mapped_column()

    enterprise: Mapped[Enterprise] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", ClaimStatus),
        Index("ix_uscc_claim_open", "created_at", "id", "enterprise_id", postgresql_where=IS_OPEN),
    )


class Staff(Base):
    """An admin of the whole platform, or a regulator of one region and all below it."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    name: Mapped[str]
    region: Mapped[int | None] = mapped_column(ForeignKey("region.adcode"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        CheckConstraint("kind IN ('admin', 'regulator')", name="kind"),
        CheckConstraint("(kind = 'regulator') = (region IS NOT NULL)", name="regulator_has_a_region"),
    )


class Holders(StrEnum):
    """Whose keys a list shows."""

    OWN = "own"
    STAFF = "staff"
    ENTERPRISES = "enterprises"


class ApiKey(Base):
    """A key by its digest; the key itself was shown once and is not kept.

    `parent_id` is the key that created it; a key ends with its parent at the latest. Keys without a parent
    were issued by the platform, at registration, by recovery, by a command, or by a person on a page. A key
    that is bound to a person acts with no more than its right, and ends with the membership.
    """

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    digest: Mapped[str] = mapped_column(String(64))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_days: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    enterprise: Mapped[Enterprise | None] = relationship(lazy="raise")
    staff: Mapped[Staff | None] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("num_nonnulls(enterprise_id, staff_id) = 1", name="one_holder"),
        Index("ix_api_key_expiry", "expires_at", postgresql_where=text("revoked_at IS NULL")),
    )


class MailToken(Base):
    """A link that was mailed to an enterprise's contact, by the digest of its token.

    `mailbox` is the address without its variants, by which links are counted.
    """

    __tablename__ = "mail_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    purpose: Mapped[MailPurpose]
    digest: Mapped[str] = mapped_column(String(64))
    email: Mapped[str]
    mailbox: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        UniqueConstraint("digest"),
        values_check("purpose", MailPurpose),
        Index("ix_mail_token_mailbox", "mailbox", "created_at"),
    )
