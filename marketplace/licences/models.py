"""What an enterprise may lawfully receive: licences, channels, white list, verified exemptions."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, SmallInteger
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..catalogue.models import Mode
from ..database import Base, values_check

MODES = {mode: bit for bit, mode in enumerate(Mode)}
"""The bit of each mode in `LicenceLine.modes`; `matching.Mode` has the same numbers."""


def mode_mask(modes: Iterable[str]) -> int:
    """A bit for each of these modes."""
    return sum(1 << MODES[Mode(mode)] for mode in set(modes))


def modes_of(mask: int) -> list[Mode]:
    """The modes of which `mask` has the bit."""
    return [mode for mode, bit in MODES.items() if mask & 1 << bit]


class LicenceKind(StrEnum):
    """A comprehensive licence (综合经营) or one to collect under a partner's (收集经营)."""

    COMPREHENSIVE = "comprehensive"
    COLLECTION = "collection"


def _validity() -> CheckConstraint:
    return CheckConstraint("valid_from <= valid_until", name="validity")


class _Permit:
    """Columns that every permit has: valid on both end days, unless revoked."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return (_validity(),)


class Licence(_Permit, Base):
    """An operating licence (经营许可证); `collection` ones are for collectors."""

    __tablename__ = "licence"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    number: Mapped[str]
    kind: Mapped[LicenceKind]

    lines: Mapped[list["LicenceLine"]] = relationship(order_by="LicenceLine.id", lazy="selectin")

    __table_args__ = (_validity(), values_check("kind", LicenceKind))


class LicenceLine(Base):
    """One code or category of a licence; `modes` has a bit for each of use, dispose, store."""

    __tablename__ = "licence_line"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licence.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    modes: Mapped[int] = mapped_column(SmallInteger)
    kg_per_year: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("modes BETWEEN 1 AND 7", name="modes"),
        CheckConstraint("kg_per_year > 0", name="kg_per_year"),
    )


class Channel(_Permit, Base):
    """An approved point-to-point (点对点) pair for one waste and one use."""

    __tablename__ = "channel"

    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    generator_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    use: Mapped[str]
    kg_per_year: Mapped[int] = mapped_column(BigInteger)
    approval_number: Mapped[str]


class WhiteListEntry(_Permit, Base):
    """A receiver and code that may take waste across the line of `from_province` (an adcode)."""

    __tablename__ = "white_list"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    from_province: Mapped[int] = mapped_column(ForeignKey("region.adcode"))


class VerifiedExemption(_Permit, Base):
    """A holder whose evidence for an item of the exemption list an admin has accepted."""

    __tablename__ = "verified_exemption"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    item: Mapped[int]
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    reference: Mapped[str]


class TonnesUsed(Base):
    """Kilograms counted against a licence line or a channel in a calendar year; the sum counts."""

    __tablename__ = "tonnes_used"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("licence_line.id"))
    channel_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    kg: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        CheckConstraint("num_nonnulls(line_id, channel_id) = 1", name="one_permit"),
        Index("ix_tonnes_used_line", "line_id", "year"),
        Index("ix_tonnes_used_channel", "channel_id", "year"),
    )
