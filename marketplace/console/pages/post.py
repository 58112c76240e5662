"""Posting a supply or a demand in four steps: words, code and amount, terms (`terms.py`), publishing.

The first step lives in the address, the second makes a draft, the third changes it: whatever step is left,
the draft is there, and going back loses nothing.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...errors import DomainError, Invalid, NotFound, Unavailable
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import MAX_TONNES, OneOf, Range, Text
from ...http.languages import render_warnings
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import CodeText, Schema
from ...listings import service as listings
from ...listings.models import Kind, ListingStatus
from ...persons.service import Acting
from ..forms import Errors, FormNumber, change_or_show, once, once_by, typed, wrong
from ..listing_words import ANY_LOT_KG, LONGEST_TITLE, NO_FILTER, named_listings, written_codes
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn

KG = {"t": 1000.0, "kg": 1.0, "m3": None, "drum": None}
"""Units that an amount is typed in, with their kilograms; None: the person says what one weighs."""
WINDOW = timedelta(days=90)
"""How long a new draft is open unless something else is said; our own choice."""
SCRIPT = "post.js"
MOST_SUGGESTED, MOST_COPIED = 5, 3
MOST_KG_OF_ONE = 100_000.0
CALLED = {"waste": "code", "accepts": "code", "requires": "composition"}
"""What one of several codes or components is about stands beside the field of all."""


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


WORDS, DRAFT = WordsQuery(), DraftForm()


@pages.get("/post")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_post(who: Acting) -> Response:
    """The first step; with words in the address the second."""
    query, errors = read_query(WORDS)
    if query["title"] and not errors:
        return _second_step(who, {**query, "kind": query["kind"] or _first_kind(who), "unit": "t"})
    return first_step(who, {**_asked(), "photo": query["photo"]}, 422 if errors else 200, errors)


def first_step(who: Acting, values: dict[str, Any], http_status: int, errors: Errors) -> Response:
    """The first step with what was typed, one's last listings to copy, and where a sheet is dropped."""
    actor = who.actor
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


def _first_kind(who: Acting) -> str:
    return next(iter(kinds_of(who.actor)), Kind.SUPPLY).value


def _second_step(
    who: Acting, values: dict[str, Any], http_status: int = 200, errors: Errors | None = None
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
def make_draft(who: Acting) -> Any:
    """Make a draft of the first two steps."""
    actor = who.actor

    def make(data: dict[str, Any]) -> str:
        count_for(actor, PUBLISH)
        listings.check_posting(actor, {"kind": data["kind"]})
        posted = listings.create(actor, _new_draft(data))
        if data["photo"]:
            listings.attach_waiting_photo(actor, posted.listing.id, data["photo"])
        warn(posted.notices)
        return url_for("console.show_terms", listing_id=posted.listing.id)

    return change_or_show(DRAFT, partial(_again, who), once_by(actor, make), called=CALLED)


def _again(who: Acting, http_status: int, errors: Errors) -> Response:
    """The step again, with what was typed; without words it is the first."""
    if "title" in errors or not request.form.get("title"):
        return first_step(who, typed(), http_status, errors)
    return _second_step(who, typed(), http_status, errors)


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
        **written_codes(data["kind"], written),
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


@pages.post("/listings/<uuid:listing_id>/copy")
@members_only("listings:write", kinds=(ENTERPRISE,))
def copy_listing(who: Acting, listing_id: UUID) -> Any:
    """A new draft with the terms of a listing of one's own."""
    actor = who.actor

    def make() -> str:
        count_for(actor, PUBLISH)
        listings.check_change(actor, {})
        posted = listings.copy(actor, listings.find_own(actor, listing_id).id)
        warn(posted.notices)
        return url_for("console.show_terms", listing_id=posted.listing.id)

    return once(actor, make)


@pages.get("/post/<uuid:listing_id>/publish")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_publishing(who: Acting, listing_id: UUID) -> Any:
    """The last step: what will be published."""
    return _publishing(who, listing_id)


def _publishing(who: Acting, listing_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Any:
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
def publish_listing(who: Acting, listing_id: UUID) -> Any:
    """Publish the draft; what is missing is said with where to put it right."""
    actor = who.actor
    row = listings.find_own(actor, listing_id)
    if row.status == ListingStatus.OPEN:  # a second press
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    try:
        count_for(actor, PUBLISH)
        warn(listings.publish(actor, listings.find_publishable(actor, listing_id).id).notices)
    except DomainError as error:
        return _publishing(who, listing_id, error.status, wrong(error))
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
