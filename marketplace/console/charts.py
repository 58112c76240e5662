"""Charts: where everything lies, as numbers for the attributes of SVG; charts.html draws it, with the table.

Each chart has the same figures as words for the table behind it, which a screen reader reads and a sheet
takes. No colour and no size is written into a chart but by a class, so that a strict policy shows it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import NamedTuple

WIDTH = 360
"""Units across a line chart: pixels of a phone, so that words in it are as large as those around it."""
LINE_HEIGHT, LEFT, TOP, BOTTOM = 180, 44, 10, 24
HEXAGON_WIDTH, HEXAGON_HEIGHT, RADIUS = 360, 280, 96
RINGS = (0.25, 0.5, 0.75, 1.0)
LABEL_DISTANCE = 16
SANKEY_EDGE, BAR_WIDTH, FLOW_HEIGHT, GAP = 92, 8, 240, 6
LINE = 16
"""Units of a line of words."""
MAP_WIDTH, MAP_MOST_HIGH, MARGIN, STEPS = 480, 400, 12, 5
FEWEST_SPOTS = 4
"""A closed ring of fewer has no area."""
NAME_UNIT = 13
"""Units of a character in the name of a district."""
MOVES = (0, -LINE, LINE, -2 * LINE, 2 * LINE, -3 * LINE, 3 * LINE)
"""Units by which a name may move down."""
Ring = Sequence[tuple[int, int]]


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


class Flow(NamedTuple):
    """What goes from one place to another, and its value in words."""

    origin: str
    destination: str
    value: float
    shown: str


class Area(NamedTuple):
    """A district of a map: its figure (0 or more), the place of its seat and its outline on a plane."""

    label: str
    value: float
    shown: str
    at: tuple[float, float]
    rings: Sequence[Sequence[tuple[float, float]]] = ()


class Node(NamedTuple):
    """A place of a Sankey."""

    label: str
    x: float
    y: float
    height: float
    label_x: float
    label_y: float
    anchor: str


class Band(NamedTuple):
    """A flow of a Sankey: the path of its middle, and how wide it is."""

    path: str
    width: float


class Shape(NamedTuple):
    """A district as it is drawn: by its outline, or without one as a bubble at its seat."""

    label: str
    shown: str
    path: str
    x: int
    y: int
    tone: str


@dataclass(frozen=True, slots=True)
class Sankey(Chart):
    """Flows between the places on the left and those on the right."""

    nodes: Sequence[Node] = ()
    bands: Sequence[Band] = ()


@dataclass(frozen=True, slots=True)
class Map(Chart):
    """Districts; `ticks` say up to which figure each colour goes, `named` has those whose names find room."""

    shapes: Sequence[Shape] = ()
    named: Sequence[Shape] = ()


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


def sankey(words: Words, flows: Sequence[Flow]) -> Sankey:
    """Flows from the places on the left to those on the right, each place as high as what passes it.

    Raises: ValueError: there is none, or one of nothing.
    """
    if not flows or min(flow.value for flow in flows) <= 0:
        raise ValueError("each flow needs a figure")
    scale = FLOW_HEIGHT / sum(flow.value for flow in flows)
    left = _column([(flow.origin, flow.value) for flow in flows], scale, SANKEY_EDGE, "end")
    right = _column(
        [(flow.destination, flow.value) for flow in flows], scale, WIDTH - SANKEY_EDGE - BAR_WIDTH, "start"
    )
    next_left, next_right = ({name: node.y for name, node in column.items()} for column in (left, right))
    bands = []
    for flow in flows:
        thick = flow.value * scale
        ends = next_left[flow.origin] + thick / 2, next_right[flow.destination] + thick / 2
        bands.append(Band(_curve(*ends), round(max(1.0, thick), 1)))
        next_left[flow.origin] += thick
        next_right[flow.destination] += thick
    nodes = [*left.values(), *right.values()]
    points = [Point(f"{flow.origin} → {flow.destination}", flow.shown, 0) for flow in flows]
    height = math.ceil(max(node.y + max(node.height, LINE) for node in nodes))
    return Sankey(*words, points, WIDTH, height, nodes=nodes, bands=bands)


def district_map(words: Words, areas: Sequence[Area]) -> Map:
    """Districts coloured by the fifth of the figures in which theirs lies; a bubble without an outline.

    Raises: ValueError: there is none.
    """
    if not areas:
        raise ValueError("a map needs a district")
    places = [place for area in areas for place in (area.at, *(spot for ring in area.rings for spot in ring))]
    west, north = min(x for x, _ in places), max(y for _, y in places)
    wide, high = max(x for x, _ in places) - west, north - min(y for _, y in places)
    scale = min((MAP_WIDTH - 2 * MARGIN) / (wide or 1), (MAP_MOST_HIGH - 2 * MARGIN) / (high or 1))

    def on_map(place: tuple[float, float]) -> tuple[int, int]:
        return MARGIN + round((place[0] - west) * scale), MARGIN + round((north - place[1]) * scale)

    steps = _steps([area.value for area in areas])
    shapes = []
    for area in areas:
        path = "".join(filter(None, (_outline([on_map(spot) for spot in ring]) for ring in area.rings)))
        shapes.append(Shape(area.label, area.shown, path, *on_map(area.at), f"s{_step(steps, area.value)}"))
    legend = [
        Tick(number, max((area.value, area.shown) for area in within)[1])
        for number in range(STEPS + 1)
        if (within := [area for area in areas if _step(steps, area.value) == number])
    ]
    points = [Point(area.label, area.shown, 0) for area in areas]
    size = round(wide * scale) + 2 * MARGIN, round(high * scale) + 2 * MARGIN
    outlines = {area.label: [[on_map(spot) for spot in ring] for ring in area.rings] for area in areas}
    named = _labelled(sorted(shapes, key=lambda shape: -int(shape.tone[1:])), outlines)
    return Map(*words, points, *size, ticks=legend, shapes=shapes, named=named)


def score_parts(parts: Sequence[tuple[str, float]]) -> list[Part]:
    """The parts of a score of at most 100 points, one after the other in a bar of 100."""
    found, x = [], 0.0
    for name, points in parts:
        found.append(Part(name, points, round(x, 2), round(points, 2)))
        x += points
    return found


def _column(parts: Iterable[tuple[str, float]], scale: float, x: float, anchor: str) -> dict[str, Node]:
    """The places of one side of a Sankey, the largest above, each with room for its name."""
    sums: dict[str, float] = {}
    for name, value in parts:
        sums[name] = sums.get(name, 0.0) + value
    found, y = {}, float(TOP)
    for name, value in sorted(sums.items(), key=lambda item: -item[1]):
        height = value * scale
        label_x = x - 4 if anchor == "end" else x + BAR_WIDTH + 4
        label_y = round(y + max(height, LINE) / 2 + 4, 1)
        found[name] = Node(name, x, round(y, 1), round(max(1.0, height), 1), label_x, label_y, anchor)
        y += max(height, LINE) + GAP
    return found


def _curve(begin: float, end: float) -> str:
    x0, x1, middle = SANKEY_EDGE + BAR_WIDTH, WIDTH - SANKEY_EDGE - BAR_WIDTH, WIDTH / 2
    return f"M{x0} {begin:.1f}C{middle:g} {begin:.1f} {middle:g} {end:.1f} {x1} {end:.1f}"


def _steps(values: Iterable[float]) -> list[float]:
    """The least figure of each fifth but the first, of those that are not 0."""
    known = sorted({value for value in values if value > 0})
    return [known[len(known) * step // STEPS] for step in range(1, STEPS)] if known else []


def _step(steps: Sequence[float], value: float) -> int:
    """0 of nothing, else from 1 to 5."""
    return 0 if value <= 0 else 1 + sum(value >= least for least in steps)


def _outline(spots: Sequence[tuple[int, int]]) -> str:
    """A ring as the path between whole units, each seen once; empty of one too small to be seen.

    Neighbours meet on the same units, so that no gap opens between them.
    """
    kept = [spot for number, spot in enumerate(spots) if number == 0 or spot != spots[number - 1]]
    if len(kept) < FEWEST_SPOTS:
        return ""
    moves = "".join(
        f"{'' if number and x1 < x0 else ' ' if number else ''}{x1 - x0}{'' if y1 < y0 else ' '}{y1 - y0}"
        for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(kept[:-1]))
    )
    return f"M{kept[0][0]} {kept[0][1]}l{moves}z"


def _labelled(shapes: Sequence[Shape], outlines: Mapping[str, Sequence[Ring]]) -> list[Shape]:
    """Those whose names find room, in this order; one that meets another moves up or down in its district."""
    found: list[Shape] = []
    for shape in shapes:
        places = (shape._replace(y=shape.y + move) for move in MOVES)
        rings = outlines[shape.label]
        room = (
            place
            for place in places
            if all(_is_clear(place, other) for other in found)
            and (place.y == shape.y or _holds(rings, place.x, place.y))
        )
        found.extend(islice(room, 1))
    return found


def _is_clear(shape: Shape, other: Shape) -> bool:
    """Whether the name and figure of one leave those of the other free."""
    wide = NAME_UNIT * (len(shape.label) + len(other.label)) / 2
    return abs(shape.x - other.x) > wide or abs(shape.y - other.y) > 2 * LINE


def _holds(rings: Sequence[Ring], x: float, y: float) -> bool:
    """Whether a place lies within an outline: a line from it crosses the rings an odd number of times."""
    crossings = 0
    for ring in rings:
        for (x0, y0), (x1, y1) in pairwise(ring):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                crossings += 1
    return crossings % 2 == 1


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
