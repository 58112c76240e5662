"""Keys end: with the key that created them, by an admin, and with the standing of their enterprise."""

import logging
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import ApiKey
from marketplace.errors import DomainError
from marketplace.events.models import Audit
from marketplace.events.work import unit_of_work
from marketplace.http.authentication import digest
from tests.enterprises.test_keys import command, make, moment
from tests.http.responses import refused


def key_of(party):
    """The id of the key that a party uses, as the list of keys tells it."""
    with party.marketplace.app.app_context():
        found = db.session.scalars(select(ApiKey).where(ApiKey.digest == digest(party.key)))
        return str(found.one().id)


def generations(party, depth=3):
    """A party, and the holders of a key, a key of that key, and so on."""
    line = [party]
    for _ in range(depth):
        line.append(make(line[-1], "read", "admin"))
    return line


@pytest.mark.parametrize("who", ["enterprise", "admin"])
def test_revoking_a_key_ends_all_that_descend_from_it(marketplace, who):
    root = marketplace.enterprise("generator") if who == "enterprise" else marketplace.second_admin()
    line = generations(root)
    cousin = make(root, "read", "admin")

    assert root.delete(f"/api-keys/{key_of(line[1])}").status_code == 204
    for party in line[1:]:
        refused(party.get("/regions"), 401, "key_revoked")
    assert cousin.get("/regions").status_code == root.get("/regions").status_code == 200


def test_a_living_grandchild_of_a_key_that_was_revoked_before_ends_too(marketplace):
    owner = marketplace.enterprise("generator")
    _, child, grandchild = generations(owner, 2)
    with marketplace.app.app_context(), unit_of_work() as work:
        work.lock(ApiKey, ApiKey.id == UUID(key_of(child))).revoked_at = marketplace.now

    assert marketplace.admin.delete(f"/api-keys/{key_of(owner)}").status_code == 204
    refused(grandchild.get("/regions"), 401, "key_revoked")


def test_an_admin_ends_a_regulators_key_with_its_children_by_list_or_command(marketplace):
    owner = marketplace.enterprise("generator")
    child = make(owner, "read")
    listed = marketplace.admin.get("/api-keys", holder_id=owner.id).json["items"]
    assert [row["parent_id"] for row in listed] == [key_of(owner), None]
    refused(owner.get("/api-keys", holder_id=owner.id), 403, "role_forbids")

    shown = command(marketplace, "keys", "--uscc", owner.number.lower()).output
    assert f"{key_of(child)}  enterprise {owner.number}" in shown
    assert f"created by {key_of(owner)}" in shown
    assert key_of(child) in command(marketplace, "keys", "--enterprises").output
    assert command(marketplace, "revoke", key_of(owner)).exit_code == 0
    refused(child.get("/regions"), 401, "key_revoked")


def test_a_child_ends_with_its_parent_whatever_it_asks_for(marketplace):
    owner = marketplace.enterprise("generator")
    short = make(owner, "read", "admin", expires_at=moment(2))
    asked = short.post("/api-keys", {"name": "x", "scopes": ["admin", "read"], "expires_at": moment(300)})
    assert asked.json["expires_at"] == "2026-12-03T04:00:00Z"
    assert [notice["code"] for notice in asked.json["warnings"]] == ["key_ends_with_parent"]
    unasked = short.post("/api-keys", {"name": "x", "scopes": ["read"]})
    assert (unasked.json["expires_at"], unasked.json["warnings"]) == ("2026-12-03T04:00:00Z", [])
    shorter = short.post("/api-keys", {"name": "x", "scopes": ["read"], "expires_at": moment(1)})
    assert (shorter.json["expires_at"], shorter.json["warnings"]) == ("2026-12-02T04:00:00Z", [])

    marketplace.now += timedelta(days=2)
    for answer in (asked, unasked, shorter):
        bearer = {"Authorization": f"Bearer {answer.json['api_key']}"}
        assert marketplace.client.get("/api/v1/regions", headers=bearer).status_code == 401


