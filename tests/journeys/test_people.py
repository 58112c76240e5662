"""A day of each kind of user, through HTTP."""

import pytest

from tests.marketplace import ACID, listing_terms


def test_a_plant_manager_drafts_waits_for_approval_publishes_and_reaches_the_receiver(marketplace):
    recycler = marketplace.enterprise("recycler", grade="A")
    marketplace.licence(recycler)
    wanted = marketplace.demand(recycler)
    plant = marketplace.enterprise("generator", approved=False)

    body = listing_terms(kind="supply", title="稀硫酸 20%", waste=ACID, price_cny_per_t=-150.0)
    refused = plant.post("/listings", body)
    assert (refused.status_code, refused.json["code"]) == (403, "enterprise_pending")
    draft = plant.post("/listings", {**body, "publish": False}).json
    assert draft["status"] == "draft"

    marketplace.admin.post(f"/enterprises/{plant.id}/approve", {"reason": "papers seen"})
    cheaper = plant.patch(f"/listings/{draft['id']}", {"price_cny_per_t": -160.0})
    assert cheaper.json["price_cny_per_t"] == -160.0
    assert plant.post(f"/listings/{draft['id']}/publish").json["status"] == "open"

    (match,) = plant.get(f"/listings/{draft['id']}/matches").json["items"]
    assert match["listing"]["id"] == wanted["id"]
    assert "contact" not in match
    assert sum(part["contribution"] for part in match["components"]) == pytest.approx(
        match["score"], abs=1e-6
    )

    pairing = f"/listings/{draft['id']}/matches/{wanted['id']}/feedback"
    assert plant.post(pairing, {"verdict": "interested"}).json == {"verdict": "interested", "mutual": False}
    back = recycler.post(
        f"/listings/{wanted['id']}/matches/{draft['id']}/feedback", {"verdict": "interested"}
    ).json
    assert back["mutual"]
    assert back["contact"]["email"] == plant.get("/enterprises/me").json["contact"]["email"]
    marketplace.settle()
    told = [message["kind"] for message in plant.get("/notifications", unread="true").json["items"]]
    assert sorted(told) == ["enterprise.approved", "match.mutual"]


def test_a_recycler_is_notified_of_a_supply_looks_closer_and_mutes_what_is_not_for_it(marketplace):
    recycler = marketplace.enterprise("recycler", grade="A")
    marketplace.licence(recycler)
    wanted = marketplace.demand(recycler)
    plants = [marketplace.enterprise("generator") for _ in range(2)]
    supplies = [marketplace.supply(plant) for plant in plants]
    marketplace.settle()

    inbox = recycler.inbox()
    assert {message["data"]["counterpart_id"] for message in inbox} == {supply["id"] for supply in supplies}
    first = inbox[0]
    assert recycler.post(f"/notifications/{first['id']}/read").json["read_at"]
    assert len(recycler.get("/notifications", unread="true").json["items"]) == 1

    seen = recycler.get(f"/listings/{wanted['id']}/matches").json
    assert seen["total"] == 2
    seen_closer = recycler.get(f"/listings/{wanted['id']}/matches/{supplies[0]['id']}").json
    assert seen_closer["lawful"]
    assert seen_closer["legal_basis"]["kind"] == "licence"

    path = f"/listings/{wanted['id']}/matches/{supplies[0]['id']}/feedback"
    recycler.post(path, {"verdict": "not_suitable", "reason": "too weak"})
    plants[0].patch(f"/listings/{supplies[0]['id']}", {"quantity_t": 5000.0})
    plants[1].patch(f"/listings/{supplies[1]['id']}", {"quantity_t": 5000.0})
    marketplace.settle()
    assert [message["data"]["counterpart_id"] for message in recycler.inbox()[2:]] == [supplies[1]["id"]]


def test_an_admin_reviews_credit_and_the_next_ranking_shows_it(marketplace):
    plant = marketplace.enterprise("generator")
    good, bad = (marketplace.enterprise("recycler", grade="A") for _ in range(2))
    for recycler in (good, bad):
        marketplace.licence(recycler)
    of_good, of_bad = marketplace.demand(good), marketplace.demand(bad)
    supply = marketplace.supply(plant)
    assert set(marketplace.matches(plant, supply)) == {of_good["id"], of_bad["id"]}

    marketplace.credit_event(bad, "law.penalty_major")
    assert marketplace.matches(plant, supply) == [of_good["id"], of_bad["id"]]
    marketplace.credit_event(bad, "law.illegal_dumping")
    assert marketplace.matches(plant, supply) == [of_good["id"]]
    assert set(marketplace.why_not(plant, supply, of_bad)) == {"credit"}

    worst_first = marketplace.admin.get("/enterprises", sort="score").json["items"]
    assert worst_first[0]["id"] == bad.id
    why = marketplace.admin.get(f"/enterprises/{bad.id}/credit/explanation").json
    assert why["base"] + sum(line["points"] for line in why["lines"]) == why["sum"]
    assert [block["state"] for block in marketplace.admin.get("/credit/blocks").json["items"]] == [
        "provisional"
    ]


def test_a_regulator_sees_its_region_whole_and_nothing_beyond(marketplace):
    here = marketplace.enterprise("generator", region="330602")
    beyond = marketplace.enterprise("generator", region="310104", location=None)
    mine, theirs = marketplace.supply(here), marketplace.supply(beyond)
    shaoxing = marketplace.regulator("330600")

    assert shaoxing.get(f"/listings/{mine['id']}").json["location"] == mine["location"]
    assert shaoxing.get(f"/listings/{theirs['id']}").status_code == 404
    assert [enterprise["id"] for enterprise in shaoxing.get("/enterprises").json["items"]] == [here.id]
    assert shaoxing.get(f"/enterprises/{here.id}").json["uscc"] == here.number
    assert "uscc" not in shaoxing.get(f"/enterprises/{beyond.id}").json
    assert shaoxing.get(f"/listings/{mine['id']}/matches").status_code == 200
    assert shaoxing.get(f"/listings/{theirs['id']}/matches").status_code == 404
    assert shaoxing.post("/listings", {}).status_code == 403
