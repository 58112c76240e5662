"""The book of a channel's secondary waste: what its receiver made of the waste, and where that went."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for

from ... import clock
from ...events.actor import ADMIN, ENTERPRISE
from ...http.fields import MAX_TONNES, Day, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, Schema
from ...licences import service as licences
from ...licences.models import Channel
from ...persons.service import Acting
from ..form_fields import TypedTonnes
from ..forms import Errors, change_or_show, once_by, typed
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn
from .licences import may_decide


class EntryForm(Schema):
    on = Day(required=True)
    code = CodeText(required=True)
    tonnes = TypedTonnes(0.001, MAX_TONNES, required=True)
    to = Text(200, required=True)
    note = Text(500, load_default=None)


class CorrectionForm(Schema):
    tonnes = TypedTonnes(0.001, MAX_TONNES, required=True)
    note = Text(500, required=True)


LIST, ENTRY, CORRECTION = PageQuery(), EntryForm(), CorrectionForm()


@pages.get("/channels/<uuid:channel_id>/secondary-waste")
@members_only()
def show_secondary_waste(who: Acting, channel_id: UUID) -> Response:
    """The entries of the book, the latest first."""
    return _book(who, channel_id)


def _book(who: Acting, channel_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    channel = licences.find(actor, Channel, channel_id)
    query, _ = read_query(LIST)
    rows = partial(licences.secondary_waste_of, channel)
    found = page_of_rows(query, rows, present=licences.present_secondary_waste)
    is_receiver = actor.enterprise_id == channel.receiver_id and "deals:write" in actor.scopes
    return private(
        "channel_book.html",
        http_status,
        channel=channel,
        items=found["items"],
        next=found["next"],
        may_write=is_receiver or may_decide(actor),
        values={"on": clock.today().isoformat(), **typed()},
        errors=errors or {},
        api=f"/api/v1/channels/{channel_id}/secondary-waste",
    )


@pages.post("/channels/<uuid:channel_id>/secondary-waste")
@members_only("deals:write", kinds=(ENTERPRISE, ADMIN))
def record_secondary_waste(who: Acting, channel_id: UUID) -> Any:
    """Enter waste and where it went."""
    actor = who.actor
    channel = licences.find(actor, Channel, channel_id)
    licences.check_receiver(actor, channel)

    def record(data: dict[str, Any]) -> str:
        warn(licences.record_secondary_waste(actor, channel, {"scheme": None, **data})[1])
        return url_for("console.show_secondary_waste", channel_id=channel_id)

    return change_or_show(ENTRY, partial(_book, who, channel_id), once_by(actor, record))


@pages.post("/channels/<uuid:channel_id>/secondary-waste/<uuid:entry_id>/correct")
@members_only("deals:write", kinds=(ENTERPRISE, ADMIN))
def correct_secondary_waste(who: Acting, channel_id: UUID, entry_id: UUID) -> Any:
    """Take back an entry, or a part of it, by an entry of its own."""
    actor = who.actor
    channel = licences.find(actor, Channel, channel_id)
    licences.check_receiver(actor, channel)

    def correct(data: dict[str, Any]) -> str:
        licences.take_back(actor, channel, entry_id, data)
        return url_for("console.show_secondary_waste", channel_id=channel_id)

    return change_or_show(CORRECTION, partial(_book, who, channel_id), once_by(actor, correct))