def test_no_key_is_created_while_its_parent_is_being_revoked(marketplace):
    owner = marketplace.enterprise("generator")
    holder = make(owner, "read", "admin")
    outcomes = []

    def create():
        for _ in range(5):
            outcomes.append(holder.post("/api-keys", {"name": "x", "scopes": ["read"]}))

    thread = threading.Thread(target=create)
    thread.start()
    owner.delete(f"/api-keys/{key_of(holder)}")
    thread.join()
    living = [row for row in owner.get("/api-keys", limit=100).json["items"] if row["revoked_at"] is None]
    assert [row["id"] for row in living] == [key_of(owner)]
    assert {answer.status_code for answer in outcomes} <= {201, 401}


def test_a_child_that_is_being_created_when_its_parent_is_revoked_ends_with_it(marketplace):
    """The creator holds the parent's row; revoking waits for it, and then sees the child."""
    owner = marketplace.enterprise("generator")
    actor_id, parent_id = UUID(owner.id), UUID(key_of(owner))
    done = threading.Event()

    def revoke():
        with marketplace.app.app_context():
            enterprises.revoke_key(enterprises.actor_of_key(digest(marketplace.admin.key)), parent_id)
        done.set()

    with marketplace.app.app_context():
        actor = enterprises.actor_of_key(digest(owner.key))
        assert (actor.id, actor.key_id) == (actor_id, parent_id)
        with unit_of_work():
            row, _, _ = enterprises.create_key(actor, "late", ["read"], None)
            thread = threading.Thread(target=revoke)
            thread.start()
            assert not done.wait(0.2)
        thread.join(10)
        db.session.expire_all()
        assert db.session.get_one(ApiKey, row.id).revoked_at is not None
        with pytest.raises(DomainError, match="key_revoked"):
            enterprises.create_key(actor, "later still", ["read"], None)


@pytest.mark.parametrize("verb", ["suspend", "reject"])
def test_a_frozen_enterprise_writes_neither_keys_nor_profile(marketplace, verb):
    owner = marketplace.enterprise("generator", approved=verb == "suspend")
    spare = make(owner, "read")
    tag = owner.get("/enterprises/me").headers["ETag"]
    marketplace.admin.post(f"/enterprises/{owner.id}/{verb}", {"reason": "倾倒"})
    code = {"suspend": "enterprise_suspended", "reject": "enterprise_rejected"}[verb]

    refused(owner.post("/api-keys", {"name": "x", "scopes": ["read"]}), 403, code)
    refused(owner.post("/api-keys", {}), 403, code)
    refused(owner.delete(f"/api-keys/{key_of(spare)}"), 403, code)
    refused(owner.delete("/api-keys/01930000-0000-7000-8000-000000000000"), 403, code)
    for body in ({"name": "新名"}, {"contact": {}}, {"location": {"lon": 120.6, "lat": 30.0}}, {}):
        refused(owner.patch(f"/enterprises/{owner.id}", body), 403, code)
    refused(owner.patch(f"/enterprises/{owner.id}", {}, if_match=tag), 403, code)

    assert owner.get("/enterprises/me").json["status_reason"] == "倾倒"
    assert owner.get("/api-keys").status_code == 200
    assert marketplace.admin.delete(f"/api-keys/{key_of(spare)}").status_code == 204
    assert marketplace.admin.patch(f"/enterprises/{owner.id}", {"small_generator": True}).status_code == 200


def test_a_change_that_waits_for_the_suspension_is_refused(marketplace):
    owner = marketplace.enterprise("generator")
    with marketplace.app.app_context():
        actor = enterprises.actor_of_key(digest(owner.key))
    marketplace.admin.post(f"/enterprises/{owner.id}/suspend")
    with marketplace.app.app_context():
        for call in (
            lambda: enterprises.change(actor, actor.id, {"small_generator": False}, None),
            lambda: enterprises.create_key(actor, "x", ["read"], None),
            lambda: enterprises.revoke_key(actor, actor.key_id),
        ):
            with pytest.raises(DomainError, match="enterprise_suspended"):
                call()


