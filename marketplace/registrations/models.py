"""Registrations of receivers of general waste: number, validity, and what each plant and store takes.

General waste is lawful without a registration. It helps a generator to verify a receiver, as
生态环境法典 art. 490 asks, and says who could take a waste.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..document_numbers import document_key
from ..events.lifecycle import LifeCycle, Move, Party


class RegistrationStatus(StrEnum):
    """A registration counts only once an official has confirmed it."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class SiteKind(StrEnum):
    """A plant uses or disposes of waste, a store keeps it."""

    PLANT = "plant"
    STORE = "store"


LIFE = LifeCycle(
    Move(
        "confirm", RegistrationStatus.SUBMITTED, RegistrationStatus.CONFIRMED,
        by={Party.ADMIN}, event="registration.confirmed",
    ),
    Move(
        "refuse", RegistrationStatus.SUBMITTED, RegistrationStatus.REFUSED,
        by={Party.ADMIN}, event="registration.refused",
    ),
)  # fmt: skip

IN_FORCE = "revoked_at IS NULL AND status = 'confirmed'"
STANDING = "revoked_at IS NULL AND status <> 'refused'"
WAITS = "revoked_at IS NULL AND status = 'submitted'"


class Registration(Base):
    """A receiver's registration with its authority; valid on both end days, unless revoked.

    `number_key` is the number as it is compared; a number belongs to one holder.
    """

    __tablename__ = "receiver_registration"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    number: Mapped[str]
    number_key: Mapped[str]
    authority: Mapped[str | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    status: Mapped[RegistrationStatus] = mapped_column(default=LIFE.initial)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    sites: Mapped[list["Site"]] = relationship(order_by="Site.id", lazy="selectin")

    @validates("number")
    def _fold(self, _: str, number: str) -> str:
        self.number_key = document_key(number)
        return number

    __table_args__ = (
        values_check("status", RegistrationStatus),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        Index(
            "ix_receiver_registration_document", "enterprise_id", "number_key", "valid_until",
            unique=True, postgresql_where=text(STANDING),
        ),
        Index(
            "ix_receiver_registration_since", "created_at", "id", "enterprise_id",
            postgresql_where=text(WAITS),
        ),
        ExcludeConstraint(
            ("number_key", "="), ("enterprise_id", "<>"), using="gist", where=text(IN_FORCE),
            name="ex_receiver_registration_enterprise_id",
        ),
    )  # fmt: skip


class Site(Base):
    """A plant or store of a registration, at its place (WGS-84).

    `capacity_kg` is what a plant takes in a year, and what a store may hold at one time.
    """

    __tablename__ = "registration_site"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("receiver_registration.id"), index=True)
    kind: Mapped[SiteKind]
    name: Mapped[str]
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    lon: Mapped[float]
    lat: Mapped[float]
    modes: Mapped[int] = mapped_column(SmallInteger)
    capacity_kg: Mapped[int] = mapped_column(BigInteger)

    codes: Mapped[list["SiteCode"]] = relationship(order_by="SiteCode.code_id", lazy="selectin")

    __table_args__ = (
        values_check("kind", SiteKind),
        CheckConstraint("modes BETWEEN 1 AND 7", name="modes"),
        CheckConstraint("(kind = 'store') = (modes = 4)", name="stores_store"),
        CheckConstraint("capacity_kg > 0", name="capacity"),
    )


class SiteCode(Base):
    """A code or category of general waste that a site takes."""

    __tablename__ = "registration_site_code"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("registration_site.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)

    __table_args__ = (Index("ix_registration_site_code_code", "code_id", "site_id"),)
