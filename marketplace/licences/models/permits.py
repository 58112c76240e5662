"""What an enterprise may lawfully receive: licences, channels, transfer approvals, white list, verified
exemptions.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates
from uuid_utils.compat import uuid7

from ... import clock
from ...catalogue.models import Mode
from ...database import Base, values_check
from ...document_numbers import document_key
from ...events.lifecycle import LifeCycle, Move, Party

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


class LicenceStatus(StrEnum):
    """A licence counts only once an official has confirmed it, and not while it is suspended."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    SUSPENDED = "suspended"


RECORDED = (LicenceStatus.CONFIRMED, LicenceStatus.SUSPENDED)
"""The states of a licence that an official has confirmed: its document is on record."""
LIFE = LifeCycle(
    Move(
        "confirm", LicenceStatus.SUBMITTED, LicenceStatus.CONFIRMED,
        by={Party.ADMIN}, event="licence.confirmed",
    ),
    Move(
        "refuse", LicenceStatus.SUBMITTED, LicenceStatus.REFUSED,
        by={Party.ADMIN}, event="licence.refused",
    ),
    Move(
        "suspend", LicenceStatus.CONFIRMED, LicenceStatus.SUSPENDED,
        by={Party.ADMIN}, event="permit.suspended",
    ),
    Move(
        "resume", LicenceStatus.SUSPENDED, LicenceStatus.CONFIRMED,
        by={Party.ADMIN}, event="permit.resumed",
    ),
)  # fmt: skip


def _validity() -> CheckConstraint:
    return CheckConstraint("valid_from <= valid_until", name="validity")


ONCE = "revoked_at IS NULL AND NOT is_double"
"""The rows of which there may be one for each document: what is revoked may be entered again."""


def _once(name: str, *columns: str, where: str = ONCE) -> Index:
    """No two permits agree in all of these columns."""
    return Index(name, *columns, unique=True, postgresql_where=text(where))


def _one_holder(table: str, key: str, holder: str, where: str = ONCE) -> ExcludeConstraint:
    """A document number belongs to one holder. The extension `btree_gist` compares text and ids."""
    return ExcludeConstraint(
        (key, "="), (holder, "<>"), using="gist", where=text(f"{where} AND {key} <> ''"),
        name=f"ex_{table}_{holder}",
    )  # fmt: skip


