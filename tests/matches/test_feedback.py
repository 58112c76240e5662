"""What the two sides say of a pairing, and when each learns how to reach the other."""

import threading

import pytest


@pytest.fixture
def pair(marketplace):
    """A generator with a supply, and a recycler of grade A with a demand that takes it."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    return generator, marketplace.supply(generator), recycler, marketplace.demand(recycler)


def contact_of(party):
    return party.get("/enterprises/me").json["contact"]


def shown(party, mine, theirs):
    """The contact in the list and in the explanation, which must agree."""
    (item,) = party.get(f"/listings/{mine['id']}/matches").json["items"]
    explained = party.pairing(mine, theirs)
    assert item.get("contact") == explained.get("contact")
    return explained.get("contact")


def test_contacts_are_shown_only_when_both_are_interested(marketplace, pair):
    generator, supply, recycler, demand = pair
    assert shown(generator, supply, demand) is None

    response = generator.feedback(supply, demand, "interested")
    assert response == {"verdict": "interested", "mutual": False}
    assert shown(generator, supply, demand) is None
    assert shown(recycler, demand, supply) is None

    response = recycler.feedback(demand, supply, "interested")
    assert response == {"verdict": "interested", "mutual": True, "contact": contact_of(generator)}
    assert shown(generator, supply, demand) == contact_of(recycler)
    assert shown(recycler, demand, supply) == contact_of(generator)


def test_a_contact_stays_for_good_whatever_either_side_says_later(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    answer = generator.feedback(supply, demand, "not_suitable")
    assert answer == {"verdict": "not_suitable", "mutual": False, "contact": contact_of(recycler)}
    assert shown(generator, supply, demand) == contact_of(recycler)
    assert shown(recycler, demand, supply) == contact_of(generator)
    path = f"/listings/{demand['id']}/matches/{supply['id']}/feedback"
    assert recycler.delete(path).status_code == 204
    assert shown(recycler, demand, supply) == contact_of(generator)
    assert recycler.feedback(demand, supply, "interested")["mutual"] is False


def test_a_contact_stays_when_the_pairing_is_lawful_no_more(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    marketplace.change(recycler, demand, price_cny_per_t=-900)
    marketplace.change(generator, supply, price_cny_per_t=0)
    explained = generator.pairing(supply, demand)
    assert (explained["lawful"], explained["contact"]) == (False, contact_of(recycler))
    assert explained["listing"]["enterprise"]["id"] == recycler.id


@pytest.mark.parametrize("closing", ["own", "other"])
def test_a_contact_stays_when_a_listing_closes(marketplace, pair, closing):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    if closing == "other":
        marketplace.withdraw(recycler, demand)
    else:
        marketplace.withdraw(generator, supply)
    for party, mine, theirs in ((generator, supply, demand), (recycler, demand, supply)):
        assert party.pairing(mine, theirs)["contact"]
    explained = (generator if closing == "other" else recycler).pairing(
        *((supply, demand) if closing == "other" else (demand, supply))
    )
    assert explained["lawful"] is False
    assert [warning["code"] for warning in explained["warnings"]] == ["counterpart_closed"]
    answer = generator.post(
        f"/listings/{supply['id']}/matches/{demand['id']}/feedback", {"verdict": "interested"}
    )
    assert (answer.status_code, answer.json["code"]) in (
        (409, "pairing_not_lawful"), (409, "wrong_state"),
    )  # fmt: skip


def test_interest_is_shown_to_the_other_side_and_a_refusal_is_not(marketplace, pair):
    generator, supply, recycler, demand = pair

    def theirs(party, mine, other):
        (item,) = party.get(f"/listings/{mine['id']}/matches").json["items"]
        assert party.pairing(mine, other)["their_feedback"] == item["their_feedback"]
        return item["their_feedback"]

    assert theirs(recycler, demand, supply) is None
    generator.feedback(supply, demand, "interested")
    assert (theirs(recycler, demand, supply), theirs(generator, supply, demand)) == ("interested", None)
    generator.feedback(supply, demand, "not_suitable")
    assert theirs(recycler, demand, supply) is None


def test_not_even_staff_see_a_contact_once_a_party_is_suspended(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    assert marketplace.admin.pairing(supply, demand)["contact"] == contact_of(recycler)

    assert marketplace.admin.post(f"/enterprises/{generator.id}/suspend").status_code == 200
    response = marketplace.admin.get(f"/listings/{supply['id']}/matches/{demand['id']}")
    assert "contact" not in (response.json or {})


def test_both_are_told_of_mutual_interest_each_by_its_own_listing(marketplace, pair):
    generator, supply, recycler, demand = pair
    marketplace.settle()
    recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    assert generator.inbox("match.mutual") == recycler.inbox("match.mutual") == []
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    for party, mine, theirs in ((generator, supply, demand), (recycler, demand, supply)):
        (message,) = party.inbox("match.mutual")
        assert message["data"]["listing_id"] == mine["id"]
        assert message["data"]["counterpart_id"] == theirs["id"]
        assert message["delivery"] == "immediate"
        assert "contact" not in message["data"]


def test_saying_so_again_and_again_tells_nobody_twice(marketplace, pair):
    generator, supply, recycler, demand = pair
    recycler.feedback(demand, supply, "interested")
    for verdict in ("interested", "interested", "not_suitable", "interested"):
        generator.feedback(supply, demand, verdict)
        marketplace.settle()
    assert len(generator.inbox("match.mutual")) == len(recycler.inbox("match.mutual")) == 1


def test_interest_withdrawn_before_the_news_went_out_is_no_news(marketplace, pair):
    generator, supply, recycler, demand = pair
    recycler.feedback(demand, supply, "interested")
    generator.feedback(supply, demand, "interested")
    generator.feedback(supply, demand, "not_suitable")
    marketplace.settle()
    assert generator.inbox("match.mutual") == recycler.inbox("match.mutual") == []
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    assert len(generator.inbox("match.mutual")) == len(recycler.inbox("match.mutual")) == 1


def test_both_at_the_same_moment_are_mutual_once(marketplace, pair):
    generator, supply, recycler, demand = pair
    answers = []

    def say(party, mine, theirs):
        path = f"/api/v1/listings/{mine['id']}/matches/{theirs['id']}/feedback"
        client = marketplace.app.test_client()
        answers.append(
            client.post(path, json={"verdict": "interested"}, headers=party.headers).json["mutual"]
        )

    threads = [
        threading.Thread(target=say, args=args)
        for args in [(generator, supply, demand), (recycler, demand, supply)] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert True in answers
    marketplace.settle()
    assert len(generator.inbox("match.mutual")) == len(recycler.inbox("match.mutual")) == 1


def test_a_verdict_is_shown_to_its_own_side_only(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "not_suitable")
    assert generator.pairing(supply, demand)["feedback"] == "not_suitable"
    assert recycler.pairing(demand, supply)["feedback"] is None


def test_nobody_speaks_for_anothers_listing_or_of_a_closed_one(marketplace, pair):
    generator, supply, recycler, demand = pair
    path = f"/listings/{supply['id']}/matches/{demand['id']}/feedback"
    for stranger in (recycler, marketplace.enterprise("generator")):
        assert stranger.post(path, {"verdict": "interested"}).status_code == 404
    assert marketplace.admin.post(path, {"verdict": "interested"}).status_code == 403
    backwards = f"/listings/{supply['id']}/matches/{supply['id']}/feedback"
    assert generator.post(backwards, {"verdict": "interested"}).status_code == 404
    marketplace.withdraw(recycler, demand)
    assert generator.post(path, {"verdict": "interested"}).status_code == 404


def test_a_wrong_verdict_names_the_field_and_stores_nothing(marketplace, pair):
    generator, supply, _, demand = pair
    path = f"/listings/{supply['id']}/matches/{demand['id']}/feedback"
    for body, at in (
        ({"verdict": "maybe"}, "verdict"),
        ({}, "verdict"),
        ({"verdict": "interested", "x": 1}, "x"),
    ):
        answer = generator.post(path, body)
        assert answer.status_code == 422
        assert at in answer.json["errors"]
    assert generator.pairing(supply, demand)["feedback"] is None


def test_who_is_suspended_is_reached_no_more(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    assert marketplace.admin.post(f"/enterprises/{recycler.id}/suspend", {}).status_code == 200
    marketplace.settle()
    assert generator.get(f"/listings/{supply['id']}/matches").json["items"] == []
    assert generator.get(f"/listings/{supply['id']}/matches/{demand['id']}").status_code == 404
    assert generator.inbox("match.mutual") == []
    assert "contact" not in generator.get("/interests").json["items"][0]


def test_the_owner_of_a_closed_listing_can_no_longer_draw_a_contact_out(marketplace, pair):
    generator, supply, recycler, demand = pair
    recycler.feedback(demand, supply, "interested")
    marketplace.withdraw(generator, supply)
    answer = generator.post(
        f"/listings/{supply['id']}/matches/{demand['id']}/feedback", {"verdict": "interested"}
    )
    assert answer.status_code == 409
    assert answer.json["code"] == "wrong_state"
