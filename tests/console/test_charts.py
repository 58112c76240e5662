"""Charts: where everything lies, and that the table says the same."""

import pytest

from marketplace.console.charts import Datum, Words, bar_chart, hexagon, line_chart, score_parts
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


@pytest.mark.parametrize(
    ("macro", "chart"),
    [
        ("bar", bar_chart(WORDS, data(3, 2, 1))),
        ("line", line_chart(WORDS, data(3, 2, 1))),
        ("hexagon", hexagon(WORDS, data(1, 2, 3, 4, 5, 6), most=6)),
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
