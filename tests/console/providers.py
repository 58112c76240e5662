"""A real provider of OpenID Connect in a process of its own, and browsers that log in there."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.console.people import Browser
from tests.ports import free_port

LOG_IN = "/login/account"


@contextmanager
def running_provider() -> Iterator[str]:
    """The issuer of a provider that runs."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    args = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    server = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                httpx.get(f"{address}/jwks", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait()


def account(issuer: str, sub: str, **claims: Any) -> str:
    sent = httpx.put(f"{issuer}/users/{sub}", json=claims, trust_env=False)
    assert sent.status_code == 204
    return sub


def answer_of(address: str, sub: str) -> str:
    """Where the provider sends the browser of whoever logs in there."""
    sent = httpx.post(address, data={"sub": sub}, trust_env=False)
    assert sent.status_code == 302, sent.text
    parts = urlsplit(sent.headers["Location"])
    return f"{parts.path}?{parts.query}"


def log_in(browser: Browser, sub: str, path: str = LOG_IN) -> Any:
    asked = browser.get(path)
    assert asked.status == 303, asked.page and asked.page.text
    return browser.get(answer_of(asked.location, sub))


def accept(browser: Browser, issuer: str, code: str, sub: str, provider: str = "") -> Any:
    """Accept an invitation with an account; the link to the provider is on a page."""
    shown = browser.post("/join/account", code=code, provider=provider)
    (link,) = [href for href in shown.page.links("http://localhost/join/account") if href.startswith(issuer)]
    assert code not in link
    return browser.get(answer_of(link, sub))
