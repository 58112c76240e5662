"""Numbers, days, moments and flags: what only resembles one is refused, by name, in every field."""

import json

import pytest

from tests.http.responses import verdict
from tests.marketplace import ACID, listing_terms

NUMBERS = {
    "text": '"12"', "true": "true", "NaN": "NaN", "Infinity": "Infinity", "minus Infinity": "-Infinity",
    "1e400": "1e400", "1e306": "1e306", "-1e306": "-1e306", "a list": "[1]", "an object": "{}",
    "400 digits": "1" + "0" * 400, "minus 400 digits": "-1" + "0" * 400, "empty": '""',
}  # fmt: skip


def body_with(field, written):
    """A supply's JSON with one number written as given; a dot in `field` goes inside."""
    body = {**listing_terms(kind="supply", title="稀硫酸", waste=ACID)}
    outer, _, inner = field.partition(".")
    body[outer] = {
        "location": {"lon": 120.58, "lat": 30.03},
        "composition": [{"component": "H2SO4", "min": 1}],
    }.get(outer, 1)
    target, name = (body, outer) if not inner else (body[outer], inner)
    if inner.startswith("0."):
        target, name = body[outer][0], inner[2:]
    target[name] = "@"
    return json.dumps(body).replace('"@"', written).encode()


@pytest.mark.parametrize(
    "field",
    ["quantity_t", "min_lot_t", "price_cny_per_t", "max_distance_km", "location.lon", "location.lat",
     "composition.0.min", "composition.0.max"],
)  # fmt: skip
def test_every_numeric_field_refuses_what_is_not_a_number(marketplace, field):
    owner = marketplace.enterprise("generator")
    for name, written in NUMBERS.items():
        response = owner.call(
            "POST", "/listings", data=body_with(field, written), content_type="application/json"
        )
        assert verdict(response) == (422, "invalid_input", field), name
    assert owner.get("/listings").json["items"] == []


def test_a_whole_number_is_not_text_a_flag_a_fraction_or_huge(marketplace):
    owner = marketplace.enterprise("recycler")
    for written in (*NUMBERS.values(), "1.5", "1.0", "0", "1000"):
        body = {**listing_terms(kind="demand", title="x", accepts=[ACID]), "exemption_item": "@"}
        data = json.dumps(body).replace('"@"', written).encode()
        response = owner.call("POST", "/listings", data=data, content_type="application/json")
        assert verdict(response) == (422, "invalid_input", "exemption_item"), written


DAYS = ["", "tomorrow", "2026-13-01", "2026-02-29", "2026-12-32", "2026-12- 1", "2026-12-1", "20261201",
     "2026-W49-2", "２０２６-12-01", "2026-12-01T00:00:00Z", "1989-12-31", "2201-01-01", "0000-00-00",
     20261201, None, True, ["2026-12-01"]]  # fmt: skip


def test_a_day_is_written_as_one_and_lies_within_reason(marketplace):
    owner = marketplace.enterprise("generator")
    for day in DAYS:
        body = {**listing_terms(kind="supply", title="x", waste=ACID), "available_from": day}
        assert verdict(owner.post("/listings", body)) == (422, "invalid_input", "available_from"), day


MOMENTS = ["", "soon", "2027-01-01", "2027-01-01T00:00:00", "20270101T000000Z", "2027-01-01 00:00:00Z",
     "2027-W01-1T00:00:00Z", "2027-01-01T24:00:00Z", "2027-01-01T00:00:00+25:00", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-14:00", "２０２７-01-01T00:00:00Z", 1798761600, True, {}]  # fmt: skip


def test_a_moment_is_written_as_rfc_3339_says(marketplace):
    owner = marketplace.enterprise("generator")
    for moment in MOMENTS:
        wish = {"name": "till", "scopes": ["read"], "expires_at": moment}
        assert verdict(owner.post("/api-keys", wish)) == (422, "invalid_input", "expires_at"), moment


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2027-01-01T08:00:00+08:00", "2027-01-01T00:00:00Z"),
        ("2027-01-01t00:00:00.5z", "2027-01-01T00:00:00.500000Z"),
    ],
)
def test_moments_come_back_in_utc(marketplace, given, shown):
    owner = marketplace.enterprise("generator")

    assert (
        owner.post("/api-keys", {"name": "n", "scopes": ["read"], "expires_at": given}).json["expires_at"]
        == shown
    )


FLAGS = ["true", "yes", 1, 0, None, [], "false"]  # fmt: skip


def test_a_flag_is_true_or_false(marketplace):
    owner = marketplace.enterprise("generator")
    for flag in FLAGS:
        body = {**listing_terms(kind="supply", title="x", waste=ACID), "publish": flag}
        assert verdict(owner.post("/listings", body)) == (422, "invalid_input", "publish"), flag


REGIONS = ["33", "3306040", "abcdef", "３３０６０４", "-30604", 330604, True, ["330604"]]  # fmt: skip


def test_a_region_is_a_string_of_six_digits(marketplace):
    owner = marketplace.enterprise("generator")
    for region in REGIONS:
        body = {**listing_terms(kind="supply", title="x", waste=ACID), "region": region}
        assert verdict(owner.post("/listings", body)) == (422, "invalid_input", "region"), region


@pytest.mark.parametrize("query", [{"mine": "maybe"}, {"kind": "gift"}, {"status": "lost"}, {"region": "33"}])
def test_query_parameters_are_validated_too(marketplace, query):
    assert verdict(marketplace.admin.get("/listings", **query)) == (422, "invalid_input", *query)


@pytest.mark.parametrize("limit", ["1_0", "٣", " 5", "5 ", "+5", "1.0", "0x5", "", "9" * 5000])
def test_a_limit_is_written_in_plain_digits(marketplace, limit):
    assert verdict(marketplace.admin.get("/listings", limit=limit)) == (422, "invalid_input", "limit")


@pytest.mark.parametrize("score", ["nan", "inf", "-0.1", "1.1", "x", "0_0.5", "٠.٥", " 0.5"])
def test_a_minimum_score_is_between_0_and_1(marketplace, score):
    owner = marketplace.enterprise("generator")
    path = f"/listings/{marketplace.supply(owner)['id']}/matches"

    assert verdict(owner.get(path, min_score=score)) == (422, "invalid_input", "min_score")
