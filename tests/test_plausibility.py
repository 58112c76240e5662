"""The bounds of what is warned of: a table with reasons, and what honest plants state lies within."""

import csv
from datetime import date

import pytest

from marketplace import plausibility
from tests.marketplace import TODAY


def codes(notices):
    return [(notice.code, notice.field) for notice in notices]


def test_every_bound_says_why_it_is_so_and_whose_choice_it_is():
    with plausibility.FILE.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert len({row["figure"] for row in rows}) == len(rows) == len(plausibility.bounds())
    for row in rows:
        assert all(row[name] for name in ("unit", "most", "why", "source")), row
        assert row["source"] == "our own choice" or "http" in row["source"]


@pytest.mark.parametrize("tonnes", [0.001, 25, 500_000, 2_000_000])
def test_a_large_plant_is_not_asked_about_its_tonnes(tonnes):
    assert not plausibility.quantity_notices(round(tonnes * 1000), "quantity_t", hazardous=True)


def test_tonnes_beyond_any_plant_are_asked_about():
    for tonnes, hazardous in ((2_000_001, True), (50_000_000, True), (10_000_001, False), (-5_000_000, True)):
        kg = tonnes * 1000
        assert codes(plausibility.quantity_notices(kg, "tonnes", hazardous=hazardous)) == [
            ("implausible_quantity", "tonnes")
        ]
    assert not plausibility.quantity_notices(5_000_000_000, "tonnes", hazardous=False)


@pytest.mark.parametrize("yuan", [None, 0, -8_000, -50_000, 60_000, 250_000])
def test_usual_prices_are_not_asked_about(yuan):
    assert not plausibility.price_notices(None if yuan is None else yuan * 100, "price_cny_per_t")


@pytest.mark.parametrize("yuan", [1_000_000, -1_000_000, 999_999.99, -150_000])
def test_prices_beyond_every_waste_are_asked_about(yuan):
    assert codes(plausibility.price_notices(round(yuan * 100), "p")) == [("implausible_price", "p")]


@pytest.mark.parametrize(("lot_kg", "tonnes", "odd"), [
    (5, 300_000, True), (20, 100_000, True), (1, 1_200, True),
    (1_000, 500_000, False), (1_000, 5_000_000, False), (100, 20_000, False), (200, 1_200, False),
])  # fmt: skip
def test_a_lot_of_kilograms_beside_a_mountain_is_asked_about(lot_kg, tonnes, odd):
    assert bool(plausibility.lot_notices(lot_kg, tonnes * 1000, "min_lot_t")) is odd


def test_a_distance_beyond_the_country_or_within_the_gate_is_asked_about():
    for km in (None, 0.1, 50, 3_000, 6_000):
        assert not plausibility.distance_notices(km, "max_distance_km")
    for km in (0.001, 6_001, 20_000):
        assert codes(plausibility.distance_notices(km, "d")) == [("implausible_distance", "d")]


def period(first, last, kind):
    days = date.fromisoformat(first), date.fromisoformat(last)
    return codes(plausibility.period_notices(*days, TODAY, ("from", "until"), kind))


@pytest.mark.parametrize(("first", "last"), [
    ("2026-12-01", "2031-11-30"), ("2024-01-01", "2028-12-31"), ("2026-12-01", "2036-12-01"),
    ("2027-03-01", "2032-02-29"),
])  # fmt: skip
def test_five_and_ten_years_are_sound_for_permits_and_listings(first, last):
    assert period(first, last, plausibility.VALIDITY) == period(first, last, plausibility.WINDOW) == []


@pytest.mark.parametrize(("first", "last", "notice"), [
    ("2026-12-01", "2066-12-01", ("implausible_period", "until")),
    ("2020-01-01", "2050-01-01", ("implausible_period", "until")),
    ("1926-12-01", "2027-12-01", ("implausible_day", "from")),
    ("2026-12-01", "2126-12-01", ("implausible_day", "until")),
    ("2046-01-01", "2050-12-31", ("implausible_day", "from")),
    ("1996-01-01", "2000-12-31", ("implausible_day", "from")),
])  # fmt: skip
def test_decades_and_slips_of_the_year_are_asked_about_once(first, last, notice):
    assert period(first, last, plausibility.VALIDITY) == [notice]


def test_both_days_may_be_odd():
    assert period("2126-01-01", "2126-12-31", plausibility.WINDOW) == [
        ("implausible_day", "from"), ("implausible_day", "until")
    ]  # fmt: skip
