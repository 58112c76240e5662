"""The next load of a deal: what is left, on one vehicle, by one of the transporters that may carry it."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...deals import service as deals
from ...deals.models import Deal
from ...http.fields import Day, Identifier, Lines, OneOf
from ...listings.models import Packaging
from ...manifests import service as manifests
from ...manifests.models import HEAVIEST_KG
from ...persons.service import Acting
from ...transporters import service as transporters
from ..form_fields import TypedTonnes, TypedWhole
from ..forms import Errors, change_or_show, once_by, typed
from ..page import pages
from ..visitor import members_only, private
from ..warnings import warn
from .deals import PATH, WRITERS, ReasonForm

MOST_TRANSPORTERS = 50


class LoadForm(ReasonForm):
    """A load of one deal, by the names of the API."""

    transporter_id = fields.UUID(required=True)
    planned_on = Day(required=True)
    quantity_t = TypedTonnes(required=True)
    packages = TypedWhole(load_default=None)
    packing = fields.String(load_default=None, validate=OneOf(Packaging))
    vehicle = Identifier(20, load_default=None)
    emergency = Lines(1000, load_default=None)


LOAD = LoadForm()


@pages.get(f"{PATH}/loads/new")
@members_only("deals:write", kinds=WRITERS)
def show_new_load(who: Acting, deal_id: UUID) -> Response:
    """The form of a load: what is left, on one vehicle."""
    deal = deals.find_deal(who.actor, deal_id)
    most = min(deal.left_kg, HEAVIEST_KG)
    day = max(clock.today(), deal.from_day)
    return _new_load(deal, {"quantity_t": f"{most / 1000:g}", "planned_on": day.isoformat()})


@pages.post(f"{PATH}/loads/new")
@members_only("deals:write", kinds=WRITERS)
def draft_load(who: Acting, deal_id: UUID) -> Any:
    """Draft its manifest."""
    actor = who.actor
    deal = deals.find_deal(actor, deal_id)

    def draft(data: dict[str, Any]) -> str:
        body = {**data, "containers": None}
        load, notices = manifests.draft_for_deal(actor, deal_id, body)
        warn(notices)
        return f"/loads/{load.id}"

    return change_or_show(LOAD, partial(_new_load, deal, typed()), once_by(actor, draft))


def _new_load(
    deal: Deal, values: dict[str, str], http_status: int = 200, errors: Errors | None = None
) -> Response:
    return private(
        "load_new.html",
        http_status,
        deal=deal,
        carriers=carriers_of(deal),
        packings=list(Packaging),
        values=values,
        errors=errors or {},
        api=f"/api/v1/deals/{deal.id}",
    )


def carriers_of(deal: Deal) -> list[tuple[UUID, str]]:
    """The transporters that may carry the waste of a deal, by id and name."""
    hazardous = catalogue.codes_by_id({deal.code_id})[deal.code_id].hazardous
    wanted = {"region": None, "hazardous": hazardous}
    rows = transporters.search_transporters(wanted, None, MOST_TRANSPORTERS)
    return [(row.id, row.Enterprise.name) for row in rows]
