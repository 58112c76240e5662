"""The terms of a listing: the third step of posting, and every later change."""

from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import ValidationError, fields

from ...catalogue import service as catalogue
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import Day, Identifier, Lines, OneOf, Range, Text, Tonnes
from ...http.languages import Message
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import Schema
from ...listings import service as listings
from ...listings.models import Form, Kind, ListingStatus, Packaging
from ...persons.service import Acting
from ..form_fields import WrittenCodes
from ..forms import Errors, FormNumber, change_or_show, typed, version_seen
from ..listing_words import ANY_LOT_KG, FEN_PER_CNY, LONGEST_TITLE, price_terms, written_codes
from ..page import pages
from ..visitor import members_only, private
from ..warnings import warn

PAYERS = ("supplier", "receiver")
MOST_PRICED = 100
MOST_PRICE = 1_000_000.0
LONGEST_COMPOSITION = 2000
COMPONENTS = {Kind.SUPPLY: "composition", Kind.DEMAND: "requires"}
"""What the components of a listing are called; the form calls both `composition`, as sheets do."""
CALLED = {"waste": "codes", "accepts": "codes", "requires": "composition"}
LIVING = (ListingStatus.DRAFT, ListingStatus.OPEN, ListingStatus.PAUSED)


class FormTonnes(FormNumber, Tonnes):
    """Tonnes as people type them, kept as kilograms."""


class TermsForm(Schema):
    """The third step, and every later change."""

    title = Text(LONGEST_TITLE, required=True)
    codes = WrittenCodes(2000, required=True)
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


TERMS = TermsForm()


@pages.get("/post/<uuid:listing_id>")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_terms(who: Acting, listing_id: UUID) -> Any:
    """The third step: all terms of a draft or an open listing."""
    row = listings.find_own_shown(who.actor, listing_id)
    if row.status not in LIVING:
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    (shown,) = listings.present_shown(who.actor, [row])
    return _terms(who, row, _values_of(shown))


def _terms(
    who: Acting, row: Any, values: dict[str, Any], http_status: int = 200, errors: Errors | None = None
) -> Response:
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
def save_terms(who: Acting, listing_id: UUID) -> Any:
    """Save the terms; a draft goes on to the last step."""
    actor = who.actor
    row = listings.find_own(actor, listing_id)
    show = partial(_terms_again, who, listing_id)

    def save(data: dict[str, Any]) -> str:
        _read_components(row.kind, data)
        count_for(actor, PUBLISH)
        listings.check_change(actor, {})
        posted = listings.change(actor, listing_id, _changes(row.kind, data), version_seen())
        warn(posted.notices)
        is_draft = posted.listing.status == ListingStatus.DRAFT
        page = "console.show_publishing" if is_draft else "console.show_listing"
        return url_for(page, listing_id=listing_id)

    return change_or_show(TERMS, show, save, called=CALLED)


def _terms_again(who: Acting, listing_id: UUID, http_status: int, errors: Errors) -> Response:
    return _terms(who, listings.find_own(who.actor, listing_id), typed(), http_status, errors)


def _read_components(kind: str, data: dict[str, Any]) -> None:
    """Put the components as written under the name of the API.

    Raises:
        ValidationError: one of them cannot be read.
    """
    text = data.pop("composition")
    try:
        found = listings.components_of(text)
    except ValueError as error:
        message = Message("component_form", part=str(error.args[0])[:60])
        raise ValidationError({"composition": [message]}) from error
    data[COMPONENTS[Kind(kind)]] = found


def _changes(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in data.items() if name not in ("codes", "payer", "price_cny_per_t")}
    price = price_terms(data["price_cny_per_t"], data["payer"])
    return {
        **plain,
        **written_codes(kind, data["codes"]),
        "price_cny_per_t": None if price is None else round(price * FEN_PER_CNY),
    }
