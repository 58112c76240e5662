"""Feeds of credit: a sheet of decisions recorded row by row, what became of each, and the sheets before."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from ...credit import service as credit
from ...credit.models import FeedResult, source_name
from ...errors import InvalidTable
from ...events.actor import ADMIN
from ...http.fields import Normalised
from ...http.languages import Message, language, localised
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...messages import say
from ...persons.service import Acting
from ..forms import Errors, change_or_show, once_by, typed
from ..page import pages, read_query
from ..table_faults import shown_faults
from ..visitor import members_only, private

MAX_FEED = 20_000_000
"""Bytes of a feed, as in the API."""


class FeedForm(Schema):
    """By the names of the API; the sheet itself is the part `file`."""

    source = Normalised(60, source_name, Message("field_required"), required=True)


LIST, FEED = PageQuery(), FeedForm()


@pages.get("/policy/imports")
@members_only("admin", kinds=(ADMIN,))
def show_feeds(who: Acting) -> Response:
    """The sheets that were imported, newest first, and the form for another."""
    return _feeds(who)


def _feeds(who: Acting, http_status: int = 200, errors: Errors | None = None, **found: Any) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    shown = page_of_rows(query, lambda after, limit: credit.list_imports(actor, after, limit))
    return private(
        "feeds.html",
        http_status,
        feeds=shown["items"],
        next=shown["next"],
        results=list(FeedResult),
        errors=errors or {},
        api="/api/v1/credit/imports",
        **{"faults": [], "count": 0, "values": typed() if errors else {}, **found},
    )


@pages.post("/policy/imports")
@members_only("admin", kinds=(ADMIN,), max_bytes=MAX_FEED)
def import_feed(who: Acting) -> Any:
    """Record a sheet: good rows are recorded, bad ones reported. Sent again it leads to the same import."""
    actor = who.actor
    file = request.files.get("file")
    if file is None or not file.filename:
        return _feeds(who, 422, {"file": [say("field_required", language())]})
    upload = file.read()
    file.seek(0)  # it is read once more to tell one form from another

    def record(data: dict[str, Any]) -> str:
        feed = credit.import_feed(actor, data["source"], upload, is_json=False)
        return url_for("console.show_feed", feed_id=feed.id)

    def record_once(data: dict[str, Any]) -> Any:
        try:
            return once_by(actor, record)(data)
        except InvalidTable as error:
            return _feeds(who, 422, values=typed(), **shown_faults(error, credit.feed_heading))

    return change_or_show(FEED, partial(_feeds, who), record_once)


@pages.get("/policy/imports/<uuid:feed_id>")
@members_only("admin", kinds=(ADMIN,))
def show_feed(who: Acting, feed_id: UUID) -> Response:
    """How far an import is, and the rows of which nothing was recorded, with the reason."""
    feed = credit.find_import(who.actor, feed_id)
    return private(
        "feed.html",
        feed=feed,
        results=[(result, feed.counts.get(result, 0)) for result in FeedResult],
        looked_at=sum(feed.counts.values()),
        problems=[
            {**problem, "field": credit.feed_heading(problem["field"], language())}
            for problem in localised(credit.problems_of(feed))
        ],
        api=f"/api/v1/credit/imports/{feed_id}",
    )
