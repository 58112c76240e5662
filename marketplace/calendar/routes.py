"""Working days over HTTP."""

from .. import clock
from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, subject
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.api import VERSIONED
from . import service
from .models import WorkingCalendar
from .schemas import DeadlineQuery, DeadlineSchema, NewWorkingCalendarSchema, WorkingCalendarSchema

blueprint = Blueprint("calendar", __name__, description="Working days, by which deadlines are counted.")


@blueprint.get("/working-days")
@allow(*EVERY_KEY)
@blueprint.response(200, WorkingCalendarSchema, headers=VERSIONED)
def show_working_days() -> Versioned:
    """The operator's table of holidays and make-up days, which comes before what is known besides."""
    return _table(service.current())


@blueprint.put("/working-days")
@allow(ADMIN, scope="admin")
@subject(service.current)
@blueprint.body(NewWorkingCalendarSchema)
@blueprint.response(200, WorkingCalendarSchema, headers=VERSIONED)
def publish_working_days(_: WorkingCalendar, body: Body, expected: int | None) -> Versioned:
    """Replace the operator's table; deadlines are counted by it from the next request on."""
    return _table(service.publish(actor(), body["items"], body["complete_years"], expected))


@blueprint.get("/working-days/deadline")
@allow(*EVERY_KEY)
@blueprint.query(DeadlineQuery)
@blueprint.response(200, DeadlineSchema)
def show_deadline(query: Query) -> Json:
    """The day on which a number of working days after a day has passed."""
    day = query["day"] or clock.today()
    deadline = service.add_working_days(day, query["days"])
    notices = service.unknown_year_notices(day, deadline, "day")
    return {**query, "day": day, "deadline": deadline, "warnings": render_warnings(notices)}


def _table(row: WorkingCalendar) -> Versioned:
    announced = service.announced_years()
    return {
        "version": row.version,
        "items": row.items,
        "complete_years": row.complete_years,
        "announced_from": announced[0],
        "announced_until": announced[-1],
    }, etag(row.version)
