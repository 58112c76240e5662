"""A credit event for the officers of its enterprise: what it says, its files, what was asked about it."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from ...appeals import service as appeals
from ...credit import service as credit
from ...enterprises import service as enterprises
from ...http.authentication import STAFF
from ...http.bodies import FORM
from ...persons.service import Acting
from ..forms import Errors
from ..page import pages
from ..paper_fields import MAX_FORM, keep_scan
from ..visitor import members_only, private
from .credit import facts_of_event


@pages.get("/enterprises/events/<uuid:event_id>")
@members_only(kinds=STAFF)
def show_event_of_firm(who: Acting, event_id: UUID) -> Response:
    """An event in full, with the form that adds a file to it."""
    return _event(who, event_id)


def _event(who: Acting, event_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    event, firm, appeal, repairs = appeals.find_with_requests(actor, event_id)
    return private(
        "event_of_firm.html",
        http_status,
        **facts_of_event(actor, event, appeal, repairs),
        firm=firm,
        may_add=credit.may_add_files(actor, event),
        errors=errors or {},
        api=f"/api/v1/credit/events/{event_id}/files",
    )


@pages.post("/enterprises/events/<uuid:event_id>/files")
@members_only(kinds=STAFF, max_bytes=MAX_FORM)
def add_event_file(who: Acting, event_id: UUID) -> Any:
    """Add a file that proves an event, also one that comes later than the event."""
    actor = who.actor
    event = credit.find_event_with_files(actor, event_id)
    enterprises.require_official(actor)
    sent = request.files.get("file")
    return keep_scan(
        actor,
        partial(_event, who, event_id),
        lambda content: credit.add_file(actor, event, content, FORM, sent.filename if sent else None),
        url_for("console.show_event_of_firm", event_id=event_id),
    )
