"""What browsers are told of every response, and that our pages keep to it."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest

INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
FORM = "application/x-www-form-urlencoded"
PAGES = ("/errors", "/errors?lang=zh", "/docs/", "/docs/index.html")
OTHERS = ("/healthz", "/openapi.json", "/nowhere", "/docs", "/docs/swagger-ui.css", "/api/v1/regions")


def policy(response):
    """The content security policy by directive."""
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: sources for name, *sources in (part.split() for part in parts)}


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_no_response_may_be_framed_or_tell_where_its_reader_came_from(marketplace, path):
    response = marketplace.client.get(path)

    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    for directive in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert policy(response)[directive] == ["'none'"]


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_no_page_loads_and_runs_nothing(marketplace, path):
    assert set(policy(marketplace.client.get(path))) == {
        "default-src", "base-uri", "form-action", "frame-ancestors",
    }  # fmt: skip


@pytest.mark.parametrize("host", ["localhost", "other.example.com"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_what_stands_in_it_and_nothing_else(marketplace, path, host):
    response = marketplace.client.get(path, headers={"Host": host})
    page, allowed = response.get_data(as_text=True), policy(response)

    assert host == "localhost" or host not in page
    assert bool(INLINE.search(page)) is path.startswith("/docs")
    for kind, content in INLINE.findall(page):
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed[f"{kind}-src"]
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(allowed.get("script-src", ()))
    assert not re.search(r"<[^>]+\son\w+=|javascript:", page)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_page_of_a_link_may_do_what_it_asks_its_reader_to_do(marketplace, method, language):
    """A browser obeys the policy of the page: with `form-action 'none'` its button would do nothing."""
    headers = {"Accept": "text/html", "Accept-Language": language, "Content-Type": FORM}
    response = marketplace.client.open("/api/v1/enterprises/prove/x", method=method, headers=headers)

    page, allowed = response.get_data(as_text=True), policy(response)
    assert ("<form" in page) is (method == "GET")
    assert allowed["form-action"] == ["'self'"]
    assert allowed["style-src"] == ["'self'"]
    assert allowed["default-src"] == allowed["base-uri"] == allowed["frame-ancestors"] == ["'none'"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert (response.mimetype, response.status_code) == ("text/html", 200 if method == "GET" else 422)


def test_only_behind_tls_are_browsers_told_to_stay_with_it(marketplace):
    plain = marketplace.client.get("/errors")
    secure = marketplace.client.get("/errors", base_url="https://huanliu.example.com")

    assert "Strict-Transport-Security" not in plain.headers
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    refused = marketplace.client.get("/api/v1/listings", base_url="https://huanliu.example.com")
    assert (refused.status_code, refused.headers["Strict-Transport-Security"]) == (401, "max-age=31536000")
