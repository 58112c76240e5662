"""Look-up of codes and regions."""

from ..http.authentication import EVERY_KEY, allow
from ..http.blueprint import Blueprint, subject
from ..http.languages import render_warnings
from ..http.paging import cursor_of, position_of
from . import service
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


@blueprint.get("/waste-codes")
@allow(*EVERY_KEY)
@blueprint.query(WasteCodeQuery)
@blueprint.response(200, WasteCodePage)
@blueprint.problems()
def list_waste_codes(query):
    """Codes by scheme, category, and a substring of code or name."""
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    limit = query["limit"]
    rows = service.search_codes(query["scheme"], query["q"], query["category"], after, limit + 1)
    more = cursor_of([rows[limit - 1].id]) if len(rows) > limit else None
    return {"items": service.describe(rows[:limit]), "next": more}


@blueprint.get("/waste-codes/<scheme>/<path:code>")
@allow(*EVERY_KEY)
@subject(lambda asker, scheme, code: service.find_code(scheme, code))
@blueprint.response(200, WasteCodeSchema)
@blueprint.problems(404)
def show_waste_code(scheme, code):
    """One code, with what it maps to."""
    return service.describe([service.find_code(scheme, code)])[0]


@blueprint.post("/waste-codes/suggest")
@allow(*EVERY_KEY)
@blueprint.body(SuggestRequestSchema)
@blueprint.response(200, SuggestionsSchema)
@blueprint.problems(400, 413, 415)
def suggest_waste_codes(body):
    """Codes that plain words may mean, the likeliest first; writes nothing."""
    found = service.suggest_codes(body["text"], body["limit"], body["scheme"])
    return {"items": found.items, "sure": found.sure, "warnings": render_warnings(found.notices)}


@blueprint.get("/regions")
@allow(*EVERY_KEY)
@blueprint.query(RegionQuery)
@blueprint.response(200, RegionPage)
@blueprint.problems()
def list_regions(query):
    """Regions below `parent`; provinces without one."""
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    limit = query["limit"]
    rows = service.search_regions(query["parent"], query["q"], after, limit + 1)
    more = cursor_of([rows[limit - 1].adcode]) if len(rows) > limit else None
    return {"items": rows[:limit], "next": more}
