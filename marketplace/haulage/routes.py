"""Tracks: the carrier sends points, the parties and their overseers see where a load went."""

from functools import partial

from .. import clock
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, subject
from ..http.languages import language
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, page
from ..manifests import service as manifests
from ..manifests.models import Manifest
from ..transporters import service as transporters
from ..transporters.models import TransporterRegister
from . import service
from .schemas import (
    MOST_AT_ONCE,
    DayPlanQuery,
    DayPlanSchema,
    TrackIntakeSchema,
    TrackPointSchema,
    TrackSchema,
    TripPage,
)

blueprint = Blueprint(
    "haulage", __name__, description="What a carrier does day by day: requests, day plan, tracks."
)

BATCH = {"type": "array", "items": TrackPointSchema, "minItems": 1, "maxItems": MOST_AT_ONCE}
BATCH_OF_POINTS = {"required": True, "content": {"application/json": {"schema": BATCH}}}
"""What the document says of a body that is a list."""


@blueprint.get("/transporters/<uuid:enterprise_id>/requests")
@allow(*EVERY_KEY)
@subject(transporters.find_register)
@blueprint.query(PageQuery)
@blueprint.response(200, TripPage)
def list_requests(register: TransporterRegister, query: Query) -> Page:
    """Loads that you are asked to carry and have neither scheduled nor declined yet, newest first."""
    rows = partial(service.search_requests, register.enterprise_id)
    return page(query, rows, present=partial(service.present_trips, actor()))


@blueprint.get("/transporters/<uuid:enterprise_id>/day-plan")
@allow(*EVERY_KEY)
@subject(transporters.find_register)
@blueprint.query(DayPlanQuery)
@blueprint.response(200, DayPlanSchema)
def show_day_plan(register: TransporterRegister, query: Query) -> Json:
    """Your trips of a day by time and vehicle: what, from where, to where, and whom to call."""
    return service.day_plan(actor(), register.enterprise_id, query["day"] or clock.today())


@blueprint.post("/manifests/<uuid:manifest_id>/track")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(manifests.find)
@may_conflict
@blueprint.body(TrackPointSchema(many=True))
@blueprint.doc(requestBody=BATCH_OF_POINTS)
@blueprint.response(200, TrackIntakeSchema)
def add_points(manifest: Manifest, body: list[Body]) -> Json:
    """Send places of the vehicle, up to a thousand at once, in any order; what was sent before is dropped.

    Points with a clock that cannot be right, or of before the pickup or after the delivery, are kept and
    marked, and not judged.
    """
    return service.add_points(actor(), manifest, body)


@blueprint.get("/manifests/<uuid:manifest_id>/track")
@allow(*EVERY_KEY)
@subject(manifests.find)
@blueprint.response(200, TrackSchema)
def show_track(manifest: Manifest) -> Json:
    """Where a load went, with what is to be explained; for its parties and their overseers."""
    return service.show_track(manifest, language())
