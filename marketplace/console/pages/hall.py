"""The hall: supplies and demands by word, code, place, price and time; and who could take a waste."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError, fields

from ...boards import service as boards
from ...catalogue import service as catalogue
from ...catalogue.models import Mode
from ...errors import DomainError, Notice
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import Adcode, Day, Identifier, OneOf, QueryPrice, Range, Text
from ...http.languages import render_warnings
from ...http.paging import PageQuery, page_until, position_of
from ...http.schemas import CodeText, Schema
from ...listings import service as listings
from ...listings.models import Kind, ListingStatus
from ...notifications import service as notifications
from ...persons.service import LoggedIn
from ...receivers import service as receivers
from ..forms import WHOLE, Errors, FormNumber, once, read_form, wrong
from ..listing_words import NO_FILTER, map_of, named_listings
from ..page import PUBLIC, page, pages, read_query
from ..visitor import PRIVATE, members_only, open_to_anyone, private, visitor
from ..warnings import warn

VIEWS, SORTS = ("list", "map"), ("newest", "price", "-price")
FILTERS = ("kind", "q", "code", "region", "price_min", "price_max", "available_from", "available_until")
"""What may be saved as a search, by the names of the API."""
MOST_SEARCHES = 20
KG_PER_T, MOST_T = 1000, 1_000_000


class HallQuery(PageQuery):
    """What is looked for."""

    kind = fields.String(load_default=None, validate=OneOf(Kind))
    q = Text(50, load_default=None)
    code = Identifier(500, load_default=None)
    region = Adcode(load_default=None)
    price_min = QueryPrice(load_default=None)
    price_max = QueryPrice(load_default=None)
    available_from = Day(load_default=None)
    available_until = Day(load_default=None)
    sort = fields.String(load_default="newest", validate=OneOf(SORTS, "sort"))
    view = fields.String(load_default="list", validate=OneOf(VIEWS))


class SearchForm(Schema):
    name = Text(80, required=True)
    kind = fields.String(load_default=None)
    q = fields.String(load_default=None)
    code = fields.String(load_default=None)
    region = fields.String(load_default=None)
    price_min = FormNumber(load_default=None)
    price_max = FormNumber(load_default=None)
    available_from = fields.String(load_default=None)
    available_until = fields.String(load_default=None)


class ReceiversQuery(PageQuery):
    """A waste, how much of it, and how it is to be treated."""

    code = CodeText(load_default=None)
    tonnes = FormNumber(load_default=None, validate=Range(min=0.001, max=MOST_T))
    mode = fields.String(load_default=None, validate=OneOf(Mode))


HALL, SEARCH, RECEIVERS = HallQuery(), SearchForm(), ReceiversQuery()


@pages.get("/hall")
@open_to_anyone
def show_hall(who: LoggedIn | None) -> Response:
    """What is open; to who is not logged in only the latest, without names."""
    if who is None:
        figures = boards.town_figures()
        kept = PRIVATE if visitor() else PUBLIC  # a driver's page names the driver
        return page(
            "hall_of_anyone.html", cache_control=kept, latest=figures["latest"], api="/api/v1/figures"
        )
    return _hall(who)


def _hall(who: LoggedIn, http_status: int = 200, form_errors: Errors | None = None) -> Response:
    actor = who.actor
    assert actor is not None
    query, errors = read_query(HALL)
    query["kind"] = query["kind"] or (
        Kind.DEMAND if listings.may_post(actor.roles, Kind.SUPPLY) else Kind.SUPPLY
    )
    items: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    following = None
    if not errors:
        try:
            items, following, notices = _found(actor, query)
        except DomainError as error:
            errors = wrong(error)
    asked = {name: request.args[name] for name in FILTERS if request.args.get(name)} | {"kind": query["kind"]}
    is_enterprise = actor.enterprise_id is not None
    return private(
        "hall.html",
        422 if errors else http_status,
        items=items,
        next=following,
        notices=notices,
        query=query,
        typed=request.args,
        errors=errors,
        form_errors=form_errors or {},
        asked=asked,
        sorts=SORTS,
        regions=_districts_near(actor),
        map=map_of(items) if query["view"] == "map" else None,
        searches=notifications.list_searches(actor, None, MOST_SEARCHES) if is_enterprise else [],
        may_save=is_enterprise and "listings:write" in actor.scopes,
        api=f"/api/v1/listings?{urlencode({**asked, 'status': 'open'})}",
    )


def _found(actor: Actor, query: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, list[Any]]:
    asked = {**NO_FILTER, **{name: query[name] for name in (*FILTERS, "sort", "limit", "cursor")}}
    asked["status"] = ListingStatus.OPEN
    rows, end, notices = listings.search(actor, asked, position_of(query, listings.position_kinds(asked)))
    found = page_until(query, named_listings(rows), end)
    return found["items"], found["next"], render_warnings(notices)


def _districts_near(actor: Actor) -> list[Any]:
    """The province, the city and its districts of whoever looks."""
    if not actor.region:
        return []
    city = actor.region // 100 * 100
    above = catalogue.regions_by_code(catalogue.region_with_ancestors(city))
    return [*(above[adcode] for adcode in sorted(above)), *catalogue.search_regions(city, None, 0, 50)]


@pages.post("/hall/searches")
@members_only("listings:write", kinds=(ENTERPRISE,))
def save_search(who: LoggedIn) -> Any:
    """Save what was looked for: new results are told like matches."""
    actor = who.actor
    assert actor is not None
    data, errors = read_form(SEARCH)
    if data is None:
        return _hall(who, 422, errors)
    name = data.pop("name")
    query = {field: value for field, value in data.items() if value is not None}

    def save() -> str:
        _, notices = notifications.create_search(
            actor, {"name": name, "query": query, "notify": "immediate", "paused": False}
        )
        warn(notices)
        return url_for("console.show_hall", **query)

    try:
        return once(actor, save)
    except (DomainError, ValidationError) as error:
        told = wrong(error) if isinstance(error, DomainError) else {WHOLE: [str(error)]}
        return _hall(who, getattr(error, "status", 422), told)


@pages.post("/hall/searches/<uuid:search_id>/delete")
@members_only("listings:write", kinds=(ENTERPRISE,))
def delete_search(who: LoggedIn, search_id: UUID) -> Any:
    """Forget a saved search."""
    assert who.actor is not None
    notifications.delete_search(who.actor, notifications.find_search(who.actor, search_id).id)
    return redirect(url_for("console.show_hall"), 303)


@pages.get("/receivers")
@members_only(kinds=(ENTERPRISE,))
def show_receivers(who: LoggedIn) -> Response:
    """Who could lawfully take a waste, nearest first."""
    assert who.actor is not None
    query, errors = read_query(RECEIVERS)
    items: list[Any] = []
    notices: list[Notice] = []
    following = None
    if query["code"] and not errors:
        kg = None if query["tonnes"] is None else round(query["tonnes"] * KG_PER_T)
        asked = {**query, "tonnes": kg, **dict.fromkeys(("scheme", "lon", "lat")), "crs": "wgs84"}
        try:
            items, end, notices = receivers.search_receivers(
                who.actor, asked, position_of(query, receivers.POSITION)
            )
            following = page_until(query, items, list(end) if end else None)["next"]
        except DomainError as error:
            errors = wrong(error)
    names = catalogue.region_names({item["region"] for item in items})
    return private(
        "receivers.html",
        422 if errors else 200,
        items=[
            {
                **item,
                "region_name": names[item["region"]],
                "warnings_said": render_warnings(item["warnings"]),
            }
            for item in items
        ],
        next=following,
        notices=render_warnings(notices),
        query=query,
        typed=request.args,
        errors=errors,
        modes=list(Mode),
        me=who.actor.enterprise_id,
        may_ask="deals:write" in who.actor.scopes,
        api=f"/api/v1/receivers?{urlencode({'code': query['code'] or ''})}",
    )
