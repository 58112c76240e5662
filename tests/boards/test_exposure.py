"""What the tiers do to whom, counted by hand."""

import pytest

from tests.http.responses import refused

NOTHING = {
    "enterprises": 0, "planned": 0, "released": 0, "dropped": 0, "median_delay_s": None, "first_places": 0,
    "deals": 0,
}  # fmt: skip


def exposure(marketplace, **query):
    answer = marketplace.admin.get("/credit/exposure", **query)
    assert answer.status_code == 200, answer.json
    assert [(item["grade"], item["side"]) for item in answer.json["items"]] == [
        (grade, side) for side in ("supplier", "receiver") for grade in "ABCDE"
    ]
    return {(item.pop("grade"), item.pop("side")): item for item in answer.json["items"]}


def test_without_listings_every_figure_is_zero_and_no_share_is_made_up(marketplace):
    assert all(row == {**NOTHING, "first_place_share": None} for row in exposure(marketplace).values())


@pytest.fixture
def market(marketplace):
    """A generator of grade B, and receivers: two of grade A, one of B, one of D, each with a demand."""
    receivers = {name: marketplace.recycler(name[0]) for name in ("A1", "A2", "B1", "D1")}
    for recycler in receivers.values():
        marketplace.demand(recycler)
    marketplace.settle()
    return marketplace, receivers


def test_each_grade_is_counted_with_its_messages_delays_and_first_places(market):
    marketplace, receivers = market
    generator = marketplace.enterprise("generator")
    first = marketplace.supply(generator, title="酸一")
    marketplace.settle()
    marketplace.wait(minutes=30)
    found = exposure(marketplace)
    best = {"A": 0, "B": 0, "D": 0}
    ranks = {match["listing"]["enterprise"]["id"]: match["rank"] for match in
             generator.get(f"/listings/{first['id']}/matches").json["items"]}  # fmt: skip
    for name, recycler in receivers.items():
        best[name[0]] += ranks[recycler.id] == 1

    assert found["A", "receiver"] == {
        **NOTHING, "enterprises": 2, "planned": 2, "released": 2, "median_delay_s": 0.0,
        "first_places": best["A"], "first_place_share": float(best["A"]),
    }  # fmt: skip
    assert found["B", "receiver"] == {
        **NOTHING, "enterprises": 1, "planned": 1, "released": 1, "median_delay_s": 1800.0,
        "first_places": best["B"], "first_place_share": float(best["B"]),
    }  # fmt: skip
    assert (found["D", "receiver"]["planned"], found["D", "receiver"]["released"]) == (1, 0)
    assert found["D", "receiver"]["median_delay_s"] is None
    assert found["C", "receiver"] == {**NOTHING, "first_place_share": 0.0}
    assert found["B", "supplier"]["enterprises"] == 1
    assert sum(row["first_places"] for (_, side), row in found.items() if side == "receiver") == 1

    marketplace.withdraw(generator, first)
    marketplace.settle()
    row = exposure(marketplace)["D", "receiver"]
    assert (row["planned"], row["released"], row["dropped"]) == (1, 0, 1)


def test_what_is_told_of_a_later_change_counts_as_told_but_not_as_late(market):
    marketplace, _ = market
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator, price_cny_per_t=-1000)
    marketplace.settle()
    marketplace.wait(days=2)
    marketplace.change(generator, supply, price_cny_per_t=-2000)
    marketplace.settle()
    row = exposure(marketplace)["A", "receiver"]
    assert row["planned"] > 2
    assert row["median_delay_s"] == 0.0


def test_only_the_days_asked_for_are_counted_and_only_for_admins(market):
    marketplace, receivers = market
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(days=3)
    assert exposure(marketplace, days=2)["A", "receiver"]["planned"] == 0
    assert exposure(marketplace, days=4)["A", "receiver"]["planned"] == 2
    for party in (receivers["A1"], marketplace.regulator("330600")):
        refused(party.get("/credit/exposure"), 403, "role_forbids")
    refused(marketplace.admin.get("/credit/exposure", days=366), 422, "invalid_input", "days")
