"""Checklists as versioned items, the policy of inspections, inspections with their answers."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..dated_rows import DatedRow
from ..enterprises.models import Role
from ..events.lifecycle import LifeCycle, Move, Party
from ..uploaded_files import KeptFile

MOST_POINTS = 2
"""Of an item that is fully met; 1 is partly met, 0 not met."""
ABANDONED_AFTER = timedelta(days=60)
"""How long an inspection may stay without being finished; our own choice."""


class Checklist(StrEnum):
    """By kind of subject."""

    HAZARDOUS_GENERATOR = "hazardous_generator"
    GENERAL_GENERATOR = "general_generator"
    RECYCLER = "recycler"
    TRANSPORTER = "transporter"


ROLES_OF = {
    Checklist.HAZARDOUS_GENERATOR: {Role.GENERATOR},
    Checklist.GENERAL_GENERATOR: {Role.GENERATOR},
    Checklist.RECYCLER: {Role.RECYCLER},
    Checklist.TRANSPORTER: {Role.TRANSPORTER, Role.COLLECTOR},
}
"""The roles of which an enterprise has one, for a checklist to be about it."""


class InspectionKind(StrEnum):
    """Who checks: the enterprise itself, the authority of its region, the platform by sample."""

    SELF = "self"
    DISTRICT = "district"
    CITY = "city"


BY_OFFICERS = "kind IN ('district', 'city')"


class PhotoOf(StrEnum):
    """What a photo shows."""

    FINDING = "finding"
    REMEDY = "remedy"
    RECHECK = "recheck"


class InspectionWay(StrEnum):
    SITE = "site"
    VIDEO = "video"


class InspectionResult(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    BASIC = "basic"
    FAIL = "fail"


class FindingRule(StrEnum):
    """The credit rules under which an officer may record a finding."""

    DEFECT = "site.defect"
    LABEL = "site.label"
    MIXED = "site.incompatible_mixed"


class InspectionStatus(StrEnum):
    OPEN = "open"
    RECTIFYING = "rectifying"
    """The enterprise is to put findings right until `due_on`."""
    OVERDUE = "overdue"
    ANSWERED = "answered"
    """Whoever inspected is to check what the enterprise says."""
    CLOSED = "closed"
    CANCELLED = "cancelled"


INSPECTORS = frozenset({Party.OWNER, Party.REGULATOR, Party.ADMIN})

LIFE = LifeCycle(
    Move(
        "finish", InspectionStatus.OPEN, InspectionStatus.CLOSED,
        by=INSPECTORS, event="inspection.finished",
    ),
    Move(
        "order_rectification", InspectionStatus.OPEN, InspectionStatus.RECTIFYING,
        by=INSPECTORS, event="inspection.ordered",
    ),
    Move("cancel", InspectionStatus.OPEN, InspectionStatus.CANCELLED, by=INSPECTORS),
    Move(
        "abandon", InspectionStatus.OPEN, InspectionStatus.CANCELLED,
        by={Party.CLOCK}, after=ABANDONED_AFTER, since="created_at",
    ),
    Move(
        "miss", InspectionStatus.RECTIFYING, InspectionStatus.OVERDUE,
        by={Party.CLOCK}, event="inspection.overdue", after=timedelta(days=1), since="due_on",
    ),
    *(
        Move("rectify", status, InspectionStatus.ANSWERED, by={Party.OWNER}, event="inspection.answered")
        for status in (InspectionStatus.RECTIFYING, InspectionStatus.OVERDUE)
    ),
    Move(
        "recheck", InspectionStatus.ANSWERED, InspectionStatus.CLOSED,
        by=INSPECTORS, event="inspection.corrected",
    ),
    Move(
        "send_back", InspectionStatus.ANSWERED, InspectionStatus.RECTIFYING,
        by=INSPECTORS, event="inspection.returned",
    ),
    next_steps="inspection_step",
)  # fmt: skip
"""The enterprise has the whole of `due_on`: the clock misses it on the day after."""


class ChecklistItem(DatedRow, Base):
    """One item of a checklist as it is asked from `valid_from` to `valid_until`; an operator adds versions.

    0 points on an item with a `veto` fail the whole. `rule` is the credit rule that a finding suggests.
    `basis` is the id of a legal basis, `source` who chose the item and its words.
    """

    __tablename__ = "inspection_item"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    checklist: Mapped[Checklist]
    code: Mapped[str]
    section_zh: Mapped[str]
    section_en: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)
    text_zh: Mapped[str]
    text_en: Mapped[str]
    most_points: Mapped[int] = mapped_column(SmallInteger, default=MOST_POINTS)
    veto: Mapped[bool]
    rule: Mapped[FindingRule | None]
    basis: Mapped[str | None]
    source: Mapped[str]

    __table_args__ = (
        values_check("checklist", Checklist),
        values_check("rule", FindingRule),
        CheckConstraint("most_points = 2", name="most_points"),
        DatedRow.validity_check(),
        UniqueConstraint("checklist", "code", "valid_from"),
    )


class InspectionPolicy(DatedRow, Base):
    """What inspections are judged by, and how often they come; the row that is in force on a day counts.

    `rectification_days` are working days; `months` says by grade after how many months the next check by an
    officer is due. `self_report_days`: how long before a check a self-check must have named a defect, for the
    entry to cost half.
    """

    __tablename__ = "inspection_policy"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    pass_per_mille: Mapped[int] = mapped_column(SmallInteger)
    basic_per_mille: Mapped[int] = mapped_column(SmallInteger)
    rectification_days: Mapped[int] = mapped_column(SmallInteger)
    self_report_days: Mapped[int] = mapped_column(SmallInteger)
    months: Mapped[dict[str, int]] = mapped_column(JSONB)
    source: Mapped[str]

    __table_args__ = (
        CheckConstraint("basic_per_mille BETWEEN 1 AND pass_per_mille", name="basic"),
        CheckConstraint("pass_per_mille <= 1000", name="pass"),
        CheckConstraint("rectification_days > 0", name="rectification_days"),
        CheckConstraint("self_report_days >= 0", name="self_report_days"),
        DatedRow.validity_check(),
    )


def inspection_number(begun_on: date, no: int) -> str:
    """The number of an inspection as people read it: JC20261201000001."""
    return f"JC{begun_on:%Y%m%d}{no:06d}"


class Inspection(Base):
    """A check of one enterprise by one checklist, as its items were on `begun_on`.

    `points`, `most_points` and `result` are written when it is finished. `was_late` stays true once a
    rectification was late.
    """

    __tablename__ = "inspection"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    checklist: Mapped[Checklist]
    kind: Mapped[InspectionKind]
    way: Mapped[InspectionWay]
    status: Mapped[InspectionStatus] = mapped_column(default=LIFE.initial)
    begun_on: Mapped[date]
    begun_by: Mapped[UUID | None]
    note: Mapped[str | None]
    points: Mapped[int | None] = mapped_column(SmallInteger)
    most_points: Mapped[int | None] = mapped_column(SmallInteger)
    result: Mapped[InspectionResult | None]
    finished_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_on: Mapped[date | None]
    was_late: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    answers: Mapped[list["InspectionAnswer"]] = relationship(
        order_by="InspectionAnswer.position", lazy="selectin"
    )

    @property
    def number(self) -> str:
        """As people read it: JC20261201000001."""
        return inspection_number(self.begun_on, self.no)

    @property
    def findings(self) -> list["InspectionAnswer"]:
        """What is not fully met."""
        return [answer for answer in self.answers if answer.is_finding]

    @property
    def open_findings(self) -> list["InspectionAnswer"]:
        """Findings that nobody has seen corrected."""
        return [answer for answer in self.findings if not answer.is_corrected]

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("checklist", Checklist),
        values_check("kind", InspectionKind),
        values_check("way", InspectionWay),
        values_check("status", InspectionStatus),
        values_check("result", InspectionResult),
        CheckConstraint("points BETWEEN 0 AND most_points", name="points"),
        CheckConstraint(
            "(result IS NULL) = (status IN ('open', 'cancelled'))"
            " AND (result IS NULL) = (points IS NULL) AND (result IS NULL) = (finished_at IS NULL)",
            name="finished_has_a_result",
        ),
        CheckConstraint(
            "status NOT IN ('rectifying', 'overdue', 'answered') OR due_on IS NOT NULL",
            name="order_has_a_day",
        ),
        Index("ix_inspection_enterprise", "enterprise_id", "id"),
        Index(
            "ix_inspection_open", "enterprise_id", "checklist", "kind",
            unique=True, postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_inspection_overdue", "due_on", "id", "enterprise_id",
            postgresql_where=text(f"status = 'overdue' AND {BY_OFFICERS}"),
        ),
        Index(
            "ix_inspection_answered", "answered_at", "id", "enterprise_id",
            postgresql_where=text(f"status = 'answered' AND {BY_OFFICERS}"),
        ),
        Index("ix_inspection_due", "due_on", postgresql_where=text("status = 'rectifying'")),
    )  # fmt: skip


class InspectionAnswer(Base):
    """What was found of one item, what the enterprise did about it, and whether that was seen corrected.

    `rule` is the credit rule under which an officer records the finding, `event_id` that entry. `answered_by`
    is who answered last, and so does not decide about the entry.
    """

    __tablename__ = "inspection_answer"

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("inspection_item.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    points: Mapped[int | None] = mapped_column(SmallInteger)
    note: Mapped[str | None]
    rule: Mapped[FindingRule | None]
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"))
    answered_by: Mapped[UUID | None]
    remedy: Mapped[str | None]
    is_corrected: Mapped[bool | None]
    recheck_note: Mapped[str | None]

    item: Mapped[ChecklistItem] = relationship(lazy="selectin")
    photos: Mapped[list["InspectionPhoto"]] = relationship(order_by="InspectionPhoto.id", lazy="selectin")

    @property
    def is_finding(self) -> bool:
        """Whether it was answered with less than its most points."""
        return self.points is not None and self.points < self.item.most_points

    def as_facts(self) -> dict[str, Any]:
        """The item and its answer as the API shows them."""
        own = (
            "points", "note", "rule", "event_id", "remedy", "is_corrected", "recheck_note", "is_finding",
            "photos",
        )  # fmt: skip
        return {**{name: getattr(self, name) for name in own}, "item": self.item}

    __table_args__ = (
        values_check("rule", FindingRule),
        CheckConstraint("points BETWEEN 0 AND 2", name="points"),
        CheckConstraint("rule IS NULL OR points < 2", name="rule_of_a_finding"),
    )


class InspectionPhoto(KeptFile, Base):
    """A photo of an item: of what was found, of what was done about it, or of what was seen then."""

    __tablename__ = "inspection_photo"

    inspection_id: Mapped[UUID]
    item_id: Mapped[int]
    shows: Mapped[PhotoOf]

    __table_args__ = (
        values_check("shows", PhotoOf),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        ForeignKeyConstraint(
            ["inspection_id", "item_id"], ["inspection_answer.inspection_id", "inspection_answer.item_id"]
        ),
        UniqueConstraint("inspection_id", "item_id", "sha256"),
    )
