"""Charts: where everything lies, and that the table says the same."""

import pytest

from marketplace.console.charts import (
    LINE,
    Area,
    Datum,
    Flow,
    Words,
    bar_chart,
    district_map,
    hexagon,
    line_chart,
    sankey,
    score_parts,
)
from tests.console.reader import Page

WORDS = Words("供应 <按类>", "类别", "数量")


def data(*values):
    return [Datum(f"第{number}<b>", value, f"{value} 吨") for number, value in enumerate(values)]


def drawn(app, macro, chart):
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        source = f'{{% from "console/charts.html" import {macro} %}}{{{{ {macro}(chart) }}}}'
        html = app.jinja_env.from_string(source).render(chart=chart)
    page = Page(f'<html lang="zh"><body><main><h1>x</h1>{html}</main></body></html>')
    assert page.faults == []
    return page


def test_bars_are_as_long_as_their_values_and_a_small_one_is_seen():
    assert [point.x for point in bar_chart(WORDS, data(200, 50, 0.001, 0)).points] == [100, 25, 0.5, 0]
    assert bar_chart(WORDS, data(0, 0)).points[0].x == 0
    assert list(bar_chart(WORDS, []).points) == []


def test_a_line_runs_from_left_to_right_and_from_zero_at_the_bottom():
    chart = line_chart(WORDS, data(0, 40, 80))
    assert [point.x for point in chart.points] == [44, 200, 356]
    assert [point.y for point in chart.points] == [156, 97.6, 39.2]
    assert [(tick.y, tick.shown) for tick in chart.ticks] == [(156, "0"), (83, "50"), (10, "100")]
    assert chart.path == "44,156 200,97.6 356,39.2"
    assert line_chart(WORDS, data(0)).points[0].y == 156
    with pytest.raises(ValueError, match="needs a figure"):
        line_chart(WORDS, [])


def test_a_hexagon_has_six_axes_of_which_the_first_points_up():
    chart = hexagon(WORDS, data(10, 0, 5, 99, -1, 10), most=10)
    middle = (180, 140)
    places = [(point.x, point.y) for point in chart.points]
    assert places[0] == (180, 44)
    assert places[1] == places[4] == middle
    assert places[3] == (180, 236), "what is beyond the rim lies on it"
    assert places[2] == (221.6, 164)
    assert len(chart.rings) == 4
    with pytest.raises(ValueError, match="six axes"):
        hexagon(WORDS, data(1), most=10)


def test_the_parts_of_a_score_follow_each_other():
    parts = score_parts([("code", 22.5), ("distance", 20), ("credit", 7.255)])
    assert [(part.x, part.width) for part in parts] == [(0, 22.5), (22.5, 20), (42.5, 7.25)]


def flow(origin, destination, value):
    return Flow(origin, destination, value, f"{value} 吨")


FLOWS = [flow("甲", "丙", 30), flow("甲", "丁", 60), flow("乙", "丁", 10)]


def test_a_sankey_is_as_high_on_the_left_as_on_the_right_and_its_bands_fill_its_places():
    chart = sankey(WORDS, FLOWS)
    heights = {node.label: node.height for node in chart.nodes}
    assert heights == {"甲": 216, "乙": 24, "丙": 72, "丁": 168}
    assert [band.width for band in chart.bands] == [72, 144, 24]
    assert [node.label for node in chart.nodes] == ["甲", "乙", "丁", "丙"], "the largest is above"
    assert chart.bands[0].path.startswith("M100 46.0C180 46.0"), (
        "its first band begins at the top of its place"
    )
    assert [point.label for point in chart.points] == ["甲 → 丙", "甲 → 丁", "乙 → 丁"]
    assert chart.height >= max(node.y + node.height for node in chart.nodes)


@pytest.mark.parametrize("flows", [[], [flow("甲", "丙", 0)]])
def test_a_sankey_of_nothing_is_refused(flows):
    with pytest.raises(ValueError, match="needs a figure"):
        sankey(WORDS, flows)


def square(west, south, side=1.0):
    return [
        (west, south),
        (west + side, south),
        (west + side, south + side),
        (west, south + side),
        (west, south),
    ]


def area(label, value, west, side=1.0):
    return Area(label, value, f"{value} 吨", (west + side / 2, side / 2), [square(west, 0.0, side)])


