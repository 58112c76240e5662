"""Management classes, the terms of reports, declarations with their versions, and plans of the year.

Source: HJ 1259-2022 (`law.md` 5). Weights are whole kilograms, days those of Asia/Shanghai. What is kept here
is the draft of a report: it becomes a declaration with the receipt of the national system.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..dated_rows import DatedRow, DatedTerm
from ..events.lifecycle import LifeCycle, Move, Party
from ..events.made_by import MadeByPerson


class ReportingClass(StrEnum):
    """The management class of a unit (管理类别), by HJ 1259-2022, 4.2."""

    KEY = "key"
    SIMPLIFIED = "simplified"
    REGISTERED = "registered"


class ClassBasis(StrEnum):
    """Why an enterprise is in its class."""

    DECISION = "decision"
    LICENCE = "licence"
    AMOUNT = "amount"
    UNKNOWN_AMOUNT = "unknown_amount"
    """Nothing is known of how much: the class that is asked least."""


class ReportKind(StrEnum):
    """What is reported: a period of a declaration, or the plan of the year."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    PLAN = "plan"


class DeclarationStatus(StrEnum):
    OPEN = "open"
    LATE = "late"
    MISSING = "missing"
    CONFIRMED = "confirmed"
    """Confirmed with us: a draft, until the receipt of the national system is on file."""
    FILED = "filed"
    WAIVED = "waived"
    """Not due after all: an authority has put the enterprise into another class."""


class PlanStatus(StrEnum):
    DUE = "due"
    LATE = "late"
    SUBMITTED = "submitted"
    FILED = "filed"


