"""The queue of the desk as addresses carry it from page to page, and the item that follows one in it."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from marshmallow import fields

from ..catalogue import service as catalogue
from ..desk import service as desk
from ..desk.models import DeskDecision, DeskKind, DeskSort
from ..errors import NotFound
from ..events.actor import Actor
from ..http.fields import Adcode, Choices, OneOf
from ..http.languages import language
from ..http.paging import PageQuery
from .forms import Errors
from .page import named, pages, query_with, read_query, text
from .visitor import account

STEP_TAKEN = "step"
"""Of `decided`: a step on a page of its own, which is no decision of the desk."""
WORDS = ("me", "none")
"""For officers: oneself, and nobody."""
CARRIED = ("kind", "assigned", "region", "sort")


class Taken(fields.String):
    """By whom items are taken: one of `WORDS`, or the id of an officer."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        sent = super()._deserialize(value, attr, data, **kwargs)
        if sent in WORDS:
            return sent
        try:
            return UUID(sent)
        except ValueError as error:
            raise self.make_error("invalid") from error


class DeskPageQuery(PageQuery):
    """What the desk is asked for, by the names of the API; `decided` is what was just said."""

    kind = Choices([kind.value for kind in DeskKind], "desk_kind", load_default=None)
    assigned = Taken(load_default=None)
    region = Adcode(load_default=None)
    sort = fields.String(load_default=DeskSort.DUE, validate=OneOf(DeskSort))
    decided = fields.String(load_default=None, validate=OneOf([*map(str, DeskDecision), STEP_TAKEN]))


DESK = DeskPageQuery()


def asked_query() -> tuple[dict[str, Any], Errors, dict[str, Any]]:
    """The query of the desk that a page of it carries, what is wrong with it, and how an address says it."""
    query, errors = read_query(DESK)
    region = query["region"]
    said = {
        "kind": ",".join(query["kind"]) if query["kind"] else None,
        "assigned": query["assigned"],
        "region": f"{region:06d}" if region else None,
        "sort": query["sort"] if query["sort"] != DeskSort.DUE else None,
    }
    return query, errors, said


def given(said: dict[str, Any]) -> dict[str, Any]:
    """What of a query is said at all."""
    return {name: value for name, value in said.items() if value is not None}


def query_to_page() -> dict[str, Any]:
    """The query for a page that is not the desk's alone: never empty, as that says whence it was opened."""
    query, _, said = asked_query()
    return given({**said, "sort": query["sort"], "decided": query["decided"]})


def is_from_desk(actor: Actor) -> bool:
    """Whether an officer has opened the page from the desk."""
    return actor.enterprise_id is None and any(name in request.args for name in CARRIED)


@pages.app_template_global("oversees")
def oversees(region: int) -> bool:
    """Whether the officer oversees the enterprises of a region; others it may know by name only."""
    visitor = account()
    actor = visitor.actor if visitor else None
    return actor is not None and (actor.is_admin or catalogue.region_covers(actor.region or 0, region))


@pages.app_template_global("desk_query")
def desk_query() -> str:
    """The query of the desk that a page was opened with, for its forms and links; empty without one."""
    carried = {name: request.args[name] for name in CARRIED if name in request.args}
    return query_with(carried) if carried else ""


@pages.app_template_global("said_before")
def said_before(is_item: bool = True) -> str | None:
    """What became of the item before, in a sentence of the next one or of the queue; None if nothing did."""
    query, _ = read_query(DESK)
    decided = query["decided"]
    if decided is None:
        return None
    if decided == STEP_TAKEN:
        return text("desk_step_next" if is_item else "desk_step_done")
    decision = named("desk_decision", decided)
    return text("desk_decided_next" if is_item else "desk_decided", decision=decision)


def row_of(actor: Actor, kind: str, subject_id: UUID) -> Any:
    """The item as a row of the queue; None if it waits no more."""
    try:
        return desk.find_item(actor, kind, subject_id)
    except NotFound:
        return None


def next_of(actor: Actor, row: Any, decided: str | None = None) -> str:
    """The address of the item that follows in the queue as it was asked for; of the queue, if there is none.

    Args:
        row: of `row_of`. decided: what was said to it.
    """
    query, _, said = asked_query()
    follows = desk.find_next(desk.asked_for(actor, query), row)
    asked = given({**said, "decided": decided})
    if follows is None:
        return url_for("console.show_desk", **asked)
    (item,) = desk.present_items(actor, [follows], language())
    path = url_for("console.show_desk_item", kind=item["kind"].value, subject_id=item["id"])
    return path + query_with(asked) if asked else path
