"""Posting a supply or a demand in four steps: words, code and amount, terms, publishing.

The first step lives in the address, the second makes a draft, the third changes it: whatever step is left,
the draft is there, and going back loses nothing.
"""

import re
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...errors import DomainError, Invalid, NotFound, Unavailable
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import MAX_TONNES, Day, Identifier, Lines, OneOf, Range, Text, Tonnes
from ...http.languages import language, render_warnings
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import CodeText, Schema
from ...listings import service as listings
from ...listings.models import Form, Kind, ListingStatus, Packaging
from ...messages import say
from ...persons.service import LoggedIn
from ..forms import Errors, FormNumber, once, read_form, typed, version_seen, wrong
from ..listing_words import FEN_PER_CNY, NO_FILTER, named_listings, price_terms
from ..page import pages, read_query
from ..visitor import members_only, private

KG = {"t": 1000.0, "kg": 1.0, "m3": None, "drum": None}
"""Units that an amount is typed in, with their kilograms; None: the person says what one weighs."""
PAYERS = ("supplier", "receiver")
WINDOW = timedelta(days=90)
"""How long a new draft is open unless something else is said; our own choice."""
ANY_LOT_KG = 1
"""The smallest lot where none is asked for."""
SCRIPT = "post.js"
MOST_SUGGESTED, MOST_COPIED, MOST_PRICED = 5, 3, 100
MOST_KG_OF_ONE, MOST_PRICE = 100_000.0, 1_000_000.0
LONGEST_TITLE, LONGEST_COMPOSITION, MOST_ACCEPTED = 120, 2000, 100
COMPONENTS = {Kind.SUPPLY: "composition", Kind.DEMAND: "requires"}
"""What the components of a listing are called; the form calls both `composition`, as sheets do."""
LIVING = (ListingStatus.DRAFT, ListingStatus.OPEN, ListingStatus.PAUSED)


class WordsQuery(Schema):
    """The first step: what it is."""

    kind = fields.String(load_default=None, validate=OneOf(Kind))
    title = Text(LONGEST_TITLE, load_default=None)
    photo = fields.UUID(load_default=None)


class DraftForm(Schema):
    """The second step: which code, and how much."""

    kind = fields.String(required=True, validate=OneOf(Kind))
    title = Text(LONGEST_TITLE, required=True)
    other_code = CodeText(load_default=None)
    quantity = FormNumber(required=True, validate=Range(min=0.001, max=MAX_TONNES * 1000))
    unit = fields.String(required=True, validate=OneOf(KG))
    unit_kg = FormNumber(load_default=None, validate=Range(min=0.001, max=MOST_KG_OF_ONE))
    photo = fields.UUID(load_default=None)


class FormTonnes(FormNumber, Tonnes):
    """Tonnes as people type them, kept as kilograms."""


class TermsForm(Schema):
    """The third step, and every later change."""

    title = Text(LONGEST_TITLE, required=True)
    codes = Lines(2000, required=True)
    quantity_t = FormTonnes(required=True)
    min_lot_t = FormTonnes(load_default=ANY_LOT_KG)
    price_cny_per_t = FormNumber(load_default=None, validate=Range(min=0, max=MOST_PRICE))
    payer = fields.String(load_default="supplier", validate=OneOf(PAYERS))
    available_from = Day(required=True)
    available_until = Day(required=True)
    max_distance_km = FormNumber(load_default=None, validate=Range(min=0.001, max=20_100))
    form = fields.String(load_default=None, validate=OneOf(Form))
    packaging = fields.String(load_default=None, validate=OneOf(Packaging))
    external_id = Identifier(64, load_default=None)
    composition = Lines(LONGEST_COMPOSITION, load_default="")


WORDS, DRAFT, TERMS = WordsQuery(), DraftForm(), TermsForm()


@pages.get("/post")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_post(who: LoggedIn) -> Response:
    """The first step; with words in the address the second."""
    query, errors = read_query(WORDS)
    if query["title"] and not errors:
        return _second_step(who, {**query, "kind": query["kind"] or _first_kind(who), "unit": "t"})
    return first_step(who, {**_asked(), "photo": query["photo"]}, 422 if errors else 200, errors)


