"""Early warnings over HTTP, for staff only."""

from uuid import UUID

from ..http.authentication import STAFF, actor, allow
from ..http.blueprint import Blueprint, Json, Query
from ..http.languages import language
from ..http.paging import cut, each, position_of
from ..messages import say
from . import service
from .schemas import EarlyWarningModelSchema, EarlyWarningPageSchema, EarlyWarningQuery

blueprint = Blueprint("early_warnings", __name__, description="Hints for staff on who may fall soon.")


@blueprint.get("/credit/early-warnings")
@allow(*STAFF)
@blueprint.query(EarlyWarningQuery)
@blueprint.response(200, EarlyWarningPageSchema)
def list_early_warnings(query: Query) -> Json:
    """Enterprises that may fall to grade D or E within 90 days, the highest risk first, for staff.

    A hint from statistics: it decides nothing, is no part of any score, and is computed again each night. A
    regulator sees its own region only.
    """
    rows = service.search(actor(), query, position_of(query, (float, UUID)))
    shown = cut(query, rows, service.position, each(service.present))
    return {**shown, "notice": say("early_warning_notice", language())}


@blueprint.get("/credit/early-warnings/model")
@allow(*STAFF)
@blueprint.response(200, EarlyWarningModelSchema)
def show_early_warning_model() -> Json:
    """What early warnings are computed by: whether it warns, what it learned from, how well it did later."""
    return service.show_model()
