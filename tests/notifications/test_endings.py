"""What ends, changes or is withdrawn is told once: listings, licences, grades, counterparts."""

import pytest

VALID = {"valid_from": "2026-01-01"}


@pytest.fixture
def pair(marketplace):
    """A supply and a demand, and their owners."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    return generator, recycler, marketplace.supply(generator), marketplace.demand(recycler)


def test_a_listing_that_ends_in_seven_days_is_announced_once(marketplace):
    owner = marketplace.enterprise("generator")
    soon = marketplace.supply(owner, available_until="2026-12-11")
    marketplace.supply(owner, available_until="2027-01-11")
    marketplace.wait(days=2)
    assert owner.inbox("listing.ending") == []
    marketplace.wait(days=1)
    marketplace.wait(days=1)
    (told,) = owner.inbox("listing.ending")
    assert told["data"] == {"listing_id": soon["id"], "name": "稀硫酸 20%", "last_day": "2026-12-11"}

    marketplace.change(owner, soon, available_until="2026-12-20")
    marketplace.wait(days=9)
    assert len(owner.inbox("listing.ending")) == 2, "a new last day is announced anew"


def test_a_withdrawn_listing_is_not_announced(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.withdraw(owner, marketplace.supply(owner, available_until="2026-12-05"))
    marketplace.wait(days=1)
    assert owner.inbox("listing.ending") == []


def test_a_licence_that_ends_in_sixty_days_is_announced_unless_renewed(marketplace):
    holder, renewed = marketplace.enterprise("recycler"), marketplace.enterprise("recycler")
    licence = marketplace.licence(holder, valid_until="2027-02-05")
    marketplace.licence(renewed, number="浙9", valid_until="2027-02-05")
    marketplace.licence(renewed, number="浙9", valid_until="2032-02-05")
    marketplace.settle()
    assert holder.inbox("licence.ending") == []
    for _ in range(3):
        marketplace.wait(days=6)
    (told,) = holder.inbox("licence.ending")
    assert told["data"] == {
        "licence_id": licence["id"], "name": licence["number"], "last_day": "2027-02-05",
    }  # fmt: skip
    assert renewed.inbox("licence.ending") == []


def test_a_changed_grade_is_told_and_mere_points_are_not(marketplace):
    party = marketplace.enterprise("generator")
    marketplace.credit_event(party, "manifest.late_close")
    marketplace.settle()
    assert party.inbox("grade.changed") == []
    marketplace.credit_event(party, "law.penalty_major")
    marketplace.settle()
    assert [it["data"] for it in party.inbox("grade.changed")] == [{"grade": "C", "grade_before": "B"}]


@pytest.mark.parametrize("mutual", [True, False])
def test_who_is_interested_is_told_that_the_other_withdrew(marketplace, pair, mutual):
    generator, recycler, supply, demand = pair
    bystander = marketplace.recycler()
    marketplace.demand(bystander)
    recycler.feedback(demand, supply, "interested")
    if mutual:
        generator.feedback(supply, demand, "interested")
    marketplace.withdraw(generator, supply)
    marketplace.settle()
    (told,) = recycler.inbox("match.withdrawn")
    assert told["data"] == {"listing_id": demand["id"], "counterpart_id": supply["id"]}
    for other in (generator, bystander):
        assert other.inbox("match.withdrawn") == []


def test_who_found_it_unsuitable_or_whose_counterpart_expired_is_not_told(marketplace, pair):
    generator, recycler, supply, demand = pair
    recycler.feedback(demand, supply, "not_suitable")
    marketplace.withdraw(generator, supply)
    expiring = marketplace.supply(generator, available_until="2026-12-03")
    recycler.feedback(demand, expiring, "interested")
    marketplace.wait(days=4)
    assert recycler.inbox("match.withdrawn") == []


def test_the_decision_on_a_licence_handed_in_is_told(marketplace):
    holder = marketplace.enterprise("recycler")
    line = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 5}
    handed_in = {"valid_from": "2026-01-01", "valid_until": "2029-12-31", "lines": [line]}
    first, second = (
        holder.post("/licences", {**handed_in, "number": number}).json for number in ("甲1", "甲2")
    )
    marketplace.admin.post(f"/licences/{first['id']}/confirm")
    marketplace.admin.post(f"/licences/{second['id']}/refuse", {"reason": "副本不清"})
    marketplace.settle()
    assert [it["data"]["name"] for it in holder.inbox("licence.confirmed")] == ["甲1"]
    assert [it["data"]["reason"] for it in holder.inbox("licence.refused")] == ["副本不清"]
