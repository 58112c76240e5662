"""The inbox and its preferences."""

from collections.abc import Sequence
from functools import partial

from ..errors import Notice
from ..events.actor import ENTERPRISE
from ..http.authentication import actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, no_body, subject
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Key, Page, PageQuery, page
from . import service
from .models import Notification, Preferences, SavedSearch
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

blueprint = Blueprint("notifications", __name__, description="The inbox and notification preferences.")


@blueprint.get("/notifications")
@allow(ENTERPRISE)
@blueprint.query(NotificationQuery)
@blueprint.response(200, NotificationPage)
def inbox(query: Query) -> Page:
    """Messages to your enterprise, newest first, each with a sentence in your language."""
    rows = partial(service.inbox, actor(), query["unread"])
    return page(query, rows, Key("release_no", int), _messages)


def _messages(rows: Sequence[Notification]) -> list[Json]:
    return service.present(actor(), rows, language())


@blueprint.post("/notifications/<uuid:notification_id>/read")
@allow(ENTERPRISE)
@subject(service.find)
@no_body
@blueprint.response(200, NotificationSchema)
def mark_read(notification: Notification) -> Json:
    """Mark a message as read."""
    return _messages([service.mark_read(actor(), notification.id)])[0]


@blueprint.post("/notifications/read-all")
@allow(ENTERPRISE)
@no_body
@blueprint.response(200, ReadAllSchema)
def mark_all_read() -> Json:
    """Mark the whole inbox as read."""
    return {"read": service.mark_all_read(actor())}


@blueprint.post("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@may_conflict
@blueprint.body(NotForMeSchema, required=False)
@blueprint.response(200, NotificationSchema)
def silence(notification: Notification, body: Body) -> Json:
    """Stop notifications about the pairing or the code of a message, and mark it as read."""
    return _messages([service.silence(actor(), notification.id, body["of"])])[0]


@blueprint.delete("/notifications/<uuid:notification_id>/not-for-me")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find)
@may_conflict
@blueprint.response(204)
def unsilence(notification: Notification) -> None:
    """Undo "not for me" for a pairing; muted codes are changed in the preferences."""
    service.unsilence(actor(), notification.id)


@blueprint.get("/notification-preferences")
@allow(ENTERPRISE)
@blueprint.response(200, PreferencesSchema, headers=VERSIONED)
def show_preferences() -> Versioned:
    """The notification preferences of your enterprise."""
    return _preferences(service.own_preferences(actor()))


@blueprint.put("/notification-preferences")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.own_preferences)
@blueprint.body(PreferencesSchema)
@blueprint.response(200, PreferencesSchema, headers=VERSIONED)
def set_preferences(_: Preferences, body: Body, expected: int | None) -> Versioned:
    """Replace the preferences."""
    return _preferences(service.set_preferences(actor(), body, expected))


def _preferences(row: Preferences) -> Versioned:
    return service.describe_preferences(row), etag(row.version)


@blueprint.post("/saved-searches")
@allow(ENTERPRISE, scope="listings:write")
@may_conflict
@blueprint.body(NewSearchSchema)
@blueprint.response(201, SavedSearchSchema, headers=VERSIONED)
def create_search(body: Body) -> Versioned:
    """Save a search; new results are notified just as matches are."""
    return _search(*service.create_search(actor(), body))


@blueprint.get("/saved-searches")
@allow(ENTERPRISE)
@blueprint.query(PageQuery)
@blueprint.response(200, SavedSearchPage)
def list_searches(query: Query) -> Page:
    """Your saved searches, newest first."""
    return page(query, partial(service.list_searches, actor()))


@blueprint.get("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE)
@subject(service.find_search)
@blueprint.response(200, SavedSearchSchema, headers=VERSIONED)
def show_search(search: SavedSearch) -> Versioned:
    """One of your saved searches."""
    return _search(search)


@blueprint.patch("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blueprint.body(SearchChangeSchema, required=False)
@blueprint.response(200, SavedSearchSchema, headers=VERSIONED)
def change_search(search: SavedSearch, body: Body, expected: int | None) -> Versioned:
    """Change the name, query or delivery of a saved search, or pause it."""
    return _search(*service.change_search(actor(), search.id, body, expected))


@blueprint.delete("/saved-searches/<uuid:search_id>")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_search)
@blueprint.response(204)
def delete_search(search: SavedSearch) -> None:
    """Delete a saved search; its results are no longer notified."""
    service.delete_search(actor(), search.id)


def _search(row: SavedSearch, notices: Sequence[Notice] = ()) -> Versioned:
    names = ("id", "name", "query", "notify", "paused", "created_at", "updated_at")
    shown = {name: getattr(row, name) for name in names}
    return {**shown, "warnings": render_warnings(notices)}, etag(row.version)
