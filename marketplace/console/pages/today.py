"""What waits today for an enterprise: its turns, loads, duties and messages."""

from datetime import timedelta
from typing import Any

from flask import redirect, url_for

from ... import clock
from ...deals import service as deals
from ...enterprises import service as enterprises
from ...manifests import service as manifests
from ...manifests.models import IN_FLIGHT, UNSEALED
from ...notifications import service as notifications
from ...persons.models import Right
from ...persons.service import LoggedIn
from ...reporting import service as reporting
from ..page import pages
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
@members_only(drivers=True)
def show_today(who: LoggedIn) -> Any:
    """The page of an enterprise; staff goes to the desk, a driver to the loads of the day."""
    actor = who.actor
    assert actor is not None
    if who.right == Right.DRIVER:
        return redirect(url_for("console.show_loads"), 303)
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
