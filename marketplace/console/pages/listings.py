"""One's own listings, a listing with its matches, and why another is no match."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ...catalogue import service as catalogue
from ...errors import DomainError
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import Lines, OneOf, Text
from ...http.languages import language, render_warnings
from ...http.paging import PageQuery, page_until, position_of
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import Schema
from ...listings import service as listings
from ...listings.models import MOST_PHOTOS, Kind, ListingStatus
from ...matches import service as matches
from ...messages import say
from ...persons.service import Acting
from ..charts import score_parts
from ..forms import Errors, read_form, typed, wrong
from ..listing_words import NO_FILTER, map_of, named_listings
from ..page import pages, read_query
from ..visitor import members_only, private

MOST_MATCHES, MOST_OTHERS, MOST_CODES_ASKED = 10, 20, 20
TABS = ("matches", "why")
SORTS = ("score", "distance", "credit", "price")
LIVING = (ListingStatus.DRAFT, ListingStatus.OPEN, ListingStatus.PAUSED)
MATCHED = (ListingStatus.DRAFT, ListingStatus.OPEN)
OTHER_KIND = {Kind.SUPPLY: Kind.DEMAND, Kind.DEMAND: Kind.SUPPLY}


class MineQuery(PageQuery):
    """One's own listings by status and words."""

    status = fields.String(load_default=None, validate=OneOf(ListingStatus))
    q = Text(50, load_default=None)


class MatchesQuery(PageQuery):
    """What of a listing is shown, and how its matches are sorted."""

    tab = fields.String(load_default="matches", validate=OneOf(TABS))
    sort = fields.String(load_default="score", validate=OneOf(SORTS, "sort"))


class BulkForm(Schema):
    action = fields.String(required=True, validate=OneOf(("publish", "pause", "resume", "withdraw")))


class WithdrawalForm(Schema):
    reason = Lines(500, load_default=None)


MINE, MATCHES, BULK, WITHDRAWAL = MineQuery(), MatchesQuery(), BulkForm(), WithdrawalForm()


@pages.get("/listings")
@members_only(kinds=(ENTERPRISE,))
def show_listings(who: Acting) -> Response:
    """One's own listings, last changed first."""
    return _mine(who)


def _mine(who: Acting, http_status: int = 200, done: dict[str, Any] | None = None) -> Response:
    query, errors = read_query(MINE)
    asked = {**NO_FILTER, **query, "mine": True, "sort": "updated"}
    after = position_of(query, listings.position_kinds(asked))
    rows, end, _ = listings.search(who.actor, asked, after)
    found = page_until(query, named_listings(rows), end)
    return private(
        "listings.html",
        422 if errors else http_status,
        items=found["items"],
        next=found["next"],
        query=query,
        errors=errors,
        statuses=list(ListingStatus),
        living=LIVING,
        may_write="listings:write" in who.actor.scopes,
        done=done,
        api="/api/v1/listings?mine=true&sort=updated",
    )


@pages.post("/listings/bulk")
@members_only("listings:write", kinds=(ENTERPRISE,))
def change_many(who: Acting) -> Response:
    """Publish, pause, resume or withdraw those that were ticked; each by itself, and the page says which was
    refused."""
    data, errors = read_form(BULK)
    ids = ticked()
    if data is None or not ids:
        return _mine(who, 422, {"done": 0, "refused": [], "none": True, "errors": errors})
    refused = BULK_ACTIONS[data["action"]](who.actor, ids)
    return _mine(who, 200, {"done": len(ids) - len(refused), "refused": refused, "none": False})


def ticked() -> list[UUID]:
    """The ids that were ticked, at most a hundred."""
    ids = []
    for text in dict.fromkeys(request.form.getlist("ids")):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids[:100]


def _publish_all(actor: Actor, ids: list[UUID]) -> list[str]:
    """Publish drafts; returns why the refused ones were."""
    listings.check_publishing(actor, {})
    count_for(actor, PUBLISH, cost=len(ids))
    results = listings.publish_many(actor, ids)
    return [_words(result) for _, result in results if isinstance(result, DomainError)]


