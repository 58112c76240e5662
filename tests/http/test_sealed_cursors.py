"""Cursors are sealed: nobody reads, changes or forges one, nor uses it for another list or another asker."""

import base64
import re
import secrets
import subprocess
import sys

import pytest

from marketplace.database import db
from marketplace.http import cursor_keys, sealed_cursors
from tests.conftest import ROOT
from tests.cost import cost_of
from tests.http.responses import refused


def raw(cursor):
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def written(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.fixture(autouse=True)
def fresh_process(marketplace):
    """As if this process had read no keys yet."""
    marketplace.app.extensions.pop(cursor_keys.EXTENSION, None)


@pytest.fixture
def owner(marketplace):
    return marketplace.enterprise("generator")


@pytest.fixture
def listed(marketplace, owner):
    """Lists of which each kind of asker has more than one page, with query and asker."""
    generator, recycler = owner, marketplace.enterprise("recycler")
    for code in ("HW34", "HW17"):
        marketplace.licence(recycler, code)
        marketplace.credit_event(generator, "law.penalty_minor")
        generator.post("/api-keys", {"name": code, "scopes": ["read"]})
    supplies = [marketplace.supply(generator, price_cny_per_t=price) for price in (-10, -20)]
    for _ in range(2):
        marketplace.demand(marketplace.recycler(), price_cny_per_t=-5)
        generator.patch(f"/listings/{supplies[0]['id']}", {"title": f"酸 {secrets.token_hex(2)}"})
    marketplace.settle()
    marketplace.wait(minutes=30)
    point = {"lon": 120.58, "lat": 30.03, "sort": "distance"}
    matches = f"/listings/{supplies[0]['id']}/matches"
    return [
        ("/listings", {}, generator), ("/listings", {"sort": "updated"}, generator),
        ("/listings", {"sort": "-price"}, generator), ("/listings", point, generator),
        (f"/listings/{supplies[0]['id']}/history", {}, generator), (matches, {}, generator),
        (matches, {"sort": "credit"}, generator), (matches, {"group": "enterprise"}, generator),
        ("/matches", {}, generator), ("/licences", {}, recycler), ("/api-keys", {}, generator),
        (f"/enterprises/{generator.id}/credit/events", {}, generator),
        ("/enterprises", {}, marketplace.admin), ("/enterprises", {"sort": "-created_at"}, marketplace.admin),
        ("/waste-codes", {}, generator), ("/regions", {}, generator), ("/legal-bases", {}, generator),
    ]  # fmt: skip


def test_a_cursor_of_any_list_says_nothing_and_goes_on_only_unchanged(marketplace, listed):
    lengths = set()
    for path, query, party in listed:
        cursor = party.get(path, limit=1, **query).json["next"]
        assert cursor is not None, path
        assert party.get(path, limit=1, cursor=cursor, **query).status_code == 200, path
        content = raw(cursor)
        lengths.add(len(content))
        assert not re.search(rb"[0-9a-f]{8}-|20\d\d-|\[", content[4:]) or len(content) % 64 == 20
        assert party.get(path, limit=1, **query).json["next"] == cursor, "a page keeps its ETag"
        for tampered in tampered_of(cursor):
            refused(party.get(path, cursor=tampered, **query), 422, "bad_cursor", "cursor")
    assert all(length % sealed_cursors.BLOCK == 20 for length in lengths), "padded"


def tampered_of(cursor):
    content = raw(cursor)
    for place in (0, 3, 4, 19, 20, len(content) - 1):
        yield written(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    yield written(content[:-1])
    yield written(content + b" ")
    yield cursor[:-1]
    yield cursor + "!"
    yield cursor + "=="
    yield cursor[:-1] + chr(ord(cursor[-1]) ^ 1)
    yield written(content[:4] + secrets.token_bytes(len(content) - 4))
    yield written(content[:4])
    yield written(b'["019ad7c8-3a00-7000-8000-000000000001"]')


def test_a_cursor_belongs_to_its_list_its_filters_and_its_asker(marketplace, owner, listed):
    taken = [
        (path, query, party, party.get(path, limit=1, **query).json["next"]) for path, query, party in listed
    ]
    for path, query, _, cursor in taken:
        for elsewhere, other_query, other_party, _ in taken:
            if (elsewhere, other_query) != (path, query):
                answer = other_party.get(elsewhere, cursor=cursor, **other_query)
                refused(answer, 422, "bad_cursor", "cursor")
    rival = marketplace.enterprise("generator")
    for path in ("/listings", "/waste-codes"):
        cursor = owner.get(path, limit=1).json["next"]
        for other in (rival, marketplace.admin, marketplace.regulator("330600")):
            refused(other.get(path, cursor=cursor), 422, "bad_cursor", "cursor")
        assert owner.get(path, cursor=cursor, limit=3).status_code == 200
    cursor = owner.get("/listings", limit=1, kind="supply").json["next"]
    for other in ({}, {"kind": "demand"}, {"kind": "supply", "q": "酸"}, {"kind": "supply", "mine": True}):
        refused(owner.get("/listings", cursor=cursor, **other), 422, "bad_cursor", "cursor")


def test_another_key_of_the_same_enterprise_reads_on(marketplace, owner):
    marketplace.supply(owner), marketplace.supply(owner)
    cursor = owner.get("/listings", limit=1).json["next"]
    key = owner.post("/api-keys", {"name": "two", "scopes": ["read"]}).json["api_key"]

    headers = {"Authorization": f"Bearer {key}"}
    page = marketplace.client.get(f"/api/v1/listings?limit=1&cursor={cursor}", headers=headers)
    assert page.status_code == 200, page.json


# ---------------------------------------------------------------- keys


def rotated(marketplace, *arguments):
    done = marketplace.app.test_cli_runner().invoke(args=["cursor-keys", "rotate", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def two_pages(marketplace, owner):
    marketplace.supply(owner), marketplace.supply(owner)
    return owner.get("/listings", limit=1).json["next"]


def key_number(cursor):
    return int.from_bytes(raw(cursor)[:4])


def test_a_rotation_goes_unnoticed_and_the_old_key_ends_after_a_day(marketplace, owner):
    old = two_pages(marketplace, owner)
    rotated(marketplace)
    assert owner.get("/listings", limit=1).json["next"] == old, "the new key is read everywhere first"

    marketplace.wait(minutes=2)
    new = owner.get("/listings", limit=1).json["next"]
    assert key_number(new) > key_number(old)
    marketplace.wait(hours=23)
    for cursor in (old, new):
        assert len(owner.get("/listings", limit=1, cursor=cursor).json["items"]) == 1
    marketplace.wait(hours=1)
    refused(owner.get("/listings", limit=1, cursor=old), 422, "bad_cursor", "cursor")
    assert owner.get("/listings", limit=1, cursor=new).status_code == 200


def test_a_second_rotation_does_not_lengthen_the_life_of_an_old_key(marketplace, owner):
    old = two_pages(marketplace, owner)
    rotated(marketplace)
    marketplace.wait(hours=20)
    rotated(marketplace)
    marketplace.wait(hours=4)
    refused(owner.get("/listings", limit=1, cursor=old), 422, "bad_cursor", "cursor")


def test_a_key_that_may_be_known_ends_at_once(marketplace, owner):
    old = two_pages(marketplace, owner)
    rotated(marketplace, "--at-once")

    refused(owner.get("/listings", limit=1, cursor=old), 422, "bad_cursor", "cursor")
    assert key_number(owner.get("/listings", limit=1).json["next"]) > key_number(old)


def test_another_process_knows_a_key_before_it_seals(marketplace, owner):
    """Its ring is a quarter of a minute old at most, and a key seals after a whole one."""
    two_pages(marketplace, owner)
    ring = marketplace.app.extensions[cursor_keys.EXTENSION]
    rotated(marketplace)
    marketplace.app.extensions[cursor_keys.EXTENSION] = ring  # as another process still has it
    marketplace.wait(seconds=61)
    marketplace.app.extensions[cursor_keys.EXTENSION] = ring
    new = owner.get("/listings", limit=1).json["next"]
    assert len(marketplace.app.extensions[cursor_keys.EXTENSION].keys) == 2
    assert key_number(new) == max(marketplace.app.extensions[cursor_keys.EXTENSION].keys)


def test_the_first_key_is_made_once_by_whoever_comes_first(marketplace, owner):
    marketplace.app.extensions.pop(cursor_keys.EXTENSION, None)
    cursor = two_pages(marketplace, owner)
    marketplace.app.extensions.pop(cursor_keys.EXTENSION)

    assert owner.get("/listings", limit=1, cursor=cursor).status_code == 200
    with marketplace.app.app_context():
        assert len(cursor_keys.list_keys()) == 1


def test_the_commands_show_numbers_and_times_and_never_a_key(marketplace, owner):
    two_pages(marketplace, owner)
    said = rotated(marketplace)
    shown = marketplace.app.test_cli_runner().invoke(args=["cursor-keys", "list"]).output

    assert len(shown.splitlines()) == 2
    assert "opens until 2026-12-02" in shown
    with marketplace.app.app_context():
        for key in cursor_keys.list_keys():
            assert key.secret.hex() not in shown + said
            assert len(key.secret) == cursor_keys.SECRET_BYTES
        assert db.session.execute(db.text("SELECT count(*) FROM audit WHERE action = 'rotate'")).scalar() == 1


def test_an_invalid_cursor_wastes_less_than_50_microseconds(marketplace, owner):
    """Processor time to refuse a cursor, beside all that a request costs anyway; the best of five."""
    cursor = two_pages(marketplace, owner)
    tampered = cursor[:-4] + "AAAA"
    with marketplace.app.test_request_context():
        seconds, _ = cost_of(lambda: refuse(tampered, times=500), tries=5)
    assert seconds / 500 < 50e-6


def refuse(cursor, times):
    for _ in range(times):
        with pytest.raises(sealed_cursors.NotSealedHere):
            sealed_cursors.unseal(cursor, b"elsewhere" * 30)


def test_the_library_of_ciphers_is_loaded_by_the_first_cursor_only():
    """It takes 6 MB of every process, and no worker ever reads a cursor."""
    code = (
        "import sys, marketplace.http.sealed_cursors;"
        "assert 'cryptography.hazmat.bindings._rust' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
