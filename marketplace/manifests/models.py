"""Manifests, their lines and legs, what was sealed, what differed, and the deadlines of their steps.

Weights are whole kilograms, days those of Asia/Shanghai. A manifest is one vehicle trip of one sender.
"""

from dataclasses import dataclass
from datetime import date, datetime
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
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class ManifestStatus(StrEnum):
    DRAFT = "draft"
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    ISSUED = "issued"
    MOVING = "moving"
    DELIVERED = "delivered"
    RECEIVED = "received"
    PARTLY_REFUSED = "partly_refused"
    REFUSED = "refused"
    CLOSED = "closed"
    TREATED = "treated"
    CANCELLED = "cancelled"


class ManifestKind(StrEnum):
    """Whether a manifest is the first of its load, or follows one of which something was refused."""

    FIRST = "first"
    RETURN = "return"
    ONWARD = "onward"


class Part(StrEnum):
    """Whose part of a manifest is sealed."""

    SENDER = "sender"
    CARRIER = "carrier"
    RECEIVER = "receiver"


class CorrectionStatus(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class MismatchKind(StrEnum):
    """In what a load differs from its manifest."""

    WEIGHT = "weight"
    PACKAGES = "packages"
    KIND = "kind"


class LateStep(StrEnum):
    """A step that has a deadline; who has to make it is in `WAITING`."""

    SCHEDULE = "schedule"
    PICKUP = "pickup"
    DELIVER = "deliver"
    RECEIVE = "receive"
    CLOSE = "close"
    EXPLAIN = "explain"
    FOLLOW = "follow"
    OUTCOME = "outcome"


class LateStage(StrEnum):
    """What comes of a step that is not made, one after the other."""

    REMINDED = "reminded"
    ESCALATED = "escalated"
    RECORDED = "recorded"


SENDER, CARRIER, RECEIVER = Party.SUPPLIER, Party.TRANSPORTER, Party.RECEIVER
WHO_KNOWS = frozenset({SENDER, CARRIER})
"""Who can explain why a load differs from its manifest."""
S = ManifestStatus
UNSEALED = (S.DRAFT, S.REQUESTED, S.SCHEDULED)
NOT_ISSUED = UNSEALED
BEFORE_PICKUP = (*UNSEALED, S.ISSUED)
IN_FLIGHT = (S.ISSUED, S.MOVING, S.DELIVERED, S.RECEIVED, S.PARTLY_REFUSED)
"""With one of these a deal does not end."""
RECEIPTS = (S.RECEIVED, S.PARTLY_REFUSED)
OPEN_STATES = (*UNSEALED, *IN_FLIGHT)
CLOSED_STATES = (S.CLOSED, S.TREATED)


def _from(
    sources: tuple[ManifestStatus, ...],
    name: str,
    target: ManifestStatus | None,
    by: Party | frozenset[Party],
    event: str | None = None,
) -> list[Move]:
    """A party's move from each of these states, by default back to the same one; admins have its twin."""
    who = by if isinstance(by, frozenset) else frozenset({by})
    return [Move(name, source, target or source, by=who, event=event, twin=True) for source in sources]


LIFE = LifeCycle(
    *_from((S.DRAFT,), "change", None, SENDER, "manifest.changed"),
    *_from((S.DRAFT,), "request", S.REQUESTED, SENDER, "manifest.requested"),
    *_from((S.REQUESTED,), "schedule", S.SCHEDULED, CARRIER, "manifest.scheduled"),
    *_from((S.REQUESTED, S.SCHEDULED, S.ISSUED), "decline", S.DRAFT, CARRIER, "manifest.declined"),
    *_from(UNSEALED, "issue", S.ISSUED, SENDER, "manifest.issued"),
    *_from(BEFORE_PICKUP, "cancel", S.CANCELLED, SENDER, "manifest.cancelled"),
    *_from(BEFORE_PICKUP, "register_number", None, SENDER, "manifest.changed"),
    *_from((S.REQUESTED, S.SCHEDULED), "change_carrier", S.REQUESTED, SENDER, "manifest.carrier_changed"),
    *_from((S.DRAFT, S.ISSUED), "change_carrier", None, SENDER, "manifest.carrier_changed"),
    *_from((S.ISSUED,), "pickup", S.MOVING, CARRIER, "manifest.picked_up"),
    *_from((S.MOVING,), "hand_over", None, CARRIER, "manifest.handed_over"),
    *_from((S.MOVING,), "deliver", S.DELIVERED, CARRIER, "manifest.delivered"),
    *_from((S.DELIVERED, S.MOVING), "receive", S.RECEIVED, RECEIVER, "manifest.received"),
    *_from((S.DELIVERED, S.MOVING), "receive_partly", S.PARTLY_REFUSED, RECEIVER, "manifest.received"),
    *_from((S.DELIVERED, S.MOVING), "refuse_load", S.REFUSED, RECEIVER, "manifest.refused"),
    *_from(RECEIPTS, "close", S.CLOSED, RECEIVER, "manifest.closed"),
    *_from((S.CLOSED,), "outcome", S.TREATED, RECEIVER, "manifest.treated"),
    *_from((S.CLOSED,), "outcome_partly", None, RECEIVER, "manifest.treated"),
    *_from((*RECEIPTS, S.REFUSED, *CLOSED_STATES), "explain", None, WHO_KNOWS, "manifest.explained"),
    *_from((S.REFUSED, S.PARTLY_REFUSED, *CLOSED_STATES), "follow", None, SENDER, "manifest.followed"),
    Move("void", S.DRAFT, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    Move("void", S.REQUESTED, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    Move("void", S.SCHEDULED, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    next_steps="manifest_step",
)
"""The supplier is the sender of a manifest. `void` is what the end of a deal does to what is not issued."""

EITHER = frozenset({Party.SUPPLIER, Party.RECEIVER})
CORRECTION_LIFE = LifeCycle(
    Move("approve", CorrectionStatus.OPEN, CorrectionStatus.APPROVED, by=EITHER,
         event="manifest.corrected", twin=True),
    Move("reject", CorrectionStatus.OPEN, CorrectionStatus.REJECTED, by=EITHER,
         event="manifest.correction_rejected", twin=True),
)  # fmt: skip
"""Which of the two approves is not in the table: never who asked, and of what a carrier asks the sender."""

NEXT_STEPS: dict[ManifestStatus, tuple[Party, str] | None] = {
    S.DRAFT: (SENDER, "issue"),
    S.REQUESTED: (CARRIER, "schedule"),
    S.SCHEDULED: (SENDER, "issue"),
    S.ISSUED: (CARRIER, "pickup"),
    S.MOVING: (CARRIER, "deliver"),
    S.DELIVERED: (RECEIVER, "receive"),
    S.RECEIVED: (RECEIVER, "close"),
    S.PARTLY_REFUSED: (RECEIVER, "close"),
    S.REFUSED: (SENDER, "follow"),
    S.CLOSED: (RECEIVER, "outcome"),
    S.TREATED: None,
    S.CANCELLED: None,
}
"""Who does what next; names.toml says it in `manifest_step`."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The states in which a step is waited for, the column that says since when, and who has to make it."""

    states: tuple[ManifestStatus, ...]
    since: str
    who: str


WAITING = {
    LateStep.SCHEDULE: Waiting((S.REQUESTED,), "requested_at", "transporter_id"),
    LateStep.PICKUP: Waiting((S.ISSUED,), "load_on", "transporter_id"),
    LateStep.DELIVER: Waiting((S.MOVING,), "picked_up_at", "transporter_id"),
    LateStep.RECEIVE: Waiting((S.DELIVERED,), "delivered_at", "receiver_id"),
    LateStep.CLOSE: Waiting(RECEIPTS, "received_at", "receiver_id"),
    LateStep.EXPLAIN: Waiting((*RECEIPTS, S.REFUSED, *CLOSED_STATES), "explain_since", "sender_id"),
    LateStep.FOLLOW: Waiting((S.PARTLY_REFUSED, S.REFUSED, *CLOSED_STATES), "follow_since", "sender_id"),
    LateStep.OUTCOME: Waiting((S.CLOSED,), "outcome_since", "receiver_id"),
}
"""Of each step with a deadline; a step whose column is empty is not waited for."""


class Manifest(Base):
    """One vehicle trip of one sender to one receiver.

    `region` is where the load leaves from: the place of the waste, of a load that was refused the place of
    who refused it. `transporter_id` is the carrier that has the load, or that is to fetch it. Each weight is
    the sum of its lines and unknown until that step; `estimated` says that the carrier did not weigh.
    `load_on` is the day whose calendar year the tonnes count in: planned at issue, that of the pickup since.
    `missing_delivery` marks a receipt without the carrier's delivery.
    """

    __tablename__ = "manifest"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str] = mapped_column(unique=True)
    official_number: Mapped[str | None]
    status: Mapped[ManifestStatus] = mapped_column(default=LIFE.initial)
    kind: Mapped[ManifestKind] = mapped_column(default=ManifestKind.FIRST)
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifest.id"), index=True)
    copied_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifest.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    transporter_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    hazardous: Mapped[bool]
    planned_on: Mapped[date]
    planned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    vehicle: Mapped[str | None]
    driver: Mapped[str | None]
    escort: Mapped[str | None]
    emergency: Mapped[str | None]
    planned_kg: Mapped[int] = mapped_column(BigInteger)
    picked_up_kg: Mapped[int | None] = mapped_column(BigInteger)
    received_kg: Mapped[int | None] = mapped_column(BigInteger)
    refused_kg: Mapped[int | None] = mapped_column(BigInteger)
    accepted_kg: Mapped[int | None] = mapped_column(BigInteger)
    treated_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    packages_picked_up: Mapped[int | None]
    packages_received: Mapped[int | None]
    estimated: Mapped[bool] = mapped_column(default=False)
    plan_missing: Mapped[bool] = mapped_column(default=False)
    missing_delivery: Mapped[bool] = mapped_column(default=False)
    delivered_lon: Mapped[float | None]
    delivered_lat: Mapped[float | None]
    delivery_reason: Mapped[str | None]
    note: Mapped[str | None]
    reason: Mapped[str | None]
    requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_on: Mapped[date | None]
    load_on: Mapped[date | None]
    picked_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    explain_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    explained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    follow_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    lines: Mapped[list["ManifestLine"]] = relationship(
        order_by="ManifestLine.no", lazy="selectin", cascade="all, delete-orphan"
    )
    legs: Mapped[list["ManifestLeg"]] = relationship(order_by="ManifestLeg.no", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", ManifestStatus),
        values_check("kind", ManifestKind),
        CheckConstraint("(kind = 'first') = (origin_id IS NULL)", name="follows"),
        CheckConstraint("(kind = 'return') = (sender_id = receiver_id)", name="parties"),
        CheckConstraint("planned_kg > 0", name="planned"),
        CheckConstraint("picked_up_kg > 0", name="picked_up"),
        CheckConstraint("received_kg > 0", name="received"),
        CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name="refused"),
        CheckConstraint("accepted_kg BETWEEN 0 AND received_kg", name="accepted"),
        CheckConstraint("treated_kg >= 0", name="treated"),
        Index("ix_manifest_sender", "sender_id", "id"),
        Index("ix_manifest_receiver", "receiver_id", "id"),
        Index("ix_manifest_transporter", "transporter_id", "id"),
        Index("ix_manifest_region", "region", "id"),
        Index("ix_manifest_issued", "issued_on", "region", postgresql_where=text("issued_on IS NOT NULL")),
        Index(
            "ix_manifest_official_number",
            "official_number",
            unique=True,
            postgresql_where=text("official_number IS NOT NULL AND status <> 'cancelled'"),
        ),
        Index(
            "ix_manifest_open",
            "status",
            "id",
            postgresql_where=text("status NOT IN ('draft', 'treated', 'cancelled')"),
        ),
    )


class ManifestLine(Base):
    """One kind of waste of a manifest, of one deal.

    Of what was accepted, `held_kg` exceeds the deal beyond our tolerance: it counts as refused until it is
    explained.
    """

    __tablename__ = "manifest_line"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    name: Mapped[str]
    form: Mapped[str | None]
    hazard: Mapped[str | None]
    component: Mapped[str | None]
    packing: Mapped[str | None]
    packages: Mapped[int | None]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    picked_up_kg: Mapped[int | None] = mapped_column(BigInteger)
    received_kg: Mapped[int | None] = mapped_column(BigInteger)
    refused_kg: Mapped[int | None] = mapped_column(BigInteger)
    accepted_kg: Mapped[int | None] = mapped_column(BigInteger)
    held_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    containers: Mapped[list[str]] = mapped_column(JSONB, default=list)

    @property
    def unaccepted_kg(self) -> int:
        """What was refused, or counts as refused until it is explained."""
        return (self.refused_kg or 0) + self.held_kg

    __table_args__ = (
        CheckConstraint("no > 0", name="no"),
        CheckConstraint("quantity_kg > 0", name="quantity"),
        CheckConstraint("packages > 0", name="packages"),
        CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name="refused"),
        CheckConstraint("accepted_kg >= 0 AND held_kg >= 0", name="accepted"),
        CheckConstraint("accepted_kg + held_kg + refused_kg = received_kg", name="balance"),
    )


class ManifestLeg(Base):
    """One carrier of a manifest, in the order of the journey; `signed_at` is when it took the load over."""

    __tablename__ = "manifest_leg"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    transporter_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    vehicle: Mapped[str | None]
    driver: Mapped[str | None]
    escort: Mapped[str | None]
    place: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (CheckConstraint("no > 0", name="no"),)


class ManifestSerial(Base):
    """The last serial of the numbers of a region and day, one row each, so that numbers have no gap."""

    __tablename__ = "manifest_serial"

    region: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class ManifestVersion(Base):
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


class ManifestCorrection(Base):
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


class ManifestOutcome(Base):
    """What the receiver did with the waste, or a part of it."""

    __tablename__ = "manifest_outcome"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), index=True)
    operation: Mapped[str] = mapped_column(ForeignKey("treatment.code"))
    on: Mapped[date]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    product: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (CheckConstraint("quantity_kg > 0", name="quantity"),)


