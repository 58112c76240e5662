"""What was sealed of a manifest, and the corrections of it that are asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from ...events.made_by import MadeByPerson


class Part(StrEnum):
    """Whose part of a manifest is sealed."""

    SENDER = "sender"
    CARRIER = "carrier"
    RECEIVER = "receiver"


class CorrectionStatus(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


EITHER = frozenset({Party.SUPPLIER, Party.RECEIVER})
CORRECTION_LIFE = LifeCycle(
    Move("approve", CorrectionStatus.OPEN, CorrectionStatus.APPROVED, by=EITHER,
         event="manifest.corrected", twin=True),
    Move("reject", CorrectionStatus.OPEN, CorrectionStatus.REJECTED, by=EITHER,
         event="manifest.correction_rejected", twin=True),
)  # fmt: skip
"""Which of the two approves is not in the table: never who asked, and of what a carrier asks the sender."""


class ManifestVersion(MadeByPerson, Base):
    """What a part of a manifest said when it was sealed or corrected; never changed afterwards.

    `checksum` is the SHA-256 of `content` as JSON with sorted keys. `unsealed` marks the end of a seal, when
    a carrier declines an issued manifest.
    """

    __tablename__ = "manifest_version"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    part: Mapped[Part]
    leg: Mapped[int | None] = mapped_column(SmallInteger)
    action: Mapped[str]
    unsealed: Mapped[bool] = mapped_column(default=False)
    signed_by: Mapped[UUID | None]
    signer: Mapped[str]
    reason: Mapped[str | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checksum: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("part", Part), CheckConstraint("no > 0", name="no"))


class ManifestCorrection(MadeByPerson, Base):
    """A change of sealed fields that one party asks for and another approves; one is open at a time."""

    __tablename__ = "manifest_correction"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), index=True)
    status: Mapped[CorrectionStatus] = mapped_column(default=CorrectionStatus.OPEN)
    part: Mapped[Part]
    leg: Mapped[int | None] = mapped_column(SmallInteger)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    asked_by: Mapped[UUID | None]
    approver: Mapped[Part]
    decision_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )

    __table_args__ = (
        values_check("status", CorrectionStatus),
        values_check("part", Part),
        values_check("approver", Part),
        CheckConstraint("part <> approver", name="another_approves"),
        Index(
            "ix_manifest_correction_open",
            "manifest_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )
