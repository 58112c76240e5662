"""Matches over HTTP: ranked, explained, answered to; the policy they are ranked by; plans for regions."""

from uuid import UUID

from flask import Response, g, stream_with_context, url_for

from .. import files
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.document import VERSIONED
from ..http.etags import etag
from ..http.paging import PageQuery, cursor_of, position_of
from ..http.problems import kept, language, spoken
from ..http.room import Room, first, subject
from ..listings import service as listings
from ..messages import say
from . import service
from .schemas import (
    AllocationExportQuery,
    AllocationPage,
    AllocationRequestSchema,
    AllocationSchema,
    FeedbackRequestSchema,
    FeedbackSchema,
    FindingPage,
    FindingQuery,
    GapPage,
    MatchPage,
    MatchQuery,
    PairingSchema,
    PlacementPage,
    PolicySchema,
    PresetPage,
    UnplacedPage,
)

blp = Room("matches", __name__, description="Ranked lawful pairings, and why not.")

POSITION = (int, int, int, int, int, int, int)


def _find(asker, listing_id, **_):
    return listings.find_governed(asker, listing_id)


def _find_pair(asker, listing_id, other_id):
    listing = listings.find_own(asker, listing_id)
    return service.counterpart(asker, listing, other_id)


@blp.get("/listings/<uuid:listing_id>/matches")
@allow(*EVERY_KEY)
@subject(_find)
@blp.query(MatchQuery)
@blp.response(200, MatchPage)
@blp.problems(404)
def list_matches(query, listing_id):
    """Lawful counterparts, best first, each with its score in parts and its legal basis.

    The contributions of the parts add up to the score. Who is missing here is explained by the route below.
    """
    answer = service.ranked(actor(), g.subject, query, position_of(query["cursor"], POSITION))
    position = answer.pop("position")
    items = [_spoken(item) for item in answer["items"]]
    return {**answer, "items": items, "next": cursor_of(position) if position else None}


@blp.get("/listings/<uuid:listing_id>/matches/<uuid:other_id>")
@allow(*EVERY_KEY)
@subject(_find)
@blp.response(200, PairingSchema)
@blp.problems(404)
def explain(listing_id, other_id):
    """One pairing, lawful or not: its score in parts, or every gate that it fails and the rule behind it.

    The gates and their reasons are listed at [/errors](/errors#gates).
    """
    answer = service.explain(actor(), g.subject, other_id)
    failed = [
        {
            "gate": one["gate"],
            "reason": one["reason"],
            "detail": say(f"why_{one['gate']}_{one['reason']}", language(), **one["facts"]),
            "source": say(f"source_{one['gate']}", language()),
        }
        for one in answer["failed_gates"]
    ]
    return {**(_spoken(answer) if answer["lawful"] else answer), "failed_gates": failed}


@blp.post("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@allow(ENTERPRISE, scope="listings:write")
@subject(_find_pair)
@blp.body(FeedbackRequestSchema)
@blp.response(200, FeedbackSchema)
@blp.problems(400, 404, 409, 413, 415)
def give_feedback(body, listing_id, other_id):
    """Say "interested" or "not suitable" of a pairing; once both are interested, contacts are shown."""
    listing = listings.find_own(actor(), listing_id)
    other = service.counterpart(actor(), listing, other_id)
    return service.give_feedback(actor(), listing, other, body["verdict"], body["reason"])


@blp.get("/findings")
@allow(*EVERY_KEY)
@blp.query(FindingQuery)
@blp.response(200, FindingPage)
@blp.problems()
def list_findings(query):
    """Open listings that no one can lawfully serve, with the gate that stopped most."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.search_findings(actor(), query["gate"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].listing_id)]) if len(rows) > len(page) else None
    return {"items": [_finding(row) for row in page], "next": more}


@blp.get("/matching-policy")
@allow(ADMIN)
@blp.response(200, PolicySchema, headers=VERSIONED)
@blp.problems()
def show_policy():
    """The policy in force."""
    now = service.in_force()
    return {"version": now.version, **now.body}, etag(now.version)


@blp.put("/matching-policy")
@allow(ADMIN, scope="admin")
@subject(service.in_force)
@blp.body(PolicySchema)
@blp.response(200, PolicySchema, headers=VERSIONED)
@blp.problems(400, 412, 413, 415, 428)
def publish_policy(body, expected):
    """Put a whole new version in force, from the next answer on."""
    now = service.publish_policy(actor(), body, expected)
    return {"version": now.version, **now.body}, etag(now.version)


@blp.get("/matching-policy/presets")
@allow(ADMIN)
@blp.response(200, PresetPage)
@blp.problems()
def list_presets():
    """Ready-made policies to put."""
    return {
        "items": [{"name": name, "policy": body} for name, body in service.PRESETS.items()],
        "next": None,
    }


FILE = {"type": "string", "format": "binary"}


def _find_allocation(asker, allocation_id):
    return service.find_allocation(asker, allocation_id)


@blp.post("/allocations")
@allow(*STAFF)
@first(service.check_allocating)
@blp.body(AllocationRequestSchema)
@blp.response(202, AllocationSchema, description="Owed: Location says where to look.")
@blp.problems(400, 409, 413, 415)
def start_allocation(body):
    """Plan where the supplies of a region go in a period, so that the sum of score times tonnes is greatest.

    The supplies lie in the region; receivers may lie anywhere lawful, unless `receivers` is `region`. No gate
    is broken, and no capacity: neither of a listing nor of a permit in a calendar year.
    """
    row = service.start_allocation(actor(), body)
    return _allocation(row), 202, {"Location": url_for("matches.show_allocation", allocation_id=row.id)}


@blp.get("/allocations")
@allow(*STAFF)
@blp.query(PageQuery)
@blp.response(200, AllocationPage)
@blp.problems()
def list_allocations(query):
    """Plans for regions that the asker oversees, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.list_allocations(actor(), after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_head(row) for row in page], "next": more}