class ManifestDeadline(Base):
    """When a step that is not made has its consequences, in days after its start; an operator may correct it.

    Where `working` is false the days are those of the calendar. A stage without a number of days never comes.
    `mark` is T for the text of the law, S for a summary of it, O for our own choice.
    """

    __tablename__ = "manifest_deadline"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    step: Mapped[LateStep]
    working: Mapped[bool]
    reminded_days: Mapped[int | None] = mapped_column(SmallInteger)
    escalated_days: Mapped[int | None] = mapped_column(SmallInteger)
    recorded_days: Mapped[int | None] = mapped_column(SmallInteger)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    mark: Mapped[str]
    source: Mapped[str]

    __table_args__ = (
        values_check("step", LateStep),
        CheckConstraint("mark IN ('T', 'S', 'O')", name="mark"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint(
            "reminded_days > 0 AND escalated_days > reminded_days AND recorded_days > escalated_days",
            name="one_after_the_other",
        ),
    )


class WeightTolerance(Base):
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
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    source: Mapped[str]

    __table_args__ = (
        CheckConstraint("per_mille BETWEEN 0 AND 1000", name="per_mille"),
        CheckConstraint("least_kg >= 0", name="least"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
    )


class ManifestDelay(Base):
    """A step that was late, and how far that has gone; one row a step, start and stage, so told once."""

    __tablename__ = "manifest_delay"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    step: Mapped[LateStep] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    stage: Mapped[LateStage] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (values_check("step", LateStep), values_check("stage", LateStage))
