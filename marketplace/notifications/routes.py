"""The inbox and its preferences."""

from uuid import UUID

from flask import g

from ..events.actor import ENTERPRISE
from ..http.authentication import actor, allow
from ..http.blueprint import Blueprint, bodiless, subject
from ..http.etags import etag
from ..http.openapi.api import VERSIONED
from ..http.paging import PageQuery, cursor_of, position_of
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

blueprint = Blueprint("notifications", __name__, description="The inbox, and how to be told.")


@blueprint.get("/notifications")
@allow(ENTERPRISE)
@blueprint.query(NotificationQuery)
@blueprint.response(200, NotificationPage)
@blueprint.problems()
def inbox(query):
    """Messages to the asking enterprise, the last released first."""
    (after,) = position_of(query["cursor"], (int,)) or (None,)
    rows = service.inbox(actor(), query["unread"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([page[-1].place]) if len(rows) > len(page) else None
    return {"items": page, "next": more}


@blueprint.post("/notifications/<uuid:notification_id>/read")
@allow(ENTERPRISE)
@subject(service.find)
@bodiless
@blueprint.response(200, NotificationSchema)
@blueprint.problems(400, 404, 413, 415)
def mark_read(notification_id):
    """Mark a message as read."""
    return service.mark_read(actor(), notification_id)


@blueprint.post("/notifications/read-all")
@allow(ENTERPRISE)
@bodiless
@blueprint.response(200, ReadAllSchema)
@blueprint.problems(400, 413, 415)
def mark_all_read():
    """Mark the whole inbox as read."""
    return {"read": service.mark_all_read(actor())}


@blueprint.post("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@blueprint.body(NotForMeSchema, required=False)
@blueprint.response(200, NotificationSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def silence(body, notification_id):
    """Hear no more of what a message is about: its pairing, or its code; the message is marked as read."""
    return service.silence(actor(), notification_id, body["of"])


@blueprint.delete("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@blueprint.response(204)
@blueprint.problems(404, 409)
def unsilence(notification_id):
    """Take "not for me" back where it was said of the pairing; a muted code is a preference."""
    service.unsilence(actor(), notification_id)


@blueprint.get("/notification-preferences")
@allow(ENTERPRISE)
@blueprint.response(200, PreferencesSchema, headers=VERSIONED)
@blueprint.problems()
def show_preferences():
    """How the asking enterprise wants to be told."""
    row = service.own_preferences(actor())
    return service.describe_preferences(row), etag(row.version)


@blueprint.put("/notification-preferences")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.own_preferences)
@blueprint.body(PreferencesSchema)
@blueprint.response(200, PreferencesSchema, headers=VERSIONED)
@blueprint.problems(400, 412, 413, 415, 428)
def set_preferences(body, expected):
    """Replace the preferences."""
    row = service.set_preferences(actor(), body, expected)
    return service.describe_preferences(row), etag(row.version)


@blueprint.post("/saved-searches")
@allow(ENTERPRISE, scope="listings:write")
@blueprint.body(NewSearchSchema)
@blueprint.response(201, SavedSearchSchema, headers=VERSIONED)
@blueprint.problems(400, 409, 413, 415)
def create_search(body):
    """Save a search; what it finds from now on is told like a match."""
    return _answer(service.create_search(actor(), body))


@blueprint.get("/saved-searches")
@allow(ENTERPRISE)
@blueprint.query(PageQuery)
@blueprint.response(200, SavedSearchPage)
@blueprint.problems()
def list_searches(query):
    """The asker's saved searches, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.list_searches(actor(), after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": page, "next": more}


@blueprint.get("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE)
@subject(service.find_search)
@blueprint.response(200, SavedSearchSchema, headers=VERSIONED)
@blueprint.problems(404)
def show_search(search_id):
    """One of the asker's saved searches."""
    return _answer(g.subject)


@blueprint.patch("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blueprint.body(SearchChangeSchema, required=False)
@blueprint.response(200, SavedSearchSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 412, 413, 415, 428)
def change_search(body, search_id, expected):
    """Change a saved search: its name, query, how it tells; or pause it."""
    return _answer(service.change_search(actor(), search_id, body, expected))


@blueprint.delete("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blueprint.response(204)
@blueprint.problems(404)
def delete_search(search_id):
    """Delete a saved search; it tells nothing more."""
    service.delete_search(actor(), search_id)


def _answer(row):
    return row, etag(row.version)
