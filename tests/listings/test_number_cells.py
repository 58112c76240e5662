"""Numbers in cells: every way that people write them, and nothing that only looks like one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.listings.service.sheets.number_cells import number_in
from tests.listings.sheets import SUPPLY, csv_of, faults, send, xlsx_of

UNDERSTOOD = {
    "1200": "1200", "１２００．５": "1200.5", "1,200": "1200", "1，234，567.25": "1234567.25",
    "1 200": "1200", "1\u2009200\u2009300": "1200300", "1\u202f200,5": "1200.5", "１　２００": "1200",
    "0,5": "0.5", "12,75": "12.75", "0,125": "0.125", "1.200,50": "1200.50", "1.200": "1.200",
    "-150": "-150", "−1,200": "-1200", "＋3": "3", "1.2e3": "1200", "1E-3": "0.001",
    "10^3": "1000", "1.2×10³": "1200", "1.2 x 10^3": "1200", "5*10^-2": "0.05", "2·10⁻³": "0.002",
    "1,200×10²": "120000", "１．２×１０^３": "1200",
}  # fmt: skip
REFUSED = (
    "1200¹", "1200²", "10³", "1₂", "½", "1½", "①", "12①", "⑴", "⒈", "一千二百", "Ⅻ", "１２Ⅲ", "١٢٠٠", "१२",
    "𝟏𝟐", "1ᵉ3", "1,20,300", "12,345,6", "1,2345", "1200,500", "0,123,456", "1.200.300", "1,200 300",
    "1_200", "1'200", "", "-", "5.", ".5", "--5", "1 2", "10 ^ 3", "1e", "1×10", "12吨", "0x10", "NaN",
    "Infinity", "1e9999", "(150)", "¥150", "1200*", "1200 [1]", "1-2", "5%", "1/2", "1:30",
)  # fmt: skip


@pytest.mark.parametrize(("text", "value"), UNDERSTOOD.items())
def test_a_number_is_understood_as_people_write_it(text, value):
    assert number_in(text) == Decimal(value)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_clearly_a_number_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        number_in(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_number_is_the_same_in_every_way_of_writing_it(number):
    written = (f"{number}", f"{number:,}", f"{number:,}".replace(",", " "), f"{number:.20e}")
    assert {number_in(text) for text in written} == {number}


@given(st.text(max_size=12))
def test_whatever_is_taken_is_made_of_digits_that_count(text):
    """A digit that is kept in the value stood in the text as such, in either width."""
    try:
        value = number_in(text)
    except ValueError:
        return
    plain = [character for character in text if character in "0123456789０１２３４５６７８９"]
    assert plain
    assert value.is_finite()


NUMBER_COLUMNS = {
    "数量": "quantity", "最小批量": "min_lot", "单价": "price_per_tonne", "密度": "density", "经度": "lon",
    "纬度": "lat", "最远距离": "max_distance_km", "豁免项": "exemption_item",
}  # fmt: skip


@pytest.mark.parametrize("mark", ["¹", "①", "½", "Ⅻ"])
def test_no_column_of_a_sheet_makes_a_digit_of_a_mark(marketplace, mark):
    trader = marketplace.enterprise("generator", "recycler")
    volume = {**SUPPLY, "单位": "立方米", "密度": "1", "经度": "120", "纬度": "30"}
    rows = [{**volume, heading: f"12{mark}"} for heading in NUMBER_COLUMNS]
    days = [{**SUPPLY, "起始日期": f"2026-12-0{mark}"}, {**SUPPLY, "地区代码": f"33060{mark}"}]

    found = faults(send(trader, csv_of(*rows, *days)))

    wrong = {(row, name, "not_a_number") for row, name in enumerate(NUMBER_COLUMNS.values(), start=2)}
    assert wrong <= found
    assert {name for row, name, _ in found if row >= 10} == {"available_from", "region"}
    assert {row for row, _, _ in found} == set(range(2, 12))


def test_a_workbook_is_held_to_the_same(marketplace):
    trader = marketplace.enterprise("generator")

    assert faults(send(trader, xlsx_of({**SUPPLY, "数量": "1200¹"}))) == {(2, "quantity", "not_a_number")}
    assert send(trader, xlsx_of({**SUPPLY, "数量": "1.2×10³"})).status_code == 201
    assert trader.get("/listings", mine=True).json["items"][0]["quantity_t"] == 1200
