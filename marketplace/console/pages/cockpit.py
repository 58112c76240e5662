"""The cockpit: what the staff of a region sees of it at once, on a desk, a wall or paper."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Response
from marshmallow import fields

from ...boards import service as boards
from ...catalogue import service as catalogue
from ...enterprises.models import Grade
from ...events.actor import ADMIN, REGULATOR
from ...http.fields import Adcode, OneOf
from ...http.schemas import Schema
from ...persons.service import Acting
from ..charts import Area, Chart, Datum, Flow, Words, bar_chart, district_map, line_chart, sankey
from ..formats import number, percent, tonnes
from ..page import pages, read_query, text
from ..visitor import members_only, private

MOST_DISTRICTS = 40
"""On the map and in the tables, those with the most enterprises; the JSON has all."""
MOST_RATES = 12
IN_KG = ("same_city",)
"""Indicators that are made of kilograms."""


class Measure(NamedTuple):
    """A figure of a district that the map can show, and how it is written."""

    name: str
    show: Callable[[Any], str]


MEASURES = {
    "supply": Measure("supply_kg", lambda kg: text("tonnes", tonnes=tonnes(kg))),
    "demand": Measure("demand_kg", lambda kg: text("tonnes", tonnes=tonnes(kg))),
    "moved": Measure("moved_kg", lambda kg: text("tonnes", tonnes=tonnes(kg))),
    "deals": Measure("deals", lambda count: text("cockpit_count", count=number(count))),
    "rate": Measure("rate", percent),
    "score": Measure("mean_score", lambda score: text("cockpit_score_points", score=number(score, 1))),
}


class CockpitPageQuery(Schema):
    """What the page is asked for; `region` as the API names it."""

    region = Adcode(load_default=None)
    by = fields.String(load_default="supply", validate=OneOf(tuple(MEASURES)))
    full = fields.String(load_default=None, validate=OneOf(("1",)))


QUERY = CockpitPageQuery()


@pages.get("/cockpit")
@members_only(kinds=(ADMIN, REGULATOR))
def show_cockpit(who: Acting) -> Response:
    """The figures of the region, each chart with its table."""
    query, errors = read_query(QUERY)
    figures = boards.cockpit(who.actor, query["region"])
    largest = sorted(figures["districts"], key=lambda each: (-each["enterprises"], each["region"]))
    shown = sorted(largest[:MOST_DISTRICTS], key=lambda each: each["region"])
    region = query["region"]
    return private(
        "cockpit.html",
        figures=figures,
        shown=shown,
        is_cut=len(largest) > len(shown),
        indicators=[_indicator(each) for each in figures["indicators"]],
        map=_map(shown, query["by"]),
        flows=_flows(figures["flows"]),
        trade=_trade(figures["months"]),
        credit=_credit(figures["districts"]),
        closing=_closing(shown),
        measures=tuple(MEASURES),
        most=MOST_DISTRICTS,
        query={**query, "region": f"{region:06d}" if region is not None else None},
        errors=errors,
        api="/api/v1/cockpit" + (f"?region={region:06d}" if region is not None else ""),
    )


def _indicator(each: dict[str, Any]) -> dict[str, Any]:
    """An indicator with its part and whole in words, and whether its target is met (None: no figure)."""
    show = tonnes if each["name"] in IN_KG else number
    is_met = None if each["present"] is None else each["present"] >= each["target"]
    return {**each, "part": show(each["part"]), "whole": show(each["whole"]), "is_met": is_met}


def _map(districts: list[dict[str, Any]], by: str) -> Chart | None:
    if not districts:
        return None
    measure = MEASURES[by]
    outlines = catalogue.outlines_of([each["region"] for each in districts])
    areas = [
        Area(
            each["name"],
            each[measure.name] or 0,
            measure.show(each[measure.name]),
            catalogue.on_plane(each["lon"], each["lat"]),
            outlines.get(each["region"], ()),
        )
        for each in districts
    ]
    return district_map(Words(text(f"cockpit_{by}"), text("cockpit_district"), text(f"cockpit_{by}")), areas)


def _flows(flows: list[dict[str, Any]]) -> Chart | None:
    if not flows:
        return None
    words = Words(text("cockpit_flows"), text("cockpit_flow"), text("cockpit_tonnes_head"))
    return sankey(
        words,
        [
            Flow(
                flow["origin_name"],
                flow["destination_name"],
                flow["moved_kg"],
                text("tonnes", tonnes=tonnes(flow["moved_kg"])),
            )
            for flow in flows
        ],
    )


def _trade(months: list[dict[str, Any]]) -> Chart:
    words = Words(text("cockpit_trade"), text("cockpit_month"), text("cockpit_deals_head"))
    data = [
        Datum(
            each["month"],
            each["deals"],
            text("cockpit_month_sum", count=number(each["deals"]), tonnes=tonnes(each["quantity_kg"])),
        )
        for each in months
    ]
    return line_chart(words, data)


def _credit(districts: list[dict[str, Any]]) -> Chart:
    words = Words(text("cockpit_credit"), text("cockpit_grade_head"), text("cockpit_firms"))
    sums = {grade: sum(each["grades"][grade.value] for each in districts) for grade in Grade}
    tones = {Grade.D: "warn", Grade.E: "bad"}
    return bar_chart(
        words,
        [Datum(grade.value, count, number(count), tones.get(grade, "")) for grade, count in sums.items()],
    )


def _closing(districts: list[dict[str, Any]]) -> Chart | None:
    """The districts of the lowest closing rates, lowest first; None where nothing was issued."""
    known = sorted(
        (each for each in districts if each["issued"]), key=lambda each: (each["rate"], -each["issued"])
    )
    if not known:
        return None
    words = Words(text("cockpit_closing"), text("cockpit_district"), text("cockpit_rate"))
    target = boards.TARGETS["closing_rate"]
    data = [
        Datum(each["name"], each["rate"], percent(each["rate"]), "warn" if each["rate"] < target else "")
        for each in known[:MOST_RATES]
    ]
    return bar_chart(words, data)
