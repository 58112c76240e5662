"""The permit ledger: what is reserved, released and used of permits, and the balance of each year."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from ... import clock
from ...database import Base, values_check


class PermitKind(StrEnum):
    """Whose tonnes a ledger counts: a line of a licence, a channel, a transfer approval."""

    LINE = "line"
    CHANNEL = "channel"
    APPROVAL = "approval"


class UseKind(StrEnum):
    """What an entry of the ledger says: a released tonne is no longer reserved, a used one was taken."""

    RESERVED = "reserved"
    RELEASED = "released"
    USED = "used"
    OVER = "over"


WHOLE_LIFE = 0
"""The year of what is counted over the whole life of a permit: transfer approvals."""


class PermitUse(Base):
    """An entry of the permit ledger; entries are added and never changed.

    `capacity_no` is the capacity that was charged when the entry was written. An entry without a deal counts
    what was handled outside the platform; only such entries may be negative, and take back.
    """

    __tablename__ = "permit_use"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    permit_kind: Mapped[PermitKind]
    permit_id: Mapped[UUID]
    capacity_no: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[UseKind]
    kg: Mapped[int] = mapped_column(BigInteger)
    deal_id: Mapped[UUID | None]
    manifest_id: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(default="", server_default=text("''"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("permit_kind", PermitKind),
        values_check("kind", UseKind),
        CheckConstraint("kg >= 0 OR deal_id IS NULL AND kind IN ('used', 'over')", name="kg"),
        Index("ix_permit_use_permit", "permit_kind", "permit_id", "year"),
        Index("ix_permit_use_deal", "deal_id", postgresql_where=text("deal_id IS NOT NULL")),
    )


class PermitYear(Base):
    """The balance of a capacity in a calendar year, in kilograms: the sums of its entries.

    `capacity_no` is that of licence lines and of channels, or the `no` of a permit that shares with none.
    `allowed_kg` is the largest allowance by which a reservation was judged, `over_kg` what was taken beyond
    the permit. What is reserved and used never passes `allowed_kg`.
    """

    __tablename__ = "permit_year"

    permit_kind: Mapped[PermitKind] = mapped_column(primary_key=True)
    capacity_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    allowed_kg: Mapped[int] = mapped_column(BigInteger)
    reserved_kg: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    used_kg: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    over_kg: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))

    @property
    def taken_kg(self) -> int:
        """All that is reserved or was taken, in kilograms."""
        return self.reserved_kg + self.used_kg + self.over_kg

    __table_args__ = (
        values_check("permit_kind", PermitKind),
        CheckConstraint("reserved_kg >= 0 AND used_kg >= 0 AND over_kg >= 0", name="not_negative"),
        CheckConstraint("reserved_kg + used_kg <= allowed_kg", name="within_permit"),
    )
