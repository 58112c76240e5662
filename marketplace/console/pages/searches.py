"""Saved searches: what was looked for in the hall, saved, changed, paused and forgotten."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ...events.actor import ENTERPRISE
from ...http.fields import OneOf, Text
from ...listings.models import Kind
from ...notifications import service as notifications
from ...notifications.models import SearchNotify
from ...persons.service import Acting
from ..form_fields import Checked
from ..forms import Errors, change_or_show, once_by, typed, version_seen
from ..page import pages
from ..visitor import members_only, private
from ..warnings import warn
from .hall import FILTERS, Filters, districts_near, hall_page

PATH = "/hall/searches/<uuid:search_id>"
LONGEST_NAME = 80


class SearchForm(Filters):
    name = Text(LONGEST_NAME, required=True)


class SearchChangeForm(SearchForm):
    notify = fields.String(required=True, validate=OneOf(SearchNotify))
    paused = Checked()


SEARCH, CHANGE = SearchForm(), SearchChangeForm()


def _filters() -> dict[str, Any]:
    """The filters of the form as they were typed: the service reads them as it does those of the API."""
    return {name: value.strip() for name in FILTERS if (value := request.form.get(name, "")).strip()}


@pages.post("/hall/searches")
@members_only("listings:write", kinds=(ENTERPRISE,))
def save_search(who: Acting) -> Any:
    """Save what was looked for: new results are told like matches."""
    actor = who.actor

    def save(data: dict[str, Any]) -> str:
        about = {"name": data["name"], "notify": SearchNotify.IMMEDIATE.value, "paused": False}
        _, notices = notifications.create_search(actor, {**about, "query": _filters()})
        warn(notices)
        return url_for("console.show_hall", **_filters())

    return change_or_show(SEARCH, partial(hall_page, who), once_by(actor, save))


@pages.get(PATH)
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_search(who: Acting, search_id: UUID) -> Response:
    """A saved search, to be changed."""
    return _search(who, search_id)


def _search(who: Acting, search_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    search = notifications.find_search(who.actor, search_id)
    as_saved = {**search.query, "name": search.name, "notify": search.notify, "paused": search.paused}
    return private(
        "search.html",
        http_status,
        search=search,
        values=typed() if errors else as_saved,
        further=sorted(search.query.keys() - set(FILTERS)),
        kinds=list(Kind),
        ways=list(SearchNotify),
        regions=districts_near(who.actor),
        errors=errors or {},
        api=f"/api/v1/saved-searches/{search.id}",
    )


@pages.post(PATH)
@members_only("listings:write", kinds=(ENTERPRISE,))
def change_search(who: Acting, search_id: UUID) -> Any:
    """Change it; filters that the page does not show stay."""
    actor = who.actor
    search = notifications.find_search(actor, search_id)
    further = {name: value for name, value in search.query.items() if name not in FILTERS}

    def change(data: dict[str, Any]) -> str:
        about = {name: data[name] for name in ("name", "notify", "paused")}
        body = {**about, "query": {**further, **_filters()}}
        _, notices = notifications.change_search(actor, search_id, body, version_seen())
        warn(notices)
        return url_for("console.show_hall", **_filters())

    return change_or_show(CHANGE, partial(_search, who, search_id), change)


@pages.post(f"{PATH}/delete")
@members_only("listings:write", kinds=(ENTERPRISE,))
def delete_search(who: Acting, search_id: UUID) -> Any:
    """Forget a saved search."""
    notifications.delete_search(who.actor, notifications.find_search(who.actor, search_id).id)
    return redirect(url_for("console.show_hall"), 303)
