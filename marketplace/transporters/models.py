"""The register of a transporter: its own facts, and the papers that an official verifies.

Days are those of Asia/Shanghai, weights whole kilograms; a paper is valid on both of its end days.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class PaperKind(StrEnum):
    """What a paper vouches for."""

    PERMIT = "permit"
    """A permit for road transport (道路运输经营许可证), with its scope."""
    VEHICLE = "vehicle"
    CREW = "crew"
    """A person with cards (从业资格证)."""
    INSURANCE = "insurance"


class CardKind(StrEnum):
    """What a member of the crew may do with dangerous goods."""

    DRIVER = "driver"
    ESCORT = "escort"
    LOADER = "loader"


class PaperStatus(StrEnum):
    """A paper counts only once an official has verified it."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REFUSED = "refused"


class CarrierPart(StrEnum):
    """What the carrier of hazardous waste must have, verified and valid on the day of the pickup."""

    APPROVAL = "approval"
    PERMIT = "permit"
    VEHICLE = "vehicle"
    DRIVER = "driver"
    ESCORT = "escort"


OFFICIALS = frozenset({Party.ADMIN, Party.REGULATOR})
LIFE = LifeCycle(
    Move("verify", PaperStatus.SUBMITTED, PaperStatus.VERIFIED, by=OFFICIALS, event="transporter.verified"),
    Move("refuse", PaperStatus.SUBMITTED, PaperStatus.REFUSED, by=OFFICIALS, event="transporter.refused"),
)

LIVING = "ended_at IS NULL"
COUNTS = f"{LIVING} AND status = 'verified'"
WAITS = f"{LIVING} AND status = 'submitted'"
COLUMNS_OF_KIND = {
    PaperKind.PERMIT: ("number", "scope", "valid_from", "valid_until"),
    PaperKind.VEHICLE: ("plate", "vehicle_kind", "payload_kg", "valid_until"),
    PaperKind.CREW: ("name",),
    PaperKind.INSURANCE: ("number", "insurer", "valid_from", "valid_until"),
}
"""The columns that a paper of each kind has, besides those that all have."""


def _complete() -> CheckConstraint:
    """A paper has the columns of its kind."""
    cases = " ".join(
        f"WHEN '{kind.value}' THEN num_nulls({', '.join(names)}) = 0"
        for kind, names in COLUMNS_OF_KIND.items()
    )
    return CheckConstraint(f"CASE kind {cases} END", name="complete")


class TransporterRegister(Base):
    """What a transporter says of itself: where it carries, whether hazardous waste, the phone on duty."""

    __tablename__ = "transporter_register"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    service_area: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    hazardous: Mapped[bool]
    duty_phone: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class TransporterPaper(Base):
    """A permit, a vehicle, a member of the crew or an insurance of a transporter.

    `key` is what the paper is known by however it is written: the folded number, the plate, or the person's
    name and card. A newer paper of the same key renews an older one. `ended_at` is when its holder or an
    official ended it, or a newer one replaced it. `reminded_days` is the nearest reminder of its end.
    """

    __tablename__ = "transporter_paper"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    transporter_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[PaperKind]
    status: Mapped[PaperStatus] = mapped_column(default=LIFE.initial)
    key: Mapped[str]
    number: Mapped[str | None]
    scope: Mapped[str | None]
    insurer: Mapped[str | None]
    plate: Mapped[str | None]
    vehicle_kind: Mapped[str | None]
    payload_kg: Mapped[int | None] = mapped_column(BigInteger)
    tracker: Mapped[str | None]
    name: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    cards: Mapped[list["CrewCard"]] = relationship(order_by="CrewCard.kind", lazy="selectin")
    files: Mapped[list["PaperFile"]] = relationship(order_by="PaperFile.id", lazy="selectin")

    __table_args__ = (
        values_check("kind", PaperKind),
        values_check("status", PaperStatus),
        _complete(),
        CheckConstraint("payload_kg > 0", name="payload"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        Index("ix_transporter_paper_transporter", "transporter_id", "kind"),
        Index("ix_transporter_paper_waiting", "id", postgresql_where=text(WAITS)),
        Index(
            "ix_transporter_paper_since", "created_at", "id", "transporter_id",
            postgresql_where=text(WAITS),
        ),
        Index("ix_transporter_paper_end", "valid_until", postgresql_where=text(COUNTS)),
        Index(
            "ix_transporter_paper_submitted", "transporter_id", "kind", "key",
            unique=True, postgresql_where=text(WAITS),
        ),
        ExcludeConstraint(
            ("kind", "="), ("key", "="), ("transporter_id", "<>"), using="gist",
            where=text(f"{COUNTS} AND kind <> 'crew'"), name="ex_transporter_paper_one_holder",
        ),
    )  # fmt: skip


class CrewCard(Base):
    """A card of a member of the crew; `number` is personal data."""

    __tablename__ = "crew_card"

    paper_id: Mapped[UUID] = mapped_column(ForeignKey("transporter_paper.id"), primary_key=True)
    kind: Mapped[CardKind] = mapped_column(primary_key=True)
    number: Mapped[str]
    valid_until: Mapped[date]
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (values_check("kind", CardKind), Index("ix_crew_card_end", "valid_until"))


class PaperFile(Base):
    """A scan of a transporter's paper; `size` in bytes."""

    __tablename__ = "transporter_file"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("transporter_paper.id"), index=True)
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
