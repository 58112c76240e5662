"""Charts: where everything lies, as numbers for the attributes of SVG; charts.html draws it, with the table.

Each chart has the same figures as words for the table behind it, which a screen reader reads and a sheet
takes. No colour and no size is written into a chart but by a class, so that a strict policy shows it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

WIDTH = 360
"""Units across a line chart: pixels of a phone, so that words in it are as large as those around it."""
LINE_HEIGHT, LEFT, TOP, BOTTOM = 180, 44, 10, 24
HEXAGON_WIDTH, HEXAGON_HEIGHT, RADIUS = 360, 280, 96
RINGS = (0.25, 0.5, 0.75, 1.0)
LABEL_DISTANCE = 16


class Datum(NamedTuple):
    """A figure of a chart: what it is of, its value (0 or more), and the value in words."""

    label: str
    value: float
    shown: str
    tone: str = ""
    """A class of the stylesheet for its colour, such as `warn`."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure with its place in the chart."""

    label: str
    shown: str
    x: float
    y: float = 0.0
    tone: str = ""
    label_x: float = 0.0
    label_y: float = 0.0
    anchor: str = "middle"


class Tick(NamedTuple):
    """A line of the grid with its value in words."""

    y: float
    shown: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its words: title and the heads of the two columns of its table."""

    title: str
    label_head: str
    value_head: str
    points: Sequence[Point]
    width: int = 100
    height: int = 4
    left: int = 0
    path: str = ""
    rings: Sequence[str] = ()
    ticks: Sequence[Tick] = ()


class Words(NamedTuple):
    """The words of a chart."""

    title: str
    label_head: str
    value_head: str


class Part(NamedTuple):
    """A part of a score: where it begins in a bar of 100, and how long it is."""

    name: str
    points: float
    x: float
    width: float


def bar_chart(words: Words, data: Sequence[Datum]) -> Chart:
    """Horizontal bars, the longest 100 long; a value that is not 0 is seen, however small it is."""
    largest = max((datum.value for datum in data), default=0) or 1
    points = [
        Point(datum.label, datum.shown, _bar_length(datum.value / largest), tone=datum.tone) for datum in data
    ]
    return Chart(*words, points)


def line_chart(words: Words, data: Sequence[Datum]) -> Chart:
    """A line from left to right, at equal distances, from 0 at the bottom; at least one figure.

    Raises: ValueError: there is none.
    """
    if not data:
        raise ValueError("a line needs a figure")
    top_value = _round_up(max(datum.value for datum in data))
    bottom = LINE_HEIGHT - BOTTOM
    step = (WIDTH - LEFT - 4) / max(1, len(data) - 1)
    points = [
        Point(
            datum.label,
            datum.shown,
            round(LEFT + number * step, 1),
            round(bottom - (bottom - TOP) * datum.value / top_value, 1),
        )
        for number, datum in enumerate(data)
    ]
    ticks = [
        Tick(round(bottom - (bottom - TOP) * share, 1), f"{top_value * share:g}") for share in (0, 0.5, 1)
    ]
    return Chart(*words, points, WIDTH, LINE_HEIGHT, LEFT, _path(points), ticks=ticks)


def hexagon(words: Words, data: Sequence[Datum], most: float) -> Chart:
    """Six figures on six axes, from 0 in the middle to `most` at the rim; the first axis points up.

    Raises: ValueError: there are not six.
    """
    if len(data) != 6:
        raise ValueError("a hexagon has six axes")
    points = []
    for number, datum in enumerate(data):
        share = min(1.0, max(0.0, datum.value / most))
        label_x, label_y = _on_axis(number, RADIUS + LABEL_DISTANCE)
        anchor = {0: "middle", 3: "middle", 1: "start", 2: "start"}.get(number, "end")
        point = Point(datum.label, datum.shown, *_on_axis(number, RADIUS * share), tone=datum.tone)
        points.append(replace(point, label_x=label_x, label_y=round(label_y + 4, 1), anchor=anchor))
    rings = [" ".join(_pair(*_on_axis(number, RADIUS * ring)) for number in range(6)) for ring in RINGS]
    return Chart(*words, points, HEXAGON_WIDTH, HEXAGON_HEIGHT, path=_path(points), rings=rings)


def score_parts(parts: Sequence[tuple[str, float]]) -> list[Part]:
    """The parts of a score of at most 100 points, one after the other in a bar of 100."""
    found, x = [], 0.0
    for name, points in parts:
        found.append(Part(name, points, round(x, 2), round(points, 2)))
        x += points
    return found


def _bar_length(share: float) -> float:
    return 0.0 if share <= 0 else max(0.5, round(100 * share, 1))


def _on_axis(number: int, distance: float) -> tuple[float, float]:
    """The place at that distance from the middle on the axis with that number, clockwise from above."""
    angle = math.radians(60 * number - 90)
    x, y = HEXAGON_WIDTH / 2 + distance * math.cos(angle), HEXAGON_HEIGHT / 2 + distance * math.sin(angle)
    return round(x, 1), round(y, 1)


def _pair(x: float, y: float) -> str:
    return f"{x:g},{y:g}"


def _path(points: Sequence[Point]) -> str:
    return " ".join(_pair(point.x, point.y) for point in points)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and so on that is not smaller; 1 of 0."""
    if value <= 0:
        return 1.0
    size: float = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value * (1 - 1e-9))