def _each(act: Callable[[Actor, UUID], Any]) -> Callable[[Actor, list[UUID]], list[str]]:
    """The same done to one listing after the other; returns why the refused ones were."""

    def act_on_all(actor: Actor, ids: list[UUID]) -> list[str]:
        refused = []
        for listing_id in ids:
            try:
                act(actor, listings.find_own(actor, listing_id).id)
            except DomainError as error:
                refused.append(_words(error))
        return refused

    return act_on_all


BULK_ACTIONS = {
    "publish": _publish_all,
    "pause": _each(listings.pause),
    "resume": _each(listings.resume),
    "withdraw": _each(lambda actor, listing_id: listings.withdraw(actor, listing_id, None)),
}


def _words(error: DomainError) -> str:
    return say(error.code, language(), **error.facts)


@pages.get("/listings/<uuid:listing_id>")
@members_only()
def show_listing(who: Acting, listing_id: UUID) -> Response:
    """A listing: one's own with its matches, or an open one of others."""
    return listing_page(who, listing_id)


def listing_page(
    who: Acting, listing_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    """The page of a listing, with what is wrong with what was sent from it."""
    row = listings.find_shown(who.actor, listing_id)
    (shown,) = named_listings(listings.present_shown(who.actor, [row]))
    if row.enterprise_id != who.actor.enterprise_id:
        return _listing_of_others(who.actor, shown, row, http_status, errors)
    query, wrong_query = read_query(MATCHES)
    is_living, is_why = row.status in MATCHED, query["tab"] == "why"
    ranked = _ranked(who.actor, row, query) if is_living and not is_why else None
    return private(
        "listing.html",
        http_status,
        listing=shown,
        query=query,
        is_living=is_living,
        ranked=ranked,
        map=_map_of_matches(who.actor, shown, ranked["items"]) if ranked and ranked["items"] else None,
        others=_others(who.actor, row, shown) if is_living and is_why else [],
        may_write="listings:write" in who.actor.scopes,
        may_deal="deals:write" in who.actor.scopes,
        living=LIVING,
        sorts=SORTS,
        photos=None if is_why else listings.list_photos(listing_id),
        most_photos=MOST_PHOTOS,
        script="post.js",
        errors=errors or wrong_query,
        api=f"/api/v1/listings/{listing_id}/matches",
    )


def _listing_of_others(
    actor: Actor, shown: dict[str, Any], row: Any, http_status: int, errors: Errors | None
) -> Response:
    """What others than the owner see, with their own open listings that may be its counterpart; to admins
    what a demand says of the exemption list."""
    mine: list[Any] = []
    exempted = row if actor.is_admin and row.exemption_item else None
    if actor.enterprise_id is not None:
        other = OTHER_KIND[Kind(shown["kind"])]
        asked = {**NO_FILTER, "mine": True, "kind": other, "status": ListingStatus.OPEN, "limit": 5}
        mine, _, _ = listings.search(actor, asked, None)
    return private(
        "listing_of_others.html", http_status, listing=shown, photos=listings.list_photos(shown["id"]),
        mine=mine, map=map_of([shown], shown), exempted=exempted,
        values=typed() if errors else {}, errors=errors or {}, api=f"/api/v1/listings/{shown['id']}",
    )  # fmt: skip


def _ranked(actor: Actor, listing: Any, query: dict[str, Any]) -> dict[str, Any]:
    """A page of the ranking with its sentences."""
    query = {**query, "limit": MOST_MATCHES}
    asked = {**query, "min_score": 0.0, "group": None, "near_misses": query["cursor"] is None}
    paged = {name: asked[name] for name in ("limit", "cursor", "sort", "tab")}
    position = position_of(paged, matches.POSITION)
    cursor = matches.PageCursor.read(position) if position else None
    ranked = matches.ranking_page(actor, listing, asked, cursor)
    following, near = ranked.pop("cursor"), ranked.pop("near_misses")
    items = [match_shown(item, listing) for item in ranked["items"]]
    return {
        **ranked,
        **page_until(paged, items, following.parts() if following else None),
        "near": matches.say_near_misses(near) if near else [],
    }


def _map_of_matches(actor: Actor, shown: dict[str, Any], items: list[dict[str, Any]]) -> Any:
    """The listing and its matches on a map, each match leading to its pairing."""
    ids = [item["listing"]["id"] for item in items]
    rows = listings.shown_by_id(ids)
    there = listings.present_shown(actor, [rows[listing_id] for listing_id in ids if listing_id in rows])
    return map_of(
        [shown, *there],
        shown,
        lambda other: url_for("console.show_pairing", listing_id=shown["id"], other_id=other["id"]),
    )


def match_shown(item: dict[str, Any], listing: Any) -> dict[str, Any]:
    """A match with the bar of its score, its sentences, and the gap between the two prices."""
    parts = [(part["name"], part["contribution"] * 100) for part in item["components"]]
    gap = next((part for part in item["components"] if part["name"] == "price"), None)
    other = item["listing"]
    return {
        **item,
        "parts": score_parts(parts),
        "reasons": [say(f"component_{part['reason']}", language()) for part in item["components"]],
        "gap": gap["raw"] if gap else None,
        "region_name": catalogue.region_names({other["region"]})[other["region"]],
        "warnings": render_warnings(item["warnings"]),
    }


def _others(actor: Actor, row: Any, shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Open listings of the other side with the same codes, each with the gates that it fails."""
    codes = ",".join(code["code"] for code in shown["codes"][:MOST_CODES_ASKED])
    asked = {**NO_FILTER, "kind": OTHER_KIND[row.kind], "code": codes, "status": ListingStatus.OPEN}
    found, _, _ = listings.search(actor, {**asked, "limit": MOST_OTHERS}, None)
    others = [item for item in found if item["enterprise_id"] != row.enterprise_id]
    failing = matches.failing_gates(row, [other["id"] for other in others])
    return [{**other, "failing": failing.get(other["id"])} for other in others]


@pages.post("/listings/<uuid:listing_id>/withdraw")
@members_only("listings:write", kinds=(ENTERPRISE,))
def withdraw_listing(who: Acting, listing_id: UUID) -> Any:
    """Withdraw a listing of one's own."""
    actor = who.actor
    data, errors = read_form(WITHDRAWAL)
    row = listings.find_own(actor, listing_id)
    if row.status == ListingStatus.WITHDRAWN:  # a second press
        return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
    if data is None:
        return listing_page(who, listing_id, 422, errors)
    try:
        listings.withdraw(actor, row.id, data["reason"])
    except DomainError as error:
        return listing_page(who, listing_id, error.status, wrong(error))
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)


@pages.post("/listings/<uuid:listing_id>/pause")
@members_only("listings:write", kinds=(ENTERPRISE,))
def pause_listing(who: Acting, listing_id: UUID) -> Any:
    """Pause an open listing of one's own."""
    return _moved(who, listing_id, ListingStatus.PAUSED, listings.pause)


@pages.post("/listings/<uuid:listing_id>/resume")
@members_only("listings:write", kinds=(ENTERPRISE,))
def resume_listing(who: Acting, listing_id: UUID) -> Any:
    """Resume a paused listing of one's own."""
    return _moved(who, listing_id, ListingStatus.OPEN, listings.resume)


def _moved(who: Acting, listing_id: UUID, goal: ListingStatus, act: Callable[[Actor, UUID], Any]) -> Any:
    """Make a move; pressed twice it is made once."""
    actor = who.actor
    row = listings.find_own(actor, listing_id)
    try:
        if row.status != goal:
            count_for(actor, PUBLISH)
            act(actor, row.id)
    except DomainError as error:
        return listing_page(who, listing_id, error.status, wrong(error))
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
