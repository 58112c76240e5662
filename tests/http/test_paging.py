"""Pages by cursor: nothing is missed and nothing doubled while rows are added."""

import base64
import json

import pytest

from tests.http.cursors import walked
from tests.http.responses import refused


def cursor(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_pages_hold_all_rows_once_while_rows_are_added(marketplace):
    owner = marketplace.enterprise("generator")
    rows = [marketplace.supply(owner)["id"] for _ in range(7)]

    read = walked(owner, "/listings", between=lambda: marketplace.supply(owner), limit=2)
    assert [item["id"] for item in read] == rows[::-1]


def test_a_last_page_that_is_full_has_no_next(marketplace):
    owner = marketplace.enterprise("generator")
    for _ in range(4):
        marketplace.supply(owner)

    assert len(walked(owner, "/listings", limit=2)) == 4
    assert owner.get("/listings", limit=4).json["next"] is None
    assert owner.get("/listings", limit=3).json["next"] is not None


def test_every_list_pages(marketplace):
    """All lists of the API, cut into ones, say what they say whole."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    for code, waste in (("HW34", "900-349-34"), ("HW17", "336-064-17")):
        marketplace.licence(recycler, code)
        marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": code}])
        marketplace.supply(generator, waste={"scheme": "cn-hw", "code": waste})
        generator.post("/api-keys", {"name": code, "scopes": ["read"]})
        marketplace.credit_event(generator, "law.penalty_minor")
        item = {"scheme": "cn-hw", "code": code, "valid_from": "2026-01-01", "valid_until": "2027-01-01"}
        sides = {"generator_id": generator.id, "receiver_id": recycler.id}
        permits = {
            "/channels": {**sides, "use": "制盐", "tonnes_per_year": 5, "approval_number": "1"},
            "/white-list": {"receiver_id": recycler.id, "from_province": "310000"},
            "/exemptions": {"enterprise_id": recycler.id, "item": 1},
        }
        for path, body in permits.items():
            assert marketplace.admin.post(path, {**item, **body}).status_code == 201
    marketplace.settle()
    marketplace.wait(minutes=30)

    lists = {
        "/listings": generator, "/enterprises": marketplace.admin, "/api-keys": generator,
        "/licences": recycler, "/channels": generator, "/white-list": recycler, "/exemptions": recycler,
        f"/enterprises/{generator.id}/credit/events": generator, "/notifications": recycler,
    }  # fmt: skip
    for path, party in lists.items():
        whole = party.get(path, limit=100).json["items"]
        assert len(whole) > 1, path
        assert walked(party, path, limit=1) == whole, path
    for path in ("/waste-codes", "/regions"):
        query = {"category": "HW34"} if path == "/waste-codes" else {"parent": "330600"}
        whole = generator.get(path, limit=100, **query).json["items"]
        assert len(whole) > 5
        assert walked(generator, path, limit=3, **query) == whole


@pytest.mark.parametrize("sort", ["score", "-score", "created_at", "-created_at"])
def test_the_review_list_pages_in_each_of_its_orders(marketplace, sort):
    for grade in ("A", None, "C", None, "D"):
        marketplace.enterprise("generator", grade=grade)
    whole = marketplace.admin.get("/enterprises", sort=sort, limit=100).json["items"]
    values = [item[sort.removeprefix("-")] for item in whole]

    assert values == sorted(values, reverse=sort.startswith("-"))
    assert walked(marketplace.admin, "/enterprises", sort=sort, limit=2) == whole


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", "", "1e2", "NaN", "9" * 30, "9" * 5000])
def test_a_limit_is_a_whole_number_from_1_to_100(marketplace, limit):
    for path in ("/listings", "/regions", "/enterprises"):
        refused(marketplace.admin.get(path, limit=limit), 422, "invalid_input", "limit")


def test_a_limit_is_20_unless_said_and_may_be_100(marketplace):
    assert len(marketplace.admin.get("/waste-codes").json["items"]) == 20
    assert len(marketplace.admin.get("/waste-codes", limit=100).json["items"]) == 100


STRANGE = [
    "", "abc", "!!!", "%%%", "é", "A" * 5000, cursor(None), cursor([]), cursor({}), cursor("x"), cursor(5),
    cursor([None]), cursor([True]), cursor([1.5]), cursor(["x"]), cursor([[]]), cursor([1, 2, 3]),
    cursor([10**30]), cursor([-(10**30)]), cursor(["\x00"]), cursor(["\ud800"]), cursor([10**400]),
    base64.urlsafe_b64encode(b"[NaN]").decode(), base64.urlsafe_b64encode(b"[" * 3000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(), base64.urlsafe_b64encode(b"[1").decode(),
]  # fmt: skip


def test_every_list_refuses_an_invalid_cursor(marketplace):
    owner = marketplace.enterprise("generator")
    listing = marketplace.supply(owner)
    lists = (
        "/listings", "/api-keys", "/licences", "/channels", "/white-list", "/exemptions", "/notifications",
        "/waste-codes", "/regions", "/findings", f"/listings/{listing['id']}/matches",
        f"/enterprises/{owner.id}/credit/events",
    )  # fmt: skip
    for path in lists:
        for strange in STRANGE:
            refused(owner.get(path, cursor=strange), 422, "bad_cursor", "cursor")
    for path in ("/enterprises", "/credit/blocks"):
        for strange in (*STRANGE, cursor(["x", owner.id]), cursor(["1", "x"]), cursor([owner.id, "1"])):
            refused(marketplace.admin.get(path, cursor=strange), 422, "bad_cursor", "cursor")


def test_a_number_beyond_the_column_is_refused_and_no_500(marketplace):
    owner = marketplace.enterprise("generator")
    for number in (2**31, 2**63, 2**64 - 1, -(2**63) - 1):
        for path in ("/waste-codes", "/regions", "/notifications"):
            response = owner.get(path, cursor=cursor([number]))
            assert response.status_code in (200, 422), (path, number, response.json)
        response = marketplace.admin.get("/enterprises", cursor=cursor([str(number), owner.id]))
        assert response.status_code in (200, 422), (number, response.json)


def test_a_cursor_is_url_safe(marketplace):
    owner = marketplace.enterprise("generator")
    for _ in range(2):
        marketplace.supply(owner)
    after = owner.get("/listings", limit=1).json["next"]

    assert after.replace("-", "").replace("_", "").isalnum()
    page = marketplace.client.get(f"/api/v1/listings?limit=1&cursor={after}", headers=owner.headers)
    assert len(page.json["items"]) == 1