class VersionAction(StrEnum):
    """What made a version of a declaration or plan."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    SUBMIT = "submit"
    AMEND = "amend"
    FILE = "file"


class DeclaredAmount(StrEnum):
    """What a line of a declaration says of a code; each is a weight in `<name>_kg`."""

    OPENING = "opening"
    GENERATED = "generated"
    RECEIVED = "received"
    OWN = "own"
    """Used or disposed of in a facility of its own."""
    OUTSIDE = "outside"
    """Handed over to others."""
    CLOSING = "closing"

    @property
    def column(self) -> str:
        """The name of the weight in a line."""
        return f"{self}_kg"


S = DeclarationStatus
UNCONFIRMED = (S.OPEN, S.LATE, S.MISSING)
CONFIRMED_STATES = (S.CONFIRMED, S.FILED)
SUBMITTED_STATES = (PlanStatus.SUBMITTED, PlanStatus.FILED)
LATE_AFTER = timedelta(days=1)
"""The due day itself is still in time."""
MISSING_AFTER = timedelta(days=30)
"""After the due day; our own choice."""

DECLARATION_LIFE = LifeCycle(
    Move("confirm", S.OPEN, S.CONFIRMED, by={Party.OWNER}, event="declaration.confirmed"),
    Move("confirm", S.LATE, S.CONFIRMED, by={Party.OWNER}, event="declaration.confirmed"),
    Move("confirm", S.MISSING, S.CONFIRMED, by={Party.OWNER}, event="declaration.confirmed"),
    Move("file", S.CONFIRMED, S.FILED, by={Party.OWNER}, event="declaration.filed"),
    Move("correct", S.CONFIRMED, S.CONFIRMED, by={Party.OWNER}, event="declaration.corrected"),
    Move("correct", S.FILED, S.CONFIRMED, by={Party.OWNER}, event="declaration.corrected"),
    Move(
        "pass_term", S.OPEN, S.LATE,
        by={Party.CLOCK}, event="declaration.late", after=LATE_AFTER, since="due_on",
    ),
    Move(
        "give_up", S.LATE, S.MISSING,
        by={Party.CLOCK}, event="declaration.missing", after=MISSING_AFTER, since="due_on",
    ),
    Move("waive", S.OPEN, S.WAIVED, by={Party.SYSTEM}, event="declaration.waived"),
    Move("waive", S.LATE, S.WAIVED, by={Party.SYSTEM}, event="declaration.waived"),
    Move("waive", S.MISSING, S.WAIVED, by={Party.SYSTEM}, event="declaration.waived"),
)  # fmt: skip
"""A correction of what was filed is a draft again, until it has a receipt of its own."""

PLAN_LIFE = LifeCycle(
    Move("submit", PlanStatus.DUE, PlanStatus.SUBMITTED, by={Party.OWNER}, event="plan.submitted"),
    Move("submit", PlanStatus.LATE, PlanStatus.SUBMITTED, by={Party.OWNER}, event="plan.submitted"),
    Move("amend", PlanStatus.SUBMITTED, PlanStatus.SUBMITTED, by={Party.OWNER}, event="plan.amended"),
    Move("amend", PlanStatus.FILED, PlanStatus.SUBMITTED, by={Party.OWNER}, event="plan.amended"),
    Move("file", PlanStatus.SUBMITTED, PlanStatus.FILED, by={Party.OWNER}, event="plan.filed"),
    Move(
        "pass_term", PlanStatus.DUE, PlanStatus.LATE,
        by={Party.CLOCK}, event="plan.late", after=LATE_AFTER, since="due_on",
    ),
)  # fmt: skip


class ReportingTerm(DatedTerm, Base):
    """Until when a class has to report what.

    The due day is `day` of the month that lies `months_after` months after the last of the period; the plan
    of a year counts from the end of the year before. A due day that is not worked moves to the next working
    day only where `moves` says so: HJ 1259-2022 does not.
    """

    __tablename__ = "reporting_term"

    id: Mapped[int] = mapped_column(primary_key=True)
    management_class: Mapped[ReportingClass]
    kind: Mapped[ReportKind]
    months_after: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[int] = mapped_column(SmallInteger)
    moves: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        values_check("management_class", ReportingClass),
        values_check("kind", ReportKind),
        CheckConstraint("months_after BETWEEN 1 AND 12", name="months_after"),
        CheckConstraint("day BETWEEN 1 AND 31", name="day"),
        *DatedTerm.term_checks(),
    )


class ClassDecision(MadeByPerson, DatedRow, Base):
    """That an operator or authority has put an enterprise into a class, from a day on; the latest counts."""

    __tablename__ = "reporting_class_decision"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    management_class: Mapped[ReportingClass]
    source: Mapped[str]
    decided_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("management_class", ReportingClass),
        DatedRow.validity_check(),
        Index("ix_reporting_class_decision_enterprise", "enterprise_id", "valid_from", "id"),
    )


class Declaration(Base):
    """What an enterprise has to declare of one period, and how far that is.

    `management_class`, `class_basis` and `annual_kg` say why it is due. `confirmed_on` is the day of the
    first confirmation, `late_at` when it was noted as late, `generated_kg` the sum of what the latest version
    says. `receipt` and `filed_on` are those of the national system for the latest version. `reminded_days`
    is the last reminder, in working days before the due day. `judged_at` is when a whole year was judged.
    """

    __tablename__ = "declaration"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[ReportKind]
    first_day: Mapped[date]
    last_day: Mapped[date]
    due_on: Mapped[date]
    status: Mapped[DeclarationStatus] = mapped_column(default=DECLARATION_LIFE.initial)
    management_class: Mapped[ReportingClass]
    class_basis: Mapped[ClassBasis]
    annual_kg: Mapped[int | None] = mapped_column(BigInteger)
    generated_kg: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_on: Mapped[date | None]
    receipt: Mapped[str | None]
    filed_on: Mapped[date | None]
    late_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    judged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", DeclarationStatus),
        values_check("management_class", ReportingClass),
        values_check("class_basis", ClassBasis),
        values_check("kind", ReportKind),
        CheckConstraint("kind <> 'plan'", name="of_a_period"),
        CheckConstraint("first_day <= last_day AND last_day < due_on", name="period"),
        CheckConstraint("(status = 'filed') = (receipt IS NOT NULL)", name="receipt"),
        CheckConstraint("(receipt IS NULL) = (filed_on IS NULL)", name="filed"),
        CheckConstraint("(status IN ('confirmed', 'filed')) = (confirmed_on IS NOT NULL)", name="confirmed"),
        Index("ix_declaration_period", "enterprise_id", "kind", "first_day", unique=True),
        Index("ix_declaration_enterprise", "enterprise_id", "id"),
        Index(
            "ix_declaration_unconfirmed",
            "due_on",
            postgresql_where=text("status IN ('open', 'late', 'missing')"),
        ),
    )


class DeclarationVersion(MadeByPerson, Base):
    """What a declaration said when it was confirmed, corrected or filed; never changed afterwards.

    `lines` holds `{code_id, scheme, code, opening_kg, generated_kg, received_kg, own_kg, outside_kg,
    closing_kg}` of each code.
    """

    __tablename__ = "declaration_version"

    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    action: Mapped[VersionAction]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    receipt: Mapped[str | None]
    filed_on: Mapped[date | None]
    made_by: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("action", VersionAction), CheckConstraint("no > 0", name="no"))


class ManagementPlan(Base):
    """The management plan (管理计划) of an enterprise for a year, and how far it is."""

    __tablename__ = "management_plan"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date]
    status: Mapped[PlanStatus] = mapped_column(default=PLAN_LIFE.initial)
    management_class: Mapped[ReportingClass]
    class_basis: Mapped[ClassBasis]
    submitted_on: Mapped[date | None]
    receipt: Mapped[str | None]
    filed_on: Mapped[date | None]
    late_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", PlanStatus),
        values_check("management_class", ReportingClass),
        values_check("class_basis", ClassBasis),
        CheckConstraint("(status = 'filed') = (receipt IS NOT NULL)", name="receipt"),
        CheckConstraint("(receipt IS NULL) = (filed_on IS NULL)", name="filed"),
        CheckConstraint("(status IN ('submitted', 'filed')) = (submitted_on IS NOT NULL)", name="submitted"),
        Index("ix_management_plan_year", "enterprise_id", "year", unique=True),
        Index("ix_management_plan_enterprise", "enterprise_id", "id"),
        Index("ix_management_plan_due", "due_on", postgresql_where=text("status IN ('due', 'late')")),
    )


class PlanVersion(MadeByPerson, Base):
    """What a plan said when it was submitted, amended or filed; never changed afterwards."""

    __tablename__ = "management_plan_version"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("management_plan.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    action: Mapped[VersionAction]
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    receipt: Mapped[str | None]
    filed_on: Mapped[date | None]
    made_by: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("action", VersionAction), CheckConstraint("no > 0", name="no"))


class ReportOpening(Base):
    """The last day on which all reports that were due then were opened; one row, none before the first."""

    __tablename__ = "report_opening"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    looked_on: Mapped[date]

    __table_args__ = (CheckConstraint("id = 1", name="one"),)
