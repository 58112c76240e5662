"""What an operator asks: does it live, is it ready, what does it do, what does it offer."""

import json
import logging
import re
import secrets
import tempfile
import tomllib
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import text

from marketplace import create_app, embedded
from marketplace.database import db
from marketplace.events import service as events
from marketplace.http import recent
from marketplace.settings import VERSION, Settings
from marketplace.valkey import redis
from tests.http.responses import refused
from tests.marketplace import as_owner

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
OPEN = {
    ("post", "/enterprises"),
    ("post", "/enterprises/recover"),
    ("post", "/enterprises/recover/confirm"),
    ("post", "/enterprises/prove"),
    ("post", "/enterprises/prove/{token}"),
    ("get", "/enterprises/prove/{token}"),
    ("get", "/verify/{token}"),
    ("post", "/members"),
    ("post", "/access-resets/use"),
    ("get", "/figures"),
    ("get", "/credit/board"),
    ("get", "/credit/red-list"),
}
"""Routes that take no key: whoever calls them has none yet, has lost it, or is the public."""
OUTSIDE = re.compile(r"""(?:src|href|url|content)\s*[=(]\s*["']?(?:https?:)?//""", re.IGNORECASE)


@pytest.fixture
def cut_off(app):
    """An application whose database and queue do not respond."""
    yield create_app(
        replace(Settings.from_environment(), database_url=NOWHERE, redis_url="redis://127.0.0.1:1/0")
    ).test_client()
    create_app(app.config["SETTINGS"])


def test_a_process_with_its_servers_lives_and_is_ready(marketplace):
    assert marketplace.client.get("/healthz").json == {"status": "ok"}
    ready = marketplace.client.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")
    assert all(ready.json["checks"].values())


def test_without_its_servers_it_lives_and_is_not_ready(cut_off):
    assert cut_off.get("/healthz").status_code == 200
    response = cut_off.get("/readyz")
    assert (response.status_code, response.json["status"]) == (503, "not ready")
    assert response.json["checks"] == {
        "database": False, "writes": False, "queue": False, "scheduler": False, "index": True,
    }  # fmt: skip
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/regions", {"Authorization": "Bearer hl_key"}),
        ("POST", "/listings", {"Authorization": "Bearer hl_key", "Idempotency-Key": "one"}),
    ],
)
def test_while_the_database_is_away_callers_are_asked_to_retry(cut_off, method, path, headers):
    response = cut_off.open(f"/api/v1{path}", method=method, headers=headers, json={})

    refused(response, 503, "database_away")
    assert int(response.headers["Retry-After"]) > 0


def test_a_registration_waits_for_the_database_too(cut_off):
    body = {
        "uscc": "91330600000000001Y", "name": "企业", "roles": ["generator"], "region": "330602",
        "contact": {"name": "王", "email": "a@example.com", "phone": "0575-85000000"},
    }  # fmt: skip
    response = cut_off.post("/api/v1/enterprises", json=body)

    assert response.status_code in (422, 503)
    assert cut_off.get("/metrics").status_code == 200


def test_metrics_count_requests_by_endpoint_and_status_and_the_backlog(marketplace):
    marketplace.admin.get("/regions")
    marketplace.admin.get("/nowhere")
    response = marketplace.client.get("/metrics")

    assert response.mimetype == "text/plain"
    text = response.get_data(as_text=True)
    assert re.search(
        r'huanliu_requests_total\{endpoint="catalogue.list_regions",method="GET",status="200"\} [1-9]', text
    )
    assert 'huanliu_tasks{status="pending"} ' in text
    assert marketplace.admin.key not in text


def test_metrics_tell_each_queue_the_scheduler_and_the_build(marketplace):
    with marketplace.app.app_context():
        events.beat()
    page = marketplace.client.get("/metrics").get_data(as_text=True)

    for queue in ("matching", "delivery", "webhooks", "bulk", "rerank"):
        assert f'huanliu_queue_tasks{{queue="{queue}",status="pending"}} ' in page
        assert f'huanliu_queue_oldest_due_seconds{{queue="{queue}"}} ' in page
    assert 0 <= float(re.search(r"^huanliu_scheduler_tick_age_seconds (\S+)", page, re.MULTILINE)[1]) < 10
    assert f'version="{VERSION}"' in page


