"""Refusals have one shape and one order, so that a stranger learns nothing from a later one."""

import json
from uuid import uuid4

import pytest

from tests.http.responses import refused, verdict
from tests.marketplace import ACID, Party, listing_terms

NOBODY = uuid4()
NONSENSE = {"quantity_t": -1, "colour": "red"}
HUGE = b"x" * 10_000_000


def supply(**about):
    return {**listing_terms(kind="supply", title="稀硫酸", waste=ACID), **about}


def send(party, path, data, method="POST", media="application/json", **headers):
    return party.call(method, path, data=data, content_type=media, headers=headers)


def narrowed(party, *scopes):
    """The same party, by a key with fewer scopes."""
    key = party.post("/api-keys", {"name": "narrow", "scopes": list(scopes)}).json["api_key"]
    return Party(party.marketplace, key, party.id, party.number)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "key_missing"),
        ("Basic aGk6aGk=", "key_missing"),
        ("Bearer", "key_missing"),
        ("Bearer  ", "key_missing"),
        ("Bearer hl_of_nobody", "key_unknown"),
        ("Bearer \xff\x80", "key_unknown"),
    ],
)
def test_without_a_valid_key_everything_is_401(marketplace, header, code):
    headers = {"Authorization": header} if header else {}
    for method, path in (("GET", f"/listings/{NOBODY}"), ("POST", "/listings"), ("PUT", "/matching-policy")):
        response = marketplace.client.open(f"/api/v1{path}", method=method, headers=headers, data=HUGE)
        refused(response, 401, code)
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_of_a_key_is_read_in_any_case(marketplace):
    response = marketplace.client.get(
        "/api/v1/regions", headers={"Authorization": f"bearer {marketplace.admin.key}"}
    )

    assert response.status_code == 200


def test_a_revoked_and_an_expired_key_are_401_and_say_why(marketplace):
    owner = marketplace.enterprise("generator")
    revoked, expiring = narrowed(owner, "read"), narrowed(owner, "read")
    older = owner.get("/api-keys").json["items"][1]
    assert owner.delete(f"/api-keys/{older['id']}").status_code == 204

    refused(revoked.get("/regions"), 401, "key_revoked")
    assert expiring.get("/regions").status_code == 200
    marketplace.wait(days=365)
    refused(expiring.get("/regions"), 401, "key_expired")


def test_the_order_of_refusals_is_that_of_the_contract(marketplace):
    """Each row is wrong in everything that its left neighbour in the contract's order is not wrong in."""
    owner, neighbour = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    pending = marketplace.enterprise("generator", approved=False)
    reader = narrowed(owner, "read")
    listing = marketplace.supply(owner)
    here, there = f"/listings/{listing['id']}", f"/listings/{NOBODY}"
    bad, stale = json.dumps(NONSENSE).encode(), {"If-Match": '"999"'}

    def patch(party, path, data, media="application/json", **headers):
        return verdict(send(party, path, data, "PATCH", media, **headers))

    assert {
        "scope before all": patch(reader, there, HUGE, "text/plain"),
        "kind of key before all": patch(marketplace.admin, there, HUGE, "text/plain"),
        "state of the enterprise before 404": verdict(pending.post(f"{there}/publish", NONSENSE)),
        "a neighbour's before 428": patch(neighbour, here, HUGE, "text/plain"),
        "an unknown one before 428": patch(owner, there, HUGE, "text/plain"),
        "no version before 413": patch(owner, here, HUGE, "text/plain"),
        "a stale version before 413": patch(owner, here, HUGE, "text/plain", **stale),
        "a large body before 415": patch(owner, here, HUGE, "text/plain", **{"If-Match": "*"}),
        "not JSON before 422": patch(owner, here, b"{", **{"If-Match": "*"}),
        "wrong medium before 422": patch(owner, here, bad, "text/plain", **{"If-Match": "*"}),
        "fields before 409": patch(owner, here, bad, **{"If-Match": "*"}),
    } == {
        "scope before all": (403, "scope_missing"),
        "kind of key before all": (403, "role_forbids"),
        "state of the enterprise before 404": (403, "enterprise_pending"),
        "a neighbour's before 428": (404, "not_found"),
        "an unknown one before 428": (404, "not_found"),
        "no version before 413": (428, "if_match_missing"),
        "a stale version before 413": (412, "version_changed"),
        "a large body before 415": (413, "body_too_large"),
        "not JSON before 422": (400, "not_json"),
        "wrong medium before 422": (415, "media_type"),
        "fields before 409": (422, "invalid_input", "colour", "quantity_t"),
    }


