"""Plans for a region and a period: which supply should go to which demand, what stays, and what lacks."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import ValidationError, fields, validates_schema

from ... import clock
from ...allocations import service as allocations
from ...allocations.models import AllocationStatus, Receivers
from ...catalogue import service as catalogue
from ...http.authentication import STAFF
from ...http.fields import Adcode, Day, OneOf
from ...http.languages import Message, localised
from ...http.paging import Key, PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ..form_fields import WrittenCodes
from ..forms import Errors, change_or_show, once_by, typed
from ..page import pages, read_query
from ..visitor import members_only, private

MOST_DAYS, MOST_CODES = 731, 50
BY_POSITION = Key("position", int, start=0)
AMOUNTS = ("supply_kg", "placed_kg", "no_lawful_way_kg", "no_capacity_kg", "below_lot_kg")
"""Of the totals: what there is, what can go somewhere, and why the rest cannot."""


class AllocationForm(Schema):
    """What to plan, by the names of the API."""

    region = Adcode(required=True)
    first_day = Day(required=True, data_key="from")
    last_day = Day(required=True, data_key="until")
    codes = WrittenCodes(2000, most=MOST_CODES, load_default=list)
    receivers = fields.String(load_default=Receivers.ANYWHERE.value, validate=OneOf(Receivers))

    @validates_schema
    def _in_bounds(self, data: dict[str, Any], **_: Any) -> None:
        days = (data["last_day"] - data["first_day"]).days
        if days < 0:
            raise ValidationError({"until": [Message("ends_before_start")]})
        if days >= MOST_DAYS:
            raise ValidationError({"until": [Message("period_too_long", most=MOST_DAYS)]})


LIST, ALLOCATION = PageQuery(), AllocationForm()


@pages.get("/allocations")
@members_only(kinds=STAFF)
def show_allocations(who: Acting) -> Response:
    """The plans for regions that one oversees, and the form for another."""
    return _allocations(who)


def _allocations(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    found = page_of_rows(query, partial(allocations.list_allocations, actor))
    today = clock.today()
    year_end = today.replace(month=12, day=31)
    first_region = f"{actor.region:06d}" if actor.region else ""
    blank = {"from": today.isoformat(), "until": year_end.isoformat(), "region": first_region}
    return private(
        "allocations.html",
        http_status,
        plans=found["items"],
        next=found["next"],
        names=catalogue.region_names({row.region for row in found["items"]}),
        receivers=list(Receivers),
        may_write=_may_ask(who),
        values=typed() if errors else blank,
        errors=errors or {},
        api="/api/v1/allocations",
    )


def _may_ask(who: Acting) -> bool:
    """Whether this member of the staff decides: one that only reads does not."""
    return not who.actor.is_admin or "admin" in who.actor.scopes


@pages.post("/allocations")
@members_only(kinds=STAFF)
def start_allocation(who: Acting) -> Any:
    """Have a plan made; its page says how far it is."""
    actor = who.actor

    def start(data: dict[str, Any]) -> str:
        allocations.check_allocation_request(actor, {"region": request.form.get("region")})
        row = allocations.start_allocation(actor, {**data, "scheme": None})
        return url_for("console.show_allocation", allocation_id=row.id)

    return change_or_show(ALLOCATION, partial(_allocations, who), once_by(actor, start))


@pages.get("/allocations/<uuid:allocation_id>")
@members_only(kinds=STAFF)
def show_allocation(who: Acting, allocation_id: UUID) -> Response:
    """A plan: how far it is, what came of it, the largest shortages, what goes where."""
    row = allocations.find_allocation(who.actor, allocation_id)
    is_done = row.status == AllocationStatus.DONE
    query, errors = read_query(LIST)
    found = (
        page_of_rows(query, partial(allocations.plan_items, row, "placements"), BY_POSITION)
        if is_done
        else {"items": [], "next": None}
    )
    return private(
        "allocation.html",
        plan=row,
        region_name=catalogue.region_names({row.region})[row.region],
        refused=localised([row.reason])[0]["detail"] if row.reason else None,
        amounts=AMOUNTS,
        is_first=query["cursor"] is None,
        gaps=allocations.first_gaps(row) if is_done and query["cursor"] is None else (),
        placements=found["items"],
        next=found["next"],
        errors=errors,
        api=f"/api/v1/allocations/{row.id}",
    )
