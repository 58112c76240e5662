"""The inbox and its preferences."""

from ..events.actor import ENTERPRISE
from ..http.authentication import actor, allow
from ..http.etags import etag
from ..http.paging import cursor_of, position_of
from ..http.room import Room, bodiless, subject
from . import service
from .schemas import (
    NotificationPage,
    NotificationQuery,
    NotificationSchema,
    PreferencesSchema,
    ReadAllSchema,
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


@blp.get("/notification-preferences")
@allow(ENTERPRISE)
@blp.response(200, PreferencesSchema)
@blp.problems()
def show_preferences():
    """How the asking enterprise wants to be told."""
    row = service.preferences(actor())
    return service.describe_preferences(row), etag(row.version)


@blp.put("/notification-preferences")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.preferences)
@blp.body(PreferencesSchema)
@blp.response(200, PreferencesSchema)
@blp.problems(400, 412, 413, 415, 428)
def set_preferences(body, expected):
    """Replace the preferences."""
    row = service.set_preferences(actor(), body, expected)
    return service.describe_preferences(row), etag(row.version)
