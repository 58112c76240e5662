"""Who is suspended sees no listing of others, neither in old messages nor in e-mails that were still due."""

import json

import pytest

from tests.mail import body

TITLE, FEE = "改名后的废酸", 777


@pytest.fixture
def parties(marketplace):
    """A generator, and a recycler of grade A whose demand takes its acid."""
    generator, recycler = marketplace.enterprise("generator", name="绍兴染料厂"), marketplace.recycler("A")
    return generator, recycler, marketplace.demand(recycler)


def suspend(marketplace, party):
    assert marketplace.admin.post(f"/enterprises/{party.id}/suspend", {"reason": "停业"}).status_code == 200


def find(marketplace, generator, recycler, demand):
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    marketplace.settle()
    return supply


def find_by_search(marketplace, generator, recycler, demand):
    marketplace.withdraw(recycler, demand)
    recycler.save_search({"kind": "supply"})
    return find(marketplace, generator, recycler, demand)


def interest(marketplace, generator, recycler, demand):
    supply = find(marketplace, generator, recycler, demand)
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    return supply


def mutual_interest(marketplace, generator, recycler, demand):
    supply = interest(marketplace, generator, recycler, demand)
    recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    return supply


@pytest.mark.parametrize("way", [find, find_by_search, interest, mutual_interest])
def test_an_old_message_tells_a_suspended_reader_nothing_new_of_others(marketplace, parties, way):
    generator, recycler, demand = parties
    supply = way(marketplace, generator, recycler, demand)
    before = recycler.get("/notifications").json["items"]
    suspend(marketplace, recycler)
    marketplace.change(generator, supply, title=TITLE, price_cny_per_t=-FEE, quantity_t=333)
    marketplace.settle()

    shown = recycler.get("/notifications").json["items"]
    assert {item["id"] for item in before} <= {item["id"] for item in shown}
    words = [item[part] for item in shown for part in ("title", "listing_title", "detail") if item[part]]
    for sign in (TITLE, str(FEE), "333", "绍兴染料厂", "0575-85000000"):
        assert sign not in " ".join(words), sign
    for item in shown:
        assert (item["name"], item["enterprise"]) == (None, None)
        marked = recycler.post(f"/notifications/{item['id']}/read")
        assert (marked.status_code, marked.json["detail"]) == (200, item["detail"])

    assert marketplace.admin.post(f"/enterprises/{recycler.id}/approve", {}).status_code == 200
    assert TITLE in json.dumps(recycler.get("/notifications").json, ensure_ascii=False)


@pytest.mark.parametrize("way", [find, find_by_search, interest])
@pytest.mark.parametrize("suspended", ["reader", "sender"])
def test_no_digest_tells_of_a_listing_once_either_side_is_suspended(
    marketplace, relay, parties, way, suspended
):
    generator, recycler, demand = parties
    recycler.prefer(email="digest", kinds={"enterprise.suspended": "immediate"})
    way(marketplace, generator, recycler, demand)
    suspend(marketplace, recycler if suspended == "reader" else generator)
    marketplace.wait(days=1)

    told = [body(letter) for letter in relay.take() if letter["To"].startswith(recycler.number.lower())]
    assert len(told) == (suspended == "reader"), told
    assert "绍兴染料厂" not in "".join(told)


def test_no_suspended_reader_is_mailed_that_a_listing_was_withdrawn(marketplace, relay, parties):
    generator, recycler, demand = parties
    supply = find(marketplace, generator, recycler, demand)
    recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    suspend(marketplace, recycler)
    marketplace.settle()
    relay.take()
    marketplace.withdraw(generator, supply)
    marketplace.wait(days=1)

    assert relay.take() == []
    (item,) = recycler.inbox("match.withdrawn")
    assert item["name"] is None
