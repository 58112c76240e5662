"""The front page: what the platform is, the figures of the town, the latest listings without names."""

from typing import Any

from flask import Response

from ...boards import service as boards
from ...http.authentication import ANYONE, allow
from ..charts import Chart, Datum, Words, bar_chart
from ..formats import tonnes, waste
from ..page import page, pages, text

MOST_CLASSES = 8
"""Bars of the chart; the table at `/api/v1/figures` has them all."""


@pages.get("/")
@allow(*ANYONE)
def show_front() -> Response:
    """The front page."""
    figures = boards.town_figures()
    return page("front.html", figures=figures, chart=_chart_of(figures["classes"]), api="/api/v1/figures")


def _chart_of(classes: list[dict[str, Any]]) -> Chart | None:
    """Open tonnes by class, what is beyond the largest in one bar; None where nothing is open."""
    if not classes:
        return None
    words = Words(text("chart_open"), text("chart_open_class"), text("chart_open_tonnes"))
    shown, rest = classes[:MOST_CLASSES], classes[MOST_CLASSES:]
    data = [_datum(each) for each in shown]
    if rest:
        kg = sum(each["quantity_kg"] for each in rest)
        data.append(Datum(text("chart_others", count=len(rest)), kg, text("tonnes", tonnes=tonnes(kg))))
    return bar_chart(words, data)


def _datum(waste_class: dict[str, Any]) -> Datum:
    hazardous, kg = waste_class["hazardous"], waste_class["quantity_kg"]
    label = text(
        "chart_class_hazardous" if hazardous else "chart_class",
        code=waste_class["code"],
        name=waste(waste_class),
    )
    return Datum(label, kg, text("tonnes", tonnes=tonnes(kg)), "warn" if hazardous else "")