class _Permit:
    """Columns that every permit has: valid on both end days, unless revoked.

    `is_double` marks what stood twice in the table before that was refused: it is kept and shown, and shares
    the tonnes of the entry that it repeats.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    is_double: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class _CountedPermit(_Permit):
    """A permit on which deals rest. `expired_at` is when its end was noted and told."""

    expired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


RECORDED_ONCE = f"{ONCE} AND status IN ('confirmed', 'suspended') AND number_key <> ''"
SUBMITTED_ONCE = f"{ONCE} AND status = 'submitted'"
WAITING = "revoked_at IS NULL AND status = 'submitted'"
"""The licences that an official has to confirm or refuse."""


class Licence(_CountedPermit, Base):
    """An operating licence (经营许可证); `collection` ones are for collectors."""

    __tablename__ = "licence"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    number: Mapped[str]
    number_key: Mapped[str] = mapped_column(server_default=text("''"))
    kind: Mapped[LicenceKind]
    status: Mapped[LicenceStatus] = mapped_column(
        default=LicenceStatus.CONFIRMED, server_default=text("'confirmed'")
    )
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None]

    lines: Mapped[list["LicenceLine"]] = relationship(order_by="LicenceLine.id", lazy="selectin")
    files: Mapped[list["LicenceFile"]] = relationship(order_by="LicenceFile.id", lazy="selectin")

    @validates("number")
    def _fold(self, _: str, number: str) -> str:
        self.number_key = document_key(number)
        return number

    __table_args__ = (
        _validity(),
        values_check("kind", LicenceKind),
        values_check("status", LicenceStatus),
        _once("ix_licence_document", "enterprise_id", "number_key", "valid_until", where=RECORDED_ONCE),
        _once("ix_licence_submission", "enterprise_id", "number_key", "valid_until", where=SUBMITTED_ONCE),
        _one_holder("licence", "number_key", "enterprise_id", where=RECORDED_ONCE),
        Index("ix_licence_number_key", "number_key"),
        Index("ix_licence_submitted", "created_at", "id", "enterprise_id", postgresql_where=text(WAITING)),
    )


class LicenceFile(Base):
    """A scan of a licence; `size` in bytes."""

    __tablename__ = "licence_file"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licence.id"), index=True)
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class LicenceLine(Base):
    """One code or category of a licence; `modes` has a bit for each of use, dispose, store.

    A line of the paper that names several codes is a row for each, and `joint_line_id` of all but the first
    names the first. Rows with the same `capacity_no` share their tonnes; without one a row has its own.
    """

    __tablename__ = "licence_line"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licence.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    modes: Mapped[int] = mapped_column(SmallInteger)
    kg_per_year: Mapped[int] = mapped_column(BigInteger)
    joint_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("licence_line.id"))
    capacity_no: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_licence_line_capacity_no", "capacity_no", postgresql_where=text("capacity_no IS NOT NULL")),
        CheckConstraint("modes BETWEEN 1 AND 7", name="modes"),
        CheckConstraint("kg_per_year > 0", name="kg_per_year"),
    )


class ChannelStatus(StrEnum):
    """Whether waste may go through a channel today."""

    RUNNING = "running"
    PAUSED = "paused"


class PauseCause(StrEnum):
    """Why a channel is paused."""

    OUT_OF_BOUNDS = "out_of_bounds"
    TEST_MISSING = "test_missing"
    ADMIN = "admin"


CHANNEL_LIFE = LifeCycle(
    Move(
        "pause", ChannelStatus.RUNNING, ChannelStatus.PAUSED,
        by={Party.ADMIN, Party.SYSTEM, Party.CLOCK}, event="permit.paused",
        after=timedelta(days=1), since="test_due_on",
    ),
    Move(
        "resume", ChannelStatus.PAUSED, ChannelStatus.RUNNING,
        by={Party.ADMIN, Party.SYSTEM}, event="permit.resumed",
    ),
)  # fmt: skip
"""The clock pauses a channel on the day after that by which a monthly test was due."""


class Channel(_CountedPermit, Base):
    """An approved point-to-point (点对点) pair for one waste and one use.

    `standard` bounds the components of the waste: `{component, min, max, unit}`. `tested_from` is the first
    day of the month whose test is due next, by `test_due_on`; both are None while no test is expected:
    without a standard, when paused, and when the channel ends before. `paused_for` is the sampling day of the
    test that failed, or the first day of the month without one.
    """

    __tablename__ = "channel"

    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    generator_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    use: Mapped[str]
    kg_per_year: Mapped[int] = mapped_column(BigInteger)
    approval_number: Mapped[str]
    number_key: Mapped[str] = mapped_column(server_default=text("''"))
    capacity_no: Mapped[int | None] = mapped_column(BigInteger)
    standard: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, server_default=text("'[]'::jsonb")
    )
    pollution_control: Mapped[str | None]
    product_standard: Mapped[str | None]
    product_use: Mapped[str | None]
    status: Mapped[ChannelStatus] = mapped_column(
        default=ChannelStatus.RUNNING, server_default=text("'running'")
    )
    paused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pause_cause: Mapped[PauseCause | None]
    pause_reason: Mapped[str | None]
    paused_for: Mapped[date | None]
    tested_from: Mapped[date | None]
    test_due_on: Mapped[date | None]

    @validates("approval_number")
    def _fold(self, _: str, number: str) -> str:
        self.number_key = document_key(number)
        return number

    __table_args__ = (
        _validity(),
        values_check("status", ChannelStatus),
        values_check("pause_cause", PauseCause),
        CheckConstraint(
            "(status = 'paused') = (paused_at IS NOT NULL)"
            " AND (status = 'paused') = (pause_cause IS NOT NULL)",
            name="paused_for_a_cause",
        ),
        Index("ix_channel_test_due_on", "test_due_on", postgresql_where=text("test_due_on IS NOT NULL")),
        _once(
            "ix_channel_document", "number_key", "generator_id", "receiver_id", "code_id", "valid_until",
            where=f"{ONCE} AND number_key <> ''",
        ),
        _one_holder("channel", "number_key", "generator_id"),
        _one_holder("channel", "number_key", "receiver_id"),
        Index("ix_channel_capacity_no", "capacity_no", postgresql_where=text("capacity_no IS NOT NULL")),
    )  # fmt: skip


class TransferApproval(_CountedPermit, Base):
    """A province's approval (跨省转移批准) of moving one waste from one generator to one receiver in one way.

    `kg` may move over its whole life. It ends with the least of the period that was asked for
    (`asked_until`), 12 months, and the receiver's licence.
    """

    __tablename__ = "transfer_approval"

    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    generator_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    way: Mapped[Mode]
    kg: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str]
    number_key: Mapped[str] = mapped_column(server_default=text("''"))
    asked_until: Mapped[date]

    @property
    def capacity_no(self) -> None:
        """An approval shares its tonnes with no other."""

    @validates("number")
    def _fold(self, _: str, number: str) -> str:
        self.number_key = document_key(number)
        return number

    __table_args__ = (
        _validity(),
        values_check("way", Mode),
        CheckConstraint("kg > 0", name="kg"),
        CheckConstraint("generator_id <> receiver_id", name="two_parties"),
        _once(
            "ix_transfer_approval_document", "number_key", "generator_id", "receiver_id", "code_id",
            where=f"{ONCE} AND number_key <> ''",
        ),
        _one_holder("transfer_approval", "number_key", "generator_id"),
        _one_holder("transfer_approval", "number_key", "receiver_id"),
    )  # fmt: skip


class WhiteListEntry(_Permit, Base):
    """A receiver and code that may take waste across the line of `from_province` (an adcode)."""

    __tablename__ = "white_list"

    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    from_province: Mapped[int] = mapped_column(ForeignKey("region.adcode"))

    __table_args__ = (
        _validity(),
        _once("ix_white_list_entry", "receiver_id", "code_id", "from_province", "valid_until"),
    )


class VerifiedExemption(_Permit, Base):
    """A holder whose evidence for an item of the exemption list an admin has accepted."""

    __tablename__ = "verified_exemption"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    item: Mapped[int]
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), index=True)
    reference: Mapped[str]
    number_key: Mapped[str] = mapped_column(server_default=text("''"))

    @validates("reference")
    def _fold(self, _: str, number: str) -> str:
        self.number_key = document_key(number)
        return number

    __table_args__ = (
        _validity(),
        _once(
            "ix_verified_exemption_document",
            "enterprise_id", "item", "code_id", "number_key", "valid_until",
        ),
        _one_holder("verified_exemption", "number_key", "enterprise_id"),
    )  # fmt: skip
