"""What waits today for an enterprise: its turns, loads, duties and messages, each with its page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, url_for

from ... import clock
from ...deals import service as deals
from ...desk import service as desk
from ...enterprises import service as enterprises
from ...events.actor import ENTERPRISE, Actor
from ...http.languages import language
from ...manifests import service as manifests
from ...manifests.models import IN_FLIGHT, UNSEALED
from ...notifications import service as notifications
from ...persons.models import Right
from ...persons.service import Acting
from ..page import pages
from ..visitor import members_only, private
from .loads import next_move

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


@pages.get("/today")
@members_only(drivers=True)
def show_today(who: Acting) -> Any:
    """The page of an enterprise; staff goes to the desk, a driver to the loads of the day."""
    actor = who.actor
    if who.right == Right.DRIVER:
        return redirect(url_for("console.show_loads"), 303)
    if actor.enterprise_id is None:
        return redirect(url_for("console.show_desk"), 303)
    loads = _with_moves(who, manifests.search(actor, OPEN_LOADS, None, MOST))
    news = _news(actor)
    offers = deals.search_offers(actor, {**ANY_OFFER, "my_turn": True}, None, MOST)
    return private(
        "today.html",
        firm=enterprises.own(actor),
        points=enterprises.whole_points,
        offers=deals.present_offer_rows(offers),
        loads=[load for load in loads if load["move"]],
        under_way=[load for load in loads if not load["move"]],
        duties=desk.duties_of(actor, clock.today() + AHEAD, MOST),
        news=news[:MOST],
        has_more_news=len(news) > MOST,
        may_answer="deals:write" in actor.scopes,
        may_say="listings:write" in actor.scopes,
        today=clock.today(),
        api="/api/v1/notifications?unread=true",
    )


def _with_moves(who: Acting, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Loads, each with the first move that this person may make of it now, if any."""
    return [{"row": row, "move": next_move(who, row)} for row in rows]


def _news(actor: Actor) -> list[dict[str, Any]]:
    """The newest unread messages, one more than are shown, each with the page that it is about."""
    rows = notifications.inbox(actor, True, None, MOST + 1)
    shown = notifications.present(actor, rows, language())
    return [
        {**said, "page": notifications.page_of(row), "is_of_listing": row.counterpart_id is not None}
        for row, said in zip(rows, shown, strict=True)
    ]


@pages.post("/today/read")
@members_only(kinds=(ENTERPRISE,))
def mark_all_read(who: Acting) -> Any:
    """Mark every message as read."""
    notifications.mark_all_read(who.actor)
    return redirect(url_for("console.show_today"), 303)
