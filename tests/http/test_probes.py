"""What strangers may ask at the root: probes and metrics, at a bounded cost, or closed to them."""

from dataclasses import replace

import pytest

from marketplace import create_app
from marketplace.http import health, recent
from marketplace.http.recent import BURST, Recent
from tests.http.responses import refused


def app_with(app, **settings):
    """An application like this one, but for these settings."""
    return create_app(replace(app.config["SETTINGS"], **settings))


@pytest.fixture
def no_time_passes(monkeypatch):
    """However long a hundred requests take here, nothing gets old meanwhile."""
    monkeypatch.setattr(recent, "monotonic", lambda: 100.0)


@pytest.fixture
def other(app):
    """A client of an application with other settings."""
    yield lambda **settings: app_with(app, **settings).test_client()
    create_app(app.config["SETTINGS"])


def test_a_hundred_questions_whether_we_are_ready_cost_a_few(marketplace, monkeypatch, no_time_passes):
    asked = []
    monkeypatch.setitem(health.CHECKS, "counted", lambda: bool(asked.append(1)) or True)
    recent.forget(marketplace.app)
    answers = [marketplace.client.get("/readyz") for _ in range(100)]

    assert {answer.json["checks"]["counted"] for answer in answers} == {True}
    assert 1 <= len(asked) <= BURST
    recent.forget(marketplace.app)


def test_many_readings_of_the_metrics_ask_the_database_a_few_times(marketplace, monkeypatch, no_time_passes):
    from marketplace.events import service as events

    asked, backlogs = [], events.backlogs
    monkeypatch.setattr(events, "backlogs", lambda: asked.append(1) or backlogs())
    recent.forget(marketplace.app)
    pages = {marketplace.client.get("/metrics").status_code for _ in range(20)}

    assert pages == {200}
    assert 1 <= len(asked) <= BURST
    recent.forget(marketplace.app)


def test_a_result_is_kept_while_many_ask_and_computed_anew_later(monkeypatch):
    now = 100.0
    monkeypatch.setattr(recent, "monotonic", lambda: now)
    numbers, kept = iter(range(100)), Recent()

    def get():
        return kept.get(lambda: next(numbers))

    assert [get() for _ in range(8)] == [0, 1, 2, 3, 3, 3, 3, 3]
    now += 0.6
    assert [get(), get()] == [4, 4]
    now += 60
    assert [get() for _ in range(6)] == [5, 6, 7, 8, 8, 8]


def test_while_one_computes_the_others_get_the_latest_result():
    kept = Recent()
    assert kept.get(lambda: "first") == "first"
    assert kept.get(lambda: kept.get(lambda: "third") + ", then second") == "first, then second"


def test_a_computation_that_fails_is_tried_again():
    kept = Recent()
    with pytest.raises(RuntimeError):
        kept.get(lambda: (_ for _ in ()).throw(RuntimeError()))
    assert kept.get(lambda: "now") == "now"


def test_methods_that_nobody_has_are_one_line_of_the_metrics(marketplace):
    for method in ("BREW", "BREWER", "TRACE", "CONNECT", "M-SEARCH"):
        marketplace.client.open("/api/v1/regions", method=method)
    recent.forget(marketplace.app)
    page = marketplace.client.get("/metrics").get_data(as_text=True)

    assert 'method="other"' in page
    for method in ("BREW", "TRACE", "CONNECT", "SEARCH"):
        assert method not in page


def test_metrics_with_a_token_are_for_those_who_have_it(other):
    client = other(metrics_token="secret")
    for sent in ("", "Bearer ", "Bearer wrong", "Bearer secret ", "Basic secret", "secret", "Bearer sécret"):
        answer = client.get("/metrics", headers={"Authorization": sent} if sent else {})
        refused(answer, 401, "metrics_token_needed")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    assert client.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200
    assert client.get("/readyz").status_code in (200, 503)


def test_metrics_with_a_port_are_there_and_nothing_else_is(other):
    client = other(metrics_port=9100)

    def status(path, port):
        return client.get(path, environ_overrides={"SERVER_PORT": port}).status_code

    assert (status("/metrics", "9100"), status("/metrics", "8000")) == (200, 404)
    for path in ("/healthz", "/readyz", "/errors", "/api/v1/regions", "/nowhere", "/docs/"):
        assert status(path, "9100") == 404
    assert status("/healthz", "8000") == 200
    claimed = client.get(
        "/metrics",
        headers={"Host": "a:9100", "X-Forwarded-Port": "9100"},
        environ_overrides={"SERVER_PORT": "8000"},
    )
    assert claimed.status_code == 404


def test_metrics_with_both_need_both(other):
    client, port = other(metrics_port=9100, metrics_token="secret"), {"SERVER_PORT": "9100"}

    assert client.get("/metrics", environ_overrides=port).status_code == 401
    key = {"Authorization": "Bearer secret"}
    assert client.get("/metrics", environ_overrides=port, headers=key).status_code == 200