def test_metrics_tell_how_long_the_oldest_due_task_has_waited(marketplace):
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.now += timedelta(seconds=90)
    page = marketplace.client.get("/metrics").get_data(as_text=True)

    assert re.search(r'huanliu_queue_oldest_due_seconds\{queue="matching"\} 90\.', page)


def test_a_scheduler_that_stopped_ticking_makes_the_service_not_ready(marketplace):
    with marketplace.app.app_context():
        events.beat()
        assert marketplace.client.get("/readyz").json["checks"]["scheduler"] is True
        db.session.execute(text("UPDATE heartbeat SET at = at - interval '31 s' WHERE name = 'scheduler'"))
        db.session.commit()
        response = marketplace.client.get("/readyz")
        events.beat()

    assert (response.status_code, response.json["checks"]["scheduler"]) == (503, False)
    assert response.json["checks"]["database"] is True
    assert marketplace.client.get("/readyz").status_code == 200


def test_a_database_that_stores_no_change_makes_the_service_not_ready(marketplace):
    with as_owner(marketplace.app) as connection:
        connection.execute(text("DELETE FROM heartbeat"))
        connection.execute(text("ALTER TABLE heartbeat ADD CONSTRAINT full_disk CHECK (name <> 'probe')"))
    response = marketplace.client.get("/readyz")
    with as_owner(marketplace.app) as connection:
        connection.execute(text("ALTER TABLE heartbeat DROP CONSTRAINT full_disk"))

    assert (response.status_code, response.json["checks"]["writes"]) == (503, False)
    assert response.json["checks"]["database"] is True
    assert marketplace.client.get("/readyz").json["checks"]["writes"] is True


def test_a_queue_that_stores_nothing_makes_the_service_not_ready(marketplace, configure):
    """On a Valkey of its own: the other processes that run tests write to the one they share."""
    with (
        tempfile.TemporaryDirectory(prefix="huanliu-test-", dir="/tmp") as folder,
        embedded.servers(Path(folder) / "data", postgres=False, report=lambda line: None),
    ):
        configure(redis_url=embedded.addresses(Path(folder) / "data").redis_url)
        with marketplace.app.app_context():
            assert marketplace.client.get("/readyz").json["checks"]["queue"] is True
            recent.forget(marketplace.app)
            redis().config_set("maxmemory", 1)
        response = marketplace.client.get("/readyz")

    assert (response.status_code, response.json["checks"]["queue"]) == (503, False)


def test_the_version_is_that_of_the_project_and_the_build_what_the_operator_says(app):
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert app.test_client().get("/version").json == {"version": project["version"], "build": None}

    named = create_app(replace(app.config["SETTINGS"], build="4f2c1aa")).test_client()
    assert named.get("/version").json["build"] == "4f2c1aa"
    create_app(app.config["SETTINGS"])


def test_the_description_is_valid_openapi_and_names_every_route(marketplace):
    document = marketplace.client.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()

    described = {(method.upper(), path) for path, about in document["paths"].items() for method in about}
    for rule in marketplace.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert (method, path) in described


KEYLESS = {
    "/waste-codes",
    "/waste-codes/{scheme}/{code}",
    "/waste-codes/suggest",
    "/regions",
    "/privacy-notice",
}


def test_the_description_says_who_may_call_and_what_is_refused(marketplace):
    document = marketplace.client.get("/openapi.json").json
    for path, about in document["paths"].items():
        for method, route in about.items():
            if method == "parameters":
                continue
            place = f"{method} {path}"
            assert route["summary"], place
            assert "422" in route["responses"], place
            if (method, path.removeprefix("/api/v1")) in OPEN:
                assert route["security"] == []
            else:
                is_keyless = path.removeprefix("/api/v1") in KEYLESS
                assert route["security"] == [{"key": []}, *([{}] if is_keyless else [])], place
                assert route["x-scope"], place
            if method in ("patch", "put"):
                assert {"412", "428"} <= set(route["responses"]), place
            if "{" in path:
                assert "404" in route["responses"], place


def test_the_docs_work_without_the_internet(marketplace):
    assert marketplace.client.get("/docs").headers["Location"] == "/docs/"
    page = marketplace.client.get("/docs/")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "/openapi.json" in text
    assert not OUTSIDE.search(text)
    needed = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(needed) >= 4
    for path in needed:
        asset = marketplace.client.get(path)
        assert asset.status_code == 200, path
        assert not (path.endswith(".css") and OUTSIDE.search(asset.get_data(as_text=True))), path


