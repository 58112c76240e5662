"""Rate limits: by enterprise and by person after the key, by address before it."""

import re
from dataclasses import replace
from socket import SHUT_RDWR
from threading import Thread

import pytest
from redis.connection import AbstractConnection

from marketplace import create_app, valkey
from marketplace.settings import Settings
from marketplace.valkey import redis
from tests.http.responses import refused
from tests.listings.sheets import SUPPLY, csv_of
from tests.marketplace import Marketplace, Party, listing_terms, new_uscc

ACID = {"scheme": "cn-hw", "code": "900-349-34"}
TERMS = listing_terms(kind="supply", title="稀硫酸", waste=ACID, publish=False)
NOBODY = "019ad7c8-3a00-7000-8000-000000000000"


@pytest.fixture
def city(app, redis_url, monkeypatch):
    """Opens a marketplace with these limits, and nothing counted yet."""

    def opened(**limits):
        monkeypatch.setitem(app.config, "SETTINGS", replace(Settings.from_environment(), **limits))
        forget_calls(app)
        return Marketplace(app)

    return opened


def forget_calls(app):
    with app.app_context():
        for key in redis().scan_iter("LIMITS:*"):
            redis().delete(key)


@pytest.fixture
def slow_city(city):
    """A marketplace where all keys of one may call thrice a minute, and an address without one twice."""
    limits = {
        "rate_limit_key": "3 per minute",
        "rate_limit_publish": "2 per minute",
        "rate_limit_registration": "2 per minute",
        "rate_limit_public": "2 per minute",
    }
    with city(**limits) as fresh:
        yield fresh


@pytest.fixture
def busy_city(city):
    """A marketplace where only calls without a valid key and publications are few."""
    limits = {"rate_limit_key": "1000 per minute", "rate_limit_publish": "4 per minute"}
    with city(**limits, rate_limit_public="2 per minute") as fresh:
        yield fresh


def test_a_call_counts_though_valkey_forgot_the_script_or_hung_up(slow_city):
    party = slow_city.enterprise()

    def left():
        return party.get("/interests").headers["RateLimit-Remaining"]

    with slow_city.app.app_context():
        connection = valkey.redis()
    assert left() == "2"
    connection.script_flush()
    assert left() == "1"
    valkey._counter(connection)._connection._sock.shutdown(SHUT_RDWR)
    assert left() == "0"


def test_threads_that_ended_leave_no_connection_behind(app):
    with app.app_context():
        connection = valkey.redis()
    before = len(connection.client_list())

    def count():
        with app.app_context():
            valkey.count_in_windows({"LIMITS:threads": valkey.Window(1, 60)}, 1)
        counted.append(1)

    counted = []
    for _ in range(120):
        thread = Thread(target=count)
        thread.start()
        thread.join()
    assert len(counted) == 120
    assert len(connection.client_list()) < before + 20


