"""In what loads differ from their manifests, and how far they may."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Identity, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...dated_rows import DatedRow


class MismatchKind(StrEnum):
    """In what a load differs from its manifest."""

    WEIGHT = "weight"
    PACKAGES = "packages"
    KIND = "kind"


class ManifestMismatch(Base):
    """In what a load differed from its manifest, noted for the receiver's authority at once."""

    __tablename__ = "manifest_mismatch"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), index=True)
    line: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[MismatchKind]
    expected: Mapped[str]
    found: Mapped[str]
    beyond_tolerance: Mapped[bool]
    significant: Mapped[bool]
    explanation: Mapped[str | None]
    explained_by: Mapped[UUID | None]
    explained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("kind", MismatchKind),)


class WeightTolerance(DatedRow, Base):
    """How far two weights of a load may differ before an explanation is asked for; our own choice (O).

    The row of the form and the packing counts, or that of the form alone; `least_kg` is never fallen below.
    From `significant_per_mille` on a difference is called significant.
    """

    __tablename__ = "weight_tolerance"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    form: Mapped[str | None]
    packing: Mapped[str | None]
    per_mille: Mapped[int] = mapped_column(SmallInteger)
    least_kg: Mapped[int]
    significant_per_mille: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str]

    __table_args__ = (
        CheckConstraint("per_mille BETWEEN 0 AND 1000", name="per_mille"),
        CheckConstraint("least_kg >= 0", name="least"),
        DatedRow.validity_check(),
    )
