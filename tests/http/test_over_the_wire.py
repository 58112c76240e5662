"""A real gunicorn on loopback: what only a socket can show."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.database import db
from tests.cost import crowding
from tests.marketplace import listing_terms
from tests.ports import free_port
from tests.web.flood import Flood, seconds_of_health
from tests.web.sockets import connected, heard, status

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = b"x" * 1_000_000


@pytest.fixture(scope="module")
def port(database_url, redis_url):
    """Port of a gunicorn on this process's own servers."""
    number = free_port()
    env = {**os.environ, "PORT": str(number), "WEB_WORKERS": "1", "WEB_THREADS": "2"}
    env |= dict.fromkeys(("RATE_LIMIT_PUBLIC", "RATE_LIMIT_REGISTRATION"), "100000 per minute")
    args = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "wsgi:app"]
    server = subprocess.Popen(args, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", number), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield number
    finally:
        server.terminate()
        server.wait(15)


def post(port, path, body, **headers):
    """(status, problem) of a POST; a list as body is sent chunked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        sent = iter(body) if isinstance(body, list) else body
        named = {"Content-Type": "application/json", **headers}
        connection.request("POST", f"/api/v1{path}", sent, named, encode_chunked=isinstance(body, list))
        response = connection.getresponse()
        return response.status, json.loads(response.read())["code"]


@pytest.mark.parametrize("close", [{}, {"Connection": "close"}], ids=["kept", "closed"])
@pytest.mark.parametrize(
    "body",
    [MEGABYTE * 10, [MEGABYTE] * 10, b"{" + MEGABYTE, [b"{", MEGABYTE]],
    ids=["10 MB", "10 MB in chunks", "a byte too many", "a byte too many in chunks"],
)
def test_a_body_over_the_limit_is_refused_however_it_is_sent(marketplace, port, body, close):
    bearer = {"Authorization": f"Bearer {marketplace.enterprise('generator').key}"}
    chunked = {"Transfer-Encoding": "chunked"} if isinstance(body, list) else {}

    assert post(port, "/listings", body, **bearer, **chunked, **close) == (413, "body_too_large")
    assert post(port, "/enterprises", body, **chunked, **close) == (413, "body_too_large")


@pytest.mark.parametrize("close", [{}, {"Connection": "close"}], ids=["kept", "closed"])
def test_a_large_body_without_a_key_is_refused_for_the_key(marketplace, port, close):
    assert post(port, "/listings", MEGABYTE * 10, **close) == (401, "key_missing")


def test_a_body_in_chunks_is_read(marketplace, port):
    bearer = {"Authorization": f"Bearer {marketplace.enterprise('generator').key}"}
    chunks = [b'{"kind": ', b'"gift"', b"}"]
    status, code = post(port, "/listings", chunks, **bearer, **{"Transfer-Encoding": "chunked"})

    assert (status, code) == (422, "invalid_input")
    status, code = post(port, "/listings", [b"{"], **bearer, **{"Transfer-Encoding": "chunked"})
    assert (status, code) == (400, "not_json")


def test_a_connection_stays_open_after_a_refusal(marketplace, port):
    key = marketplace.enterprise("generator").key
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for body, status in ((b"{", 400), (b"x" * 1_000_001, 413), (b"{}", 422), (b"[]", 422)):
            connection.request("POST", "/api/v1/listings", body, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == status


def test_a_call_whose_body_comes_late_counts_once(marketplace, port):
    key = marketplace.enterprise("generator").key
    head = f"POST /api/v1/listings HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n".encode()
    head += b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n"
    left = []
    for expects in (b"", b"Expect: 100-continue\r\n", b""):
        with closing(connected(port, head + expects + b"\r\n" + (b"" if expects else b"{}"))) as sock:
            if expects:
                assert sock.recv(100).startswith(b"HTTP/1.1 100")
                sock.sendall(b"{}")
            answered = heard(sock)
        assert status(answered) == 422
        left.append(int(re.search(rb"RateLimit-Remaining: (\d+)", answered)[1]))
    assert left in ([left[0], left[0] - 1, left[0] - 2], [left[0], left[1], left[1] - 1])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson"])
def test_an_export_that_fails_on_the_way_is_an_error_not_half_a_file(marketplace, port, kind):
    owner = marketplace.enterprise("generator")
    marketplace.supply(owner)
    with marketplace.app.app_context():
        db.session.execute(text("""UPDATE listing SET composition = '[{"component": "Fe", "min": "x"}]'"""))
        db.session.commit()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        bearer = {"Authorization": f"Bearer {owner.key}"}
        connection.request("GET", f"/api/v1/listings/export?format={kind}", headers=bearer)
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())["code"]) == (500, "internal")


def test_a_flood_of_held_sockets_stops_nobody(marketplace, port):
    """`make flood` holds it for a minute, in which all of them are ended and come back."""
    owner = marketplace.enterprise("generator")
    seconds, posted, took, crowded = float(os.environ.get("FLOOD_S", 2)), 0, [], 1.0
    with Flood(port) as flood:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends or len(took) < 200:
            took += seconds_of_health(port, 50)
            crowded = max(crowded, crowding())
            status, _ = post(port, "/listings", json.dumps(listing_terms(kind="gift")), **owner.headers)
            assert status == 422
            posted += 1
    p99 = sorted(took)[int(len(took) * 0.99)]
    print(f"{len(took)} times /healthz: p99 {p99 * 1000:.0f} ms; {posted} posts, {flood.ended} ended")
    assert p99 < crowded
