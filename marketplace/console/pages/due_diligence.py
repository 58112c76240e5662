"""The checks of a generator before the first load of a deal: of its receiver and of who carries for it."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from ...deals import service as deals
from ...deals.models import LIVE_DEALS, Side
from ...due_diligence import service as due_diligence
from ...due_diligence.models import Check, Contractor
from ...events.actor import Actor
from ...http.fields import Lines, OneOf
from ...http.schemas import Schema
from ...persons.service import Acting
from ..form_fields import Checked
from ..forms import Errors, change_or_show, once_by, typed
from ..page import pages, read_query
from ..visitor import is_in_place, members_only, private
from .deal_loads import carriers_of
from .deals import PATH, WRITERS


class ConfirmationForm(Schema):
    contractor = fields.String(required=True, validate=OneOf(Contractor))
    transporter_id = fields.UUID(load_default=None)
    registration, ability, contract = Checked(), Checked(), Checked()
    note = Lines(500, load_default="")


class CarrierQuery(Schema):
    transporter_id = fields.UUID(load_default=None)


CARRIER, CONFIRMATION = CarrierQuery(), ConfirmationForm()


@pages.get(f"{PATH}/due-diligence")
@members_only()
def show_due_diligence(who: Acting, deal_id: UUID) -> Response:
    """What is on file of the receiver and the transporters, and what was confirmed."""
    return _diligence(who.actor, deal_id)


@pages.post(f"{PATH}/due-diligence")
@members_only("deals:write", kinds=WRITERS)
def confirm_due_diligence(who: Acting, deal_id: UUID) -> Any:
    """Confirm that all was checked of one of them."""
    actor = who.actor
    due_diligence.check_generator(actor, deals.find_deal(actor, deal_id))

    def confirm(data: dict[str, Any]) -> str:
        due_diligence.confirm(actor, deal_id, data)
        return f"/deals/{deal_id}/due-diligence"

    return change_or_show(CONFIRMATION, partial(_diligence, actor, deal_id), once_by(actor, confirm))


def _diligence(actor: Actor, deal_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    deal = deals.find_deal(actor, deal_id)
    query, _ = read_query(CARRIER)
    found = due_diligence.checklist_of(deal, query["transporter_id"])
    in_place = is_in_place(actor)
    is_generator = in_place or deal.side_of(actor.enterprise_id) == Side.SUPPLIER
    return private(
        "due_diligence.html",
        http_status,
        deal=deal,
        found=found,
        carriers=carriers_of(deal) if is_generator else (),
        may_confirm=is_generator
        and (in_place or "deals:write" in actor.scopes)
        and deal.status in LIVE_DEALS,
        checks=list(Check),
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/deals/{deal.id}/due-diligence",
    )
