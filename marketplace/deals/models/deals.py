"""Deals, their loads in flight, and ratings.

Weights are whole kilograms, prices whole fen a tonne from the supplier's side, days those of Asia/Shanghai.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from ...events.made_by import MadeByPerson
from .sides import EITHER, Side, side_of


class Fault(StrEnum):
    """Whose fault it is that a deal is cancelled."""

    SUPPLIER = "supplier"
    RECEIVER = "receiver"
    NONE = "none"


class DealStatus(StrEnum):
    AGREED = "agreed"
    MOVING = "moving"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    DISPUTED = "disputed"


class InvoiceStatus(StrEnum):
    NONE = "none"
    ISSUED = "issued"
    PAID = "paid"


LIVE_DEALS = (DealStatus.AGREED, DealStatus.MOVING, DealStatus.DISPUTED)


def _of_live_deals(name: str, target: DealStatus, by: frozenset[Party], event: str) -> list[Move]:
    twin = by <= EITHER
    sources = (DealStatus.AGREED, DealStatus.MOVING)
    return [Move(name, source, target, by=by, event=event, twin=twin) for source in sources]


DEAL_LIFE = LifeCycle(
    Move("move", DealStatus.AGREED, DealStatus.MOVING, by={Party.SYSTEM}, event="deal.moving"),
    *_of_live_deals("complete", DealStatus.COMPLETED, EITHER, "deal.completed"),
    *_of_live_deals("cancel", DealStatus.CANCELLED, EITHER, "deal.cancelled"),
    *_of_live_deals("dispute", DealStatus.DISPUTED, EITHER, "deal.disputed"),
    *[
        Move("dispute", ended, DealStatus.DISPUTED, by=EITHER, event="deal.disputed", twin=True)
        for ended in (DealStatus.COMPLETED, DealStatus.CANCELLED)
    ],
    Move(
        "settle_moving", DealStatus.DISPUTED, DealStatus.MOVING, by={Party.ADMIN}, event="deal.settled"
    ),
    Move(
        "settle_completed", DealStatus.DISPUTED, DealStatus.COMPLETED, by={Party.ADMIN}, event="deal.settled"
    ),
    Move(
        "settle_cancelled", DealStatus.DISPUTED, DealStatus.CANCELLED, by={Party.ADMIN}, event="deal.settled"
    ),
    Move(
        "lapse", DealStatus.AGREED, DealStatus.LAPSED, by={Party.CLOCK}, event="deal.lapsed",
        after=timedelta(days=31), since="until_day",
    ),
    Move(
        "lapse", DealStatus.MOVING, DealStatus.LAPSED, by={Party.CLOCK}, event="deal.lapsed",
        after=timedelta(days=31), since="until_day",
    ),
    next_steps="deal_step",
)  # fmt: skip
"""A deal lapses when 30 days have passed after its last day and nothing is in flight.

