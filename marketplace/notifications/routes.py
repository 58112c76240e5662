"""The inbox and its preferences."""

from uuid import UUID

from flask import g

from ..events.actor import ENTERPRISE
from ..http.authentication import actor, allow
from ..http.document import VERSIONED
from ..http.etags import etag
from ..http.paging import PageQuery, cursor_of, position_of
from ..http.room import Room, bodiless, subject
from . import service
from .schemas import (
    NewSearchSchema,
    NotForMeSchema,
    NotificationPage,
    NotificationQuery,
    NotificationSchema,
    PreferencesSchema,
    ReadAllSchema,
    SavedSearchPage,
    SavedSearchSchema,
    SearchChangeSchema,
)

blp = Room("notifications", __name__, description="The inbox, and how to be told.")


@blp.get("/notifications")
@allow(ENTERPRISE)
@blp.query(NotificationQuery)
@blp.response(200, NotificationPage)
@blp.problems()
def inbox(query):
    """Messages to the asking enterprise, the last released first."""
    (after,) = position_of(query["cursor"], (int,)) or (None,)
    rows = service.inbox(actor(), query["unread"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([page[-1].place]) if len(rows) > len(page) else None
    return {"items": page, "next": more}


@blp.post("/notifications/<uuid:notification_id>/read")
@allow(ENTERPRISE)
@subject(service.find)
@bodiless
@blp.response(200, NotificationSchema)
@blp.problems(400, 404, 413, 415)
def mark_read(notification_id):
    """Mark a message as read."""
    return service.mark_read(actor(), notification_id)


@blp.post("/notifications/read-all")
@allow(ENTERPRISE)
@bodiless
@blp.response(200, ReadAllSchema)
@blp.problems(400, 413, 415)
def mark_all_read():
    """Mark the whole inbox as read."""
    return {"read": service.mark_all_read(actor())}


@blp.post("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@blp.body(NotForMeSchema, required=False)
@blp.response(200, NotificationSchema)
@blp.problems(400, 404, 409, 413, 415)
def silence(body, notification_id):
    """Hear no more of what a message is about: its pairing, or its code; the message is marked as read."""
    return service.silence(actor(), notification_id, body["of"])


@blp.delete("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@blp.response(204)
@blp.problems(404, 409)
def unsilence(notification_id):
    """Take "not for me" back where it was said of the pairing; a muted code is a preference."""
    service.unsilence(actor(), notification_id)


@blp.get("/notification-preferences")
@allow(ENTERPRISE)
@blp.response(200, PreferencesSchema, headers=VERSIONED)
@blp.problems()
def show_preferences():
    """How the asking enterprise wants to be told."""
    row = service.preferences(actor())
    return service.describe_preferences(row), etag(row.version)


@blp.put("/notification-preferences")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.preferences)
@blp.body(PreferencesSchema)
@blp.response(200, PreferencesSchema, headers=VERSIONED)
@blp.problems(400, 412, 413, 415, 428)
def set_preferences(body, expected):
    """Replace the preferences."""
    row = service.set_preferences(actor(), body, expected)
    return service.describe_preferences(row), etag(row.version)


@blp.post("/saved-searches")
@allow(ENTERPRISE, scope="listings:write")
@blp.body(NewSearchSchema)
@blp.response(201, SavedSearchSchema, headers=VERSIONED)
@blp.problems(400, 409, 413, 415)
def create_search(body):
    """Save a search; what it finds from now on is told like a match."""
    return _answer(service.create_search(actor(), body))


@blp.get("/saved-searches")
@allow(ENTERPRISE)
@blp.query(PageQuery)
@blp.response(200, SavedSearchPage)
@blp.problems()
def list_searches(query):
    """The asker's saved searches, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.list_searches(actor(), after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": page, "next": more}


@blp.get("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE)
@subject(service.find_search)
@blp.response(200, SavedSearchSchema, headers=VERSIONED)
@blp.problems(404)
def show_search(search_id):
    """One of the asker's saved searches."""
    return _answer(g.subject)


@blp.patch("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blp.body(SearchChangeSchema, required=False)
@blp.response(200, SavedSearchSchema, headers=VERSIONED)
@blp.problems(400, 404, 412, 413, 415, 428)
def change_search(body, search_id, expected):
    """Change a saved search: its name, query, how it tells; or pause it."""
    return _answer(service.change_search(actor(), search_id, body, expected))


@blp.delete("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blp.response(204)
@blp.problems(404)
def delete_search(search_id):
    """Delete a saved search; it tells nothing more."""
    service.delete_search(actor(), search_id)


def _answer(row):
    return row, etag(row.version)
