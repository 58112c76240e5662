"""Which enterprises may fall soon, by which model, and what a model needs before it says anything."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Float, ForeignKey, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..dated_rows import DatedTerm


class WarningVerdict(StrEnum):
    """What became of a training: whether its model warns, or why not."""

    IN_USE = "in_use"
    NOT_ENOUGH_HISTORY = "not_enough_history"
    NOT_BETTER = "not_better"
    """On later months no better than the score alone, the number of recent deductions, or the mean."""


NOT_TRAINED, REFUSED = "not_trained", "refused"
"""Beside the verdicts: nothing was trained yet; what is stored is not what was trained."""
STATUSES = (*(verdict.value for verdict in WarningVerdict), NOT_TRAINED, REFUSED)


class WarningPart(StrEnum):
    """What a risk is made of, in the order of the columns of features."""

    SCORE = "score"
    SCORE_AHEAD = "score_ahead"
    LOST_90_LAW = "lost_90_law"
    LOST_90_MANIFESTS = "lost_90_manifests"
    LOST_90_REPORTING = "lost_90_reporting"
    LOST_90_SITE = "lost_90_site"
    LOST_90_FULFILMENT = "lost_90_fulfilment"
    LOST_90_INCIDENTS = "lost_90_incidents"
    LOST_365_LAW = "lost_365_law"
    LOST_365_MANIFESTS = "lost_365_manifests"
    LOST_365_REPORTING = "lost_365_reporting"
    LOST_365_SITE = "lost_365_site"
    LOST_365_FULFILMENT = "lost_365_fulfilment"
    LOST_365_INCIDENTS = "lost_365_incidents"
    LIGHT_365 = "light_365"
    DAYS_SINCE_DEDUCTION = "days_since_deduction"
    LATE_REPORTS_365 = "late_reports_365"
    LATE_MANIFESTS_365 = "late_manifests_365"
    TENURE_DAYS = "tenure_days"


class EarlyWarningTerm(DatedTerm, Base):
    """What must be there before a model is trained, and from which risk on it warns.

    `least_falls` of enterprises within the history and `least_months` of it.
    """

    __tablename__ = "early_warning_term"

    least_falls: Mapped[int]
    least_months: Mapped[int] = mapped_column(SmallInteger)
    least_risk: Mapped[float] = mapped_column(Float)

    __table_args__ = (
        CheckConstraint("least_falls > 0", name="least_falls"),
        CheckConstraint("least_months >= 12", name="least_months"),
        CheckConstraint("least_risk BETWEEN 0 AND 1", name="least_risk"),
        *DatedTerm.term_checks(),
    )


class EarlyWarningModel(Base):
    """A training, one a month, and a further one where what is stored is refused; the newest decides. A row
    never changes afterwards.

    `card` is what it saw and how well it did; `parameters` are plain numbers, as `MonotoneModel` writes and
    checks them, and `digest` their SHA-256; both are read when they are asked for, as they may be beyond all
    reading. `month` is its first day.
    """

    __tablename__ = "early_warning_model"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    month: Mapped[date]
    verdict: Mapped[WarningVerdict]
    card: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    digest: Mapped[str | None]
    is_simulated: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("verdict", WarningVerdict),
        CheckConstraint("(verdict = 'in_use') = (parameters IS NOT NULL)", name="parameters_of_used"),
        CheckConstraint("(parameters IS NULL) = (digest IS NULL)", name="digest_of_parameters"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
    )


class EarlyWarningRun(Base):
    """A night's scoring of all enterprises: the row marks that it is asked for; the figures come at its end.

    `scored` had a grade to fall from, `warned` have a risk from the least on.
    """

    __tablename__ = "early_warning_run"

    day: Mapped[date] = mapped_column(primary_key=True)
    model_id: Mapped[UUID | None] = mapped_column(ForeignKey("early_warning_model.id"))
    scored: Mapped[int | None]
    warned: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("warned <= scored", name="warned_of_scored"),)


class EarlyWarning(Base):
    """That an enterprise may fall to grade D or E within 90 days of `computed_on`; for staff only.

    It has been warned of night after night since `warned_on`.

    `risk` is from 0 to 1; `parts` the largest of its parts as {part, value, log_odds}, and `others` what all
    else adds, so that both add up to the log-odds beyond those of an enterprise of which nothing is known.
    """

    __tablename__ = "early_warning"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)
    risk: Mapped[float] = mapped_column(Float)
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    others: Mapped[float] = mapped_column(Float)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("early_warning_model.id"))
    warned_on: Mapped[date]
    computed_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("risk BETWEEN 0 AND 1", name="risk"),
        Index("ix_early_warning_warned_on", "warned_on", "enterprise_id"),
        Index("ix_early_warning_risk", "risk", "enterprise_id"),
    )
