"""A load of several deals: what goes from one supplier to one receiver on one vehicle, on one manifest."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...deals import service as deals
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import Actor
from ...http.fields import Day, Identifier, Lines, OneOf
from ...http.schemas import Schema
from ...listings.models import Packaging
from ...manifests import service as manifests
from ...persons.service import Acting
from ...transporters import service as transporters
from ..form_fields import TypedTonnes, TypedWhole
from ..form_rows import Rows
from ..forms import WHOLE, Errors, once, read_form, typed, wrong
from ..page import pages, read_query, text
from ..visitor import members_only, private
from ..warnings import warn
from .deal_loads import MOST_TRANSPORTERS
from .deals import WRITERS

MOST_DEALS = 20
"""As many lines as a manifest may have."""
MOST_CHOSEN_FROM = 100


class MixedQuery(Schema):
    deal_id = fields.UUID(load_default=None)


class MixedForm(Schema):
    """What is said of the whole load, by the names of the API."""

    transporter_id = fields.UUID(required=True)
    planned_on = Day(required=True)
    vehicle = Identifier(20, load_default=None)
    emergency = Lines(1000, load_default=None)
    reason = Lines(500, load_default=None)


class LineForm(Schema):
    """What is loaded under one of the deals; a line without tonnes is none."""

    deal_id = fields.UUID(required=True)
    quantity_t = TypedTonnes(required=True)
    packages = TypedWhole(load_default=None)
    packing = fields.String(load_default=None, validate=OneOf(Packaging))


QUERY, MIXED = MixedQuery(), MixedForm()
LINES = Rows("lines", LineForm(), ("quantity_t", "packages", "packing"), 0, MOST_DEALS)


@pages.get("/loads/new")
@members_only("deals:write", kinds=WRITERS)
def show_mixed_load(who: Acting) -> Response:
    """The deals with one receiver that may be loaded together, each with its tonnes to fill in."""
    return _mixed(who.actor)


@pages.post("/loads/new")
@members_only("deals:write", kinds=WRITERS)
def draft_mixed_load(who: Acting) -> Any:
    """Draft its manifest."""
    actor = who.actor
    data, errors = read_form(MIXED)
    lines, faults = LINES.read()
    if not lines and not faults:
        faults = {WHOLE: [text("mixed_none")]}
    if data is None or faults:
        return _mixed(actor, 422, errors | faults)

    def draft() -> str:
        body = {**data, "lines": [{**line, "containers": None} for line in lines]}
        load, notices = manifests.draft(actor, body)
        warn(notices)
        return f"/loads/{load.id}"

    try:
        return once(actor, draft)
    except DomainError as error:
        return _mixed(actor, error.status, LINES.beside(MIXED, wrong(error)))


def _mixed(actor: Actor, http_status: int = 200, errors: Errors | None = None) -> Response:
    found = _loadable(actor)
    values = typed() if errors else {"planned_on": clock.today().isoformat()}
    values |= LINES.values() if errors else {}
    receivers = {deal.receiver_id: deal for deal in reversed(found)}
    names = enterprises.by_id(set(receivers))
    rows = _in_the_order_sent(found[:MOST_DEALS], values) if len(receivers) == 1 else []
    return private(
        "load_mixed.html",
        http_status,
        choices=[(deal.id, names[receiver_id].name) for receiver_id, deal in receivers.items()],
        deals=rows,
        carriers=_carriers(rows),
        packings=list(Packaging),
        values=values,
        errors=errors or {},
        api="/api/v1/manifests",
    )


def _loadable(actor: Actor) -> Sequence[Deal]:
    """One's own deals under which something is left to load; with the deal that the address names, those of
    its two parties. Raises: NotFound."""
    query, _ = read_query(QUERY)
    if query["deal_id"] is not None:
        deal = deals.find_deal(actor, query["deal_id"])
        if not actor.is_admin and deal.supplier_id != actor.enterprise_id:
            return ()
        return deals.search_loadable(deal.supplier_id, deal.receiver_id, MOST_DEALS)
    if actor.enterprise_id is None:
        return ()
    return deals.search_loadable(actor.enterprise_id, None, MOST_CHOSEN_FROM)


def _in_the_order_sent(found: Sequence[Deal], values: dict[str, Any]) -> list[Deal]:
    """The deals as the rows of the form number them: first those for which something was typed."""
    sent = [values.get(f"lines.{number}.deal_id") for number in range(len(found))]
    by_id = {str(deal.id): deal for deal in found}
    first = [by_id[deal_id] for deal_id in dict.fromkeys(sent) if deal_id in by_id]
    return [*first, *(deal for deal in found if deal not in first)]


def _carriers(loaded: Sequence[Deal]) -> list[tuple[UUID, str]]:
    """The transporters that may carry all of it, by id and name."""
    if not loaded:
        return []
    codes = catalogue.codes_by_id({deal.code_id for deal in loaded})
    wanted = {"region": None, "hazardous": any(code.hazardous for code in codes.values())}
    rows = transporters.search_transporters(wanted, None, MOST_TRANSPORTERS)
    return [(row.id, row.Enterprise.name) for row in rows]