def first_step(who: LoggedIn, values: dict[str, Any], http_status: int, errors: Errors) -> Response:
    """The first step with what was typed, one's last listings to copy, and where a sheet is dropped."""
    actor = who.actor
    assert actor is not None
    own = {**NO_FILTER, "mine": True, "sort": "updated", "limit": MOST_COPIED}
    rows, _, _ = listings.search(actor, own, None)
    return private(
        "post_words.html",
        http_status,
        kinds=kinds_of(actor),
        values={**values, "kind": values.get("kind") or _first_kind(who), "photo": _waiting(actor, values)},
        errors=errors,
        own=named_listings(rows),
        most=LONGEST_TITLE,
        script=SCRIPT,
        api="/api/v1/waste-codes/suggest",
    )


def _asked() -> dict[str, str]:
    return {name: request.args[name] for name in ("kind", "title") if request.args.get(name)}


def _waiting(actor: Actor, values: dict[str, Any]) -> UUID | None:
    """The photo that waits for the draft, while it does."""
    try:
        photo_id = UUID(str(values.get("photo") or ""))
        return listings.find_waiting_photo(actor, photo_id).id
    except (ValueError, NotFound):
        return None


def kinds_of(actor: Actor) -> list[Kind]:
    """What an enterprise of these roles may post."""
    return [kind for kind in Kind if listings.may_post(actor.roles, kind)]


def _first_kind(who: LoggedIn) -> str:
    assert who.actor is not None
    return next(iter(kinds_of(who.actor)), Kind.SUPPLY).value


def _second_step(
    who: LoggedIn, values: dict[str, Any], http_status: int = 200, errors: Errors | None = None
) -> Response:
    """What the words may mean, and the amount."""
    items, sure, notices = _suggested(values["title"])
    chosen = request.form.getlist("code") or ([_written(items[0])] if sure else [])
    return private(
        "post_code.html",
        http_status,
        values={**values, "photo": _waiting(who.actor, values)} if who.actor else values,
        errors=errors or {},
        items=[{**item, "value": _written(item)} for item in items],
        chosen=chosen,
        notices=notices,
        units=list(KG),
        api="/api/v1/waste-codes/suggest",
    )


def _suggested(words: str) -> tuple[list[dict[str, Any]], bool, list[dict[str, Any]]]:
    """Codes that the words may mean; without the model the code is typed."""
    try:
        found = catalogue.suggest_codes(words, MOST_SUGGESTED, None)
    except Unavailable:
        return [], False, []
    return found.items, found.sure, render_warnings(found.notices)


def _written(item: dict[str, Any]) -> str:
    return f"{item['scheme']} {item['code']}"


@pages.post("/post")
@members_only("listings:write", kinds=(ENTERPRISE,))
def make_draft(who: LoggedIn) -> Any:
    """Make a draft of the first two steps."""
    data, errors = read_form(DRAFT)
    if data is None:
        return _again(who, 422, errors)
    actor = who.actor
    assert actor is not None

    def make() -> str:
        count_for(actor, PUBLISH)
        listings.check_posting(actor, {"kind": data["kind"]})
        posted = listings.create(actor, _new_draft(data))
        if data["photo"]:
            listings.attach_waiting_photo(actor, posted.listing.id, data["photo"])
        return url_for("console.show_terms", listing_id=posted.listing.id)

    try:
        return once(actor, make)
    except DomainError as error:
        return _again(who, error.status, _beside_field(error))


def _again(who: LoggedIn, http_status: int, errors: Errors) -> Response:
    """The step again, with what was typed; without words it is the first."""
    if "title" in errors or not request.form.get("title"):
        return first_step(who, typed(), http_status, errors)
    return _second_step(who, typed(), http_status, errors)


def _beside_field(error: DomainError) -> Errors:
    """What a service says of one of several codes or components stands beside the field of all."""
    fields_of = {"waste": "code", "accepts": "code", "requires": "composition"}
    told = {at.partition(".")[0]: words for at, words in wrong(error).items()}
    return {fields_of.get(at, at): words for at, words in told.items()}


