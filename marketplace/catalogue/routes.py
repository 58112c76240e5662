"""Look-up of codes and regions."""

from ..http.authentication import EVERY_KEY, allow
from ..http.paging import cursor_of, position_of
from ..http.problems import spoken
from ..http.room import Room, subject
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

blp = Room("catalogue", __name__, description="Waste codes and regions.")


@blp.get("/waste-codes")
@allow(*EVERY_KEY)
@blp.query(WasteCodeQuery)
@blp.response(200, WasteCodePage)
@blp.problems()
def list_waste_codes(query):
    """Codes by scheme, category, and a substring of code or name."""
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    limit = query["limit"]
    rows = service.search_codes(query["scheme"], query["q"], query["category"], after, limit + 1)
    more = cursor_of([rows[limit - 1].id]) if len(rows) > limit else None
    return {"items": service.describe(rows[:limit]), "next": more}


@blp.get("/waste-codes/<scheme>/<path:code>")
@allow(*EVERY_KEY)
@subject(lambda asker, scheme, code: service.find_code(scheme, code))
@blp.response(200, WasteCodeSchema)
@blp.problems(404)
def show_waste_code(scheme, code):
    """One code, with what it maps to."""
    return service.describe([service.find_code(scheme, code)])[0]


@blp.post("/waste-codes/suggest")
@allow(*EVERY_KEY)
@blp.body(SuggestRequestSchema)
@blp.response(200, SuggestionsSchema)
@blp.problems(400, 413, 415)
def suggest_waste_codes(body):
    """Codes that plain words may mean, the likeliest first; writes nothing."""
    found = service.suggest_codes(body["text"], body["limit"], body["scheme"])
    return {"items": found.items, "sure": found.sure, "warnings": spoken(found.notices)}


@blp.get("/regions")
@allow(*EVERY_KEY)
@blp.query(RegionQuery)
@blp.response(200, RegionPage)
@blp.problems()
def list_regions(query):
    """Regions below `parent`; provinces without one."""
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    limit = query["limit"]
    rows = service.search_regions(query["parent"], query["q"], after, limit + 1)
    more = cursor_of([rows[limit - 1].adcode]) if len(rows) > limit else None
    return {"items": rows[:limit], "next": more}
