"""Offers: those that wait for an answer first, the thread of rounds, a first offer and every answer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from ... import clock
from ...deals import service as deals
from ...deals.models import LIVE_OFFERS, Offer, OfferStatus, Side, side_of
from ...errors import DomainError, NotFound
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import Choices, Day, Lines, OneOf, UnmarkedLines
from ...http.histories import history_for
from ...http.paging import PageQuery, cut, position_of
from ...http.schemas import Schema
from ...listings import service as listings
from ...listings.models import Listing
from ...matches import service as matches
from ...persons.service import Acting
from ..form_fields import END_OF_WORK, LocalMoment, TypedPrice, TypedTonnes, TypedYuan, as_typed
from ..forms import Errors, change_or_show, once_by, require_seen, typed, words_of
from ..page import pages, read_query
from ..visitor import is_in_place, members_only, private
from ..warnings import warn
from .listings import ticked

MOST_TURNS, MOST_LINES = 50, 50
VALID_FOR = timedelta(days=7)
"""How long the first terms are valid unless the maker says otherwise; our own choice."""
ANY_OFFER = {"status": None, "listing_id": None, "mine": False, "first_day": None, "last_day": None}
MAX_CHARGE = 1_000_000
PATH = "/offers/<uuid:offer_id>"
WRITERS = (ENTERPRISE, ADMIN)


class OffersQuery(PageQuery):
    status = Choices(OfferStatus, "offer_status", load_default=None)
    listing_id = fields.UUID(load_default=None)


class TermsForm(Schema):
    """The terms of a round, by the names of the API."""

    quantity_t = TypedTonnes(required=True, attribute="quantity_kg")
    price_cny_per_t = TypedPrice(required=True, attribute="price_fen")
    valid_until = LocalMoment(required=True)
    first_day = Day(data_key="from", attribute="from_day", load_default=None)
    last_day = Day(data_key="until", attribute="until_day", load_default=None)
    freight = fields.String(load_default=Side.SUPPLIER, validate=OneOf(Side))
    minimum_charge_cny = TypedYuan(0, MAX_CHARGE, attribute="minimum_charge_fen", load_default=0)
    note = UnmarkedLines(500, load_default=None)


class ReasonForm(Schema):
    reason = Lines(500, load_default=None)


class CounterForm(TermsForm, ReasonForm):
    """Terms in answer to those on the table."""


class PairQuery(Schema):
    """Which of one's listings, and with whose."""

    listing_id = fields.UUID(load_default=None)
    other_id = fields.UUID(data_key="with", load_default=None)


QUERY, TERMS, COUNTER, REASON, PAIR = OffersQuery(), TermsForm(), CounterForm(), ReasonForm(), PairQuery()


@pages.get("/offers")
@members_only()
def show_offers(who: Acting) -> Response:
    """Those that wait for an answer of ours, then all others."""
    return offers_page(who)


def offers_page(
    who: Acting,
    http_status: int = 200,
    errors: Errors | None = None,
    outcomes: Sequence[dict[str, Any]] = (),
) -> Response:
    """The offers, with what became of several that were answered, or why the form was refused."""
    query, wrong_query = read_query(QUERY)
    turns: Sequence[Any] = ()
    if query["cursor"] is None:
        turns = deals.search_offers(who.actor, {**ANY_OFFER, "my_turn": True}, None, MOST_TURNS)
    (after,) = position_of(query, (UUID,)) or (None,)
    asked = {**ANY_OFFER, "status": query["status"], "listing_id": query["listing_id"], "my_turn": False}
    found = deals.search_offers(who.actor, asked, after, query["limit"] + 1)
    rest = cut(query, found, lambda row: [row.id])
    shown = with_titles([*turns, *rest["items"]])
    mine = {row.id for row in turns}
    return private(
        "offers.html",
        http_status,
        may_answer=who.actor.enterprise_id is not None and "deals:write" in who.actor.scopes,
        outcomes=outcomes,
        values=typed(),
        ticked={str(offer_id) for offer_id in ticked()},
        turns=shown[: len(turns)],
        offers=[offer for offer in shown[len(turns) :] if offer["id"] not in mine],
        next=rest["next"],
        statuses_known=list(OfferStatus),
        query=query,
        errors=wrong_query | (errors or {}),
        me=who.actor.enterprise_id,
        api="/api/v1/offers",
    )