def _new_draft(data: dict[str, Any]) -> dict[str, Any]:
    """A draft by the names of the API: what was not asked for yet is as open as can be."""
    kg = kilograms(data["quantity"], data["unit"], data["unit_kg"])
    written = [data["other_code"]] if data["other_code"] else request.form.getlist("code")
    if not written:
        raise Invalid("field_required", at="code")
    today = clock.today()
    return {
        "kind": data["kind"],
        "title": data["title"],
        **_codes(data["kind"], written),
        "quantity_t": kg,
        "min_lot_t": ANY_LOT_KG,
        "available_from": today,
        "available_until": today + WINDOW,
        "publish": False,
    }


def kilograms(quantity: float, unit: str, unit_kg: float | None) -> int:
    """An amount in whole kilograms. What a cubic metre or a drum weighs is said, never assumed.

    Raises:
        Invalid: it is not said (`field_required`), or the amount rounds to nothing or is beyond what may be
            posted (`amount_out_of_range`).
    """
    each = KG[unit] or unit_kg
    if each is None:
        raise Invalid("field_required", at="unit_kg")
    kg = round(quantity * each)
    if not 1 <= kg <= MAX_TONNES * 1000:
        raise Invalid("amount_out_of_range", at="quantity", most_t=f"{MAX_TONNES:,.0f}")
    return kg


def _codes(kind: str, written: list[str]) -> dict[str, Any]:
    """Codes as written, with their scheme where a suggestion said it, by the name of the API."""
    named = []
    for text in written[:MOST_ACCEPTED]:
        scheme, _, code = text.partition(" ")
        known = scheme in ("cn-hw", "cn-sw", "eu-low") and code
        named.append({"scheme": scheme, "code": code} if known else {"scheme": None, "code": text})
    return {"waste": named[0]} if kind == Kind.SUPPLY else {"accepts": named}


@pages.post("/listings/<uuid:listing_id>/copy")
@members_only("listings:write", kinds=(ENTERPRISE,))
def copy_listing(who: LoggedIn, listing_id: UUID) -> Any:
    """A new draft with the terms of a listing of one's own."""
    actor = who.actor
    assert actor is not None

    def make() -> str:
        count_for(actor, PUBLISH)
        listings.check_change(actor, {})
        posted = listings.copy(actor, listings.find_own(actor, listing_id).id)
        return url_for("console.show_terms", listing_id=posted.listing.id)

    return once(actor, make)


@pages.get("/post/<uuid:listing_id>")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_terms(who: LoggedIn, listing_id: UUID) -> Any:
    """The third step: all terms of a draft or an open listing."""
    assert who.actor is not None
    row = listings.find_own_shown(who.actor, listing_id)
    if row.status not in LIVING:
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    (shown,) = listings.present_shown(who.actor, [row])
    return _terms(who, row, _values_of(shown))


def _terms(
    who: LoggedIn, row: Any, values: dict[str, Any], http_status: int = 200, errors: Errors | None = None
) -> Response:
    assert who.actor is not None
    return private(
        "post_terms.html",
        http_status,
        row=row,
        values=values,
        errors=errors or {},
        forms=list(Form),
        packagings=list(Packaging),
        payers=PAYERS,
        hint=price_hint(who.actor, row),
        api=f"/api/v1/listings/{row.id}",
    )


