"""Rate limits by key and by address."""

import re
import time
from dataclasses import replace

import pytest

from marketplace import create_app
from marketplace.settings import Settings
from tests.http.responses import refused
from tests.marketplace import Marketplace, Party


@pytest.fixture
def slow_city(app, redis_url):
    """A marketplace where a key may call thrice a minute and an address register twice."""
    if time.time() % 60 > 55:
        time.sleep(6)  # the windows are fixed: stay within one
    settings = replace(
        Settings.from_environment(),
        rate_limit_key="3 per minute",
        rate_limit_registration="2 per minute",
        rate_limit_public="2 per minute",
    )
    with Marketplace(create_app(settings)) as fresh:
        yield fresh
    create_app(app.config["SETTINGS"])


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
        address = {"REMOTE_ADDR": "192.0.2.9"}
        return slow_city.client.open(f"/api/v1{path}", method=method, environ_base=address, **more)

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
    assert (knocking.status_code, said(knocking)[:2]) == (401, ("address", 3))
    assert not any(field in slow_city.client.get("/healthz").headers for field in FIELDS)


def test_one_key_uses_up_its_own_share_only(slow_city):
    for _ in range(4):
        slow_city.admin.get("/regions")
    other = Party(slow_city, "hl_somebody_else")

    refused(other.get("/regions"), 401, "key_unknown")


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
