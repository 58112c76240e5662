"""Offers and deals over HTTP."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Response

from ..errors import Notice
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import FILE, Blueprint, Body, Json, Query, Versioned, attachment, require, subject
from ..http.documents import PDF
from ..http.etags import etag
from ..http.histories import HistoryPage, history_page
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict, names_rows
from ..http.paging import Page, PageQuery, page
from ..messages import say
from . import service
from .models import Deal, Fault, InvoiceStatus, Offer
from .schemas import (
    AcceptedSchema,
    AnsweredManySchema,
    AnswerReasonSchema,
    CancelSchema,
    CounterSchema,
    DealPage,
    DealQuery,
    DealSchema,
    DisputeSchema,
    InvoiceSchema,
    NewOfferSchema,
    OfferAnswersSchema,
    OfferPage,
    OfferQuery,
    OfferSchema,
    RatingSchema,
    SettlementSchema,
    SettleSchema,
)

blueprint = Blueprint("deals", __name__, description="Offers, and the deals that come of them.")


@blueprint.post("/offers")
@allow(ENTERPRISE, scope="deals:write")
@require(service.check_trading)
@names_rows
@may_conflict
@blueprint.body(NewOfferSchema)
@blueprint.response(201, OfferSchema, headers=VERSIONED)
def make_offer(body: Body) -> Versioned:
    """Make an offer for a lawful pairing of one of your listings; the other side may then answer it.

    The price is CNY per tonne from the supplier's side: below zero, the supplier pays.
    """
    return _offer(*service.make_offer(actor(), body))


@blueprint.get("/offers")
@allow(*EVERY_KEY)
@blueprint.query(OfferQuery)
@blueprint.response(200, OfferPage)
def list_offers(query: Query) -> Page:
    """The offers that you made or were made, newest first; with `my_turn` those that wait for you."""
    return page(query, partial(service.search_offers, actor(), query), present=_offers)


def _offers(rows: Sequence[Any]) -> list[Json]:
    return [{**shown, "warnings": []} for shown in service.present_offer_rows(rows, actor())]


@blueprint.get("/offers/<uuid:offer_id>")
@allow(*EVERY_KEY)
@subject(service.find_offer)
@blueprint.response(200, OfferSchema, headers=VERSIONED)
def show_offer(offer: Offer) -> Versioned:
    """An offer with all its rounds."""
    return _offer(offer)


@blueprint.get("/offers/<uuid:offer_id>/history")
@allow(*EVERY_KEY)
@subject(service.find_offer)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def list_offer_history(offer: Offer, query: Query) -> Page:
    """Who did what to an offer and when, newest first; the other side's people are not named."""
    return history_page(query, offer)


@blueprint.post("/offers/<uuid:offer_id>/counter")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@require(service.check_trading)
@subject(service.find_offer)
@may_conflict
@blueprint.body(CounterSchema)
@blueprint.response(200, OfferSchema, headers=VERSIONED)
def counter_offer(offer: Offer, body: Body) -> Versioned:
    """Answer the other side's terms with terms of your own; then it is the other side's turn."""
    reason = body.pop("reason")
    return _offer(*service.counter(actor(), offer.id, body, reason))


@blueprint.post("/offers/<uuid:offer_id>/accept")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@require(service.check_trading)
@subject(service.find_offer)
@may_conflict
@blueprint.body(AnswerReasonSchema, required=False)
@blueprint.response(200, AcceptedSchema)
def accept_offer(offer: Offer, body: Body) -> Json:
    """Accept the other side's terms: every condition is judged again, the tonnes are reserved."""
    deal = service.accept(actor(), offer.id, body["reason"])
    return {"deal": service.present_deals(actor(), [deal])[0]}


@blueprint.post("/offers/<uuid:offer_id>/reject")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_offer)
@may_conflict
@blueprint.body(AnswerReasonSchema, required=False)
@blueprint.response(200, OfferSchema, headers=VERSIONED)
def reject_offer(offer: Offer, body: Body) -> Versioned:
    """Reject the other side's terms, which ends the offer."""
    return _offer(service.reject(actor(), offer.id, body["reason"]))


@blueprint.post("/offers/<uuid:offer_id>/withdraw")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_offer)
@may_conflict
@blueprint.body(AnswerReasonSchema, required=False)
@blueprint.response(200, OfferSchema, headers=VERSIONED)
def withdraw_offer(offer: Offer, body: Body) -> Versioned:
    """Take back your own latest terms, which ends the offer."""
    return _offer(service.withdraw(actor(), offer.id, body["reason"]))


@blueprint.post("/offers/answers")
@allow(ENTERPRISE, scope="deals:write")
@require(service.check_trading)
@blueprint.body(OfferAnswersSchema)
@blueprint.response(200, AnsweredManySchema)
def answer_offers(body: Body) -> Json:
    """Accept or reject up to 100 offers; each has a result of its own, and one refusal stops no other."""
    return {"items": [_answered(result) for result in service.answer_many(actor(), body["items"])]}


def _answered(result: Json) -> Json:
    refusal = result.get("refusal")
    if refusal is None:
        deal = result["deal"]
        return {"id": result["id"], "status": 200, "code": None, "detail": None, "deal_id": deal and deal.id}
    detail = say(refusal.code, language(), **refusal.facts)
    about = {"status": refusal.status, "code": refusal.code, "detail": detail}
    return {"id": result["id"], **about, "deal_id": None}


