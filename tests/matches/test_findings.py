"""Who has no lawful counterpart has a finding: the gate that stops most, by whose terms, what helps."""

import pytest


def findings(party, **query):
    return party.get("/findings", **query).json["items"]


def test_a_listing_without_a_lawful_counterpart_leaves_a_finding(marketplace):
    generator = marketplace.enterprise("generator")
    for _ in range(2):
        marketplace.demand(marketplace.enterprise("recycler"))
    marketplace.demand(marketplace.recycler(), price_cny_per_t=-500)
    supply = marketplace.supply(generator, price_cny_per_t=0)
    marketplace.settle()
    (finding,) = findings(generator)
    assert finding["listing_id"] == supply["id"]
    assert finding["gate"] == "licence"
    assert finding["stopped"] == {"licence": 2, "price": 1}
    assert "licen" in finding["detail"].lower()


def test_a_listing_that_nobody_answers_at_all_says_so(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    marketplace.settle()
    (finding,) = findings(generator)
    assert (finding["listing_id"], finding["gate"], finding["candidates"]) == (supply["id"], "code", 0)


def test_the_finding_goes_when_a_change_makes_a_match(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler, price_cny_per_t=-200)
    supply = marketplace.supply(generator, price_cny_per_t=0)
    marketplace.settle()
    assert [finding["gate"] for finding in findings(generator)] == ["price"]
    marketplace.change(generator, supply, price_cny_per_t=-200)
    marketplace.settle()
    assert findings(generator) == []


def test_a_closed_listing_has_no_finding(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    assert findings(generator) == []


def test_findings_are_for_the_owner_its_regulator_and_admins(marketplace):
    generator = marketplace.enterprise("generator")
    marketplace.supply(generator)
    marketplace.settle()
    assert findings(marketplace.enterprise("generator")) == []
    assert findings(marketplace.regulator("110000")) == []
    for seer in (generator, marketplace.admin, marketplace.regulator("330600")):
        assert len(findings(seer)) == 1
    assert findings(generator, gate="licence") == []
    for unknown in ("licences", "", "Code"):
        assert generator.get("/findings", gate=unknown).status_code == 422
    assert len(findings(generator, gate="code")) == 1


def test_findings_page_newest_listing_first(marketplace):
    generator = marketplace.enterprise("generator")
    ids = [marketplace.supply(generator)["id"] for _ in range(3)]
    marketplace.settle()
    first = generator.get("/findings", limit=2).json
    second = generator.get("/findings", limit=2, cursor=first["next"]).json
    assert [finding["listing_id"] for finding in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


# ---------------------------------------------------------------- never stale


def gates(party):
    return [finding["gate"] for finding in findings(party)]


def test_a_new_demand_withdraws_the_finding_and_its_end_brings_it_back(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    marketplace.supply(generator)
    assert gates(generator) == ["code"]
    demand = marketplace.demand(recycler)
    assert gates(generator) == gates(recycler) == gates(marketplace.admin) == []
    marketplace.withdraw(recycler, demand)
    assert gates(generator) == gates(marketplace.regulator("330600")) == ["code"]


def test_a_licence_credit_and_the_policy_change_a_finding_at_once(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    marketplace.demand(recycler)
    marketplace.supply(generator)
    assert gates(generator) == ["licence"]
    marketplace.licence(recycler, valid_until="2026-12-02")
    assert gates(generator) == []
    marketplace.grade(recycler, "E")
    assert gates(generator) == ["credit"]


def test_a_licence_that_expires_brings_a_finding_with_the_day(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    marketplace.licence(recycler, valid_until="2026-12-02")
    marketplace.demand(recycler)
    marketplace.supply(generator)
    assert gates(generator) == []
    marketplace.wait(days=2)
    assert gates(generator) == gates(recycler) == ["licence"]


def test_the_policy_decides_whether_a_province_line_is_a_finding(marketplace):
    generator = marketplace.enterprise("generator")
    kunshan = {"region": "320583", "location": {"lon": 120.98, "lat": 31.39, "crs": "wgs84"}}
    marketplace.demand(marketplace.recycler(**kunshan))
    marketplace.supply(generator)
    assert gates(generator) == ["region"]
    marketplace.policy(cross_province="with_approval")
    assert gates(generator) == []


# ---------------------------------------------------------------- the side that must change


@pytest.mark.parametrize(
    ("mine", "theirs", "reason", "words"),
    [
        ({"min_lot_t": 500}, {"quantity_t": 100}, "own_lot", "lower it"),
        ({"quantity_t": 5, "min_lot_t": 1}, {"min_lot_t": 50}, "own_quantity", "does not help"),
        ({"price_cny_per_t": 0}, {"price_cny_per_t": -9}, "supply", "asking less"),
        ({"available_until": "2026-12-20"}, {"available_from": "2026-12-25"}, "no_shared_day", "widening"),
    ],
)
def test_advice_names_the_side_that_must_change(marketplace, mine, theirs, reason, words):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    marketplace.demand(recycler, **theirs)
    marketplace.supply(generator, **mine)
    (finding,) = findings(generator)
    assert (finding["reason"], words in finding["detail"]) == (reason, True), finding


@pytest.mark.parametrize(("whose", "reason"), [("supply", "own"), ("demand", "other")])
def test_the_limit_that_is_too_near_is_named(marketplace, whose, reason):
    far = {"location": {"lon": 120.58, "lat": 30.3, "crs": "wgs84"}}
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    limit = {"max_distance_km": 5}
    marketplace.demand(recycler, **far, **(limit if whose == "demand" else {}))
    marketplace.supply(generator, **(limit if whose == "supply" else {}))
    (of_supply,), (of_demand,) = findings(generator), findings(recycler)
    assert (of_supply["gate"], of_supply["reason"]) == ("distance", reason)
    assert of_demand["reason"] != reason
    assert bool(of_supply["near_misses"]) == (reason == "own")


def test_a_finding_of_a_demand_speaks_to_the_receiver(marketplace):
    recycler = marketplace.enterprise("recycler")
    marketplace.demand(recycler)
    marketplace.supply(marketplace.enterprise("generator"))
    (finding,) = findings(recycler)
    assert (finding["gate"], finding["reason"]) == ("licence", "demand")
    assert "of yours" in finding["detail"]
