"""Where a load is: the carrier, or its driver on a phone, says the place of the vehicle on its way."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response
from markupsafe import Markup

from ... import clock
from ...haulage import service as haulage
from ...http.fields import Range
from ...http.languages import language
from ...http.schemas import Schema
from ...manifests import service as manifests
from ...persons.service import Acting
from ..form_fields import LocalMoment, as_typed
from ..formats import moment
from ..forms import Errors, FormNumber, change_or_show, typed
from ..page import pages, text
from ..places import PlaceMap, Spot, place_map, thinned
from ..visitor import members_only, private
from .loads import PATH, WRITERS, may_track, shown_to

MOST_KMH = 1000
MOST_ROWS, MOST_FINDINGS = 50, 20
"""Of the table behind the map, and of what is numbered on it; programs get all."""


class PointForm(Schema):
    """A place of the vehicle at a moment, by the names of the API; WGS-84, km/h."""

    at = LocalMoment(required=True)
    lon = FormNumber(required=True, validate=Range(min=-180, max=180))
    lat = FormNumber(required=True, validate=Range(min=-90, max=90))
    speed = FormNumber(load_default=None, validate=Range(min=0, max=MOST_KMH))


POINT = PointForm()


@pages.get(f"{PATH}/track")
@members_only(drivers=True)
def show_track(who: Acting, manifest_id: UUID) -> Response:
    """The way so far as a map with its table, and the form for one place more."""
    return _track(who, manifest_id)


def _track(who: Acting, manifest_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    row = shown_to(who, manifest_id)
    way = haulage.show_way(row.id, language())
    return private(
        "track.html",
        http_status,
        load=row,
        way=way,
        map=_map(way),
        rows=thinned(way["line"], MOST_ROWS),
        may_track=may_track(who, row),
        values=typed() if errors else {"at": as_typed(clock.now())},
        errors=errors or {},
        script="here.js",
        api=f"/api/v1/manifests/{row.id}/track",
    )


def _marks(way: dict[str, Any]) -> list[dict[str, Any]]:
    """What is numbered on the map: where the way begins, where it ended last, and what is to be explained."""
    line = way["line"]
    ends = zip((line[:1], line[1:][-1:]), ("track_first", "track_last"), strict=True)
    marks = [{**place, "detail": text(sentence)} for places, sentence in ends for place in places]
    return [*marks, *way["findings"][:MOST_FINDINGS]]


def _map(way: dict[str, Any]) -> PlaceMap | None:
    places = [(place["lon"], place["lat"]) for place in way["line"]]
    spots = [
        Spot(
            mark["lon"],
            mark["lat"],
            Markup("{} · {}").format(moment(mark["at"]), mark["detail"]),
            tone="own" if "kind" in mark else "",
        )
        for mark in _marks(way)
    ]
    return place_map(spots, places)


@pages.post(f"{PATH}/track")
@members_only("deals:write", kinds=WRITERS, drivers=True)
def add_point(who: Acting, manifest_id: UUID) -> Any:
    """Say where the vehicle is; sent again it is dropped."""
    actor = who.actor
    shown_to(who, manifest_id)
    manifest = manifests.find(actor, manifest_id)

    def add(data: dict[str, Any]) -> str:
        haulage.add_points(actor, manifest, [data])
        return f"/loads/{manifest_id}/track"

    return change_or_show(POINT, partial(_track, who, manifest_id), add)
