"""How the platform runs, for whoever operates it; tasks that were given up are made due again."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from ... import clock
from ...desk import service as desk
from ...errors import Conflict
from ...events.actor import ADMIN
from ...http.fields import QueryWhole, Range
from ...http.schemas import Schema
from ...persons.service import Acting
from ...webhooks import service as webhooks
from ..page import pages, read_query
from ..visitor import members_only, private

MOST_AT_ONCE = 100
MOST_REPLAYED = 1_000_000
LATE_TICK_S = 30
LATE_QUEUE_S = 300
"""From when on a queue that waits is marked; our own choice."""


class OperationsQuery(Schema):
    replayed = QueryWhole(load_default=None, validate=Range(min=0, max=MOST_REPLAYED))


QUERY = OperationsQuery()
LONGEST_ID = 19
"""A number of so many digits may be none of the database's."""


@pages.get("/operations")
@members_only(kinds=(ADMIN,))
def show_operations(who: Acting) -> Response:
    """Queues, tasks that were given up, the index, refused mail, webhooks that failed."""
    query, _ = read_query(QUERY)
    return private(
        "operations.html",
        shown=desk.operations(who.actor),
        replayed=query["replayed"],
        late_tick_s=LATE_TICK_S,
        late_queue_s=LATE_QUEUE_S,
        now=clock.now(),
        api="/api/v1/operations",
    )


@pages.post("/operations/replay")
@members_only("admin", kinds=(ADMIN,))
def replay_tasks(who: Acting) -> Any:
    """Make the chosen tasks due again, or all that are listed; one that somebody has replayed meanwhile is
    passed over."""
    if "every" in request.form:
        listed = [task["id"] for task in desk.operations(who.actor)["parked"]]
        return _replayed(who, listed)
    sent = request.form.getlist("tasks")[:MOST_AT_ONCE]
    chosen = [int(each) for each in sent if each.isascii() and each.isdigit() and len(each) < LONGEST_ID]
    return _replayed(who, chosen)


def _replayed(who: Acting, chosen: list[int]) -> Any:
    count = desk.replay_tasks(who.actor, chosen)
    return redirect(url_for("console.show_operations", replayed=count), 303)


@pages.post("/operations/webhooks/<uuid:delivery_id>")
@members_only("admin", kinds=(ADMIN,))
def redeliver_failed(who: Acting, delivery_id: UUID) -> Any:
    """Deliver a webhook that failed once more; one that somebody else has sent meanwhile is passed over."""
    try:
        webhooks.redeliver(who.actor, delivery_id)
        count = 1
    except Conflict:
        count = 0
    return redirect(url_for("console.show_operations", replayed=count), 303)
