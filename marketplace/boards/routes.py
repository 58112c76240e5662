"""Boards of credit over HTTP."""

from functools import partial
from uuid import UUID

from flask import Response

from ..events.actor import ADMIN
from ..http.authentication import ANYONE, EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import FILE, Blueprint, Json, Query, attachment
from ..http.languages import language
from ..http.paging import Page, cut, each, page, position_of
from ..http.rate_limits import EXPORT, count_for
from ..http.schemas import Schema
from ..messages import say
from . import service
from .models import PointsBy
from .schemas import (
    BoardExportQuery,
    BoardPageSchema,
    BoardQuery,
    CockpitQuery,
    CockpitSchema,
    ExposureQuery,
    ExposuresSchema,
    FiguresSchema,
    GradePage,
    GradeQuery,
    PointsQuery,
    PointsTotalsSchema,
    RedListPageSchema,
)

KEPT_BY_OTHERS = {"Cache-Control": "public, max-age=60"}
"""How long browsers and proxies may show a board without asking again; the platform itself keeps none, so
what is overturned is gone from it at once and from them within a minute. Our own choice."""

blueprint = Blueprint("boards", __name__, description="Public boards of credit, and what credit does.")


@blueprint.get("/credit/board")
@allow(*ANYONE)
@blueprint.query(BoardQuery)
@blueprint.response(200, BoardPageSchema)
def show_board(query: Query) -> tuple[Json, dict[str, str]]:
    """Enterprises of grade D and E with the reasons that are final and may still be published.

    The points are this platform's; they are not the statutory record. What is withdrawn, repaired or appealed
    against is gone with the next request.
    """
    publication = service.Publication.of_today()
    rows = service.search_board(publication, query, position_of(query, (int, UUID)))
    shown = cut(query, rows, service.board_position, partial(service.present_board, publication))
    return _with_notice(shown), KEPT_BY_OTHERS


@blueprint.get("/credit/red-list")
@allow(*ANYONE)
@blueprint.query(BoardQuery)
@blueprint.response(200, RedListPageSchema)
def show_red_list(query: Query) -> tuple[Json, dict[str, str]]:
    """Enterprises with honours that count, such as zero-waste factories."""
    rows = partial(service.search_honoured, query)
    return _with_notice(page(query, rows, present=service.present_honoured)), KEPT_BY_OTHERS


def _with_notice(shown: Page) -> Json:
    return {**shown, "notice": say("board_notice", language())}


@blueprint.get("/figures")
@allow(*ANYONE)
@blueprint.query(Schema)
@blueprint.response(200, FiguresSchema)
def show_figures(query: Query) -> tuple[Json, dict[str, str]]:
    """The figures of the town: open tonnes by class, deals, loads and their closing rate, latest listings.

    They are sums over all enterprises. Of a listing everybody sees its code, weight and
    district; who offers it, under which title and at which price, is for members.
    """
    return service.town_figures(), KEPT_BY_OTHERS


@blueprint.get("/cockpit")
@allow(*STAFF)
@blueprint.query(CockpitQuery)
@blueprint.response(200, CockpitSchema)
def show_cockpit(query: Query) -> Json:
    """What staff sees of a region at once: each district, flows, trade by month, indicators with targets.

    A regulator sees its own region, or with `region` one within it. The figures are a minute old at most.
    """
    return service.cockpit(actor(), query["region"])


@blueprint.get("/credit/grades")
@allow(*EVERY_KEY)
@blueprint.query(GradeQuery)
@blueprint.response(200, GradePage)
def list_grades(query: Query) -> Page:
    """The grades of all approved enterprises, best credit first, for members."""
    rows = service.search_grades(query, position_of(query, (int, UUID)))
    return cut(query, rows, service.grade_position, each(partial(service.present_grade, actor())))


@blueprint.get("/credit/board/export")
@allow(ADMIN, scope="admin")
@blueprint.query(BoardExportQuery)
@blueprint.response(200, {"type": "object"}, content_type="application/json")
@blueprint.alt_response(200, schema=FILE, content_type="text/csv")
def export_board(query: Query) -> Response:
    """The board as a signed file for other departments.

    With `since`: what came to the board from that day on, and what was withdrawn from it, which the receiver
    deletes. `Content-Digest` is the checksum of the file; `Huanliu-Signature` is made over the word `board`,
    a line feed and the file.
    """
    count_for(actor(), EXPORT)
    file = service.export_board(query)
    response = attachment(file.content, file.media_type, file.name)
    response.headers.extend(file.headers)
    return response


@blueprint.get("/credit/points")
@allow(*STAFF)
@blueprint.query(PointsQuery)
@blueprint.response(200, PointsTotalsSchema)
def show_points(query: Query) -> service.Totals:
    """Points lost in a region, summed by axis, district or month; a regulator's own region only."""
    by = PointsBy(query["by"])
    return service.points_lost(actor(), by, query["region"], query["months"])


@blueprint.get("/credit/exposure")
@allow(ADMIN)
@blueprint.query(ExposureQuery)
@blueprint.response(200, ExposuresSchema)
def show_exposure(query: Query) -> Json:
    """What the tiers of credit do: by grade and side who gets how many messages how late, and who deals."""
    since, items = service.exposure(query["days"])
    return {"days": query["days"], "since": since, "items": items}
