"""Plans for regions: what was asked, what goes where, what stays and why, and what lacks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class AllocationStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


READING, JUDGING, PLANNING = STAGES = ("reading", "judging", "planning")
"""What a running plan is at."""


class Receivers(StrEnum):
    """Where receivers may be: anywhere lawful, or only in the region."""

    ANYWHERE = "anywhere"
    REGION = "region"


class UnplacedReason(StrEnum):
    """Why tonnes stay unplaced; one for each of `matching.allocation.Why`."""

    NO_LAWFUL_WAY = "no_lawful_way"
    NO_CAPACITY = "no_capacity"
    BELOW_LOT = "below_lot"


LIFE = LifeCycle(
    Move("start", AllocationStatus.QUEUED, AllocationStatus.RUNNING, by={Party.SYSTEM}),
    Move("start", AllocationStatus.RUNNING, AllocationStatus.RUNNING, by={Party.SYSTEM}),
    Move("start", AllocationStatus.FAILED, AllocationStatus.RUNNING, by={Party.SYSTEM}),
    Move("finish", AllocationStatus.RUNNING, AllocationStatus.DONE, by={Party.SYSTEM}),
    Move("refuse", AllocationStatus.RUNNING, AllocationStatus.REFUSED, by={Party.SYSTEM}),
    Move("fail", AllocationStatus.RUNNING, AllocationStatus.FAILED, by={Party.SYSTEM}),
)


class Allocation(Base):
    """A plan for the supplies of a region in a period: what was asked, how far it is, how it ended.

    `codes` are the waste codes that it is narrowed to as they were written, all below them included. `stage`
    and `steps` say how far it is, `totals` what came of it, `reason` why it was refused, in all languages.
    """

    __tablename__ = "allocation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    asked_by_kind: Mapped[str]
    asked_by: Mapped[UUID | None]
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    scheme: Mapped[str | None]
    codes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    receivers: Mapped[Receivers]
    status: Mapped[AllocationStatus] = mapped_column(default=AllocationStatus.QUEUED)
    stage: Mapped[str | None]
    steps_done: Mapped[int] = mapped_column(default=0)
    steps_of: Mapped[int | None]
    policy_version: Mapped[int | None] = mapped_column(ForeignKey("matching_policy.version"))
    totals: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    as_of: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("status", AllocationStatus),
        values_check("receivers", Receivers),
        CheckConstraint("first_day <= last_day", name="period"),
    )


class Placement(Base):
    """Tonnes of a supply that a plan gives to a demand, and by what right in which calendar year.

    `permit_id` is a licence line or channel; `warnings` a mask of `matching.Warn`.
    """

    __tablename__ = "allocation_placement"

    allocation_id: Mapped[UUID] = mapped_column(
        ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    kg: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float]
    distance_km: Mapped[float]
    year: Mapped[int] = mapped_column(SmallInteger)
    basis: Mapped[str]
    permit_id: Mapped[UUID | None]
    warnings: Mapped[int]

    __table_args__ = (CheckConstraint("kg > 0", name="kg"),)


class Unplaced(Base):
    """Tonnes of a supply that a plan could not place, and why; `gate` where no pairing is lawful."""

    __tablename__ = "allocation_unplaced"

    allocation_id: Mapped[UUID] = mapped_column(
        ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    kg: Mapped[int] = mapped_column(BigInteger)
    of_kg: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[UnplacedReason]
    gate: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("kg > 0 AND kg <= of_kg", name="kg"),
        values_check("reason", UnplacedReason),
    )


class Gap(Base):
    """What a region lacks for a code in a district: unplaced kilograms by reason, and what one more tonne
    of capacity would add to the plan's value; null where nobody may take the waste at all."""

    __tablename__ = "allocation_gap"

    allocation_id: Mapped[UUID] = mapped_column(
        ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    supply_kg: Mapped[int] = mapped_column(BigInteger)
    no_lawful_way_kg: Mapped[int] = mapped_column(BigInteger)
    no_capacity_kg: Mapped[int] = mapped_column(BigInteger)
    below_lot_kg: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[float | None]