def test_the_audit_says_which_key_from_which_address(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    child = make(owner, "read", "listings:write")
    regulator = marketplace.regulator("330600")
    listing = marketplace.supply(owner)
    child.call(
        "PATCH", f"/listings/{listing['id']}", json={"title": "废酸"}, headers={"If-Match": "*"},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )  # fmt: skip

    path = f"/listings/{listing['id']}/history"
    changed, created = owner.get(path).json["items"][:2]
    assert (changed["key_id"], changed["address"]) == (key_of(child), "203.0.113.9")
    assert (created["key_id"], created["address"]) == (key_of(owner), "127.0.0.1")
    assert marketplace.admin.get(path).json["items"][0]["address"] == "203.0.113.9"
    assert regulator.get(path).json["items"][0]["address"] is None
    assert regulator.get(path).json["items"][0]["key_id"] is None
    refused(other.get(path), 404, "not_found")

    approved = next(
        line
        for line in owner.get(f"/enterprises/{owner.id}/history").json["items"]
        if line["action"] == "approve"
    )
    assert (approved["actor"], approved["key_id"], approved["address"]) == ("admin", None, None)
    with marketplace.app.app_context():
        lines = db.session.scalars(select(Audit).where(Audit.action == "approve")).all()
        assert {str(line.key_id) for line in lines} == {key_of(marketplace.admin)}
        commanded = db.session.scalars(select(Audit).where(Audit.action == "create_admin")).first()
        assert commanded.key_id is None


def test_logs_name_the_key_and_never_show_it(marketplace, caplog):
    owner = marketplace.enterprise("generator")
    child = make(owner, "read")
    child_id = key_of(child)
    owner.delete(f"/api-keys/{child_id}")
    caplog.clear()
    with caplog.at_level(logging.INFO):
        owner.get("/regions")
        child.get("/regions")
    (request,) = [record for record in caplog.records if getattr(record, "status", 0) == 200]
    assert (request.key_id, request.client) == (key_of(owner), "127.0.0.1")
    (ended,) = [record for record in caplog.records if record.getMessage() == "ended key refused"]
    assert ended.key_id == child_id
    assert not any(child.key in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_logs_show_no_secret_that_stands_in_an_address(marketplace, caplog, method):
    key, token = marketplace.admin.key, "djzDfc2zYntmMMikEjNud-N5tKFATOciupapdnMvG2s"
    paths = (
        f"/api/v1/enterprises/prove/{token}",
        f"/api/v1/listings/{key}",
        f"/{key}/x",
        "/api/v1/enterprises/wang@example.com",
        "/verify/王厂长",
    )
    with caplog.at_level(logging.INFO):
        for path in paths:
            marketplace.client.open(path, method=method)
        marketplace.client.open(f"/api/v1/listings/{marketplace.admin.id}/x.y-z_1", method=method)
    requests = [record for record in caplog.records if record.name == "marketplace.requests"]
    shown = [record.getMessage().split()[1] for record in requests]
    assert shown[:5] == [
        "/api/v1/enterprises/prove/…",
        "/api/v1/listings/…",
        "/…/x",
        "/api/v1/enterprises/…",
        "/verify/…",
    ]
    assert shown[5].endswith("/x.y-z_1")
    for secret in (key, token, "wang", "王"):
        assert not any(secret in str(vars(record)) for record in requests)


def test_a_registration_ends_after_30_days_and_its_uscc_is_free(marketplace):
    waiting = marketplace.enterprise("generator", approved=False)
    approved, suspended = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    marketplace.admin.post(f"/enterprises/{suspended.id}/suspend")
    marketplace.wait(days=29, hours=23)
    assert waiting.get("/enterprises/me").json["status"] == "pending"

    marketplace.wait(hours=1)
    assert waiting.get("/enterprises/me").json["status"] == "lapsed"
    assert [message["kind"] for message in waiting.inbox("enterprise.lapsed")] == ["enterprise.lapsed"]
    assert approved.get("/enterprises/me").json["status"] == "approved"
    assert suspended.get("/enterprises/me").json["status"] == "suspended"
    refused(waiting.post("/listings", {"kind": "supply"}), 403, "enterprise_lapsed")
    refused(waiting.patch(f"/enterprises/{waiting.id}", {"name": "x"}), 403, "enterprise_lapsed")
    refused(marketplace.admin.post(f"/enterprises/{waiting.id}/approve"), 409, "wrong_state")

    again = {**marketplace.admin.get(f"/enterprises/{waiting.id}").json}
    body = {name: again[name] for name in ("uscc", "name", "roles", "region", "contact")}
    assert marketplace.client.post("/api/v1/enterprises", json=body).status_code == 201
    assert command(marketplace, "key", waiting.number).exit_code == 0
