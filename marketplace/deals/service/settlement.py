"""What the two sides of a deal owe each other, by accepted weight; and the state of the invoice."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ... import clock
from ...errors import Conflict
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...http.fields import FEN_PER_CNY
from ...messages.names import Name
from ..models import INVOICE_LIFE, OTHER, Deal, InvoiceStatus, Side
from .deal_events import emit_deal
from .loads import lock_deal
from .turns import party_of

FILE = Path(__file__).with_name("tax_rates.csv")
GOODS, SERVICE = "goods", "service"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate of value-added tax, in force from a day to another, both included."""

    kind: str
    rate: Decimal
    valid_from: date
    valid_until: date
    source: str


@cache
def tax_rates() -> tuple[TaxRate, ...]:
    """The rates of general taxpayers, with their validity and source."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return tuple(
            TaxRate(
                row["kind"],
                Decimal(row["rate"]),
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_until"]) if row["valid_until"] else date.max,
                row["source"],
            )
            for row in csv.DictReader(source)
        )


def tax_rate(kind: str, day: date) -> TaxRate | None:
    """The rate of a kind of supply that was in force on a day, None where the table does not reach."""
    found = (rate for rate in tax_rates() if rate.kind == kind and rate.valid_from <= day <= rate.valid_until)
    return next(found, None)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is owed for the accepted tonnes of a deal, in fen, tax included.

    `amount_fen` is price times tonnes, from the supplier's side; `total_fen` what `payer` owes `payee`, which
    is at least the minimum charge once anything is accepted. Nobody owes anything at a price of zero.
    """

    deal: Deal
    day: date
    amount_fen: int
    total_fen: int
    payee: Side | None
    tax: TaxRate | None

    @property
    def payer(self) -> Side | None:
        return OTHER[self.payee] if self.payee else None

    @property
    def net_fen(self) -> int:
        """Without the tax that the total includes."""
        return _whole(self.total_fen / (1 + (self.tax.rate if self.tax else Decimal(0))))


def settlement_of(deal: Deal) -> Settlement:
    """The settlement of a deal as things are: by the tonnes that have been accepted."""
    ended = deal.ended_at.astimezone(clock.LOCAL).date() if deal.ended_at else clock.today()
    amount = _whole(Decimal(deal.price_fen) * deal.accepted_kg / KG_PER_T)
    payee = payee_of(deal)
    total = max(abs(amount), deal.minimum_charge_fen) if deal.accepted_kg and payee else 0
    kind = GOODS if payee == Side.SUPPLIER else SERVICE
    return Settlement(deal, ended, amount, total, payee, tax_rate(kind, ended) if payee else None)


def payee_of(deal: Deal) -> Side | None:
    """Who is paid: the supplier for goods, the receiver for treating waste, nobody at a price of zero and
    without a minimum charge."""
    if deal.price_fen > 0:
        return Side.SUPPLIER
    return Side.RECEIVER if deal.price_fen < 0 or deal.minimum_charge_fen else None


def _whole(fen: Decimal) -> int:
    return int(fen.quantize(Decimal(1), ROUND_HALF_UP))


def present_settlement(deal: Deal) -> dict[str, Any]:
    """The settlement of a deal as the API shows it."""
    owed = settlement_of(deal)
    tax = owed.tax
    return {
        "deal_id": deal.id,
        "number": deal.number,
        "as_of": clock.now(),
        "accepted_kg": deal.accepted_kg,
        "price_fen": deal.price_fen,
        "amount_cny": owed.amount_fen / FEN_PER_CNY,
        "minimum_charge_cny": deal.minimum_charge_fen / FEN_PER_CNY,
        "total_cny": owed.total_fen / FEN_PER_CNY,
        "net_cny": owed.net_fen / FEN_PER_CNY,
        "tax_cny": (owed.total_fen - owed.net_fen) / FEN_PER_CNY,
        "tax_rate": float(tax.rate) if tax else None,
        "tax_source": tax.source if tax else None,
        "freight": deal.freight,
        "payer": owed.payer,
        "payee": owed.payee,
        "invoice_status": deal.invoice_status,
    }


def set_invoice(actor: Actor, deal_id: UUID, status: InvoiceStatus, reason: str | None) -> Deal:
    """Say that the payee has issued the invoice, or that the payer has paid it.

    Raises:
        Conflict: nothing is owed (`nothing_owed`), it is the other side's to say (`not_your_turn`), or the
            invoice is not in a state for it (`wrong_state`).
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        payee = payee_of(deal)
        if payee is None or (deal.has_ended and not deal.accepted_kg):
            raise Conflict("nothing_owed")
        side = payee if status == InvoiceStatus.ISSUED else OTHER[payee]
        if not actor.is_admin and deal.side_of(actor.enterprise_id) != side:
            raise Conflict(
                "not_your_turn",
                subject=Name("subject", "deal"),
                status=deal.status,
                next=Name("invoice_turn", INVOICE_MOVES[status]),
            )
        INVOICE_LIFE.move(deal, INVOICE_MOVES[status], by=party_of(actor, side), reason=reason)
        work.audit(actor, "invoice", deal, status=status, reason=reason)
        emit_deal(work, "deal.invoiced", deal, party_of(actor, side))
    return deal


INVOICE_MOVES = {InvoiceStatus.ISSUED: "issue_invoice", InvoiceStatus.PAID: "pay_invoice"}
