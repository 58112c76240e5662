"""What staff sees of a region at once, counted by hand, and who sees what of it."""

import pytest

from tests.manifests.trade import Trade, ok, refused
from tests.marketplace import SHAOXING

YUECHENG, HOME, SHANGHAI = "330602", "330600", "310000"


def make_trade(marketplace):
    """A deal of 60 t from a plant to a works in one district, one load closed and one under way."""
    trade = Trade(marketplace)
    trade.by(trade.receiver, trade.received(20.0), "close")
    trade.issued(10.0)
    marketplace.grade(marketplace.enterprise("generator", region="330604"), "D")
    marketplace.settle()
    return trade


@pytest.fixture
def trade(kept):
    with kept(make_trade) as made:
        yield made


def cockpit(party, **query):
    return ok(party.get("/cockpit", **query))


def district(found, region):
    (row,) = [row for row in found["districts"] if row["region"] == region]
    return row


def test_a_district_has_its_listings_deals_loads_and_credit(trade):
    found = cockpit(trade.marketplace.admin)
    here, other = district(found, YUECHENG), district(found, "330604")
    assert (here["name"], here["deals"], here["agreed_t"]) == ("越城区", 1, 60.0)
    assert (here["issued"], here["closed"], here["rate"], here["moved_t"]) == (2, 1, 0.5, 20.0)
    assert (here["under_way"], here["late"], here["demand_t"]) == (1, 0, 440.0)
    assert (here["enterprises"], sum(here["grades"].values())) == (3, 3)
    assert (other["grades"]["D"], other["enterprises"], other["rate"]) == (1, 1, None)
    assert other["mean_score"] < here["mean_score"]


def test_the_flow_the_month_and_the_indicators_follow_from_the_same_loads(trade):
    found = cockpit(trade.marketplace.admin)
    (flow,) = found["flows"]
    assert (flow["origin"], flow["destination"], flow["closed"], flow["moved_t"]) == (
        YUECHENG,
        YUECHENG,
        1,
        20.0,
    )
    assert found["other_flows_t"] == 0
    months = found["months"]
    assert [months[0]["month"], months[-1]["month"], len(months)] == ["2026-01", "2026-12", 12]
    assert (months[-1]["deals"], months[-1]["quantity_t"]) == (1, 60.0)
    shares = {each["name"]: (each["present"], each["part"], each["whole"]) for each in found["indicators"]}
    assert shares == {
        "closing_rate": (0.5, 1, 2),
        "on_time": (1.0, 1, 1),
        "good_credit": (0.75, 3, 4),
        "same_city": (1.0, 20000, 20000),
    }
    assert all(0 < each["target"] <= 1 for each in found["indicators"])


def test_a_regulator_sees_its_own_region_and_those_within_it(trade):
    regulator, stranger = (trade.marketplace.regulator(region) for region in (HOME, SHANGHAI))
    own = cockpit(regulator)
    assert (own["region"], own["region_name"]) == (HOME, "绍兴市")
    assert {row["region"] for row in own["districts"]} == {YUECHENG, "330604"}
    assert {row["region"] for row in cockpit(regulator, region=YUECHENG)["districts"]} == {YUECHENG}
    elsewhere = cockpit(stranger)
    assert (elsewhere["districts"], elsewhere["flows"]) == ([], [])
    assert {each["present"] for each in elsewhere["indicators"]} == {None}


@pytest.mark.parametrize("region", [HOME, YUECHENG, "330000", "000000"])
def test_what_another_region_does_is_not_a_regulators_to_see(trade, region):
    refusal = trade.marketplace.regulator(SHANGHAI).get("/cockpit", region=region)
    assert refusal.status_code in (404, 422)


def test_there_is_no_cockpit_of_a_region_that_does_not_exist_nor_for_enterprises(trade):
    refused(trade.marketplace.admin.get("/cockpit", region="999999"), "unknown_region", 422)
    assert trade.supplier.get("/cockpit").status_code == 403


def test_a_flow_that_leaves_the_region_ends_in_a_city(marketplace):
    trade = Trade(marketplace)
    trade.receiver = marketplace.enterprise("recycler", name="宁波厂", region="330211", location=SHAOXING)
    marketplace.licence(trade.receiver)
    trade.by(trade.receiver, trade.received(20.0), "close")
    (flow,) = cockpit(marketplace.regulator(HOME))["flows"]
    assert (flow["origin"], flow["destination"], flow["destination_name"]) == (YUECHENG, "330200", "宁波市")
    (seen,) = cockpit(marketplace.regulator("330200"))["flows"]
    assert (seen["origin"], seen["destination"]) == (HOME, "330211")
    shares = {each["name"]: each["present"] for each in cockpit(marketplace.regulator(HOME))["indicators"]}
    assert shares["same_city"] == 0.0


def test_its_figures_are_counted_once_a_minute(marketplace):
    assert cockpit(marketplace.admin)["districts"] == []
    marketplace.enterprise("generator")
    assert cockpit(marketplace.admin)["districts"] == []
    marketplace.wait(seconds=61)
    assert len(cockpit(marketplace.admin)["districts"]) == 1