def _values_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The fields of the form as the listing has them."""
    codes = [shown["waste"]] if shown["waste"] else shown["accepts"]
    fen = shown["price_fen"]
    return {
        "title": shown["title"],
        "codes": "\n".join(code["code"] for code in codes),
        "quantity_t": f"{shown['quantity_kg'] / 1000:.12g}",
        "min_lot_t": "" if shown["min_lot_kg"] == ANY_LOT_KG else f"{shown['min_lot_kg'] / 1000:.12g}",
        "price_cny_per_t": "" if fen is None else f"{abs(fen) / FEN_PER_CNY:.10g}",
        "payer": "receiver" if fen is not None and fen > 0 else "supplier",
        **{name: shown[name] for name in ("available_from", "available_until", "max_distance_km")},
        **{name: shown[name] for name in ("form", "packaging", "external_id", "version")},
        "composition": listings.written_components(shown["composition"] or shown["requires"] or ()),
    }


def price_hint(actor: Actor, row: Any) -> dict[str, Any] | None:
    """The prices of open listings of the other side and of one's own for the same code; None without any, or
    with so many that they say little."""
    if row.kind != Kind.SUPPLY:
        return None
    code = catalogue.codes_by_id([row.code_id])[row.code_id]
    prices = listings.open_prices(actor, code.code, row.id, MOST_PRICED)
    if not prices:
        return None
    return {"count": len(prices), "low": min(prices), "middle": round(median(prices)), "high": max(prices)}


@pages.post("/post/<uuid:listing_id>")
@members_only("listings:write", kinds=(ENTERPRISE,))
def save_terms(who: LoggedIn, listing_id: UUID) -> Any:
    """Save the terms; a draft goes on to the last step."""
    actor = who.actor
    assert actor is not None
    row = listings.find_own(actor, listing_id)
    data, errors = read_form(TERMS)
    if data is not None:
        errors = _read_components(row.kind, data)
    if data is None or errors:
        return _terms(who, row, typed(), 422, errors)
    try:
        count_for(actor, PUBLISH)
        listings.check_change(actor, {})
        posted = listings.change(actor, listing_id, _changes(row.kind, data), version_seen())
    except DomainError as error:
        row = listings.find_own(actor, listing_id)
        errors = _beside_field(error)
        return _terms(who, row, typed(), error.status, {"codes": errors.pop("code", []), **errors})
    is_draft = posted.listing.status == ListingStatus.DRAFT
    return redirect(
        url_for("console.show_publishing" if is_draft else "console.show_listing", listing_id=listing_id), 303
    )


def _read_components(kind: str, data: dict[str, Any]) -> Errors:
    """Put the components as written under the name of the API, or say what of them cannot be read."""
    text = data.pop("composition")
    try:
        found = listings.components_of(text)
    except ValueError as error:
        return {"composition": [say("component_form", language(), part=str(error.args[0])[:60])]}
    data[COMPONENTS[Kind(kind)]] = found
    return {}


def _changes(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in data.items() if name not in ("codes", "payer", "price_cny_per_t")}
    price = price_terms(data["price_cny_per_t"], data["payer"])
    written = [code.strip() for code in re.split(r"[\n,，、;；]", data["codes"]) if code.strip()]
    return {
        **plain,
        **_codes(kind, written),
        "price_cny_per_t": None if price is None else round(price * FEN_PER_CNY),
    }


@pages.get("/post/<uuid:listing_id>/publish")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_publishing(who: LoggedIn, listing_id: UUID) -> Any:
    """The last step: what will be published."""
    return _publishing(who, listing_id)


def _publishing(who: LoggedIn, listing_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Any:
    assert who.actor is not None
    row = listings.find_own(who.actor, listing_id)
    if row.status != ListingStatus.DRAFT:
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    (shown,) = named_listings(listings.present(who.actor, [row]))
    return private(
        "post_publish.html", http_status, listing=shown, errors=errors or {},
        photos=listings.list_photos(listing_id), api=f"/api/v1/listings/{listing_id}",
    )  # fmt: skip


@pages.post("/post/<uuid:listing_id>/publish")
@members_only("listings:write", kinds=(ENTERPRISE,))
def publish_listing(who: LoggedIn, listing_id: UUID) -> Any:
    """Publish the draft; what is missing is said with where to put it right."""
    actor = who.actor
    assert actor is not None
    row = listings.find_own(actor, listing_id)
    if row.status == ListingStatus.OPEN:  # a second press
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    try:
        count_for(actor, PUBLISH)
        listings.publish(actor, listings.find_publishable(actor, listing_id).id)
    except DomainError as error:
        return _publishing(who, listing_id, error.status, wrong(error))
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
