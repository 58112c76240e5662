"""What an enterprise is interested in, and who is interested in it: told once, and listed."""

import pytest

from tests.http.cursors import walked


@pytest.fixture
def pair(marketplace):
    """A generator with a supply, and a recycler of grade A with a demand that takes it."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    supply, demand = marketplace.supply(generator), marketplace.demand(recycler)
    marketplace.settle()
    return generator, supply, recycler, demand


def interests(party, **query):
    response = party.get("/interests", **query)
    assert response.status_code == 200, response.json
    return response.json["items"]


def states(party, **query):
    return [(item["state"], item["counterpart"]["id"]) for item in interests(party, **query)]


# ---------------------------------------------------------------- told


def test_the_other_side_is_told_of_interest_once(marketplace, pair):
    generator, supply, recycler, demand = pair
    for verdict in ("interested", "interested"):
        generator.feedback(supply, demand, verdict)
        marketplace.settle()
    (message,) = recycler.inbox("match.interest")
    assert message["data"]["listing_id"] == demand["id"]
    assert message["data"]["counterpart_id"] == supply["id"]
    assert generator.inbox("match.interest") == []

    generator.feedback(supply, demand, "not_suitable")
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    assert len(recycler.inbox("match.interest")) == 1


def test_interest_taken_back_before_the_news_went_out_is_no_news(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    path = f"/listings/{supply['id']}/matches/{demand['id']}/feedback"
    assert generator.delete(path).status_code == 204
    marketplace.settle()
    assert recycler.inbox("match.interest") == []
    assert generator.pairing(supply, demand)["feedback"] is None


def test_who_answers_with_interest_is_told_of_mutual_interest_only(marketplace, pair):
    generator, supply, recycler, demand = pair
    recycler.feedback(demand, supply, "interested")
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    assert generator.inbox("match.interest") == recycler.inbox("match.interest") == []
    assert len(generator.inbox("match.mutual")) == len(recycler.inbox("match.mutual")) == 1


@pytest.mark.parametrize("refusal", ["verdict", "muted code", "muted category", "not for me"])
def test_who_wants_no_such_message_gets_none(marketplace, pair, refusal):
    generator, supply, recycler, demand = pair
    if refusal == "verdict":
        recycler.feedback(demand, supply, "not_suitable")
    elif refusal == "not for me":
        recycler.not_for_me(recycler.inbox()[0])
    else:
        code = "HW34" if refusal == "muted category" else "900-349-34"
        recycler.prefer(muted_codes=[{"scheme": "cn-hw", "code": code}])
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    assert recycler.inbox("match.interest") == []


def test_a_message_of_interest_can_be_answered_not_for_me(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    (message,) = recycler.inbox("match.interest")
    recycler.not_for_me(message)
    assert recycler.pairing(demand, supply)["feedback"] == "not_suitable"
    assert generator.pairing(supply, demand)["their_feedback"] is None


def test_interest_of_a_draft_is_told_when_it_is_published(marketplace, pair):
    generator, _, recycler, demand = pair
    draft = marketplace.supply(generator, publish=False, price_cny_per_t=50)
    generator.feedback(draft, demand, "interested")
    marketplace.settle()
    assert recycler.inbox("match.interest") == interests(recycler) == []
    assert states(generator) == [("mine", demand["id"])]

    assert generator.post(f"/listings/{draft['id']}/publish").status_code == 200
    marketplace.settle()
    (message,) = recycler.inbox("match.interest")
    assert message["data"]["counterpart_id"] == draft["id"]
    assert states(recycler) == [("theirs", draft["id"])]


# ---------------------------------------------------------------- listed


def test_interests_are_listed_with_their_state_on_both_sides(marketplace, pair):
    generator, supply, recycler, demand = pair
    assert interests(generator) == interests(recycler) == []

    generator.feedback(supply, demand, "interested")
    assert states(generator) == [("mine", demand["id"])]
    (item,) = interests(recycler)
    assert (item["state"], item["their_feedback"], item["feedback"]) == ("theirs", "interested", None)
    assert item["listing"] == {
        "id": demand["id"], "kind": "demand", "title": demand["title"], "status": "open",
    }  # fmt: skip
    assert item["counterpart"]["enterprise"]["id"] == generator.id
    assert "contact" not in item

    recycler.feedback(demand, supply, "interested")
    for party, other in ((generator, recycler), (recycler, generator)):
        (item,) = interests(party)
        assert item["state"] == "mutual"
        assert item["contact"] == other.get("/enterprises/me").json["contact"]


@pytest.mark.parametrize("change", ["not_suitable", "taken back", "own closed", "other closed"])
def test_mutual_interest_stays_listed_with_its_contact(marketplace, pair, change):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    if change == "not_suitable":
        recycler.feedback(demand, supply, "not_suitable")
    elif change == "taken back":
        recycler.delete(f"/listings/{demand['id']}/matches/{supply['id']}/feedback")
    elif change == "own closed":
        marketplace.withdraw(generator, supply)
    else:
        marketplace.withdraw(recycler, demand)
    (item,) = interests(generator, state="mutual")
    assert item["contact"] == recycler.get("/enterprises/me").json["contact"]
    assert item["counterpart"]["status"] == ("withdrawn" if change == "other closed" else "open")
    taken_back = change in ("not_suitable", "taken back")
    assert item["their_feedback"] == (None if taken_back else "interested")


def test_one_sided_interest_ends_with_the_listing_or_the_change_of_mind(marketplace, pair):
    generator, supply, recycler, demand = pair
    generator.feedback(supply, demand, "interested")
    generator.feedback(supply, demand, "not_suitable")
    assert interests(generator) == interests(recycler) == []
    generator.feedback(supply, demand, "interested")
    marketplace.withdraw(generator, supply)
    assert interests(recycler) == []


def test_interests_are_filtered_and_paged_newest_first(marketplace, pair):
    generator, supply, recycler, demand = pair
    second, third = marketplace.demand(recycler), marketplace.demand(recycler)
    for other in (demand, second, third):
        generator.feedback(supply, other, "interested")
        marketplace.wait(seconds=1)
    recycler.feedback(second, supply, "interested")
    assert states(generator) == [
        ("mutual", second["id"]), ("mine", third["id"]), ("mine", demand["id"]),
    ]  # fmt: skip
    assert states(generator, state="mine") == [("mine", third["id"]), ("mine", demand["id"])]
    assert states(recycler, listing_id=third["id"]) == [("theirs", supply["id"])]

    found = walked(generator, "/interests", limit=1)
    assert [item["counterpart"]["id"] for item in found] == [second["id"], third["id"], demand["id"]]


def test_interests_are_nobody_elses(marketplace, pair):
    generator, supply, _, demand = pair
    generator.feedback(supply, demand, "interested")
    stranger = marketplace.enterprise("generator")
    assert interests(stranger) == []
    assert interests(stranger, listing_id=supply["id"]) == []
    assert marketplace.admin.get("/interests").status_code == 403
