"""Offers and their rounds.

Weights are whole kilograms, prices whole fen a tonne from the supplier's side, days those of Asia/Shanghai.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
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
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check
from ...events.lifecycle import LifeCycle, Move, Party
from ...events.made_by import MadeByPerson
from .sides import EITHER, Side, side_of

if TYPE_CHECKING:
    from .deals import Deal


class OfferStatus(StrEnum):
    OPEN = "open"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


LIVE_OFFERS = (OfferStatus.OPEN, OfferStatus.COUNTERED)


def _of_live_offers(
    name: str, target: OfferStatus, by: frozenset[Party], event: str, **timing: Any
) -> list[Move]:
    """A move that starts from every state of a live offer; admins have a twin of what a party may do."""
    twin = by <= EITHER
    return [Move(name, source, target, by=by, event=event, twin=twin, **timing) for source in LIVE_OFFERS]


OFFER_LIFE = LifeCycle(
    *_of_live_offers("counter", OfferStatus.COUNTERED, EITHER, "offer.countered"),
    *_of_live_offers("accept", OfferStatus.ACCEPTED, EITHER, "offer.accepted"),
    *_of_live_offers("reject", OfferStatus.REJECTED, EITHER, "offer.rejected"),
    *_of_live_offers("withdraw", OfferStatus.WITHDRAWN, EITHER, "offer.withdrawn"),
    *_of_live_offers(
        "lapse",
        OfferStatus.LAPSED,
        frozenset({Party.CLOCK, Party.SYSTEM}),
        "offer.lapsed",
        after=timedelta(microseconds=1),
        since="valid_until",
    ),
    next_steps="offer_step",
)
"""Whose turn it is, is not in the table: it is checked as `whose_turn` of the row."""
MOST_LIVE_OFFERS = 50
"""Of a listing, both sides together; our own choice."""
MOST_ROUNDS = 50
"""Of an offer; our own choice."""
LONGEST_VALID = timedelta(days=60)
"""How far ahead terms may be valid; our own choice."""


class Offer(Base):
    """One thread of terms between the owners of a supply and of a demand; every step adds a round.

    `maker` began it, `whose_turn` is the side that may answer, None when it has ended. `valid_until` is that
    of the latest round.
    """

    __tablename__ = "offer"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.OPEN)
    supply_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    maker: Mapped[Side]
    whose_turn: Mapped[Side | None]
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    rounds: Mapped[list["OfferRound"]] = relationship(order_by="OfferRound.no", lazy="selectin")
    deal: Mapped["Deal | None"] = relationship("Deal", viewonly=True)

    def side_of(self, enterprise_id: UUID | None) -> Side | None:
        """The side of an enterprise, None for others."""
        return side_of(self, enterprise_id)

    @property
    def latest(self) -> "OfferRound":
        """The terms that are on the table."""
        return self.rounds[-1]

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", OfferStatus),
        values_check("maker", Side),
        values_check("whose_turn", Side),
        CheckConstraint("supplier_id <> receiver_id", name="two_parties"),
        CheckConstraint(
            "(status IN ('open', 'countered')) = (whose_turn IS NOT NULL)", name="turn_while_live"
        ),
        Index(
            "ix_offer_live",
            "supply_id",
            "demand_id",
            "maker",
            unique=True,
            postgresql_where=text("status IN ('open', 'countered')"),
        ),
        Index("ix_offer_lapse", "valid_until", postgresql_where=text("status IN ('open', 'countered')")),
        Index("ix_offer_demand", "demand_id", postgresql_where=text("status IN ('open', 'countered')")),
        Index("ix_offer_supplier", "supplier_id", "id"),
        Index("ix_offer_receiver", "receiver_id", "id"),
    )


class OfferRound(MadeByPerson, Base):
    """The terms that one side named in a step of an offer; never changed afterwards."""

    __tablename__ = "offer_round"

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    by: Mapped[Side]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    price_fen: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    from_day: Mapped[date]
    until_day: Mapped[date]
    freight: Mapped[Side]
    minimum_charge_fen: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    note: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("by", Side),
        values_check("freight", Side),
        CheckConstraint("no > 0", name="no"),
        CheckConstraint("quantity_kg > 0", name="quantity"),
        CheckConstraint("minimum_charge_fen >= 0", name="minimum_charge"),
        CheckConstraint("from_day <= until_day", name="window"),
    )