def test_a_map_has_the_north_above_and_neighbours_meet_on_it():
    chart = district_map(WORDS, [area("甲", 0, 0.0), area("乙", 5, 1.0)])
    assert (chart.width, chart.height) == (480, 252)
    assert [shape.path for shape in chart.shapes] == [
        "M12 240l228 0 0-228-228 0z",
        "M240 240l228 0 0-228-228 0z",
    ]
    assert [(shape.x, shape.y) for shape in chart.shapes] == [(126, 126), (354, 126)]


def test_a_map_colours_by_fifths_and_nothing_has_a_colour_of_its_own():
    chart = district_map(WORDS, [area(str(value), value, float(value)) for value in range(11)])
    assert [shape.tone for shape in chart.shapes] == [
        "s0", "s1", "s1", "s2", "s2", "s3", "s3", "s4", "s4", "s5", "s5",
    ]  # fmt: skip
    assert [tick.shown for tick in chart.ticks] == ["0 吨", "2 吨", "4 吨", "6 吨", "8 吨", "10 吨"]


def test_a_district_without_an_outline_or_with_one_too_small_to_see_is_a_bubble():
    speck = area("点", 2, 5.0, side=0.0001)
    chart = district_map(WORDS, [area("甲", 1, 0.0), Area("乙", 3, "3 吨", (3.0, 0.5)), speck])
    assert [bool(shape.path) for shape in chart.shapes] == [True, False, False]
    alone = district_map(WORDS, [Area("乙", 3, "3 吨", (3.0, 0.5))])
    assert (alone.shapes[0].x, alone.shapes[0].y, alone.width) == (12, 12, 24)
    with pytest.raises(ValueError, match="needs a district"):
        district_map(WORDS, [])


def test_names_on_a_map_keep_clear_of_each_other_and_the_largest_figure_comes_first():
    chart = district_map(WORDS, [area(f"第{number}区", number, number / 20, 0.05) for number in range(1, 11)])
    assert chart.named[0].tone == "s5"
    assert len(chart.named) < len(chart.shapes)
    assert len(chart.points) == 10, "the table has them all"


def test_a_name_that_meets_another_moves_within_its_district():
    def tall(label, value, west):
        ring = [(west, 0.0), (west + 0.1, 0.0), (west + 0.1, 1.0), (west, 1.0), (west, 0.0)]
        return Area(label, value, "", (west + 0.05, 0.5), [ring])

    chart = district_map(WORDS, [tall("第一区", 5, 0.0), tall("第二区", 1, 0.1)])
    first, second = chart.named
    assert first.y == chart.shapes[0].y
    assert abs(second.y - first.y) > 2 * LINE
    assert 0 < second.y < chart.height
    assert chart.shapes[1].y == first.y, "only its name moves"


@pytest.mark.parametrize(
    ("macro", "chart"),
    [
        ("bar", bar_chart(WORDS, data(3, 2, 1))),
        ("line", line_chart(WORDS, data(3, 2, 1))),
        ("hexagon", hexagon(WORDS, data(1, 2, 3, 4, 5, 6), most=6)),
        ("sankey", sankey(WORDS, FLOWS)),
        ("map", district_map(WORDS, [area("甲", 1, 0.0), area("乙", 2, 1.0)])),
    ],
)
def test_a_chart_is_drawn_without_style_and_its_table_has_every_figure(app, macro, chart):
    page = drawn(app, macro, chart)
    cells = [word for word in page.words if word.endswith("吨")]
    assert [point.shown for point in chart.points] == cells[-len(chart.points) :]
    assert page.text.count("供应 <按类>") >= 2
    assert len(page.all("table")) == 1
    assert {found.get("scope") for found in page.all("th")} == {"col", "row"}
    assert all(found["aria-hidden"] == "true" for found in page.all("svg") if macro != "bar")


def test_a_score_is_drawn_with_its_key(app):
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        source = '{% from "console/macros.html" import score_parts, grade %}{{ score_parts(parts) }}'
        source += '{{ grade("A") }}'
        html = app.jinja_env.from_string(source).render(parts=score_parts([("code", 22.5), ("distance", 20)]))
    page = Page(f'<html lang="zh"><body><main><h1>x</h1>{html}</main></body></html>')
    assert page.faults == []
    assert [found["class"] for found in page.all("rect")] == ["code", "distance"]
    assert "22.5" in page.words
    assert "信用等级 A" in page.text