def test_every_response_forbids_sniffing_and_caching(marketplace):
    for path in ("/healthz", "/api/v1/regions", "/nowhere", "/openapi.json"):
        headers = marketplace.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in headers["Cache-Control"]


def test_each_request_is_one_json_line_without_the_key(marketplace, caplog, capfd):
    owner = marketplace.enterprise("generator")
    with caplog.at_level(logging.INFO, logger="marketplace.requests"):
        caplog.clear()
        owner.call(
            "GET", "/listings", query_string={"colour": "x"}, headers={"X-Request-Id": "order-2026-0001"}
        )
    (record,) = [entry for entry in caplog.records if entry.name == "marketplace.requests"]

    line = logging.getLogger().handlers[0].formatter.format(record)
    said = json.loads(line)
    assert (said["status"], said["actor"]) == (422, f"enterprise:{owner.id}")
    assert said["client"] == "127.0.0.1"
    assert said["message"] == "GET /api/v1/listings 422"
    assert owner.key not in line


def test_no_line_shows_what_a_link_or_a_form_entrusts_to_us(app, marketplace, caplog):
    token, password = secrets.token_urlsafe(32), "a password in the log 7"
    links = {
        rule.rule.replace("<token>", token) for rule in app.url_map.iter_rules() if "<token>" in rule.rule
    }
    with caplog.at_level(logging.DEBUG, logger="marketplace"):
        for link in links:
            marketplace.client.get(link, query_string={"next": f"/x?{token}"})
        for form in ("/login", "/join", "/login/paper"):
            sent = {"login": "13800138000", "password": password, "code": token}
            marketplace.client.post(form, data=sent, headers={"Origin": "http://localhost"})
    written = "".join(map(logging.getLogger().handlers[0].formatter.format, caplog.records))
    assert len(links) == 6
    assert written.count("marketplace.requests") == 9
    assert not [secret for secret in (token, password, "13800138000") if secret in written]


def test_an_unexpected_error_is_500_reveals_nothing_and_is_logged(marketplace, monkeypatch, caplog):
    from marketplace.catalogue import service

    def fail(*_):
        raise RuntimeError("a secret of the platform")

    monkeypatch.setattr(service, "search_regions", fail)
    response = marketplace.admin.get("/regions")

    refused(response, 500, "internal")
    assert "secret" not in response.get_data(as_text=True)
    assert "a secret of the platform" in caplog.text


def test_a_response_shows_what_anyone_committed_before(marketplace):
    """Two applications on one database, as two processes would be."""
    other = create_app(marketplace.app.config["SETTINGS"]).test_client()
    owner = marketplace.enterprise("generator")
    listing = marketplace.supply(owner)
    path = f"/api/v1/listings/{listing['id']}"

    assert other.get(path, headers=owner.headers).json["status"] == "open"
    assert owner.post(f"/listings/{listing['id']}/withdraw").status_code == 200
    assert other.get(path, headers=owner.headers).json["status"] == "withdrawn"
    assert (
        other.delete(
            f"/api/v1/api-keys/{owner.get('/api-keys').json['items'][0]['id']}", headers=owner.headers
        ).status_code
        == 204
    )
    refused(owner.get("/listings"), 401, "key_revoked")


def test_the_example_of_the_environment_names_every_setting_and_no_other():
    example = Path("deploy/huanliu.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    of_servers = {"HOST", "PORT", "WEB_WORKERS", "WEB_THREADS", "WEB_STATEMENT_TIMEOUT_S"}

    assert named == {field.name.upper() for field in fields(Settings)} | of_servers


def test_what_the_example_of_the_environment_says_is_the_default_is_it():
    example = Path("deploy/huanliu.env.example").read_text(encoding="utf-8")
    defaults = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))
    plain = Settings.from_environment({})
    relative = {"SUGGESTION_MODEL"}
    for name, value in defaults.items():
        if hasattr(plain, name.lower()) and name not in relative:
            assert getattr(Settings.from_environment({name: value}), name.lower()) == getattr(
                plain, name.lower()
            ), name
