"""Listings over HTTP."""

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.document import VERSIONED
from ..http.etags import etag
from ..http.paging import cursor_of
from ..http.problems import spoken
from ..http.room import Room, bodiless, first, subject
from ..http.schemas import ReasonSchema
from . import service
from .schemas import (
    ExemptionReviewSchema,
    ListingChangeSchema,
    ListingPage,
    ListingQuery,
    ListingSchema,
    NewListingSchema,
)

blp = Room("listings", __name__, description="Supply and demand.")


def _answer(row, notices=()):
    shown = service.present(actor(), [row])[0]
    return {**shown, "warnings": spoken(list(notices))}, etag(row.version)


@blp.post("/listings")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_posting)
@blp.body(NewListingSchema)
@blp.response(201, ListingSchema, headers=VERSIONED)
@blp.problems(400, 409, 413, 415)
def create(body):
    """Post a supply or a demand: a draft, or with `publish` open to matching at once.

    A supply names its `waste`, a demand what it `accepts`. Prices are CNY per tonne from the supplier's side:
    below zero the supplier pays. What is odd but allowed comes back in `warnings`.
    """
    return _answer(*service.create(actor(), body))


@blp.get("/listings")
@allow(*EVERY_KEY)
@blp.query(ListingQuery)
@blp.response(200, ListingPage)
@blp.problems()
def search(query):
    """Listings that the asker may see: newest first, by price, or by distance from a point."""
    items, more = service.search(actor(), query)
    return {"items": items, "next": cursor_of(more) if more else None}


@blp.get("/listings/<uuid:listing_id>")
@allow(*EVERY_KEY)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(404)
def show(listing_id):
    """A listing: one's own, or an open one of others."""
    return _answer(service.find_visible(actor(), listing_id))


@blp.patch("/listings/<uuid:listing_id>")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_change)
@subject(service.find_own)
@blp.body(ListingChangeSchema, required=False)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 412, 413, 415, 428)
def change(body, listing_id, expected):
    """Change a draft or an open listing; an open one is matched again."""
    return _answer(*service.change(actor(), listing_id, body, expected))


@blp.post("/listings/<uuid:listing_id>/publish")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_publishable)
@bodiless
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def publish(listing_id):
    """Open a draft to matching."""
    return _answer(*service.publish(actor(), listing_id))


@blp.post("/listings/<uuid:listing_id>/withdraw")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_own)
@blp.body(ReasonSchema, required=False)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def withdraw(body, listing_id):
    """Take a listing back; nobody not yet told of it will be."""
    return _answer(service.withdraw(actor(), listing_id, body["reason"]))


@blp.post("/listings/<uuid:listing_id>/exemption-review")
@allow(ADMIN, scope="admin")
@subject(service.find_any)
@blp.body(ExemptionReviewSchema)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def review_exemption(body, listing_id):
    """Accept or refuse the evidence behind the exemption that a demand names."""
    return _answer(service.review_exemption(actor(), listing_id, body["decision"], body["reason"]))
