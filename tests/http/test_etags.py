"""Whoever changes a resource says which version of it they saw."""

import threading
from datetime import timedelta

import pytest

from tests.http.responses import refused


@pytest.fixture
def owner(marketplace):
    return marketplace.enterprise("generator")


@pytest.fixture
def path(marketplace, owner):
    return f"/listings/{marketplace.supply(owner)['id']}"


def test_a_change_gives_a_new_etag_and_reading_does_not(owner, path):
    first = owner.get(path).headers["ETag"]
    assert owner.get(path).headers["ETag"] == first

    changed = owner.patch(path, {"title": "new"}, if_match=first)
    assert changed.headers["ETag"] != first
    assert owner.get(path).headers["ETag"] == changed.headers["ETag"]


def test_the_response_to_a_post_has_the_etag_of_what_it_created(marketplace, owner):
    body = {"contact": {"name": "王", "email": "a@example.com", "phone": "0575-85000000"}}
    response = owner.patch(f"/enterprises/{owner.id}", body, owner.get("/enterprises/me").headers["ETag"])

    assert response.headers["ETag"] == owner.get(f"/enterprises/{owner.id}").headers["ETag"]


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "if_match_missing"),
        ("", 412, "version_changed"),
        ('"999"', 412, "version_changed"),
        ("nonsense", 412, "version_changed"),
        ('"7", "8"', 412, "version_changed"),
    ],
)
def test_a_missing_version_is_428_and_a_wrong_one_412(owner, path, if_match, status, code):
    headers = {} if if_match is None else {"If-Match": if_match}
    refused(owner.call("PATCH", path, json={"title": "new"}, headers=headers), status, code)
    assert owner.get(path).json["title"] == "稀硫酸 20%"


def test_a_stale_version_is_refused_after_somebody_elses_change(owner, path):
    seen = owner.get(path).headers["ETag"]
    assert owner.patch(path, {"title": "first"}, if_match=seen).status_code == 200

    refused(owner.patch(path, {"title": "second"}, if_match=seen), 412, "version_changed")
    assert owner.get(path).json["title"] == "first"


def test_one_of_several_versions_or_a_star_is_accepted(owner, path):
    seen = owner.get(path).headers["ETag"]

    assert owner.patch(path, {"title": "a"}, if_match=f'"999", {seen}').status_code == 200
    assert owner.patch(path, {"title": "b"}, if_match="*").status_code == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [("/matching-policy", "push_top"), ("/credit/rules", None), ("/notification-preferences", "email")],
)
def test_put_checks_versions_too(marketplace, owner, path, field):
    party = owner if path == "/notification-preferences" else marketplace.admin
    now = party.get(path)
    refused(party.put(path, now.json, if_match=None), 428, "if_match_missing")
    refused(party.put(path, now.json, if_match='"999"'), 412, "version_changed")

    done = party.put(path, now.json, if_match=now.headers["ETag"])
    assert done.status_code == 200
    assert done.headers["ETag"] == party.get(path).headers["ETag"] != now.headers["ETag"]
    refused(party.put(path, now.json, if_match=now.headers["ETag"]), 412, "version_changed")


def test_one_of_concurrent_changes_to_a_version_wins(marketplace, owner, path):
    seen = owner.get(path).headers["ETag"]
    start, statuses = threading.Barrier(4), []

    def change(title):
        client = marketplace.app.test_client()
        start.wait()
        response = client.patch(
            f"/api/v1{path}", json={"title": title}, headers={**owner.headers, "If-Match": seen}
        )
        statuses.append(response.status_code)

    rivals = [threading.Thread(target=change, args=(f"title {number}",)) for number in range(4)]
    for thread in rivals:
        thread.start()
    for thread in rivals:
        thread.join()

    assert sorted(statuses) == [200, 412, 412, 412]


def if_none_match(party, path, tag):
    return party.call("GET", path, headers={"If-None-Match": tag})


def test_whoever_has_what_a_get_would_return_gets_304_without_content(owner, path):
    seen = owner.get(path).headers["ETag"]

    again = if_none_match(owner, path, f'"0", {seen}')
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", seen)
    assert if_none_match(owner, path, "*").status_code == 304
    assert if_none_match(owner, path, '"0"').status_code == 200
    owner.patch(path, {"title": "new"}, if_match=seen)
    assert if_none_match(owner, path, seen).json["title"] == "new"


