"""The due-diligence list of a deal: read by whoever sees the deal, confirmed by its generator."""

from uuid import UUID

from ..deals import service as deals
from ..deals.models import Deal
from ..events.actor import ADMIN, ENTERPRISE, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, subject
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from . import service
from .schemas import ConfirmationSchema, DueDiligenceQuery, DueDiligenceSchema

blueprint = Blueprint("due_diligence", __name__, description="What a generator checked of its contractors.")


def _find_deal(actor: Actor, deal_id: UUID) -> Deal:
    return deals.find_deal(actor, deal_id)


def _find_own(actor: Actor, deal_id: UUID) -> Deal:
    """A deal that the actor may confirm checks of. Raises: NotFound, Forbidden."""
    deal = deals.find_deal(actor, deal_id)
    service.check_generator(actor, deal)
    return deal


@blueprint.get("/deals/<uuid:deal_id>/due-diligence")
@allow(*EVERY_KEY)
@subject(_find_deal)
@blueprint.query(DueDiligenceQuery)
@blueprint.response(200, DueDiligenceSchema)
def show_due_diligence(deal: Deal, query: Query) -> Json:
    """What is on file of the receiver and the carriers of a deal, and whether the generator confirmed it."""
    return _shown(deal, query["transporter_id"])


@blueprint.post("/deals/<uuid:deal_id>/due-diligence")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(_find_own)
@may_conflict
@blueprint.body(ConfirmationSchema)
@blueprint.response(200, DueDiligenceSchema)
def confirm_due_diligence(deal: Deal, body: Body) -> Json:
    """Confirm that you checked the receiver or a carrier of your deal and signed a contract with it."""
    service.confirm(actor(), deal.id, body)
    return _shown(deal, None)


def _shown(deal: Deal, transporter_id: UUID | None) -> Json:
    found = service.checklist_of(deal, transporter_id)
    return {**found, "warnings": render_warnings(found["warnings"])}
