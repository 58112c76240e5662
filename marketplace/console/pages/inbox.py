"""The inbox: every message, what it leads to, and that no more of its kind is wanted."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ...events.actor import ENTERPRISE, Actor
from ...http.fields import OneOf
from ...http.languages import language
from ...http.paging import Key, PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...notifications import service as notifications
from ...persons.service import Acting
from ..form_fields import Checked
from ..forms import Errors, change_or_show, over_the_form
from ..page import pages, read_query
from ..visitor import members_only, private

PATH = "/inbox/<uuid:notification_id>"
SILENCED = ("pairing", "code")


class NoticesQuery(PageQuery):
    unread = Checked()


class NotForMeForm(Schema):
    of = fields.String(load_default=SILENCED[0], validate=OneOf(SILENCED, "silence"))


QUERY, NOT_FOR_ME = NoticesQuery(), NotForMeForm()


@pages.get("/inbox")
@members_only(kinds=(ENTERPRISE,))
def show_inbox(who: Acting) -> Response:
    """All messages, newest first."""
    return _notices(who)


def _notices(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, wrong_query = read_query(QUERY)
    rows = partial(notifications.inbox, actor, query["unread"])
    found = page_of_rows(query, rows, Key("release_no", int), partial(_shown, actor))
    return private(
        "inbox.html",
        http_status,
        messages=found["items"],
        next=found["next"],
        query=query,
        may_write="listings:write" in actor.scopes,
        silenced_of=SILENCED,
        errors=over_the_form(errors or wrong_query) if errors or wrong_query else {},
        api="/api/v1/notifications",
    )


def _shown(actor: Actor, rows: Any) -> list[dict[str, Any]]:
    """Messages with their pages, and what may be said of them."""
    shown = notifications.present(actor, rows, language())
    silenced = notifications.silenced(actor, rows)
    return [
        {
            **said,
            "page": notifications.page_of(row),
            "is_of_listing": row.counterpart_id is not None,
            "is_silenced": row.id in silenced,
        }
        for row, said in zip(rows, shown, strict=True)
    ]


def _act(who: Acting, notification_id: UUID, schema: Schema | None, act: Any) -> Any:
    """Do something with a message of one's own, and show the inbox at it."""
    actor = who.actor
    found = notifications.find(actor, notification_id)
    then = url_for("console.show_inbox", _anchor=f"m-{found.id}")
    return change_or_show(schema, partial(_notices, who), lambda data: act(actor, found.id, data), then)


@pages.post(f"{PATH}/read")
@members_only(kinds=(ENTERPRISE,))
def mark_read(who: Acting, notification_id: UUID) -> Any:
    """Mark one as read."""
    return _act(who, notification_id, None, lambda actor, found, _: notifications.mark_read(actor, found))


@pages.post(f"{PATH}/not-for-me")
@members_only("listings:write", kinds=(ENTERPRISE,))
def silence_notice(who: Acting, notification_id: UUID) -> Any:
    """Want no more messages about its pairing, or its code."""

    def silence(actor: Actor, found: UUID, data: dict[str, Any]) -> Any:
        return notifications.silence(actor, found, data["of"])

    return _act(who, notification_id, NOT_FOR_ME, silence)


@pages.post(f"{PATH}/not-for-me/take-back")
@members_only("listings:write", kinds=(ENTERPRISE,))
def unsilence_notice(who: Acting, notification_id: UUID) -> Any:
    """Want them once more."""
    return _act(who, notification_id, None, lambda actor, found, _: notifications.unsilence(actor, found))
