"""Rate limits by key and by address."""

import time
from dataclasses import replace

import pytest

from marketplace import create_app
from marketplace.settings import Settings
from tests.city import City, Party
from tests.http.answers import refused


@pytest.fixture
def slow_city(app, redis_url):
    """A city where a key may call thrice a minute and an address register twice."""
    if time.time() % 60 > 55:
        time.sleep(6)  # the windows are fixed: stay within one
    settings = replace(
        Settings.from_environment(), rate_limit_key="3 per minute", rate_limit_registration="2 per minute"
    )
    with City(create_app(settings)) as fresh:
        yield fresh
    create_app(app.config["SETTINGS"])


def test_a_key_that_calls_too_often_is_told_when_to_come_back(slow_city):
    admin = slow_city.admin
    paths = ("/regions", "/waste-codes", "/listings")
    assert [admin.get(path).status_code for path in paths] == [200, 200, 200]

    answer = admin.get("/regions")
    refused(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert slow_city.client.get("/healthz").status_code == 200


def test_one_key_uses_up_its_own_share_only(slow_city):
    for _ in range(4):
        slow_city.admin.get("/regions")
    other = Party(slow_city, "hl_somebody_else")

    refused(other.get("/regions"), 401, "key_unknown")


def test_an_address_that_registers_too_often_is_told_too(slow_city):
    answers = [
        slow_city.client.post("/api/v1/enterprises", json={}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    elsewhere = slow_city.client.post(
        "/api/v1/enterprises", json={}, environ_base={"REMOTE_ADDR": "192.0.2.8"}
    )
    assert elsewhere.status_code == 422


def test_without_a_queue_nobody_is_limited_and_nobody_is_refused(app, redis_url):
    settings = replace(
        Settings.from_environment(), redis_url="redis://127.0.0.1:1/0", rate_limit_key="1 per minute"
    )
    with City(create_app(settings)) as city:
        assert [city.admin.get("/regions").status_code for _ in range(3)] == [200, 200, 200]
    create_app(app.config["SETTINGS"])