The side that did not end it may dispute its end for `DISPUTE_DAYS`.
"""
INVOICE_LIFE = LifeCycle(
    Move(
        "issue_invoice", InvoiceStatus.NONE, InvoiceStatus.ISSUED, by=EITHER, event="deal.invoiced", twin=True
    ),
    Move(
        "pay_invoice", InvoiceStatus.ISSUED, InvoiceStatus.PAID, by=EITHER, event="deal.invoiced", twin=True
    ),
    column="invoice_status",
)
"""The payee issues, the payer pays: which side that is, follows from the price."""
DISPUTE_DAYS = 7
"""Our own choice."""
RATINGS_SHOWN_AFTER = timedelta(days=7)
"""From the end on, even if one side has not rated; our own choice."""


class Deal(Base):
    """An agreed transfer with its terms frozen.

    Of `quantity_kg`, `planned_kg` are on manifests that are not picked up yet, `moving_kg` on such that are
    picked up and not closed (by the weight that is known), `refused_kg` were refused and are not returned
    yet, `accepted_kg` were accepted. `over_kg` is what was accepted beyond the agreed tonnes. `shipped_kg` is
    the sum of all that was picked up.
    `permit_kind` and `permit_id` name the ledger in which its tonnes are reserved; they are None where the
    law asks for no permit (general and exempt waste). `permit_year` is that of its last day, in which they
    are reserved until a load is issued for another year. `approval_id` is the transfer approval that is used
    besides. `terms` holds both listings, the rounds, the legal basis with its validity and the version of the
    policy, as they were at `agreed_at`. `ended_at` says since when nothing is reserved any more; it stays
    while an end is disputed.
    """

    __tablename__ = "deal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[DealStatus] = mapped_column(default=DealStatus.AGREED)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), unique=True)
    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), index=True)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), index=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    price_fen: Mapped[int] = mapped_column(BigInteger)
    from_day: Mapped[date]
    until_day: Mapped[date]
    freight: Mapped[Side]
    minimum_charge_fen: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    planned_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    moving_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    refused_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    accepted_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    over_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    shipped_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    permit_kind: Mapped[str | None]
    permit_id: Mapped[UUID | None]
    permit_year: Mapped[int | None] = mapped_column(SmallInteger)
    approval_id: Mapped[UUID | None]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    disputed_by: Mapped[Side | None]
    dispute_reason: Mapped[str | None]
    fault: Mapped[Fault | None]
    ended_by: Mapped[Side | None]
    reason: Mapped[str | None]
    invoice_status: Mapped[InvoiceStatus] = mapped_column(default=InvoiceStatus.NONE)
    agreed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    @property
    def has_ended(self) -> bool:
        """Whether its reservations are given back; also while its end is disputed."""
        return self.ended_at is not None

    @property
    def left_kg(self) -> int:
        """What may still be put on a manifest."""
        taken = self.planned_kg + self.moving_kg + self.refused_kg + self.accepted_kg
        return 0 if self.has_ended else max(0, self.quantity_kg - taken)

    @property
    def unaccepted_kg(self) -> int:
        """What is agreed and not accepted; as long as the deal lives it is reserved."""
        return max(0, self.quantity_kg - self.accepted_kg)

    @property
    def held_kg(self) -> int:
        """What both listings lack because of it: accepted, and reserved or on its way back."""
        accepted = self.quantity_kg - self.unaccepted_kg
        reserved = min(self.refused_kg, self.unaccepted_kg) if self.has_ended else self.unaccepted_kg
        return accepted + reserved

    def side_of(self, enterprise_id: UUID | None) -> Side | None:
        """The side of an enterprise, None for others."""
        return side_of(self, enterprise_id)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", DealStatus),
        values_check("freight", Side),
        values_check("disputed_by", Side),
        values_check("ended_by", Side),
        values_check("fault", Fault),
        values_check("invoice_status", InvoiceStatus),
        CheckConstraint("quantity_kg > 0", name="quantity"),
        CheckConstraint("from_day <= until_day", name="window"),
        CheckConstraint(
            "planned_kg >= 0 AND moving_kg >= 0 AND refused_kg >= 0 AND accepted_kg >= 0"
            " AND over_kg >= 0 AND shipped_kg >= 0",
            name="weights_not_negative",
        ),
        CheckConstraint("accepted_kg <= quantity_kg + over_kg", name="accepted_within_quantity"),
        CheckConstraint("supplier_id <> receiver_id", name="two_parties"),
        Index("ix_deal_supplier", "supplier_id", "id"),
        Index("ix_deal_receiver", "receiver_id", "id"),
        Index("ix_deal_region", "region", "id"),
        Index("ix_deal_lapse", "until_day", postgresql_where=text("status IN ('agreed', 'moving')")),
        Index(
            "ix_deal_permit",
            "permit_id",
            postgresql_where=text("permit_id IS NOT NULL AND status IN ('agreed', 'moving', 'disputed')"),
        ),
    )


class DealLoad(Base):
    """A load of a deal on a manifest that was issued and is not closed: in flight.

    `kg` of the permit are reserved for it in calendar year `year`; it goes when the manifest is closed.
    """

    __tablename__ = "deal_load"

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    manifest_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger)
    kg: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("kg >= 0", name="kg"),)


class DealSerial(Base):
    """The last serial of the numbers of a region and day, one row each, so that numbers have no gap."""

    __tablename__ = "deal_serial"

    region: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class Rating(MadeByPerson, Base):
    """What one side says of the other after the end; points 1 to 5."""

    __tablename__ = "deal_rating"

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    by: Mapped[Side] = mapped_column(primary_key=True)
    punctual: Mapped[int] = mapped_column(SmallInteger)
    as_described: Mapped[int] = mapped_column(SmallInteger)
    cooperation: Mapped[int] = mapped_column(SmallInteger)
    safety: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("by", Side),
        CheckConstraint(
            "punctual BETWEEN 1 AND 5 AND as_described BETWEEN 1 AND 5"
            " AND cooperation BETWEEN 1 AND 5 AND safety BETWEEN 1 AND 5",
            name="points",
        ),
    )
