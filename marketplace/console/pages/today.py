"""What waits today: for an enterprise its turns, loads, duties and messages; for staff the desk."""

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, redirect, url_for
from marshmallow import fields

from ... import clock
from ...deals import service as deals
from ...desk import service as desk
from ...desk.models import DeskKind, DeskSort
from ...enterprises import service as enterprises
from ...events.actor import ADMIN, REGULATOR
from ...http.fields import Choices, OneOf
from ...http.languages import language
from ...http.paging import PageQuery, cut, position_of
from ...manifests import service as manifests
from ...manifests.models import IN_FLIGHT, UNSEALED
from ...notifications import service as notifications
from ...persons.service import LoggedIn
from ...reporting import service as reporting
from ..page import pages, read_query
from ..visitor import members_only, private

MOST = 6
"""Of each kind that the page shows."""
AHEAD = timedelta(days=10)
"""How long before its last day a duty is shown."""
ANY_OFFER = {"status": None, "listing_id": None, "mine": False, "first_day": None, "last_day": None}
OPEN_LOADS = {
    **dict.fromkeys(("role", "from_", "until", "deal_id", "number", "region", "differing", "late")),
    "status": (*UNSEALED, *IN_FLIGHT),
    "mine": True,
}  # fmt: skip
ANY_DECLARATION = {"status": None, "kind": None, "enterprise_id": None}


@pages.get("/today")
@members_only()
def show_today(who: LoggedIn) -> Any:
    """The page of an enterprise; staff goes to the desk."""
    actor = who.actor
    assert actor is not None
    if actor.enterprise_id is None:
        return redirect(url_for("console.show_desk"), 303)
    offers = deals.search_offers(actor, {**ANY_OFFER, "my_turn": True}, None, MOST)
    due = {**ANY_DECLARATION, "due": clock.today() + AHEAD}
    return private(
        "today.html",
        firm=enterprises.own(actor),
        points=enterprises.whole_points,
        offers=deals.present_offer_rows(offers),
        loads=manifests.search(actor, OPEN_LOADS, None, MOST),
        declarations=reporting.search(actor, due, None, MOST),
        unread=notifications.count_unread(actor),
        today=clock.today(),
        api="/api/v1/notifications?unread=true",
    )


class DeskPageQuery(PageQuery):
    """What the desk is asked for, by the names of the API."""

    kind = Choices([kind.value for kind in DeskKind], "desk_kind", load_default=None)
    assigned = fields.String(load_default=None, validate=OneOf(("me", "none")))
    sort = fields.String(load_default=DeskSort.DUE, validate=OneOf(DeskSort))


DESK = DeskPageQuery()


@pages.get("/desk")
@members_only(kinds=(ADMIN, REGULATOR))
def show_desk(who: LoggedIn) -> Response:
    """The queue of the staff, with how many wait of each kind."""
    assert who.actor is not None
    query, errors = read_query(DESK)
    asked = desk.asked_for(who.actor, {**query, "region": None})
    rows = desk.search(asked, position_of(query, desk.POSITION), query["limit"] + 1)
    shown = cut(
        query,
        rows,
        partial(desk.position_of_item, asked.sort),
        partial(desk.present_items, who.actor, language=language()),
    )
    return private(
        "desk.html",
        items=shown["items"],
        next=shown["next"],
        counts=desk.count(asked),
        query=query,
        errors=errors,
        today=clock.today(),
        api="/api/v1/desk",
    )
