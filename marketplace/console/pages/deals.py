"""Deals: the contract, its loads, the settlement, disputes and ratings."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from ...catalogue import service as catalogue
from ...deals import service as deals
from ...deals.models import LIVE_DEALS, OTHER, Deal, DealStatus, Fault, InvoiceStatus, Side
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import Choices, Lines, OneOf, Range
from ...http.histories import history_for
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...manifests import service as manifests
from ...persons.service import Acting
from ..form_fields import TypedWhole
from ..forms import Errors, change_or_show, once_by, require_seen, typed
from ..page import pages, read_query
from ..visitor import is_in_place, members_only, private

PATH = "/deals/<uuid:deal_id>"
WRITERS = (ENTERPRISE, ADMIN)
ANY_DEAL = {"listing_id": None, "mine": False, "first_day": None, "last_day": None}
OF_DEAL = {
    **dict.fromkeys(("role", "from_", "until", "number", "region", "differing", "late", "today", "status")),
    "mine": False,
}  # fmt: skip
MOST_LOADS, MOST_LINES = 50, 50
QUESTIONS = ("punctual", "as_described", "cooperation", "safety")
OUTCOMES = (DealStatus.MOVING, DealStatus.COMPLETED, DealStatus.CANCELLED)
"""What a dispute may be settled to."""
Act = Callable[[Actor, dict[str, Any]], Any]


class DealsQuery(PageQuery):
    status = Choices(DealStatus, "deal_status", load_default=None)


class ReasonForm(Schema):
    reason = Lines(500, load_default=None)


class DisputeForm(Schema):
    reason = Lines(500, required=True)


class CancelForm(DisputeForm):
    fault = fields.String(required=True, validate=OneOf(Fault))


class InvoiceForm(ReasonForm):
    status = fields.String(
        required=True, validate=OneOf([InvoiceStatus.ISSUED, InvoiceStatus.PAID], "invoice_status")
    )


class RatingForm(Schema):
    punctual, as_described, cooperation, safety = (
        TypedWhole(required=True, validate=Range(1, 5)) for _ in QUESTIONS
    )


class SettleForm(DisputeForm):
    outcome = fields.String(required=True, validate=OneOf(OUTCOMES, "deal_status"))
    fault = fields.String(load_default=None, validate=OneOf(Fault))


QUERY = DealsQuery()
REASON, DISPUTE, CANCEL, INVOICE, RATING, SETTLE = (
    ReasonForm(), DisputeForm(), CancelForm(), InvoiceForm(), RatingForm(), SettleForm(),
)  # fmt: skip


@pages.get("/deals")
@members_only()
def show_deals(who: Acting) -> Response:
    """The deals, newest first."""
    query, errors = read_query(QUERY)
    found = page_of_rows(
        query,
        partial(deals.search_deals, who.actor, {**ANY_DEAL, "status": query["status"]}),
        present=partial(_titled, who.actor),
    )
    return private(
        "deals.html",
        deals=found["items"],
        next=found["next"],
        statuses_known=list(DealStatus),
        query=query,
        errors=errors,
        me=who.actor.enterprise_id,
        api="/api/v1/deals",
    )


def _titled(actor: Actor, rows: Any) -> list[dict[str, Any]]:
    """Deals as the API shows them, with the title of the supply as it was agreed."""
    shown = deals.present_deals(actor, rows)
    return [{**deal, "title": row.terms["supply"]["title"]} for deal, row in zip(shown, rows, strict=True)]


@pages.get(PATH)
@members_only()
def show_deal(who: Acting, deal_id: UUID) -> Response:
    """A deal with all that belongs to it."""
    return _deal(who.actor, deal_id)


def _deal(actor: Actor, deal_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    deal = deals.find_deal(actor, deal_id)
    (shown,) = _titled(actor, [deal])
    side = deal.side_of(actor.enterprise_id)
    of_deal = {**OF_DEAL, "deal_id": deal.id}
    owed = deals.present_settlement(deal)
    in_place = is_in_place(actor)
    return private(
        "deal.html",
        http_status,
        deal=shown,
        version=deal.version,
        side=side,
        is_live=deal.status in LIVE_DEALS,
        crosses=_crossing(deal),
        may_load=(in_place or side == Side.SUPPLIER) and not deal.has_ended and deal.left_kg > 0,
        may_write=in_place or ("deals:write" in actor.scopes and side is not None),
        in_place=in_place,
        may_dispute=_may_dispute(deal, side),
        may_settle=in_place and deal.status == DealStatus.DISPUTED,
        outcomes=OUTCOMES,
        has_rated=any(rating["by"] == side for rating in shown["ratings"]),
        loads=manifests.search(actor, of_deal, None, MOST_LOADS),
        history=history_for(actor, Deal.__tablename__, deal.id, MOST_LINES),
        owed=owed,
        invoice_step=_invoice_step(deal, side, owed, in_place),
        questions=QUESTIONS,
        faults=list(Fault),
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/deals/{deal.id}",
    )


def _crossing(deal: Deal) -> dict[str, Any] | None:
    """What an application for its transfer says, if the deal crosses a province line."""
    ends = [int(deal.terms[kind].get("region") or 0) for kind in ("supply", "demand")]
    if not all(ends) or not catalogue.is_other_province(*ends):
        return None
    code = catalogue.codes_by_id({deal.code_id})[deal.code_id]
    return {
        "receiver_id": deal.receiver_id,
        "code": code.code,
        "tonnes": f"{deal.quantity_kg / 1000:g}",
        "valid_from": deal.from_day,
        "valid_until": deal.until_day,
    }


def _may_dispute(deal: Deal, side: Side | None) -> bool:
    """Whether a side may dispute: while a deal lives, and its end if the other side made it."""
    if deal.status in (DealStatus.AGREED, DealStatus.MOVING):
        return True
    ended = (DealStatus.COMPLETED, DealStatus.CANCELLED)
    return deal.status in ended and deal.ended_by is not None and deal.ended_by != side


def _invoice_step(
    deal: Deal, side: Side | None, owed: dict[str, Any], in_place: bool
) -> InvoiceStatus | None:
    """What this side, or an admin in place of either, may say of the invoice now."""
    payee = owed["payee"]
    if payee is None or not deal.accepted_kg:
        return None
    if deal.invoice_status == InvoiceStatus.NONE and (in_place or payee == side):
        return InvoiceStatus.ISSUED
    is_payer = in_place or OTHER[payee] == side
    return InvoiceStatus.PAID if deal.invoice_status == InvoiceStatus.ISSUED and is_payer else None


def _moved(who: Acting, deal_id: UUID, schema: Schema, act: Act) -> Any:
    """Do something with a deal that was seen as it is; its page again with words where that is refused."""
    actor = who.actor

    def move(data: dict[str, Any]) -> str:
        require_seen(deals.find_deal(actor, deal_id).version)
        act(actor, data)
        return f"/deals/{deal_id}"

    return change_or_show(schema, partial(_deal, actor, deal_id), once_by(actor, move))


@pages.post(f"{PATH}/complete")
@members_only("deals:write", kinds=WRITERS)
def complete_deal(who: Acting, deal_id: UUID) -> Any:
    """Complete it."""
    return _moved(who, deal_id, REASON, lambda actor, data: deals.complete(actor, deal_id, data["reason"]))


@pages.post(f"{PATH}/cancel")
@members_only("deals:write", kinds=WRITERS)
def cancel_deal(who: Acting, deal_id: UUID) -> Any:
    """Cancel it, and say whose fault it is."""

    def act(actor: Actor, data: dict[str, Any]) -> Any:
        return deals.cancel(actor, deal_id, data["reason"], Fault(data["fault"]))

    return _moved(who, deal_id, CANCEL, act)


@pages.post(f"{PATH}/dispute")
@members_only("deals:write", kinds=WRITERS)
def dispute_deal(who: Acting, deal_id: UUID) -> Any:
    """Dispute it, or its end."""
    return _moved(who, deal_id, DISPUTE, lambda actor, data: deals.dispute(actor, deal_id, data["reason"]))


@pages.post(f"{PATH}/rate")
@members_only("deals:write", kinds=(ENTERPRISE,))
def rate_deal(who: Acting, deal_id: UUID) -> Any:
    """Rate the other side, once."""
    return _moved(who, deal_id, RATING, lambda actor, data: deals.rate(actor, deal_id, data))


@pages.post(f"{PATH}/invoice")
@members_only("deals:write", kinds=WRITERS)
def set_invoice(who: Acting, deal_id: UUID) -> Any:
    """Say that the invoice is issued, or paid."""

    def act(actor: Actor, data: dict[str, Any]) -> Any:
        return deals.set_invoice(actor, deal_id, InvoiceStatus(data["status"]), data["reason"])

    return _moved(who, deal_id, INVOICE, act)


@pages.post(f"{PATH}/settle")
@members_only("admin", kinds=(ADMIN,))
def settle_dispute(who: Acting, deal_id: UUID) -> Any:
    """As an admin, settle a dispute: the deal goes on, or ends."""

    def act(actor: Actor, data: dict[str, Any]) -> Any:
        fault = Fault(data["fault"]) if data["fault"] else None
        return deals.settle(actor, deal_id, data["outcome"], data["reason"], fault)

    return _moved(who, deal_id, SETTLE, act)
