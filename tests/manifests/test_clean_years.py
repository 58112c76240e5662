"""A year in which ten or more loads came in time: told in January, recorded once."""

from datetime import UTC, datetime

import pytest

from marketplace.credit import jobs as credit_jobs
from marketplace.manifests import jobs as manifest_jobs

CLEAN = "manifest.clean_year"
NEW_YEARS_EVE = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
JANUARY = datetime(2027, 1, 5, 4, 0, tzinfo=UTC)


def at(marketplace, moment):
    """Let a moment come, and all that is due then."""
    marketplace.now = moment
    marketplace.settle()


def moving(trade, **about):
    return trade.moving(2.0, **about)


def closed(trade):
    load = moving(trade)
    trade.by(trade.receiver, load, "receive", weight_t=2.0)
    trade.by(trade.receiver, load, "close")


def clean_years(party):
    """The points of each clean year of an enterprise."""
    items = party.get(f"/enterprises/{party.id}/credit/events", limit=100).json["items"]
    return [(item["points"], item["document"]) for item in items if item["rule"] == CLEAN]


def test_ten_loads_in_time_make_a_clean_year_of_both_sides_once_and_nine_do_not(trade):
    for _ in range(9):
        closed(trade)
    at(trade.marketplace, JANUARY)
    assert clean_years(trade.supplier) == clean_years(trade.receiver) == []

    at(trade.marketplace, NEW_YEARS_EVE)
    tenth = moving(trade, planned_on="2026-12-31")
    at(trade.marketplace, JANUARY)
    assert clean_years(trade.supplier) == [], "the tenth is still on its way"
    trade.by(trade.receiver, tenth, "receive", weight_t=2.0)
    trade.by(trade.receiver, tenth, "close")
    trade.marketplace.wait(hours=6)
    assert clean_years(trade.supplier) == clean_years(trade.receiver) == [(4, "2026")]
    assert clean_years(trade.carrier) == []
    trade.marketplace.wait(days=1)
    assert clean_years(trade.supplier) == [(4, "2026")]
    at(trade.marketplace, datetime(2027, 2, 1, 4, 0, tzinfo=UTC))
    assert clean_years(trade.receiver) == [(4, "2026")]


@pytest.fixture
def two_do(monkeypatch):
    """Two loads are enough where ten are not what a test is about."""
    monkeypatch.setattr("marketplace.manifests.service.clean_years.FEWEST_LOADS", 2)


def test_loads_of_which_one_was_closed_late_are_no_clean_year_of_either_side(trade, two_do):
    for _ in range(2):
        closed(trade)
    late = trade.by(trade.carrier, moving(trade), "deliver", lon=120.58, lat=30.03)
    trade.by(trade.receiver, late, "receive", weight_t=2.0)
    trade.marketplace.wait(days=14)
    trade.by(trade.receiver, late, "close")
    at(trade.marketplace, JANUARY)
    assert clean_years(trade.supplier) == clean_years(trade.receiver) == []


def test_a_year_is_judged_in_january_only(trade, two_do):
    for _ in range(2):
        closed(trade)
    at(trade.marketplace, datetime(2027, 2, 1, 4, 0, tzinfo=UTC))
    with trade.marketplace.app.app_context():
        manifest_jobs.judge_clean_years()
    trade.marketplace.settle()
    assert clean_years(trade.supplier) == []


def tell(marketplace, firm, year=2026):
    with marketplace.app.app_context():
        credit_jobs.record_clean_year(firm.id, year)


def test_a_clean_year_that_is_told_twice_is_recorded_once_and_the_next_one_again(marketplace):
    firm = marketplace.enterprise("generator")
    for year in (2026, 2026, 2027):
        tell(marketplace, firm, year)
    assert sorted(clean_years(firm)) == [(4, "2026"), (4, "2027")]
    assert firm.standing()["score"] == 88


@pytest.mark.parametrize("how", [{"enabled": False}, {"valid_until": "2026-11-30"}])
def test_a_rule_of_clean_years_that_is_off_or_over_records_nothing(marketplace, how):
    firm = marketplace.enterprise("generator")
    table = marketplace.admin.get("/credit/rules").json["items"]
    items = [rule | how if rule["code"] == CLEAN else rule for rule in table]
    assert marketplace.admin.put("/credit/rules", {"items": items}).status_code == 200
    tell(marketplace, firm)
    assert clean_years(firm) == []