def test_a_list_too_is_304_until_something_in_it_changes(marketplace, owner, path):
    seen = owner.get("/listings").headers["ETag"]
    assert if_none_match(owner, "/listings", seen).status_code == 304

    marketplace.supply(owner)
    assert if_none_match(owner, "/listings", seen).status_code == 200


def test_what_changes_without_the_resource_is_not_304(marketplace, owner, path):
    """The owner's grade is shown with its listing."""
    reader = marketplace.enterprise("recycler")
    seen = reader.get(path).headers["ETag"]
    marketplace.credit_event(owner, "law.penalty_major")

    changed = if_none_match(reader, path, seen)
    assert changed.status_code == 200
    assert changed.json["enterprise"]["grade"] == "C"


def test_an_etag_is_of_what_this_reader_is_shown(marketplace, owner, path):
    """Others see the place rounded, and every reader sentences in its own language."""
    reader = marketplace.enterprise("recycler")
    owner.patch(path, {"location": {"lon": 120.5812, "lat": 30.0304, "crs": "wgs84"}}, if_match="*")
    owners, readers = (party.get(path).headers["ETag"] for party in (owner, reader))

    assert owners != readers
    assert if_none_match(reader, path, owners).status_code == 200


def test_no_error_is_304(owner, path):
    missing = path[:-4] + "0000"
    refused(if_none_match(owner, missing, "*"), 404, "not_found")


# ---------------------------------------------------------------- what others do not see


HIDDEN_EDITS = [
    {"external_id": "ERP-7"},
    {"location": {"lon": 120.5801, "lat": 30.0302, "crs": "wgs84"}},
    {"external_id": "ERP-8", "location": {"lon": 120.5841, "lat": 30.0262, "crs": "wgs84"}},
    {},
]


@pytest.mark.parametrize("edit", HIDDEN_EDITS)
def test_an_edit_that_others_do_not_see_changes_nothing_for_them(marketplace, owner, path, edit):
    reader = marketplace.enterprise("recycler")
    other = marketplace.supply(owner, title="later")
    seen = [reader.get(path), reader.get("/listings"), reader.get("/listings", sort="updated")]
    own = owner.get(path).headers["ETag"]
    marketplace.now += timedelta(hours=1)
    assert owner.patch(path, edit, if_match=own).status_code == 200

    again = [reader.get(path), reader.get("/listings"), reader.get("/listings", sort="updated")]
    assert [answer.headers["ETag"] for answer in again] == [answer.headers["ETag"] for answer in seen]
    assert [answer.data for answer in again] == [answer.data for answer in seen]
    assert if_none_match(reader, path, seen[0].headers["ETag"]).status_code == 304
    assert again[2].json["items"][0]["id"] == other["id"]
    refused(owner.patch(path, {"title": "stale"}, if_match=own), 412, "version_changed")


def test_an_edit_that_others_see_is_seen(marketplace, owner, path):
    reader = marketplace.enterprise("recycler")
    for edit in ({"title": "new"}, {"location": {"lon": 120.6, "lat": 30.03, "crs": "wgs84"}}):
        seen = reader.get(path)
        marketplace.now += timedelta(minutes=1)
        owner.patch(path, edit)
        changed = reader.get(path)
        assert changed.headers["ETag"] != seen.headers["ETag"]
        assert changed.json["updated_at"] > seen.json["updated_at"]


def test_the_etag_of_others_has_no_version(marketplace, owner, path):
    """It would count edits that nothing else shows."""
    reader = marketplace.enterprise("recycler")
    for thing in (path, f"/enterprises/{owner.id}"):
        assert "." not in reader.get(thing).headers["ETag"]
        assert "." in owner.get(thing).headers["ETag"]
    assert "." in marketplace.admin.get(f"/enterprises/{owner.id}").headers["ETag"]


def test_a_new_contact_changes_nothing_for_others(marketplace, owner):
    reader, path = marketplace.enterprise("recycler"), f"/enterprises/{owner.id}"
    seen, own = reader.get(path).headers["ETag"], owner.get(path).headers["ETag"]
    contact = {"name": "李厂长", "email": "li@example.com", "phone": "0575-85000001"}
    assert owner.patch(path, {"contact": contact}).status_code == 200
    assert marketplace.admin.patch(path, {"small_generator": True}).status_code == 200

    assert reader.get(path).headers["ETag"] == seen
    assert owner.get(path).headers["ETag"] != own