@blp.get("/allocations/<uuid:allocation_id>")
@allow(*STAFF)
@subject(_find_allocation)
@blp.response(200, AllocationSchema)
@blp.problems(404)
def show_allocation(allocation_id):
    """A plan: how far it is, what came of it, and the gaps with the most unplaced tonnes."""
    return _allocation(g.subject)


@blp.get("/allocations/<uuid:allocation_id>/placements")
@allow(*STAFF)
@subject(_find_allocation)
@blp.query(PageQuery)
@blp.response(200, PlacementPage)
@blp.problems(404, 409)
def list_placements(query, allocation_id):
    """What goes where and by what right, the most tonnes first."""
    page = _part("placements", query)
    return {**page, "items": [{**one, "warnings": spoken(one["warnings"])} for one in page["items"]]}


@blp.get("/allocations/<uuid:allocation_id>/unplaced")
@allow(*STAFF)
@subject(_find_allocation)
@blp.query(PageQuery)
@blp.response(200, UnplacedPage)
@blp.problems(404, 409)
def list_unplaced(query, allocation_id):
    """What stays and why, the most tonnes first."""
    page = _part("unplaced", query)
    items = [{**one, "detail": service.why(one["reason"], one["gate"], language())} for one in page["items"]]
    return {**page, "items": items}


@blp.get("/allocations/<uuid:allocation_id>/gaps")
@allow(*STAFF)
@subject(_find_allocation)
@blp.query(PageQuery)
@blp.response(200, GapPage)
@blp.problems(404, 409)
def list_gaps(query, allocation_id):
    """What the region lacks by code and district, the most unplaced tonnes first."""
    return _part("gaps", query)


def _part(name, query):
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    items = service.part_of(g.subject, name, after, query["limit"] + 1)
    page = items[: query["limit"]]
    more = cursor_of([page[-1]["position"]]) if len(items) > len(page) else None
    return {"items": page, "next": more}


@blp.get("/allocations/<uuid:allocation_id>/export")
@allow(*STAFF)
@subject(_find_allocation)
@blp.query(AllocationExportQuery)
@blp.response(200, FILE, content_type="text/csv")
@blp.alt_response(200, schema=FILE, content_type=files.MEDIA_TYPES["xlsx"])
@blp.problems(404, 409)
def export_allocation(query, allocation_id):
    """A part of a plan as a file."""
    part, form = query["part"], query["format"]
    pieces = service.export_allocation(g.subject, part, form, language())
    answer = Response(stream_with_context(pieces), content_type=files.MEDIA_TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"huanliu-{part}.{form}")
    return answer


def _allocation(row):
    return {**_head(row), "first_gaps": service.first_gaps(row)}


def _head(row):
    names = ("id", "status", "region", "first_day", "last_day", "scheme", "codes", "receivers")
    more = ("policy_version", "totals", "created_at", "as_of", "ended_at")
    reason = kept([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{name: getattr(row, name) for name in (*names, *more)},
        "progress": {"stage": row.stage, "done": row.steps_done, "of": row.steps_of},
        **reason,
    }


def _spoken(item):
    """A match with its reasons and warnings in the asker's language."""
    return {
        **item,
        "components": [
            {**one, "reason": say(f"component_{one['reason']}", language())} for one in item["components"]
        ],
        "warnings": spoken(item["warnings"]),
    }


def _finding(row):
    plain = {name: getattr(row, name) for name in ("listing_id", "gate", "stopped", "candidates", "at")}
    return {**plain, "detail": say(f"finding_{row.gate}", language())}