def test_a_closed_listing_is_409_only_for_a_valid_change(marketplace):
    owner = marketplace.enterprise("generator")
    path = f"/listings/{marketplace.supply(owner)['id']}"
    assert owner.post(f"{path}/withdraw").status_code == 200

    refused(owner.patch(path, NONSENSE), 422, "invalid_input", "colour", "quantity_t")
    refused(owner.patch(path, {"quantity_t": 100}), 409, "wrong_state")


def test_a_body_is_403_before_it_is_422_where_only_the_body_decides(marketplace):
    generator, carrier = marketplace.enterprise("generator"), marketplace.enterprise("transporter")
    pending = marketplace.enterprise("generator", approved=False)
    keys = narrowed(generator, "read", "admin")
    me = f"/enterprises/{generator.id}"

    assert {
        "a demand of a generator": verdict(generator.post("/listings", {"kind": "demand", **NONSENSE})),
        "anything of a transporter": verdict(carrier.post("/listings", {"kind": "gift", **NONSENSE})),
        "publishing while pending": verdict(
            pending.post("/listings", {"kind": "supply", "publish": True, **NONSENSE})
        ),
        "an admin's field": verdict(generator.patch(me, {"partner_id": 5, **NONSENSE}, if_match=None)),
        "a scope one lacks": verdict(keys.post("/api-keys", {"name": "", "scopes": ["deals:write", "x"]})),
    } == {
        "a demand of a generator": (403, "role_missing"),
        "anything of a transporter": (403, "role_missing"),
        "publishing while pending": (403, "enterprise_pending"),
        "an admin's field": (403, "admin_only_field", "partner_id"),
        "a scope one lacks": (403, "scope_missing", "scopes"),
    }


@pytest.mark.parametrize(
    ("data", "media", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b"quantity=5", "application/json", 400, "not_json"),
        (b'{"title": "\xff"}', "application/json", 400, "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400, "not_json"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 400, "not_json"),
        (b"1" * 5_000, "application/json", 400, "not_json"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "media_type"),
        (b"{}", "text/plain", 415, "media_type"),
        (b"{}", None, 415, "media_type"),
        (HUGE, "application/json", 413, "body_too_large"),
        (b'{"title": "' + HUGE + b'"}', "application/json", 413, "body_too_large"),
        (HUGE, "text/plain", 413, "body_too_large"),
    ],
)
def test_a_body_that_is_not_json_is_refused_as_such(marketplace, data, media, status, code):
    owner = marketplace.enterprise("generator")

    refused(send(owner, "/listings", data, media=media), status, code)
    refused(marketplace.client.post("/api/v1/enterprises", data=data, content_type=media), status, code)
    assert owner.get("/listings").json["items"] == []


@pytest.mark.parametrize("depth", [22, 100, 900, 960, 970, 980, 1000, 5000, 20_000])
def test_no_depth_of_nesting_is_a_500(marketplace, depth):
    owner = marketplace.enterprise("generator")
    for data in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
        assert verdict(send(owner, "/listings", data))[:2] in ((422, "invalid_input"), (400, "not_json"))