def with_titles(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Offers as the API shows them, with the title of the supply and their version."""
    titles = listings.outlines({row.supply_id for row in rows})
    return [
        {**offer, "title": titles[row.supply_id].title, "version": row.version}
        for row, offer in zip(rows, deals.present_offer_rows(rows), strict=True)
    ]


# ---------------------------------------------------------------- a first offer


@pages.get("/offers/new")
@members_only("deals:write", kinds=(ENTERPRISE,))
def show_new_offer(who: Acting) -> Response:
    """A first offer for a pairing, filled in from both listings."""
    mine, pairing = _pair(who.actor)
    return _new_offer(mine, pairing, _first_terms(mine, pairing["listing"]))


@pages.post("/offers/new")
@members_only("deals:write", kinds=(ENTERPRISE,))
def make_offer(who: Acting) -> Any:
    """Make it."""
    actor = who.actor
    mine, pairing = _pair(actor)
    ids = {f"{kind}_id": listing_id for kind, listing_id in _ids(mine, pairing).items()}

    def make(data: dict[str, Any]) -> str:
        deals.check_trading(actor, {})
        offer, notices = deals.make_offer(actor, {**data, **ids})
        warn(notices)
        return f"/offers/{offer.id}"

    return change_or_show(TERMS, partial(_new_offer, mine, pairing, typed()), once_by(actor, make))


def _pair(actor: Actor) -> tuple[Listing, dict[str, Any]]:
    """One's own listing that the address names, and its pairing with the one of the other side.

    Raises: NotFound.
    """
    query, _ = read_query(PAIR)
    if query["listing_id"] is None or query["other_id"] is None:
        raise NotFound()
    mine = listings.find_own(actor, query["listing_id"])
    return mine, matches.explain(actor, mine, query["other_id"])


def _ids(mine: Listing, pairing: dict[str, Any]) -> dict[str, UUID]:
    """The ids of both listings, by their kind."""
    return {str(mine.kind): mine.id, str(pairing["listing"]["kind"]): pairing["listing"]["id"]}


def _first_terms(mine: Listing, theirs: dict[str, Any]) -> dict[str, str]:
    """What both listings say: what is left of both, at the other's price; days that are left out are those
    that both share."""
    price = theirs["price_fen"] if theirs["price_fen"] is not None else mine.price_fen
    until = datetime.combine(clock.today() + VALID_FOR, END_OF_WORK, clock.LOCAL)
    return {
        "quantity_t": f"{min(mine.remaining_kg, theirs['remaining_kg']) / 1000:g}",
        "price_cny_per_t": "" if price is None else f"{price / 100:g}",
        "valid_until": as_typed(until),
        "freight": str(Side.SUPPLIER),
    }


def _new_offer(
    mine: Listing,
    pairing: dict[str, Any],
    values: dict[str, str],
    http_status: int = 200,
    errors: Errors | None = None,
) -> Response:
    theirs = pairing["listing"]
    return private(
        "offer_new.html",
        http_status,
        mine=mine,
        theirs=theirs,
        pairing=pairing,
        failed=[matches.say_failed_gate(gate) for gate in pairing["failed_gates"]],
        values=values,
        errors=errors or {},
        sides=list(Side),
        api=f"/api/v1/listings/{mine.id}/matches/{theirs['id']}",
    )


# ---------------------------------------------------------------- the thread


@pages.get(PATH)
@members_only()
def show_offer(who: Acting, offer_id: UUID) -> Response:
    """The rounds of an offer, and what may be done now."""
    return _thread(who.actor, offer_id)


def _thread(actor: Actor, offer_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    offer = deals.find_shown_offer(actor, offer_id)
    (shown,) = deals.present_offer_rows([offer])
    both = listings.whole_by_id({offer.supply_id, offer.demand_id})
    side = side_of(offer, actor.enterprise_id)
    is_live = offer.status in LIVE_OFFERS and offer.valid_until > clock.now()
    may_write = "deals:write" in actor.scopes and side is not None
    in_place = is_live and is_in_place(actor)
    my_turn = in_place or (is_live and may_write and offer.whose_turn == side)
    return private(
        "offer.html",
        http_status,
        offer=shown,
        version=offer.version,
        title=both[offer.supply_id].title,
        side=side,
        is_live=is_live,
        my_turn=my_turn,
        my_terms=in_place or (is_live and may_write and offer.whose_turn != side),
        in_place=in_place,
        hindrance=_hindrance(actor, shown, both) if my_turn and not in_place else None,
        history=history_for(actor, Offer.__tablename__, offer.id, MOST_LINES),
        values={**_as_typed(shown), **(typed() if errors else {})},
        errors=errors or {},
        sides=list(Side),
        api=f"/api/v1/offers/{offer.id}",
    )


def _hindrance(actor: Actor, offer: dict[str, Any], both: dict[UUID, Listing]) -> dict[str, Any]:
    """What keeps these terms from becoming a contract today: `failed` gates, and what is `said` besides."""
    terms = matches.DealTerms(offer["quantity_kg"], offer["from_day"], offer["until_day"])
    supply, demand = both[offer["supply_id"]], both[offer["demand_id"]]
    try:
        listings.require_left(supply, demand, offer["quantity_kg"])
        return {"failed": matches.judge(actor, supply, demand, terms).failed_gates, "said": None}
    except DomainError as error:
        return {"failed": [], "said": words_of(error)}


def _as_typed(offer: dict[str, Any]) -> dict[str, str]:
    """The terms on the table as a counter-offer begins with them."""
    until = max(offer["valid_until"], datetime.combine(clock.today() + VALID_FOR, END_OF_WORK, clock.LOCAL))
    return {
        "quantity_t": f"{offer['quantity_kg'] / 1000:g}",
        "price_cny_per_t": f"{offer['price_fen'] / 100:g}",
        "valid_until": as_typed(until),
        "from": offer["from_day"].isoformat(),
        "until": offer["until_day"].isoformat(),
        "freight": str(offer["freight"]),
        "minimum_charge_cny": f"{offer['minimum_charge_fen'] / 100:g}",
    }


def _answered(
    who: Acting, offer_id: UUID, schema: Schema, act: Callable[[Actor, dict[str, Any]], str]
) -> Any:
    """Answer the terms that were seen; the thread again with words where that is refused."""
    actor = who.actor

    def answer(data: dict[str, Any]) -> str:
        require_seen(deals.find_shown_offer(actor, offer_id).version)
        return act(actor, data)

    return change_or_show(schema, partial(_thread, actor, offer_id), once_by(actor, answer))


@pages.post(f"{PATH}/counter")
@members_only("deals:write", kinds=WRITERS)
def counter_offer(who: Acting, offer_id: UUID) -> Any:
    """Answer with terms of one's own."""

    def act(actor: Actor, data: dict[str, Any]) -> str:
        deals.check_trading(actor, {})
        reason = data.pop("reason")
        warn(deals.counter(actor, offer_id, data, reason)[1])
        return f"/offers/{offer_id}"

    return _answered(who, offer_id, COUNTER, act)


@pages.post(f"{PATH}/accept")
@members_only("deals:write", kinds=WRITERS)
def accept_offer(who: Acting, offer_id: UUID) -> Any:
    """Accept the terms on the table: the contract is made."""

    def act(actor: Actor, data: dict[str, Any]) -> str:
        deals.check_trading(actor, {})
        return f"/deals/{deals.accept(actor, offer_id, data['reason']).id}"

    return _answered(who, offer_id, REASON, act)


@pages.post(f"{PATH}/reject")
@members_only("deals:write", kinds=WRITERS)
def reject_offer(who: Acting, offer_id: UUID) -> Any:
    """Decline, which ends the offer."""
    return _answered(who, offer_id, REASON, _ending(deals.reject, offer_id))


@pages.post(f"{PATH}/withdraw")
@members_only("deals:write", kinds=WRITERS)
def withdraw_offer(who: Acting, offer_id: UUID) -> Any:
    """Take one's own terms back, which ends the offer."""
    return _answered(who, offer_id, REASON, _ending(deals.withdraw, offer_id))


def _ending(end: Callable[[Actor, UUID, str | None], Offer], offer_id: UUID) -> Callable[..., str]:
    return lambda actor, data: f"/offers/{end(actor, offer_id, data['reason']).id}"
