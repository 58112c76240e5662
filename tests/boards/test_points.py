"""Points lost, counted by hand."""

import pytest

from marketplace.boards.service.points import first_of_months
from tests.boards.world import record
from tests.http.responses import refused
from tests.marketplace import TODAY


def make_region(marketplace):
    """Three firms of two districts of Shaoxing and one of Shanghai, and what each lost and won."""
    firms = [marketplace.enterprise("generator", region=code) for code in ("330602", "330602", "330603")]
    lost = [
        (0, "law.penalty_major", "2026-11-01"), (0, "site.defect", "2026-11-30"),
        (1, "site.defect", "2026-10-05"), (1, "site.honour", "2026-11-01"),
        (2, "law.penalty_minor", "2026-01-01"), (2, "law.penalty_minor", "2025-12-31"),
    ]  # fmt: skip
    for number, rule, day in lost:
        record(marketplace, firms[number], rule, effective_on=day)
    withdrawn = record(marketplace, firms[0], "law.penalty_general", effective_on="2026-11-02")
    second = marketplace.second_admin()
    assert second.post(f"/credit/events/{withdrawn['id']}/withdraw", {"reason": "x"}).status_code == 200
    record(
        marketplace,
        marketplace.enterprise(
            "generator", region="310115", location={"lon": 121.5, "lat": 31.2, "crs": "wgs84"}
        ),
        effective_on="2026-09-01",
    )
    return marketplace


@pytest.fixture
def region(kept):
    with kept(make_region) as marketplace:
        yield marketplace


def lost(party, **query):
    answer = party.get("/credit/points", **query)
    assert answer.status_code == 200, answer.json
    found = answer.json
    assert found["points"] == sum(item["points"] for item in found["items"])
    assert found["events"] == sum(item["events"] for item in found["items"])
    return found, {
        item["key"]: (item["points"], item["events"], item["enterprises"]) for item in found["items"]
    }


def test_points_lost_are_summed_by_axis_district_and_month_to_the_same_total(region):
    admin = region.admin
    found, by_axis = lost(admin, region="330600")
    assert (found["by"], found["since"], found["until"], found["points"]) == (
        "axis",
        "2026-01-01",
        "2026-12-01",
        29,
    )
    assert {axis: row for axis, row in by_axis.items() if row[1]} == {"law": (21, 2, 2), "site": (8, 2, 2)}
    assert list(by_axis) == ["law", "manifests", "reporting", "site", "fulfilment", "incidents"]

    found, by_district = lost(admin, region="330600", by="district")
    assert by_district == {"330602": (23, 3, 2), "330603": (6, 1, 1)}
    assert found["items"][0]["name"] == "浙江省绍兴市越城区"

    found, by_month = lost(admin, region="330600", by="month")
    assert len(by_month) == 12
    assert list(by_month)[0::11] == ["2026-01", "2026-12"]
    assert {month: row for month, row in by_month.items() if row[1]} == {
        "2026-01": (6, 1, 1), "2026-10": (4, 1, 1), "2026-11": (19, 2, 1),
    }  # fmt: skip


def test_the_months_asked_for_and_the_whole_country(region):
    assert lost(region.admin, months=13)[0]["points"] == 29 + 6 + 15
    assert lost(region.admin, months=1)[0]["points"] == 0
    assert lost(region.admin, months=3, by="month")[1]["2026-11"][0] == 19
    for query, field in (({"months": 0}, "months"), ({"by": "firm"}, "by"), ({"region": "3306"}, "region")):
        refused(region.admin.get("/credit/points", **query), 422, "invalid_input", field)


def test_a_regulator_has_its_own_region_only_and_enterprises_none(region):
    assert lost(region.regulator("330603"), by="district")[1] == {"330603": (6, 1, 1)}
    assert lost(region.regulator("330600"), region="310000")[0]["points"] == 0
    refused(region.enterprise("generator").get("/credit/points"), 403, "role_forbids")


@pytest.mark.parametrize(
    ("months", "first"), [(1, (2026, 12)), (12, (2026, 1)), (13, (2025, 12)), (120, (2017, 1))]
)
def test_months_are_counted_back_from_this_one(months, first):
    day = first_of_months(TODAY, months)
    assert (day.year, day.month, day.day) == (*first, 1)
