"""The list of jobs that make previews, and who sees which of them."""

import pytest

from tests.evaluations.previews import preview_of, run, start
from tests.reporting.world import ok

JOBS = "/credit/evaluation-jobs"
SHANGHAI = {"region": "310101", "location": {"lon": 121.49, "lat": 31.23, "crs": "wgs84"}}


@pytest.fixture
def jobs(marketplace):
    """{name: job}, in the order in which they were asked for."""
    firm = marketplace.enterprise("generator", name="酸厂")
    abroad = marketplace.enterprise("generator", name="沪厂", **SHANGHAI)
    return {
        "city": start(marketplace, region="330600"),
        "district": start(marketplace, region="330602"),
        "province": start(marketplace, region="330000"),
        "firm": start(marketplace, enterprise_id=firm.id),
        "abroad": start(marketplace, enterprise_id=abroad.id),
    }


def names(jobs, party, **query):
    by_id = {job["id"]: name for name, job in jobs.items()}
    return [by_id[job["id"]] for job in ok(party.get(JOBS, limit=100, **query))["items"]]


def test_an_admin_sees_all_jobs_newest_first_and_finds_those_that_are_not_done(marketplace, jobs):
    assert names(jobs, marketplace.admin) == ["abroad", "firm", "province", "district", "city"]
    run(marketplace, jobs["firm"])
    assert names(jobs, marketplace.admin, status="done") == ["firm"]
    assert "firm" not in names(jobs, marketplace.admin, status="queued")
    assert names(jobs, marketplace.admin, region="330602") == ["firm", "district"]


def test_a_regulator_sees_the_jobs_that_lie_in_its_region_and_finds_no_other(marketplace, jobs):
    regulator, stranger = marketplace.regulator("330600"), marketplace.regulator("310000")

    assert names(jobs, regulator) == ["firm", "district", "city"]
    assert names(jobs, stranger) == ["abroad"]
    assert names(jobs, regulator, region="310000") == []
    assert ok(regulator.get(f"{JOBS}/{jobs['city']['id']}"))["total"] == 1
    for name in ("province", "abroad"):
        assert regulator.get(f"{JOBS}/{jobs[name]['id']}").status_code == 404


def test_a_regulator_sees_the_previews_of_its_region_and_members_see_no_job(marketplace, jobs):
    firm = marketplace.enterprise("recycler")
    preview = preview_of(marketplace, firm)
    regulator, stranger = marketplace.regulator("330600"), marketplace.regulator("310000")

    assert ok(regulator.get(f"/credit/evaluations/{preview['id']}"))["status"] == "preview"
    assert stranger.get(f"/credit/evaluations/{preview['id']}").status_code == 404
    assert firm.get(JOBS).status_code == 403


def test_jobs_come_by_pages(marketplace, jobs):
    first = ok(marketplace.admin.get(JOBS, limit=3))
    second = ok(marketplace.admin.get(JOBS, limit=3, cursor=first["next"]))
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 2, None)
