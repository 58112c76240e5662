"""The hall: supplies and demands by word, code, place, price and time; and who could take a waste."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import fields

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
from ...persons.service import Acting
from ...receivers import service as receivers
from ..forms import Errors, FormNumber, wrong
from ..listing_words import NO_FILTER, map_of, named_listings
from ..page import PUBLIC, page, pages, read_query
from ..visitor import PRIVATE, members_only, open_to_anyone, private, visitor

VIEWS, SORTS = ("list", "map"), ("newest", "price", "-price")
MOST_SEARCHES, MOST_ON_MAP = 20, 500
KG_PER_T, MOST_T = 1000, 1_000_000


class Filters(Schema):
    """What may be looked for, and saved as a search."""

    kind = fields.String(load_default=None, validate=OneOf(Kind))
    q = Text(50, load_default=None)
    code = Identifier(500, load_default=None)
    region = Adcode(load_default=None)
    price_min = QueryPrice(load_default=None)
    price_max = QueryPrice(load_default=None)
    available_from = Day(load_default=None)
    available_until = Day(load_default=None)


class HallQuery(Filters, PageQuery):
    """What is looked for."""

    sort = fields.String(load_default="newest", validate=OneOf(SORTS, "sort"))
    view = fields.String(load_default="list", validate=OneOf(VIEWS))


class ReceiversQuery(PageQuery):
    """A waste, how much of it, and how it is to be treated."""

    code = CodeText(load_default=None)
    tonnes = FormNumber(load_default=None, validate=Range(min=0.001, max=MOST_T))
    mode = fields.String(load_default=None, validate=OneOf(Mode))


FILTERS = tuple(Filters().fields)
"""By the names of the API."""
HALL, RECEIVERS = HallQuery(), ReceiversQuery()


@pages.get("/hall")
@open_to_anyone
def show_hall(who: Acting | None) -> Response:
    """What is open; to who is not logged in only the latest, without names."""
    if who is None:
        figures = boards.town_figures()
        kept = PRIVATE if visitor() else PUBLIC  # a driver's page names the driver
        return page(
            "hall_of_anyone.html", cache_control=kept, latest=figures["latest"], api="/api/v1/figures"
        )
    return hall_page(who)


def hall_page(who: Acting, http_status: int = 200, form_errors: Errors | None = None) -> Response:
    """What is open and fits, with what is wrong with the form of a search to be saved."""
    actor = who.actor
    query, errors = read_query(HALL)
    query["kind"] = query["kind"] or (
        Kind.DEMAND if listings.may_post(actor.roles, Kind.SUPPLY) else Kind.SUPPLY
    )
    if query["view"] == "map":
        query["limit"] = MOST_ON_MAP
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
        regions=districts_near(actor),
        map=map_of(items) if query["view"] == "map" else None,
        searches=notifications.list_searches(actor, None, MOST_SEARCHES) if is_enterprise else [],
        may_save=is_enterprise and "listings:write" in actor.scopes,
        api=f"/api/v1/listings?{urlencode({**asked, 'status': 'open'})}",
    )


def _found(actor: Actor, query: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, list[Any]]:
    asked = {**NO_FILTER, **{name: query[name] for name in (*FILTERS, "sort", "limit", "cursor")}}
    asked["status"] = ListingStatus.OPEN
    rows, end, notices = listings.search(actor, asked, position_of(query, listings.position_kinds(asked)))
    found = page_until(query, rows if query["view"] == "map" else named_listings(rows), end)
    return found["items"], found["next"], render_warnings(notices)


def districts_near(actor: Actor) -> list[Any]:
    """The province, the city and its districts of whoever looks."""
    if not actor.region:
        return []
    city = actor.region // 100 * 100
    above = catalogue.regions_by_code(catalogue.region_with_ancestors(city))
    return [*(above[adcode] for adcode in sorted(above)), *catalogue.search_regions(city, None, 0, 50)]


@pages.get("/receivers")
@members_only(kinds=(ENTERPRISE,))
def show_receivers(who: Acting) -> Response:
    """Who could lawfully take a waste, nearest first."""
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
