"""Evaluations: previews, and those that are published."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...enterprises.models import Grade
from ...events.lifecycle import LifeCycle, Move, Party

EVALUATION, RECORD = ESTABLISHED_BY = ("evaluation", "record")
"""What makes an enterprise established: a valid evaluation, or its record on the platform."""


class EvaluationStatus(StrEnum):
    """Whether an evaluation counts."""

    PREVIEW = "preview"
    """Counts for nothing, and only officers see it."""
    PUBLISHED = "published"


EVALUATION_LIFE = LifeCycle(
    Move(
        "publish",
        EvaluationStatus.PREVIEW,
        EvaluationStatus.PUBLISHED,
        by={Party.ADMIN},
        event="evaluation.published",
    ),
)


class Evaluation(Base):
    """An evaluation. It is a preview until `published_on`; from then it makes an enterprise established, up
    to the day before `valid_until`.

    `inputs` is what it was made of, and `inputs_sha256` the SHA-256 of that as JSON with sorted names and no
    blanks; both are empty where it was published without a preview. `score_milli`, `grade` and `axes` are the
    standing with the evaluation in force, `provisional` is whether the enterprise was a newcomer without it,
    `missing` what was not known. `job_id` names the job that made it, in the room `evaluations` above.

    A trigger refuses every change but its publication, and every deletion but that of a preview.
    """

    __tablename__ = "credit_evaluation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    published_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    note: Mapped[str]
    job_id: Mapped[UUID | None]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    inputs_sha256: Mapped[str | None] = mapped_column(String(64))
    score_milli: Mapped[int | None]
    grade: Mapped[Grade | None]
    axes: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    provisional: Mapped[bool | None]
    missing: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    recorded_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    @property
    def status(self) -> EvaluationStatus:
        """Read from the day of publication, which entering the state stores."""
        return EvaluationStatus.PREVIEW if self.published_on is None else EvaluationStatus.PUBLISHED

    @status.setter
    def status(self, entered: EvaluationStatus) -> None:
        setattr(self, f"{entered}_on", clock.today())

    __table_args__ = (
        values_check("grade", Grade),
        CheckConstraint("(published_on IS NULL) = (valid_until IS NULL)", name="published_has_an_end"),
        CheckConstraint("published_on IS NOT NULL OR inputs IS NOT NULL", name="preview_is_frozen"),
        CheckConstraint("(inputs IS NULL) = (inputs_sha256 IS NULL)", name="inputs_have_a_digest"),
        CheckConstraint("inputs_sha256 ~ '^[0-9a-f]{64}$'", name="inputs_sha256"),
        UniqueConstraint("job_id", "enterprise_id"),
        Index("ix_credit_evaluation_valid_until", "valid_until", "id", "enterprise_id"),
        Index("ix_credit_evaluation_preview", "created_at", postgresql_where=text("published_on IS NULL")),
    )
