"""API keys: scoped, never wider than the one that made them, ending, revocable."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.enterprises.models import ApiKey
from marketplace.events.models import Event
from tests.http.responses import refused
from tests.marketplace import NOON, Party


def make(party, *scopes, **about):
    response = party.post("/api-keys", {"name": "till", "scopes": list(scopes), **about})
    assert response.status_code == 201, response.json
    return Party(party.marketplace, response.json["api_key"], party.id, party.number)


def command(marketplace, *words):
    return marketplace.app.test_cli_runner().invoke(args=["admin", *words])


def moment(days, seconds=0):
    return (NOON + timedelta(days=days, seconds=seconds)).isoformat()


def reminders(marketplace):
    """Names of the keys of which a reminder was emitted."""
    with marketplace.app.app_context():
        events = db.session.scalars(select(Event).where(Event.name == "key.expiring").order_by(Event.id))
        ids = [UUID(key["key_id"]) for event in events for key in event.payload["keys"]]
        return [db.session.get_one(ApiKey, key_id).name for key_id in ids]


def test_a_key_is_shown_once_and_kept_as_a_digest(marketplace):
    owner = marketplace.enterprise("generator")
    key = owner.post("/api-keys", {"name": "till", "scopes": ["read"]}).json["api_key"]
    assert len(key) >= 40

    assert all("api_key" not in key and "digest" not in key for key in owner.get("/api-keys").json["items"])
    with marketplace.app.app_context():
        for row in db.session.scalars(select(ApiKey)):
            assert all(key not in str(value) for value in vars(row).values())


def test_a_key_opens_what_its_scopes_name_and_no_more(marketplace):
    owner = marketplace.enterprise("generator")
    listing = marketplace.supply(owner)
    reader, writer, keeper = make(owner, "read"), make(owner, "read", "listings:write"), make(owner, "admin")

    assert reader.get("/listings").status_code == writer.get("/listings").status_code == 200
    assert writer.patch(f"/listings/{listing['id']}", {"title": "x"}).status_code == 200
    for party, call in (
        (reader, lambda one: one.post("/listings", {})),
        (reader, lambda one: one.patch(f"/listings/{listing['id']}", {})),
        (reader, lambda one: one.post(f"/listings/{listing['id']}/withdraw")),
        (reader, lambda one: one.get("/api-keys")),
        (writer, lambda one: one.post("/api-keys", {"name": "x", "scopes": ["read"]})),
        (writer, lambda one: one.patch(f"/enterprises/{owner.id}", {"name": "x"})),
        (keeper, lambda one: one.get("/listings")),
    ):
        refused(call(party), 403, "scope_missing")


def test_no_key_makes_a_wider_one(marketplace):
    owner = marketplace.enterprise("generator")
    keeper = make(owner, "read", "admin")

    for scopes in (["listings:write"], ["read", "deals:write"]):
        refused(keeper.post("/api-keys", {"name": "x", "scopes": scopes}), 403, "scope_missing", "scopes")
    assert make(keeper, "read", "admin").get("/api-keys").status_code == 200
    refused(
        marketplace.admin.post("/api-keys", {"name": "x", "scopes": ["listings:write"]}),
        403,
        "scope_missing",
        "scopes",
    )
    refused(
        marketplace.regulator("330000").post("/api-keys", {"name": "x", "scopes": ["read"]}),
        403,
        "scope_missing",
    )


@pytest.mark.parametrize(
    ("field", "value", "blamed"),
    [
        ("name", "", "name"), ("name", "x" * 101, "name"), ("scopes", [], "scopes"),
        ("scopes", "read", "scopes"), ("scopes", ["king"], "scopes.0"), ("scopes", None, "scopes"),
        ("scopes", ["read", "read"], "scopes"),
        ("scopes", [["read"]], "scopes.0"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_key_is_named(marketplace, field, value, blamed):
    owner = marketplace.enterprise("generator")
    body = {"name": "till", "scopes": ["read"], field: value}

    refused(owner.post("/api-keys", body), 422, "invalid_input", blamed)
    assert len(owner.get("/api-keys").json["items"]) == 1


@pytest.mark.parametrize(
    ("until", "taken"),
    [
        (moment(0), False),
        (moment(0, 1), True),
        (moment(365), True),
        (moment(365, 1), False),
        (moment(-1), False),
    ],
)
def test_a_key_ends_in_the_future_and_within_a_year(marketplace, until, taken):
    owner = marketplace.enterprise("generator")
    response = owner.post("/api-keys", {"name": "till", "scopes": ["read"], "expires_at": until})

    if taken:
        assert response.status_code == 201
    else:
        refused(response, 422, "key_expiry_range", "expires_at")


def test_a_key_without_an_end_ends_in_a_year(marketplace):
    owner = marketplace.enterprise("generator")
    ends = {key["expires_at"] for key in owner.get("/api-keys").json["items"]}

    assert ends == {"2027-12-01T04:00:00Z"}


def test_a_key_ends_at_its_very_moment(marketplace):
    owner = marketplace.enterprise("generator")
    till = make(owner, "read", expires_at=moment(0, 60))
    marketplace.now += timedelta(seconds=59)
    assert till.get("/regions").status_code == 200
    marketplace.now += timedelta(seconds=1)
    refused(till.get("/regions"), 401, "key_expired")


def test_a_revoked_key_opens_nothing_and_revoking_again_changes_nothing(marketplace):
    owner = marketplace.enterprise("generator")
    till = make(owner, "read")
    row = owner.get("/api-keys").json["items"][0]
    assert owner.delete(f"/api-keys/{row['id']}").status_code == 204
    refused(till.get("/regions"), 401, "key_revoked")

    marketplace.now += timedelta(hours=1)
    assert owner.delete(f"/api-keys/{row['id']}").status_code == 204
    again = next(key for key in owner.get("/api-keys").json["items"] if key["id"] == row["id"])
    assert again["revoked_at"] == "2026-12-01T04:00:00Z"


def test_the_holder_is_reminded_30_and_7_days_before_the_end_once_each(marketplace):
    owner = marketplace.enterprise("generator")
    make(owner, "read", expires_at=moment(40))
    revoked = make(owner, "read", expires_at=moment(40))
    owner.delete(f"/api-keys/{owner.get('/api-keys').json['items'][0]['id']}")
    refused(revoked.get("/regions"), 401, "key_revoked")

    reminders = {}
    for day in (9, 10, 11, 32, 33, 34, 39, 41):
        marketplace.now = NOON + timedelta(days=day)
        marketplace.settle()
        reminders[day] = len(owner.inbox("key.expiring"))
    assert reminders == {9: 0, 10: 1, 11: 1, 32: 1, 33: 2, 34: 2, 39: 2, 41: 2}


def test_a_key_made_to_end_within_a_week_is_told_of_once(marketplace):
    owner = marketplace.enterprise("generator")
    make(owner, "read", expires_at=moment(3))
    for _ in range(3):
        marketplace.wait(minutes=20)

    assert reminders(marketplace) == ["till"]


def test_an_admin_lists_the_keys_of_all_staff_and_all_enterprises(marketplace):
    owner, regulator = marketplace.enterprise("generator"), marketplace.regulator("330600")
    staff = marketplace.admin.get("/api-keys", holder="staff").json["items"]
    enterprises = marketplace.admin.get("/api-keys", holder="enterprises").json["items"]

    assert {row["holder"]["kind"] for row in staff} == {"admin", "regulator"}
    assert any(row["holder"]["region"] == "330600" for row in staff)
    assert [row["holder"]["id"] for row in enterprises] == [owner.id]
    assert not any("api_key" in row or "digest" in row for row in staff + enterprises)
    for whose in ("staff", "enterprises"):
        refused(owner.get("/api-keys", holder=whose), 403, "role_forbids")
        refused(regulator.get("/api-keys", holder=whose), 403, "scope_missing")
    refused(marketplace.admin.get("/api-keys", holder="all"), 422, "invalid_input", "holder")


def test_an_admin_revokes_anybodys_key_and_nobody_else_does(marketplace):
    owner, neighbour = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    regulator = marketplace.regulator("330600")
    (key,) = owner.get("/api-keys").json["items"]
    (staff_key,) = [
        row
        for row in marketplace.admin.get("/api-keys", holder="staff").json["items"]
        if row["holder"]["kind"] == "regulator"
    ]

    refused(neighbour.delete(f"/api-keys/{key['id']}"), 404, "not_found")
    refused(regulator.delete(f"/api-keys/{key['id']}"), 403, "scope_missing")
    for revoked in (key, staff_key):
        assert marketplace.admin.delete(f"/api-keys/{revoked['id']}").status_code == 204
    for party in (owner, regulator):
        refused(party.get("/listings"), 401, "key_revoked")


def test_the_keys_of_all_admins_do_not_end_with_the_one_that_created_them(marketplace):
    child = make(marketplace.admin, "read", "admin")
    (*_, root) = child.get("/api-keys").json["items"]

    refused(child.delete(f"/api-keys/{root['id']}"), 409, "last_admin_key")
    assert marketplace.admin.get("/regions").status_code == child.get("/regions").status_code == 200


def test_the_last_key_of_an_admin_is_revoked_by_an_operator_only(marketplace):
    keys = marketplace.admin.get("/api-keys").json["items"]
    for key in keys[1:]:
        marketplace.admin.delete(f"/api-keys/{key['id']}")
    refused(marketplace.admin.delete(f"/api-keys/{keys[0]['id']}"), 409, "last_admin_key")

    second = make(marketplace.admin, "read")
    refused(marketplace.admin.delete(f"/api-keys/{keys[0]['id']}"), 409, "last_admin_key")
    assert second.get("/regions").status_code == 200

    shown = command(marketplace, "keys").output
    assert f"{keys[0]['id']}  admin " in shown
    assert f"{keys[0]['id']} revoked" in command(marketplace, "revoke", keys[0]["id"]).output
    refused(marketplace.admin.get("/api-keys"), 401, "key_revoked")
    assert "revoked on 2026-12-01" in command(marketplace, "keys").output


def test_revoking_a_key_that_does_not_exist_says_so(marketplace):
    nowhere = "01a218e3-d722-716a-b456-a4330b9e62a8"
    result = command(marketplace, "revoke", nowhere)
    assert (result.exit_code, f"No key has the id {nowhere}." in result.output) == (1, True)


def test_twenty_keys_may_be_valid_at_once(marketplace):
    owner = marketplace.enterprise("generator")
    short = owner.post("/api-keys", {"name": "short", "scopes": ["read"], "expires_at": moment(1)})
    kept = [owner.post("/api-keys", {"name": "till", "scopes": ["read"]}).json["id"] for _ in range(18)]
    assert short.status_code == 201

    refusal = refused(owner.post("/api-keys", {"name": "till", "scopes": ["read"]}), 409, "too_many_keys")
    assert "20" in refusal["detail"]
    owner.delete(f"/api-keys/{kept[0]}")
    make(owner, "read")
    refused(owner.post("/api-keys", {"name": "till", "scopes": ["read"]}), 409, "too_many_keys")
    marketplace.now += timedelta(days=2)
    make(owner, "read")
    make(marketplace.enterprise("generator"), "read")


def test_a_person_of_the_staff_has_as_many_keys_as_an_enterprise(marketplace):
    for _ in range(19):
        last = make(marketplace.admin, "read", "admin")
    refused(last.post("/api-keys", {"name": "till", "scopes": ["read"]}), 409, "too_many_keys")
    make(marketplace.second_admin(), "read")


def test_two_keys_at_once_cannot_both_be_the_twentieth(marketplace):
    owner = marketplace.enterprise("generator")
    others = [make(owner, "read", "admin") for _ in range(18)]
    start, statuses = threading.Barrier(4), []

    def create(party):
        client = marketplace.app.test_client()
        start.wait()
        body = {"name": "till", "scopes": ["read"]}
        statuses.append(client.post("/api/v1/api-keys", json=body, headers=party.headers).status_code)

    threads = [threading.Thread(target=create, args=[party]) for party in others[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]


def test_who_lost_all_keys_gets_one_in_place_of_the_first(marketplace):
    owner = marketplace.enterprise("generator")
    others = [make(owner, "read", "admin") for _ in range(19)]

    answer = command(marketplace, "key", owner.number)

    replaced = Party(marketplace, answer.output.split()[-1], owner.id, owner.number)
    assert replaced.get("/enterprises/me").status_code == 200
    assert owner.get("/enterprises/me").status_code == 401, "the first ended, with those that it created"
    assert [other.get("/enterprises/me").status_code for other in others] == [401] * 19
