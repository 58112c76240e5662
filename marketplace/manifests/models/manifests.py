"""Manifests, their lines and legs, their numbers, and what was done with the waste."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from .life import LIFE, ManifestStatus

HEAVIEST_KG = 49_000
"""Gross weight of the heaviest vehicle on the road (GB 1589); more was probably meant in kilograms."""


class ManifestKind(StrEnum):
    """Whether a manifest is the first of its load, or follows one of which something was refused."""

    FIRST = "first"
    RETURN = "return"
    ONWARD = "onward"


class Manifest(Base):
    """One vehicle trip of one sender to one receiver.

    `region` is where the load leaves from: the place of the waste, of a load that was refused the place of
    who refused it. `transporter_id` is the carrier that has the load, or that is to fetch it. Each weight is
    the sum of its lines and unknown until that step; `estimated` says that the carrier did not weigh.
    `load_on` is the day whose calendar year the tonnes count in: planned at issue, that of the pickup since.
    `missing_delivery` marks a receipt without the carrier's delivery.
    """

    __tablename__ = "manifest"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str] = mapped_column(unique=True)
    official_number: Mapped[str | None]
    status: Mapped[ManifestStatus] = mapped_column(default=LIFE.initial)
    kind: Mapped[ManifestKind] = mapped_column(default=ManifestKind.FIRST)
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifest.id"), index=True)
    copied_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifest.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    transporter_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    hazardous: Mapped[bool]
    planned_on: Mapped[date]
    planned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    vehicle: Mapped[str | None]
    driver: Mapped[str | None]
    escort: Mapped[str | None]
    emergency: Mapped[str | None]
    planned_kg: Mapped[int] = mapped_column(BigInteger)
    picked_up_kg: Mapped[int | None] = mapped_column(BigInteger)
    received_kg: Mapped[int | None] = mapped_column(BigInteger)
    refused_kg: Mapped[int | None] = mapped_column(BigInteger)
    accepted_kg: Mapped[int | None] = mapped_column(BigInteger)
    treated_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    packages_picked_up: Mapped[int | None]
    packages_received: Mapped[int | None]
    estimated: Mapped[bool] = mapped_column(default=False)
    plan_missing: Mapped[bool] = mapped_column(default=False)
    missing_delivery: Mapped[bool] = mapped_column(default=False)
    delivered_lon: Mapped[float | None]
    delivered_lat: Mapped[float | None]
    delivery_reason: Mapped[str | None]
    note: Mapped[str | None]
    reason: Mapped[str | None]
    requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_on: Mapped[date | None]
    load_on: Mapped[date | None]
    picked_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    explain_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    explained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    follow_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    lines: Mapped[list["ManifestLine"]] = relationship(
        order_by="ManifestLine.no", lazy="selectin", cascade="all, delete-orphan"
    )
    legs: Mapped[list["ManifestLeg"]] = relationship(order_by="ManifestLeg.no", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", ManifestStatus),
        values_check("kind", ManifestKind),
        CheckConstraint("(kind = 'first') = (origin_id IS NULL)", name="follows"),
        CheckConstraint("(kind = 'return') = (sender_id = receiver_id)", name="parties"),
        CheckConstraint("planned_kg > 0", name="planned"),
        CheckConstraint("picked_up_kg > 0", name="picked_up"),
        CheckConstraint("received_kg > 0", name="received"),
        CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name="refused"),
        CheckConstraint("accepted_kg BETWEEN 0 AND received_kg", name="accepted"),
        CheckConstraint("treated_kg >= 0", name="treated"),
        Index("ix_manifest_sender", "sender_id", "id"),
        Index("ix_manifest_receiver", "receiver_id", "id"),
        Index("ix_manifest_transporter", "transporter_id", "id"),
        Index("ix_manifest_region", "region", "id"),
        Index("ix_manifest_issued", "issued_on", "region", postgresql_where=text("issued_on IS NOT NULL")),
        Index(
            "ix_manifest_official_number",
            "official_number",
            unique=True,
            postgresql_where=text("official_number IS NOT NULL AND status <> 'cancelled'"),
        ),
        Index(
            "ix_manifest_open",
            "status",
            "id",
            postgresql_where=text("status NOT IN ('draft', 'treated', 'cancelled')"),
        ),
    )


class ManifestLine(Base):
    """One kind of waste of a manifest, of one deal.

    Of what was accepted, `held_kg` exceeds the deal beyond our tolerance: it counts as refused until it is
    explained.
    """

    __tablename__ = "manifest_line"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    name: Mapped[str]
    form: Mapped[str | None]
    hazard: Mapped[str | None]
    component: Mapped[str | None]
    packing: Mapped[str | None]
    packages: Mapped[int | None]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    picked_up_kg: Mapped[int | None] = mapped_column(BigInteger)
    received_kg: Mapped[int | None] = mapped_column(BigInteger)
    refused_kg: Mapped[int | None] = mapped_column(BigInteger)
    accepted_kg: Mapped[int | None] = mapped_column(BigInteger)
    held_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    containers: Mapped[list[str]] = mapped_column(JSONB, default=list)

    @property
    def unaccepted_kg(self) -> int:
        """What was refused, or counts as refused until it is explained."""
        return (self.refused_kg or 0) + self.held_kg

    __table_args__ = (
        CheckConstraint("no > 0", name="no"),
        CheckConstraint("quantity_kg > 0", name="quantity"),
        CheckConstraint("packages > 0", name="packages"),
        CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name="refused"),
        CheckConstraint("accepted_kg >= 0 AND held_kg >= 0", name="accepted"),
        CheckConstraint("accepted_kg + held_kg + refused_kg = received_kg", name="balance"),
    )


class ManifestLeg(Base):
    """One carrier of a manifest, in the order of the journey; `signed_at` is when it took the load over."""

    __tablename__ = "manifest_leg"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    transporter_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    vehicle: Mapped[str | None]
    driver: Mapped[str | None]
    escort: Mapped[str | None]
    place: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("no > 0", name="no"),)


class ManifestSerial(Base):
    """The last serial of the numbers of a region and day, one row each, so that numbers have no gap."""

    __tablename__ = "manifest_serial"

    region: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class ManifestOutcome(Base):
    """What the receiver did with the waste, or a part of it."""

    __tablename__ = "manifest_outcome"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), index=True)
    operation: Mapped[str] = mapped_column(ForeignKey("treatment.code"))
    on: Mapped[date]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    product: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (CheckConstraint("quantity_kg > 0", name="quantity"),)