def test_json_is_read_to_twenty_levels_and_no_deeper(marketplace):
    owner = marketplace.enterprise("generator")

    def posted(depth):
        return send(owner, "/listings", b'{"title": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}")

    assert "nested" not in str(posted(20).json["errors"]["title"])
    assert posted(21).json["errors"]["title"] == ["JSON may be nested at most 20 levels deep."]


@pytest.mark.parametrize("body", ["[]", "null", "5", '"text"', "true"])
def test_json_that_is_not_an_object_is_an_error_of_the_body(marketplace, body):
    owner = marketplace.enterprise("generator")

    refused(send(owner, "/listings", body.encode()), 422, "invalid_input", "body")


def test_json_may_say_its_charset_and_may_be_marked(marketplace):
    owner = marketplace.enterprise("generator")
    said = json.dumps(supply(), ensure_ascii=False)

    for data, media in (
        (said.encode(), "application/json; charset=utf-8"),
        (b"\xef\xbb\xbf" + said.encode(), "application/json"),
    ):
        assert send(owner, "/listings", data, media=media).json["title"] == "稀硫酸"


@pytest.mark.parametrize("charset", ["gbk", "latin-1", "GB18030", "utf-16", "us-ascii"])
def test_json_in_another_charset_is_refused_by_its_name(marketplace, charset):
    owner = marketplace.enterprise("generator")
    response = send(owner, "/listings", b"{}", media=f"application/json; charset={charset}")
    refused(response, 415, "charset_not_utf8")


@pytest.mark.parametrize("encoding", ["gbk", "big5", "shift-jis", "utf-16", "utf-16-le", "utf-32"])
def test_json_in_other_bytes_than_utf_8_is_refused(marketplace, encoding):
    owner = marketplace.enterprise("generator")
    refused(send(owner, "/listings", '{"title": "硫酸"}'.encode(encoding)), 400, "not_json")


DOUBLED = {
    '{"quantity_t": 1, "quantity_t": 2}': "quantity_t",
    '{"quantity_t": 1, "title": "x", "quantity\\u005ft": 1}': "quantity_t",
    '{"location": {"lon": 1, "lat": 2, "lon": 3}}': "location.lon",
    '{"composition": [{"component": "Fe"}, {"component": "Fe", "min": 1, "min": 1}]}': "composition.1.min",
    '{"colour": {"a": {"b": 1, "b": null}}}': "colour.a.b",
    '{"": 1, "": 2}': "body",
}


@pytest.mark.parametrize(("body", "blamed"), DOUBLED.items())
def test_a_name_that_stands_twice_is_refused_wherever_it_stands(marketplace, body, blamed):
    owner = marketplace.enterprise("generator")
    response = send(owner, "/listings", body.encode(), **{"Idempotency-Key": "twice"})
    said = refused(response, 422, "invalid_input", blamed)["errors"][blamed]
    assert "appears twice" in said[0]
    once = {**supply(), "publish": False}
    assert owner.post("/listings", once, Idempotency_Key="twice").status_code == 201


def test_a_doubled_name_is_refused_at_every_door_that_reads_json(marketplace):
    owner, admin = marketplace.enterprise("generator"), marketplace.admin
    listing = f"/listings/{marketplace.supply(owner)['id']}"
    named = b'{"name": "a", "name": "b"}'
    doors = {
        "keys": send(owner, "/api-keys", named),
        "searches": send(owner, "/saved-searches", b'{"query": {"q": "a", "q": "b"}}'),
        "policy": send(admin, "/matching-policy", b'{"half_distance_km": {"HW34": 1, "HW34": 2}}', "PUT",
                       **{"If-Match": "*"}),
        "change": send(owner, listing, b'{"title": "a", "title": "b"}', "PATCH", **{"If-Match": "*"}),
        "preferences": send(owner, "/notification-preferences", b'{"email": "off", "email": "digest"}', "PUT",
                            **{"If-Match": "*"}),
        "registration": marketplace.client.post("/api/v1/enterprises", data=named,
                                                content_type="application/json"),
    }  # fmt: skip
    assert {door: verdict(response) for door, response in doors.items()} == {
        "keys": (422, "invalid_input", "name"),
        "searches": (422, "invalid_input", "query.q"),
        "policy": (422, "invalid_input", "half_distance_km.HW34"),
        "change": (422, "invalid_input", "title"),
        "preferences": (422, "invalid_input", "email"),
        "registration": (422, "invalid_input", "name"),
    }


@pytest.mark.parametrize(
    "query", ["kind=supply&kind=demand", "q=a&q=a", "limit=1&limit=2", "mine=true&mine="]
)
def test_a_parameter_that_stands_twice_is_refused_by_name(marketplace, query):
    response = marketplace.admin.call("GET", f"/listings?{query}")
    refused(response, 422, "invalid_input", query.partition("=")[0])


def test_bytes_in_a_query_that_are_not_utf_8_are_refused(marketplace):
    refused(marketplace.admin.call("GET", "/listings?q=%C1%F2"), 422, "invalid_input", "q")


def test_a_negative_zero_is_zero(marketplace):
    owner = marketplace.enterprise("generator")
    made = send(owner, "/listings", json.dumps(supply(price_cny_per_t=-0.0)).encode())
    assert str(made.json["price_cny_per_t"]) == "0.0"


def test_fields_in_a_sentence_are_separated_as_its_language_does(marketplace):
    owner = marketplace.enterprise("generator")
    body = {**supply(), "quantity_t": "x", "title": ""}
    chinese = owner.call("POST", "/listings", json=body, headers={"Accept-Language": "zh-CN"})
    assert chinese.json["detail"] == "请更正：title、quantity_t。"
    assert owner.post("/listings", body).json["detail"] == "Please correct: title, quantity_t."


def test_nul_and_lone_surrogates_are_refused_everywhere(marketplace):
    owner = marketplace.enterprise("generator")

    def posted(text):
        return verdict(send(owner, "/listings", text.encode()))

    def asked(path):
        return verdict(marketplace.client.get(f"/api/v1{path}", headers=owner.headers))

    assert {
        "NUL in a text": posted('{"title": "a\\u0000b"}'),
        "half a pair in a text": posted('{"title": "a\\ud800b"}'),
        "NUL deep down": posted('{"composition": [{"component": "\\u0000", "min": 1}]}'),
        "NUL in a name": posted('{"ti\\u0000tle": "a"}'),
        "NUL in a query": asked("/listings?code=%00"),
        "NUL in a cursor": asked("/listings?cursor=%00"),
        "NUL in a path": asked("/waste-codes/cn-hw/%00"),
        "NUL in a scheme": asked("/waste-codes/%00/HW34"),
        "half a pair in a path": asked("/waste-codes/cn-hw/%ed%a0%80"),
        "half a pair in a query": asked("/waste-codes?q=%ed%a0%80"),
    } == {
        "NUL in a text": (422, "invalid_input", "title"),
        "half a pair in a text": (422, "invalid_input", "title"),
        "NUL deep down": (422, "invalid_input", "composition.0.component"),
        "NUL in a name": (422, "invalid_input", "body"),
        "NUL in a query": (422, "invalid_input", "code"),
        "NUL in a cursor": (422, "invalid_input", "cursor"),
        "NUL in a path": (422, "invalid_input", "code"),
        "NUL in a scheme": (422, "invalid_input", "scheme"),
        "half a pair in a path": (404, "not_found"),
        "half a pair in a query": (422, "invalid_input", "q"),
    }


def test_an_unknown_route_is_a_problem_too(marketplace):
    owner = marketplace.enterprise("generator")

    refused(marketplace.client.get("/nowhere"), 404, "not_found")
    refused(owner.get("/nowhere"), 404, "not_found")
    refused(owner.get("/waste-codes/cn-hw//900-349-34"), 404, "not_found")
    refused(owner.get("/waste-codes/cn-hw/%2F%2Fx"), 404, "not_found")
    refused(owner.get("/listings/not-a-uuid"), 404, "not_found")
    response = owner.delete("/listings")
    refused(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_unknown_fields_are_refused_everywhere(marketplace):
    owner = marketplace.enterprise("generator")
    draft = marketplace.supply(owner, publish=False)

    assert {
        "body": verdict(owner.post("/listings", supply(colour="red"))),
        "nested": verdict(owner.post("/listings", supply(waste={**ACID, "name": "acid"}))),
        "query": verdict(owner.get("/listings", colour="red")),
        "a route without a body": verdict(owner.post(f"/listings/{draft['id']}/publish", {"at": "noon"})),
        "said twice": verdict(
            marketplace.client.get("/api/v1/listings?limit=1&limit=2", headers=owner.headers)
        ),
    } == {
        "body": (422, "invalid_input", "colour"),
        "nested": (422, "invalid_input", "waste.name"),
        "query": (422, "invalid_input", "colour"),
        "a route without a body": (422, "invalid_input", "at"),
        "said twice": (422, "invalid_input", "limit"),
    }
    assert owner.get(f"/listings/{draft['id']}").json["status"] == "draft"


def test_every_response_has_a_request_id_and_keeps_a_valid_one(marketplace):
    given = marketplace.client.get("/api/v1/listings", headers={"X-Request-Id": "order-2026-0001"})
    refused(given, 401, "key_missing")
    assert given.headers["X-Request-Id"] == "order-2026-0001"

    for poor in ("short", "x" * 65, "with space in it", 'quote"quote"'):
        response = marketplace.client.get("/api/v1/regions", headers={"X-Request-Id": poor})
        assert response.headers["X-Request-Id"] not in ("", poor)