@blueprint.get("/deals")
@allow(*EVERY_KEY)
@blueprint.query(DealQuery)
@blueprint.response(200, DealPage)
def list_deals(query: Query) -> Page:
    """Your deals, newest first; a regulator's are those that touch its region."""
    caller = actor()
    return page(
        query,
        partial(service.search_deals, caller, query),
        present=partial(service.present_deals, caller),
    )


@blueprint.get("/deals/<uuid:deal_id>")
@allow(*EVERY_KEY)
@subject(service.find_deal)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def show_deal(deal: Deal) -> Versioned:
    """A deal: its terms as agreed, its tonnes as they are now, and how to reach the other side."""
    return _deal(deal)


@blueprint.get("/deals/<uuid:deal_id>/history")
@allow(*EVERY_KEY)
@subject(service.find_deal)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def list_deal_history(deal: Deal, query: Query) -> Page:
    """Who did what to a deal and when, newest first; the other side's people are not named."""
    return history_page(query, deal)


@blueprint.post("/deals/<uuid:deal_id>/complete")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_deal)
@may_conflict
@blueprint.body(AnswerReasonSchema, required=False)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def complete_deal(deal: Deal, body: Body) -> Versioned:
    """Complete a deal of which nothing is in flight; what is not accepted becomes free on both listings."""
    return _deal(service.complete(actor(), deal.id, body["reason"]))


@blueprint.post("/deals/<uuid:deal_id>/cancel")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_deal)
@may_conflict
@blueprint.body(CancelSchema)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def cancel_deal(deal: Deal, body: Body) -> Versioned:
    """Cancel a deal and say whose fault it is; the other side may dispute that for 7 days."""
    return _deal(service.cancel(actor(), deal.id, body["reason"], Fault(body["fault"])))


@blueprint.post("/deals/<uuid:deal_id>/dispute")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_deal)
@may_conflict
@blueprint.body(DisputeSchema)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def dispute_deal(deal: Deal, body: Body) -> Versioned:
    """Dispute a deal, or for 7 days the end that the other side has put to it; an admin settles it."""
    return _deal(service.dispute(actor(), deal.id, body["reason"]))


@blueprint.post("/deals/<uuid:deal_id>/settle")
@allow(ADMIN, scope="admin")
@subject(service.find_deal)
@may_conflict
@blueprint.body(SettleSchema)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def settle_dispute(deal: Deal, body: Body) -> Versioned:
    """Settle a dispute: the deal goes on, is completed, or is cancelled."""
    fault = Fault(body["fault"]) if body["fault"] else None
    return _deal(service.settle(actor(), deal.id, body["outcome"], body["reason"], fault))


@blueprint.post("/deals/<uuid:deal_id>/rate")
@allow(ENTERPRISE, scope="deals:write")
@subject(service.find_deal)
@may_conflict
@blueprint.body(RatingSchema)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def rate_deal(deal: Deal, body: Body) -> Versioned:
    """Rate the other side of a completed deal, once; it reads it when it has rated you, or after 7 days."""
    return _deal(service.rate(actor(), deal.id, body))


@blueprint.post("/deals/<uuid:deal_id>/invoice")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_deal)
@may_conflict
@blueprint.body(InvoiceSchema)
@blueprint.response(200, DealSchema, headers=VERSIONED)
def set_invoice(deal: Deal, body: Body) -> Versioned:
    """Say that you have issued the invoice (the payee), or paid it (the payer)."""
    return _deal(service.set_invoice(actor(), deal.id, InvoiceStatus(body["status"]), body["reason"]))


@blueprint.get("/deals/<uuid:deal_id>/settlement")
@allow(*EVERY_KEY)
@subject(service.find_deal)
@blueprint.response(200, SettlementSchema)
def show_settlement(deal: Deal) -> Json:
    """Who owes whom what for the tonnes that have been accepted."""
    return service.present_settlement(deal)


@blueprint.get("/deals/<uuid:deal_id>/contract.pdf")
@allow(*EVERY_KEY)
@subject(service.find_deal)
@blueprint.response(200, FILE, content_type=PDF)
def show_contract(deal: Deal) -> Response:
    """The written contract, in Chinese, with a QR code that verifies it; the same bytes ever after."""
    return attachment(service.contract_pdf(actor(), deal), PDF, f"{deal.number}-contract.pdf")


@blueprint.get("/deals/<uuid:deal_id>/settlement.pdf")
@allow(*EVERY_KEY)
@subject(service.find_deal)
@blueprint.response(200, FILE, content_type=PDF)
def show_settlement_document(deal: Deal) -> Response:
    """The settlement as a document, in Chinese, with a QR code; a new issue whenever what it says changed."""
    return attachment(service.settlement_pdf(actor(), deal), PDF, f"{deal.number}-settlement.pdf")


def _offer(offer: Offer, notices: Sequence[Notice] = ()) -> Versioned:
    (shown,) = service.present_offers(actor(), [offer])
    return {**shown, "warnings": render_warnings(list(notices))}, etag(offer.version)


def _deal(deal: Deal) -> Versioned:
    (shown,) = service.present_deals(actor(), [deal])
    return shown, etag(deal.version)
