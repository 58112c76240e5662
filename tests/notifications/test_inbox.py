"""The inbox and its preferences."""

import threading

import pytest


@pytest.fixture
def recycler(marketplace):
    """A recycler notified of five supplies."""
    recycler = marketplace.recycler("A")
    marketplace.demand(recycler)
    for _ in range(5):
        marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    return recycler


def test_the_inbox_pages_newest_first_and_new_messages_do_not_shift_pages(marketplace, recycler):
    first = recycler.get("/notifications", limit=2).json
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    second = recycler.get("/notifications", limit=2, cursor=first["next"]).json
    third = recycler.get("/notifications", limit=2, cursor=second["next"]).json
    assert third["next"] is None
    ids = [message["id"] for page in (first, second, third) for message in page["items"]]
    newest, *others = [message["id"] for message in reversed(recycler.inbox())]
    assert ids == others
    assert newest not in ids


def test_a_message_keeps_the_time_at_which_it_was_first_read(marketplace, recycler):
    last, *unread = recycler.get("/notifications").json["items"]
    assert last["read_at"] is None
    read = recycler.post(f"/notifications/{last['id']}/read")
    assert read.json["read_at"] == "2026-12-01T04:00:00Z"
    marketplace.wait(hours=1)
    assert recycler.post(f"/notifications/{last['id']}/read").json["read_at"] == read.json["read_at"]
    assert recycler.get("/notifications", unread="true").json["items"] == unread


def test_read_all_marks_released_messages_of_the_own_inbox_only(marketplace, recycler):
    generator = marketplace.enterprise("generator", grade="A")
    marketplace.supply(generator)
    marketplace.demand(marketplace.recycler())
    marketplace.settle()
    assert recycler.post("/notifications/read-all").json == {"read": 6}
    assert recycler.post("/notifications/read-all").json == {"read": 0}
    assert recycler.get("/notifications", unread="true").json["items"] == []
    assert len(generator.get("/notifications", unread="true").json["items"]) == 1


def test_others_can_neither_read_nor_mark_a_message(marketplace, recycler):
    (message, *_) = recycler.inbox()
    for stranger in (marketplace.recycler(), marketplace.admin):
        assert stranger.post(f"/notifications/{message['id']}/read").status_code in (403, 404)
        assert stranger.get("/notifications").json.get("items", []) == []
    assert recycler.inbox()[0]["read_at"] is None


def test_a_planned_message_is_not_in_the_inbox_yet(marketplace):
    recycler = marketplace.recycler("B")
    marketplace.demand(recycler)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert recycler.inbox() == []
    assert recycler.post("/notifications/read-all").json == {"read": 0}
    marketplace.wait(minutes=30)
    assert recycler.inbox()[0]["read_at"] is None


def test_preferences_have_defaults_and_are_replaced_as_a_whole(marketplace):
    recycler = marketplace.enterprise("recycler")
    first = recycler.get("/notification-preferences")
    defaults = {"email": "immediate", "kinds": {}, "language": "zh", "muted_codes": []}
    proven = {"email_proven_at": "2026-12-01T04:00:00Z", "warnings": []}
    assert first.json == {"version": 0, **defaults, **proven}
    acid = {"scheme": "cn-hw", "code": "HW34"}
    kinds = {"match.found": "digest", "search.found": "off"}
    preferences = {"email": "off", "kinds": kinds, "language": "en", "muted_codes": [acid]}
    put = recycler.put("/notification-preferences", preferences, first.headers["ETag"])
    assert put.json == {"version": 1, **preferences, **proven}
    assert recycler.put("/notification-preferences", preferences, first.headers["ETag"]).status_code == 412
    assert recycler.put("/notification-preferences", preferences, None).status_code == 428
    assert recycler.get("/notification-preferences").json == put.json
    after = recycler.put("/notification-preferences", {"email": "digest"}).json
    assert after == {"version": 2, **defaults, "email": "digest", **proven}


def test_wrong_preferences_name_the_field_and_change_nothing(marketplace):
    recycler = marketplace.enterprise("recycler")
    for preferences, at in (
        ({"email": "sometimes"}, "email"),
        ({"email": "off", "language": "fr"}, "language"),
        ({"email": "off", "muted_codes": [{"scheme": "cn-hw", "code": "999-999-99"}]}, "muted_codes.0"),
        ({"email": "off", "colour": "red"}, "colour"),
        ({"email": "off", "kinds": {"match.lost": "off"}}, "kinds.match.lost"),
        ({"email": "off", "kinds": {"match.found": "later"}}, "kinds.match.found"),
        ({"email": "off", "kinds": ["match.found"]}, "kinds"),
        ({"email": "digest", "kinds": {"appeal.upheld": "off"}}, "kinds.appeal.upheld"),
        ({}, "email"),
    ):
        answer = recycler.put("/notification-preferences", preferences)
        assert answer.status_code == 422
        assert any(name.startswith(at) for name in answer.json["errors"]), answer.json
    assert recycler.get("/notification-preferences").json["version"] == 0


def test_concurrent_first_preferences_are_all_accepted(marketplace):
    recycler = marketplace.enterprise("recycler")
    answers = []

    def put(language):
        client = marketplace.app.test_client()
        body = {"email": "off", "language": language}
        headers = {**recycler.headers, "If-Match": "*"}
        answers.append(client.put("/api/v1/notification-preferences", json=body, headers=headers).status_code)

    threads = [threading.Thread(target=put, args=(language,)) for language in ("zh", "en") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200}
    assert recycler.get("/notification-preferences").json["version"] >= 1


# ---------------------------------------------------------------- what an item says


def in_chinese(party):
    return party.call("GET", "/notifications", headers={"Accept-Language": "zh-CN"}).json["items"]


def test_an_item_names_both_listings_the_enterprise_and_says_a_sentence(marketplace):
    generator = marketplace.enterprise("generator", grade="A", name="绍兴染料厂")
    recycler = marketplace.recycler("A", name="越州酸业")
    supply = marketplace.supply(generator, title="稀酸")
    demand = marketplace.demand(recycler, title="收酸")
    marketplace.settle()
    (item,) = recycler.inbox()
    assert (item["title"], item["name"], item["listing_title"]) == ("稀酸", "绍兴染料厂", "收酸")
    assert item["detail"].startswith('"绍兴染料厂" offers "稀酸", which fits your "收酸"')
    assert in_chinese(recycler)[0]["detail"].startswith("“绍兴染料厂”的“稀酸”符合您的需求“收酸”")

    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    (item,) = recycler.inbox("match.interest")
    assert item["detail"].startswith('"绍兴染料厂" is interested in your "收酸"')
    recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    (item,) = generator.inbox("match.mutual")
    assert "0575-85000000" in item["detail"]
    assert generator.post(f"/notifications/{item['id']}/read").json["detail"] == item["detail"]
    assert marketplace.admin.post(f"/enterprises/{recycler.id}/suspend", {}).status_code == 200
    (item,) = generator.inbox("match.mutual")
    assert "0575-85000000" not in item["detail"]
