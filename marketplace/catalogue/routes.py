"""Look-up of codes and regions."""

from functools import partial

from ..events.actor import Actor
from ..http.authentication import EVERY_KEY, allow
from ..http.blueprint import Blueprint, Body, Json, Query, subject
from ..http.languages import render_warnings
from ..http.paging import Key, Page, page
from . import service
from .models import CatalogueCode
from .schemas import (
    RegionPage,
    RegionQuery,
    SuggestionsSchema,
    SuggestRequestSchema,
    WasteCodePage,
    WasteCodeQuery,
    WasteCodeSchema,
)

blueprint = Blueprint("catalogue", __name__, description="Waste codes and regions.")


def _find_code(_: Actor, scheme: str, code: str) -> CatalogueCode:
    return service.find_code(scheme, code)


@blueprint.get("/waste-codes")
@allow(*EVERY_KEY, keyless=True)
@blueprint.query(WasteCodeQuery)
@blueprint.response(200, WasteCodePage)
def list_waste_codes(query: Query) -> Json:
    """Codes by scheme, category, and a part of the name or the beginning of the code.

    `warnings` say where a filter cannot find anything.
    """
    asked = (query["scheme"], query["q"], query["category"])
    rows = partial(service.search_codes, *asked)
    found = page(query, rows, Key("id", int, start=0), present=service.present_codes)
    return {**found, "warnings": render_warnings(service.code_search_notices(*asked))}


@blueprint.get("/waste-codes/<scheme>/<path:code>")
@allow(*EVERY_KEY, keyless=True)
@subject(_find_code)
@blueprint.response(200, WasteCodeSchema)
def show_waste_code(code: CatalogueCode) -> Json:
    """One code, with what it maps to."""
    return service.present_codes([code])[0]


@blueprint.post("/waste-codes/suggest")
@allow(*EVERY_KEY, keyless=True)
@blueprint.body(SuggestRequestSchema)
@blueprint.response(200, SuggestionsSchema)
def suggest_waste_codes(body: Body) -> Json:
    """Codes that plain words may mean, the likeliest first; writes nothing.

    A code in the text is looked up; only the words beside it are guessed from.
    """
    suggested = service.suggest_codes(body["text"], body["limit"], body["scheme"])
    return {
        "items": suggested.items,
        "sure": suggested.sure,
        "warnings": render_warnings(suggested.notices),
    }


@blueprint.get("/regions")
@allow(*EVERY_KEY, keyless=True)
@blueprint.query(RegionQuery)
@blueprint.response(200, RegionPage)
def list_regions(query: Query) -> Page:
    """Regions below `parent`; provinces without one."""
    rows = partial(service.search_regions, query["parent"], query["q"])
    return page(query, rows, Key("adcode", int, start=0))