def test_a_key_that_calls_too_often_learns_when_to_retry(slow_city):
    admin = slow_city.admin
    paths = ("/regions", "/waste-codes", "/listings")
    assert [admin.get(path).status_code for path in paths] == [200, 200, 200]

    response = admin.get("/regions")
    refused(response, 429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert slow_city.client.get("/healthz").status_code == 200


def test_codes_and_regions_are_looked_up_without_a_key_as_often_as_an_address_may(slow_city):
    def call(method, path, **more):
        return from_address(slow_city, "192.0.2.9", method, path, **more)

    assert call("POST", "/waste-codes/suggest", json={"text": "废机油"}).json["items"]
    assert call("GET", "/waste-codes/cn-hw/HW08").json["code"] == "HW08"

    refused(call("GET", "/regions"), 429, "rate_limited")
    assert slow_city.admin.get("/regions").status_code == 200
    refused(call("GET", "/regions", headers={"Authorization": "Bearer hl_nobody"}), 401, "key_unknown")


def test_credentials_that_are_sent_must_be_valid_though_none_are_needed(marketplace):
    for header in ("Bearer hl_nobody", "Bearer ", "Basic eDp5", ""):
        for path in ("/regions", "/waste-codes", "/waste-codes/cn-hw/HW08"):
            answer = marketplace.client.get(f"/api/v1{path}", headers={"Authorization": header})
            assert answer.status_code == 401, header


FIELDS = ("RateLimit-Policy", "RateLimit", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def said(response):
    """(policy, quota, window, left) as the headers of a response agree on them."""
    policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', response.headers["RateLimit-Policy"])
    share = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', response.headers["RateLimit"])
    name, quota, window = policy[1], int(policy[2]), int(policy[3])
    left, seconds = int(share[2]), int(share[3])
    assert share[1] == name
    assert 1 <= seconds <= window
    older = [int(response.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")]
    assert older == [quota, left, seconds]
    assert not any(name.startswith("X-RateLimit") for name, _ in response.headers)
    return name, quota, window, left


def test_every_response_says_how_many_requests_are_left_refusals_too(slow_city):
    admin = slow_city.admin
    responses = [admin.get("/regions"), admin.get("/listings", limit=1000), admin.post("/listings", {})]
    responses.append(admin.get("/regions"))

    assert [response.status_code for response in responses] == [200, 422, 403, 429]
    assert [said(response) for response in responses] == [("key", 3, 60, left) for left in (2, 1, 0, 0)]
    assert ["Retry-After" in response.headers for response in responses] == [False, False, False, True]
    assert responses[3].headers["Retry-After"] == responses[3].headers["RateLimit-Reset"]


def test_a_registration_and_a_caller_without_a_key_are_limited_by_address(slow_city):
    registering = slow_city.client.post("/api/v1/enterprises", json={})
    knocking = slow_city.client.get("/api/v1/listings")

    assert said(registering) == ("address", 2, 60, 1)
    assert (knocking.status_code, said(knocking)) == (401, ("address", 2, 60, 1))
    assert not any(field in slow_city.client.get("/healthz").headers for field in FIELDS)


def test_a_setting_may_have_several_windows_and_the_least_of_them_counts(city):
    with city(rate_limit_registration="5 per minute;2 per day") as marketplace:
        answers = [marketplace.client.post("/api/v1/enterprises", json={}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [422, 422, 429]
        assert said(answers[0]) == ("address", 2, 86400, 1)
        assert int(answers[2].headers["Retry-After"]) > 60


def from_address(city, address, method, path, **more):
    return city.client.open(f"/api/v1{path}", method=method, environ_base={"REMOTE_ADDR": address}, **more)


def test_a_call_is_counted_in_one_trip_to_valkey_however_many_windows_there_are(city, monkeypatch):
    sent = []
    send = AbstractConnection.send_packed_command
    with city(rate_limit_key="9 per second;99 per minute;999 per day") as marketplace:
        admin = marketplace.admin
        admin.get("/regions")
        monkeypatch.setattr(
            AbstractConnection,
            "send_packed_command",
            lambda connection, *args, **kwargs: sent.append(args) or send(connection, *args, **kwargs),
        )
        assert admin.get("/regions").status_code == 200
    assert len(sent) == 1


def test_further_keys_are_no_further_calls(slow_city):
    owner = slow_city.enterprise("generator", approved=False)
    keys = [
        owner.post("/api-keys", {"name": f"key {number}", "scopes": ["read"]}).json["api_key"]
        for number in range(2)
    ]
    second, third = (Party(slow_city, key) for key in keys)
    assert said(second.get("/enterprises/me")) == ("key", 3, 60, 0)

    refused(third.get("/enterprises/me"), 429, "rate_limited")
    refused(owner.get("/enterprises/me"), 429, "rate_limited")
    assert slow_city.enterprise("recycler", approved=False).get("/enterprises/me").status_code == 200


def test_people_of_the_staff_are_counted_one_by_one(slow_city):
    second = slow_city.second_admin()
    assert [slow_city.admin.get("/regions").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert said(second.get("/regions")) == ("key", 3, 60, 2)


UNKNOWN_CALLS = {
    "an unknown key": ("GET", "/api/v1/listings", {"Authorization": "Bearer hl_nobody"}),
    "no key": ("GET", "/api/v1/listings", {}),
    "another scheme": ("GET", "/api/v1/listings", {"Authorization": "Basic eDp5"}),
    "an unknown key with a body": ("POST", "/api/v1/listings", {"Authorization": "Bearer hl_nobody"}),
    "a route that is none": ("GET", "/api/v1/nowhere", {}),
    "a page that is none": ("GET", "/wp-login.php", {}),
    "a method that is none": ("DELETE", "/api/v1/listings", {}),
    "a made-up method": ("BREW", "/api/v1/listings", {}),
    "a question for methods": ("OPTIONS", "/api/v1/listings", {}),
    "a head": ("HEAD", "/api/v1/listings", {}),
}


@pytest.mark.parametrize("name", UNKNOWN_CALLS)
def test_calls_without_a_valid_key_are_limited_and_never_stop_a_valid_one(busy_city, name):
    method, path, headers = UNKNOWN_CALLS[name]
    calls = [busy_city.client.open(path, method=method, headers=headers) for _ in range(4)]
    assert [call.status_code for call in calls[2:]] == [429, 429], name
    assert 429 not in [call.status_code for call in calls[:2]]
    assert int(calls[2].headers["Retry-After"]) >= 1

    assert busy_city.admin.get("/enterprises").status_code == 200
    assert busy_city.client.get("/api/v1/regions").status_code == 200, "open look-ups are counted apart"
    registered = busy_city.client.post("/api/v1/enterprises", json={})
    assert registered.status_code == 422, "and so are registrations"


def test_keys_that_ended_count_for_the_address(busy_city):
    owner = busy_city.enterprise("generator", approved=False)
    key_id = owner.get("/api-keys").json["items"][0]["id"]
    assert busy_city.admin.delete(f"/api-keys/{key_id}").status_code == 204
    answers = [owner.get("/enterprises/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert busy_city.admin.get("/enterprises").status_code == 200


ADDRESSES = {
    "the same": ("192.0.2.7", "192.0.2.7", True),
    "the same written as IPv6": ("192.0.2.7", "::ffff:192.0.2.7", True),
    "one /64": ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
    "one link": ("fe80::1%eth0", "fe80::2%eth1", True),
    "two of IPv4": ("192.0.2.7", "192.0.2.8", False),
    "two /64": ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    "no addresses": ("", "unix:", False),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses_of_one_network_count_together(busy_city, name):
    first, second, together = ADDRESSES[name]
    answers = [from_address(busy_city, first, "GET", "/nowhere") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    answer = from_address(busy_city, second, "GET", "/nowhere")
    assert (answer.status_code == 429) is together


@pytest.mark.parametrize(("hops", "spoofed"), [(0, "203.0.113.{}"), (1, "203.0.113.{}, 198.51.100.1")])
def test_headers_of_proxies_are_believed_as_far_as_the_settings_say(app, redis_url, hops, spoofed):
    settings = replace(Settings.from_environment(), rate_limit_public="2 per minute", proxy_hops=hops)
    forget_calls(app)
    with Marketplace(create_app(settings)) as marketplace:
        answers = [
            from_address(
                marketplace, "192.0.2.7", "GET", "/nowhere",
                headers={"X-Forwarded-For": spoofed.format(number), "Forwarded": f"for=203.0.113.{number}"},
            ).status_code
            for number in range(3)
        ]  # fmt: skip
        assert answers == [404, 404, 429]
    create_app(app.config["SETTINGS"])


def test_replays_count(slow_city):
    uscc = "91330602MA2BC00001"
    headers = {"Idempotency-Key": "once"}
    body = {"uscc": uscc}
    answers = [
        from_address(slow_city, "192.0.2.9", "POST", "/enterprises", json=body, headers=headers).status_code
        for _ in range(3)
    ]
    assert answers == [422, 422, 429]

    owner = slow_city.enterprise("generator", approved=False)
    answers = [
        owner.post("/api-keys", {"name": "one", "scopes": ["read"]}, Idempotency_Key="twice")
        for _ in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert "Idempotent-Replayed" in answers[2].headers


def test_a_key_in_a_replayed_registration_is_counted_for_its_address(busy_city):
    party = {
        "uscc": new_uscc(), "name": "重发厂", "roles": ["generator"], "region": "330602",
        "contact": {"name": "王厂长", "email": "a@example.com", "phone": "0575-85000000"},
    }  # fmt: skip
    answers = [
        from_address(
            busy_city, "192.0.2.10", "POST", "/enterprises", json=party, headers={"Idempotency-Key": "r"}
        )
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    lefts = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert lefts == [lefts[0], lefts[0] - 1, lefts[0] - 2]


# ------------------------------------------------------------ publishing and changing


def drafts(owner, many):
    return [owner.post("/listings", TERMS).json["id"] for _ in range(many)]


DOORS = {
    "a draft": lambda owner, ids: owner.post("/listings", TERMS),
    "a listing published at once": lambda owner, ids: owner.post("/listings", {**TERMS, "publish": True}),
    "a change": lambda owner, ids: owner.patch(f"/listings/{ids[0]}", {"title": "改名"}),
    "a publication": lambda owner, ids: owner.post(f"/listings/{ids[0]}/publish"),
    "a copy": lambda owner, ids: owner.post(f"/listings/{ids[0]}/copy"),
    "publications of a list": lambda owner, ids: owner.post("/listings/publish", {"ids": ids}),
    "a sheet": lambda owner, ids: owner.call(
        "POST", "/listings/import", data=csv_of(SUPPLY), headers={"Content-Type": "text/csv"}
    ),
}


@pytest.mark.parametrize("name", DOORS)
def test_every_door_to_a_listing_counts_as_publishing(busy_city, name):
    owner = busy_city.enterprise("generator")
    ids = drafts(owner, 4)

    refusal = DOORS[name](owner, ids)

    refused(refusal, 429, "rate_limited")
    assert '"publish";q=4;w=60' in refusal.headers["RateLimit-Policy"]
    assert int(refusal.headers["Retry-After"]) >= 1
    assert "4" in refusal.json["detail"]
    assert owner.get("/listings", mine="true").status_code == 200
    assert owner.post(f"/listings/{ids[0]}/withdraw").status_code == 200, "what closes is no publication"
    assert busy_city.enterprise("generator").post("/listings", TERMS).status_code == 201


def test_each_listing_of_a_list_counts_once(busy_city):
    owner = busy_city.enterprise("generator")
    ids = drafts(owner, 1)
    assert owner.post("/listings/publish", {"ids": ids * 50}).json["published"] == 1
    refused(owner.post("/listings/publish", {"ids": [*ids, NOBODY, NOBODY[:-1] + "1"]}), 429, "rate_limited")


def test_an_address_that_registers_too_often_learns_when_to_retry(slow_city):
    responses = [
        slow_city.client.post("/api/v1/enterprises", json={}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
        for _ in range(3)
    ]
    assert [response.status_code for response in responses] == [422, 422, 429]
    assert int(responses[-1].headers["Retry-After"]) >= 1
    elsewhere = slow_city.client.post(
        "/api/v1/enterprises", json={}, environ_base={"REMOTE_ADDR": "192.0.2.8"}
    )
    assert elsewhere.status_code == 422


def test_without_a_queue_nobody_is_limited_and_nobody_is_refused(app, redis_url):
    settings = replace(
        Settings.from_environment(), redis_url="redis://127.0.0.1:1/0", rate_limit_key="1 per minute"
    )
    with Marketplace(create_app(settings)) as marketplace:
        responses = [marketplace.admin.get("/regions") for _ in range(3)]
        assert [response.status_code for response in responses] == [200, 200, 200]
        assert not any(field in response.headers for response in responses for field in FIELDS)
    create_app(app.config["SETTINGS"])


def test_requests_with_an_idempotency_key_are_bounded_by_the_day(city):
    with city(rate_limit_idempotency="2 per day") as marketplace:
        owner = marketplace.enterprise("generator")
        answers = [owner.post("/listings", TERMS, Idempotency_Key=f"key {number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[2].headers["Retry-After"]) > 60
        assert owner.post("/listings", TERMS).status_code == 201
