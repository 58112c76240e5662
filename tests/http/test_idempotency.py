"""The same POST twice is done once, whoever is slow."""

import threading
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.enterprises import service as enterprises
from marketplace.http.idempotency import IdempotentResponse
from tests.http.responses import refused
from tests.marketplace import ACID, Marketplace, Party, listing_terms

KEY = {"Idempotency_Key": "order-1"}


def supply(**about):
    return {**listing_terms(kind="supply", title="稀硫酸", waste=ACID), **about}


def count(party):
    return len(party.get("/listings", mine=True).json["items"])


def kept(marketplace: Marketplace):
    with marketplace.app.app_context():
        return db.session.query(IdempotentResponse).count()


def test_the_same_key_and_body_give_the_first_response_again(marketplace):
    owner = marketplace.enterprise("generator")
    first = owner.post("/listings", supply(), **KEY)
    marketplace.wait(hours=1)
    again = owner.post("/listings", supply(), **KEY)

    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert count(owner) == 1


def test_the_same_key_with_another_body_is_refused(marketplace):
    owner = marketplace.enterprise("generator")
    assert owner.post("/listings", supply(), **KEY).status_code == 201

    refused(
        owner.post("/listings", supply(title="other"), **KEY),
        422,
        "idempotency_key_reused",
        "Idempotency-Key",
    )
    assert count(owner) == 1


def test_a_key_counts_for_its_actor_and_its_route_only(marketplace):
    one, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    listings = [party.post("/listings", supply(publish=False), **KEY) for party in (one, other)]
    assert [response.status_code for response in listings] == [201, 201]
    assert not any("Idempotent-Replayed" in response.headers for response in listings)

    paths = [f"/listings/{listings[0].json['id']}/{verb}" for verb in ("publish", "withdraw")]
    assert [one.post(path, {}, **KEY).json["status"] for path in paths] == ["open", "withdrawn"]


def test_another_key_of_the_same_enterprise_is_the_same_actor(marketplace):
    owner = marketplace.enterprise("generator")
    first = owner.post("/listings", supply(), **KEY)
    second_key = owner.post("/api-keys", {"name": "b", "scopes": ["read", "listings:write"]}).json["api_key"]

    again = Party(marketplace, second_key).post("/listings", supply(), **KEY)
    assert (again.headers["Idempotent-Replayed"], again.json["id"]) == ("true", first.json["id"])


def test_a_refused_request_is_not_kept_and_may_be_corrected(marketplace):
    owner = marketplace.enterprise("generator")
    refused(owner.post("/listings", supply(quantity_t=-1), **KEY), 422, "invalid_input", "quantity_t")
    assert kept(marketplace) == 0

    assert owner.post("/listings", supply(), **KEY).status_code == 201
    assert (count(owner), kept(marketplace)) == (1, 1)


def test_secrets_are_not_kept_and_replay_as_null(marketplace):
    owner = marketplace.enterprise("generator")
    wish = {"name": "till", "scopes": ["read"]}
    first, again = (owner.post("/api-keys", wish, **KEY) for _ in range(2))

    assert first.json["api_key"].startswith("hl_")
    assert again.json == {**first.json, "api_key": None}
    regulator = {"name": "局", "region": "330600"}
    first, again = (marketplace.admin.post("/regulators", regulator, **KEY) for _ in range(2))
    assert again.json == {**first.json, "api_key": None}


