"""Tonnes and days of permits that are hardly meant are taken with a warning."""

import pytest

ACID = {"scheme": "cn-hw", "code": "900-349-34"}
VALID = {"valid_from": "2026-01-01", "valid_until": "2030-12-31"}
DAYS = [
    ({"valid_until": "2066-12-31"}, ("implausible_period", "valid_until")),
    ({"valid_until": "2126-12-31"}, ("implausible_day", "valid_until")),
    ({"valid_from": "1996-01-01"}, ("implausible_day", "valid_from")),
    ({"valid_from": "2046-01-01", "valid_until": "2050-12-31"}, ("implausible_day", "valid_from")),
]
PATHS = ["/licences", "/channels", "/white-list", "/exemptions"]


@pytest.fixture
def bodies(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    return {
        "/licences": {"enterprise_id": recycler.id, "number": "浙危废经第12号", **VALID,
                      "lines": [{**ACID, "tonnes_per_year": 500_000}]},
        "/channels": {"generator_id": generator.id, "receiver_id": recycler.id, **ACID, **VALID,
                      "use": "制盐", "tonnes_per_year": 500_000, "approval_number": "点对点〔2026〕1号",
                      "standard": [{"component": "H2SO4", "min": 15, "max": 30, "unit": "%"}]},
        "/white-list": {"receiver_id": recycler.id, **ACID, **VALID, "from_province": "310000"},
        "/exemptions": {"enterprise_id": recycler.id, "item": 1, **ACID, **VALID, "reference": "豁免1"},
    }  # fmt: skip


def warned(response):
    assert response.status_code == 201, response.json
    return [(warning["code"], warning["field"]) for warning in response.json["warnings"]]


@pytest.mark.parametrize("path", PATHS)
def test_a_permit_of_five_years_for_a_large_plant_is_not_warned_of(marketplace, bodies, path):
    assert warned(marketplace.admin.post(path, bodies[path])) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("days", "warning"), DAYS)
def test_decades_and_slips_of_the_year_are_warned_of(marketplace, bodies, path, days, warning):
    assert warned(marketplace.admin.post(path, {**bodies[path], **days})) == [warning]


def test_a_holder_is_warned_too(marketplace):
    holder = marketplace.enterprise("recycler")
    line = {**ACID, "tonnes_per_year": 50_000_000}
    body = {"number": "浙危废经第12号", **VALID, "valid_until": "2066-12-31", "lines": [line]}
    assert warned(holder.post("/licences", body)) == [
        ("implausible_quantity", "lines.0.tonnes_per_year"), ("implausible_period", "valid_until")
    ]  # fmt: skip


def test_fifty_million_tonnes_a_year_are_warned_of(marketplace, bodies):
    huge = {"tonnes_per_year": 50_000_000}
    channel = {**bodies["/channels"], **huge}
    assert warned(marketplace.admin.post("/channels", channel)) == [
        ("implausible_quantity", "tonnes_per_year")
    ]
    joint = {"scheme": "cn-hw", "codes": ["HW17", "HW18"], **huge}
    licence = {**bodies["/licences"], "lines": [*bodies["/licences"]["lines"], joint]}
    assert warned(marketplace.admin.post("/licences", licence)) == [
        ("implausible_quantity", "lines.1.tonnes_per_year")
    ]


def test_tonnes_counted_and_their_year_are_warned_of(marketplace, bodies):
    licence = marketplace.admin.post("/licences", bodies["/licences"]).json
    line = {"line_id": licence["lines"][0]["id"], "year": 2026}
    path = f"/licences/{licence['id']}/usage"
    assert warned(marketplace.admin.post(path, {**line, "tonnes": 100})) == []
    assert warned(marketplace.admin.post(path, {**line, "tonnes": 50_000_000})) == [
        ("implausible_quantity", "tonnes")
    ]
    assert warned(marketplace.admin.post(path, {**line, "year": 2126, "tonnes": 1})) == [
        ("implausible_day", "year")
    ]
    channel = marketplace.admin.post("/channels", bodies["/channels"]).json
    path = f"/channels/{channel['id']}/usage"
    assert warned(marketplace.admin.post(path, {"year": 2001, "tonnes": 3_000_000})) == [
        ("implausible_quantity", "tonnes"), ("implausible_day", "year")
    ]  # fmt: skip


def test_an_end_before_its_start_is_still_refused(marketplace, bodies):
    for path, body in bodies.items():
        assert marketplace.admin.post(path, {**body, "valid_from": "2066-01-01"}).status_code == 422