@pytest.fixture
def partners(marketplace):
    """A generator and a recycler, interested in each other, and the recycler's message that tells so."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    supply_, demand = marketplace.supply(generator), marketplace.demand(recycler)
    generator.feedback(supply_, demand, "interested")
    recycler.feedback(demand, supply_, "interested")
    marketplace.settle()
    return generator, recycler, supply_, demand


def says_contact(text):
    return "0575-85000000" in text or "@example.com" in text


def address_of(party):
    return party.get("/enterprises/me").json["contact"]["email"]


def bare(party, path):
    """A POST without a body, which may be repeated."""
    return party.call("POST", path, headers={"Idempotency-Key": "order-1"})


@pytest.mark.parametrize("verb", ["read", "not-for-me"])
def test_a_sentence_that_tells_a_contact_replays_as_null(marketplace, partners, verb):
    _, recycler, *_ = partners
    (message,) = recycler.inbox("match.mutual")
    path = f"/notifications/{message['id']}/{verb}"
    first, again = (bare(recycler, path) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200), first.json
    assert says_contact(first.json["detail"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == {**first.json, "detail": None}
    other = recycler.inbox("enterprise.approved") or recycler.inbox("match.interest")
    for item in other[:1]:
        path = f"/notifications/{item['id']}/read"
        assert [bare(recycler, path).json["detail"] for _ in range(2)] == [item["detail"]] * 2


def test_no_kept_response_holds_a_contact(marketplace, partners):
    generator, recycler, supply_, demand = partners
    answer = {"listing_id": supply_["id"], "counterpart_id": demand["id"], "verdict": "interested"}
    shown = [
        generator.post("/matches/feedback", {"items": [answer]}, **KEY),
        recycler.post(
            f"/listings/{demand['id']}/matches/{supply_['id']}/feedback", {"verdict": "interested"}, **KEY
        ),
        bare(recycler, "/enterprises/me/send-proof"),
        bare(recycler, f"/notifications/{recycler.inbox('match.mutual')[0]['id']}/read"),
    ]
    with marketplace.app.app_context():
        enterprises.record_email_refusal(
            UUID(generator.id), address_of(generator), "550 <x@example.com> unknown"
        )
    shown.append(marketplace.admin.post(f"/enterprises/{generator.id}/suspend", {}, **KEY))

    assert [says_contact(response.text) for response in shown] == [True, True, False, True, True]
    with marketplace.app.app_context():
        bodies = [str(row.body) for row in db.session.query(IdempotentResponse)]
    assert len(bodies) == 4
    assert [body for body in bodies if says_contact(body)] == []


def test_a_kept_response_is_forgotten_after_a_day_and_not_before(marketplace):
    owner = marketplace.enterprise("generator")
    first = owner.post("/listings", supply(), **KEY).json["id"]
    marketplace.now = marketplace.now.replace(day=marketplace.now.day + 1)
    assert owner.post("/listings", supply(), **KEY).json["id"] == first

    marketplace.now = marketplace.now.replace(second=1)
    second = owner.post("/listings", supply(), **KEY)
    assert "Idempotent-Replayed" not in second.headers
    assert (count(owner), kept(marketplace)) == (2, 1)
    assert owner.post("/listings", supply(), **KEY).json["id"] == second.json["id"]


def test_the_scheduler_deletes_what_is_older_than_a_day(marketplace):
    owner = marketplace.enterprise("generator")
    owner.post("/listings", supply(), **KEY)
    marketplace.wait(hours=23)
    assert kept(marketplace) == 1
    marketplace.wait(hours=2)
    assert kept(marketplace) == 0


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(marketplace, key):
    owner = marketplace.enterprise("generator")

    refused(
        owner.post("/listings", supply(), Idempotency_Key=key), 422, "idempotency_key_form", "Idempotency-Key"
    )
    assert owner.post("/listings", supply(), Idempotency_Key="k" * 255).status_code == 201
    assert count(owner) == 1


def test_other_methods_and_callers_without_a_key_ignore_it(marketplace):
    owner = marketplace.enterprise("generator")
    path = f"/listings/{marketplace.supply(owner)['id']}"
    for title in ("first", "second"):
        headers = {"If-Match": "*", "Idempotency-Key": "order-1"}
        assert owner.call("PATCH", path, json={"title": title}, headers=headers).json["title"] == title

    nobody = [
        marketplace.client.post("/api/v1/enterprises", json={}, headers={"Idempotency-Key": "order-1"})
        for _ in range(2)
    ]
    assert [response.status_code for response in nobody] == [422, 422]
    assert kept(marketplace) == 0


def test_concurrent_identical_requests_are_done_once(marketplace):
    owner = marketplace.enterprise("generator")
    start, responses = threading.Barrier(6), []

    def twin():
        client = marketplace.app.test_client()
        start.wait()
        headers = {**owner.headers, "Idempotency-Key": "order-1"}
        responses.append(client.post("/api/v1/listings", json=supply(), headers=headers))

    twins = [threading.Thread(target=twin) for _ in range(6)]
    for thread in twins:
        thread.start()
    for thread in twins:
        thread.join()

    assert {response.status_code for response in responses} <= {201, 409}
    done = [response for response in responses if response.status_code == 201]
    assert len({response.json["id"] for response in done}) == 1
    assert sum("Idempotent-Replayed" not in response.headers for response in done) == 1
    assert count(owner) == 1
