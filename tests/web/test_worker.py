"""The web process's worker towards clients that are slow, silent, greedy or wrong."""

import json
import os
import random
import socket
import struct
import time
from contextlib import ExitStack, closing, suppress

import pytest

from marketplace.web.client import origin_of
from tests.web.sockets import HALF_A_HEAD, connected, heard, said, serving, status

PATIENCE_S = 1.0
SOON = PATIENCE_S + 60
"""What a late client is ended within: its patience, a tick, and a very busy machine."""
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture(scope="module")
def port(log):
    """One process with two threads, and a second's patience."""
    env = {"WEB_WORKERS": "1", "WEB_THREADS": "2", "CLIENT_TIMEOUT_S": str(PATIENCE_S)}
    with serving("tests/web/gunicorn_small.py", "tests.web.small:app", log, env) as number:
        yield number


def took(port, sent):
    """(what was answered, seconds)."""
    began = time.monotonic()
    return said(port, sent), time.monotonic() - began


def body_of(answered):
    return json.loads(answered.partition(b"\r\n\r\n")[2])


# ---------------------------------------------------------------- late clients


def test_half_a_head_is_refused_when_its_time_is_over_and_silence_just_ended(port):
    answered, seconds = took(port, HALF_A_HEAD)
    assert (status(answered), body_of(answered)["code"]) == (408, "too_slow")
    assert PATIENCE_S * 0.9 < seconds < SOON

    answered, seconds = took(port, b"")
    assert (answered, seconds < SOON) == (b"", True)


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"GET / HTTP/1.1\r\nX: ", b"a"),
        (POST + b"Content-Length: 1000\r\n\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
        (b"\r\n", b"G"),
    ],
    ids=["head", "body", "chunks", "chunk", "trailers", "line"],
)
def test_a_drip_ends_though_it_never_stands_still(port, start, drop):
    with closing(connected(port, start)) as sock:
        began = time.monotonic()
        sock.settimeout(0.1)
        answered = b""
        while not answered and time.monotonic() < began + SOON:
            sock.sendall(drop)
            try:
                answered = sock.recv(4096)
            except TimeoutError:
                continue
    assert status(answered) == 408
    assert time.monotonic() - began < SOON


def test_a_reader_that_stands_still_is_ended(port):
    with closing(connected(port, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", buffer=4096)) as sock:
        time.sleep(PATIENCE_S + 1.5)
        answered = heard(sock)

    assert 0 < len(answered) < 19_000_000
    assert not answered.endswith(b"...")


def test_a_large_answer_reaches_those_who_take_it(port):
    answered = said(port, b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert status(answered) == 200
    assert answered.endswith(b"0\r\n\r\n")
    assert answered.count(b"x" * 100_000) == 200


def test_late_clients_hold_no_thread(port):
    with ExitStack() as sockets:
        for _ in range(100):
            for rude in (
                HALF_A_HEAD,
                POST + b"Content-Length: 1000\r\n\r\nhalf",
                POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                b"GET /guarded HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
            ):
                sockets.enter_context(closing(connected(port, rude)))
        began = time.monotonic()
        for _ in range(20):
            assert status(said(port, LAST)) == 200
    assert time.monotonic() - began < 100 * PATIENCE_S, "two hundred late clients for each thread"


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("request_line", "fields", "expected"),
    [
        (b"POST /guarded", b"Content-Length: 1000000", 401),
        (b"POST /guarded", b"Content-Length: 10", 401),
        (b"POST /guarded", b"Transfer-Encoding: chunked", 401),
        (b"POST /guarded", b"Authorization: key\r\nContent-Length: 1000001", 413),
        (b"POST /", b"Content-Length: 99999999999", 413),
        (b"POST /nowhere", b"Content-Length: 1000", 404),
        (b"PUT /", b"Content-Length: 1000", 405),
        (b"POST /guarded", b"Content-Length: 1000\r\nExpect: 100-continue", 401),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else value,
)
def test_a_refused_body_is_not_heard_out(port, request_line, fields, expected):
    sent = request_line + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\n{"
    answered, seconds = took(port, sent.removesuffix(b"{") if b"chunked" in fields else sent)

    assert status(answered) == expected
    assert b"Connection: close" in answered
    assert seconds < SOON


def test_a_refused_client_that_sends_on_still_learns_why(port):
    head = b"POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n"

    assert status(said(port, head + b"x" * 10_000_000)) == 401


def test_a_body_that_comes_late_but_moves_is_read(port):
    with closing(connected(port, POST + b"Content-Length: 200000\r\n\r\n")) as sock:
        for _ in range(4):
            time.sleep(0.7 * PATIENCE_S)
            sock.sendall(b"x" * 50_000)
        assert body_of(heard(sock))["length"] == 200_000


def test_one_that_asks_first_is_told_to_continue(port):
    head = POST.replace(b" / ", b" /guarded ") + b"Authorization: key\r\nContent-Length: 3\r\n"
    with closing(connected(port, head + b"Expect: 100-continue\r\n\r\n")) as sock:
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert body_of(heard(sock)) == {"length": 3}


def test_a_chunked_body_over_the_limit_is_refused_when_it_passes_it(port):
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with closing(connected(port, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 16)) as sock:
        assert status(heard(sock)) == 413


BROKEN = {
    "no size": b"zz\r\n",
    "negative": b"-1\r\nabc\r\n",
    "too long": b"3\r\nabcd\r\n0\r\n\r\n",
    "bare LF": b"3\nabc\n0\n\n",
    "huge": b"f" * 16 + b"\r\nabc",
    "endless line": b"1" * 3000,
    "extension": b"3;\x01\r\nabc\r\n",
    "forbidden trailer": b"0\r\nContent-Length: 5\r\n\r\n",
    "broken trailer": b"0\r\nnothing\r\n\r\n",
}


@pytest.mark.parametrize("path", [b"/", b"/guarded"])
@pytest.mark.parametrize("chunks", BROKEN.values(), ids=BROKEN)
def test_broken_chunks_are_400(port, path, chunks):
    head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    answered = said(port, head + chunks)

    assert (status(answered), body_of(answered)["code"]) == (400, "body_broken")


def test_half_a_body_is_400_whoever_hangs_up_after_it(port):
    for fields in (b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"):
        with closing(connected(port, POST + fields)) as sock:
            sock.shutdown(socket.SHUT_WR)
            answered = heard(sock)
        assert (status(answered), body_of(answered)["code"]) == (400, "body_broken")


def test_trailers_are_read_and_forgotten(port):
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"

    assert body_of(said(port, POST + chunks))["length"] == 3


# ---------------------------------------------------------------- connections


def test_requests_in_one_packet_are_answered_in_their_order(port):
    first = b"POST /?n=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    second = b"POST /?n=2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
    answered = said(port, first + second + GET + LAST)

    assert answered.count(b"HTTP/1.1 200 OK") == 4
    assert answered.index(b'"n=1"') < answered.index(b'"n=2"')
    assert answered.count(b"Connection: keep-alive") == 3


def test_a_length_that_is_too_short_makes_the_rest_a_request_of_its_own(port):
    sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcdef\r\n\r\n"
    answered = said(port, sent)

    assert answered.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 400" in answered


def test_a_connection_is_kept_longer_than_a_client_may_be_silent(port):
    with closing(connected(port, GET)) as sock:
        assert status(sock.recv(4096)) == 200
        time.sleep(PATIENCE_S + 1)
        sock.sendall(LAST)
        assert status(heard(sock)) == 200


def test_methods_versions_and_targets_of_all_kinds(port):
    assert body_of(said(port, LAST.replace(b" / ", b" http://a/?b=c ")))["query"] == "b=c"
    assert body_of(said(port, b"GET / HTTP/1.0\r\n\r\n"))["length"] == 0
    head = said(port, LAST.replace(b"GET", b"HEAD"))
    assert (status(head), head.endswith(b"\r\n\r\n")) == (200, True)
    assert status(said(port, LAST.replace(b" / ", b" /%00 "))) == 404
    for wrong in (b" /\x00 ", b" /\x7f ", b"  ", b" /a b "):
        assert status(said(port, LAST.replace(b" / ", wrong))) == 400
    assert status(said(port, LAST.replace(b" / ", b" /" + b"a" * 5000))) == 414
    assert status(said(port, LAST.replace(b"Host", b"A: b\r\n" * 70 + b"Host"))) == 431
    assert status(said(port, LAST.replace(b"Host", b"A: " + b"b" * 9000 + b"\r\nHost"))) == 431
    assert status(said(port, LAST.replace(b"Host", b"Expect: miracles\r\nHost"))) == 417
    assert status(said(port, POST + b"Transfer-Encoding: magic\r\n\r\n")) == 501
    assert status(said(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == 400


def test_headers_that_only_a_gateway_would_send_change_nothing(port):
    for claim in (
        b"SCRIPT_NAME: /x",
        b"PATH_INFO: /x",
        b"Script-Name: /x",
        b"X-Forwarded-Ssl: on",
        b"A_b: c",
    ):
        both = claim + b"\r\nX-Forwarded-Proto: http\r\nHost"
        answered = said(port, LAST.replace(b"Host", both))
        assert (status(answered), body_of(answered)["path"]) == (200, "/"), claim


def test_an_answer_that_fails_on_the_way_is_a_500_not_half_a_file(port):
    answered = said(port, LAST.replace(b" / ", b" /broken "))

    assert (status(answered), body_of(answered)["code"]) == (500, "internal")
    assert b"half" not in answered


def test_connections_that_break_at_any_point_break_nothing_else(port, log):
    for sent in (b"", b"G", GET, POST + b"Content-Length: 9\r\n\r\nab", b"GET /large HTTP/1.1\r\n\r\n"):
        for _ in range(20):
            sock = connected(port, sent)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
    assert status(said(port, LAST)) == 200
    assert "failed" not in log.read_text(encoding="utf-8")


SEEDS = (
    LAST,
    POST + b"Content-Length: 5\r\n\r\nabcde",
    POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"POST /guarded HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde",
)
SPLINTERS = (
    b"\r\n", b"\n", b"\r", b"\0", b"\xff", b" ", b":", b"%00", b"%", b"0", b"-", b"f" * 20, b"\r\n\r\n",
    b"//", b"HTTP/1.0", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"*",
    b"Expect: 100-continue\r\n",
    b"http://[::1/", b"[", b"?", b"#", b"\xe4\xb8\xad", b"SCRIPT_NAME: /x\r\n", b"CONNECT ", b"x" * 4100,
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n",
)  # fmt: skip


def spoilt(chance):
    """One or two requests with something cut out or put in, in one to three pieces."""
    sent = bytearray(chance.choice(SEEDS) + chance.choice((b"", *SEEDS)))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(sent) + 1)
        if chance.random() < 0.7:
            sent[at:at] = chance.choice(SPLINTERS)
        else:
            del sent[at : at + chance.randint(1, 5)]
    size = max(1, len(sent) // chance.randint(1, 3))
    return [bytes(sent[at : at + size]) for at in range(0, len(sent), size)]


def test_whatever_is_sent_is_answered_or_ended_and_is_never_our_fault(port, log):
    chance, expected = random.Random(7), {None, 200, 400, 401, 404, 405, 413, 414, 417, 431, 501}
    for _ in range(int(os.environ.get("FUZZ_CASES", 300))):
        pieces = spoilt(chance)
        with closing(connected(port)) as sock:
            with suppress(ConnectionError):
                for piece in pieces:
                    sock.sendall(piece)
                sock.shutdown(socket.SHUT_WR)
            answered = heard(sock)
        assert status(answered) in expected, pieces
        assert not answered.endswith(b"..."), pieces
    assert "failed" not in log.read_text(encoding="utf-8")


def test_wrong_requests_leave_no_line_each_in_the_log(port, log):
    before = len(log.read_text(encoding="utf-8").splitlines())
    for _ in range(300):
        said(port, b"\x16\x03\x01\r\n\r\n")
    after = log.read_text(encoding="utf-8").splitlines()

    assert len(after) - before < 5


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("127.0.0.9", 5), ""),
        (("::1", 5, 0, 0), ""),
        (("::ffff:127.0.0.1", 5, 0, 0), ""),
        (("::ffff:192.0.2.7", 5, 0, 0), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        ("", ""),
    ],
)
def test_connections_are_counted_by_address_and_those_of_this_machine_are_not(address, origin):
    assert origin_of(address) == origin


def own_address():
    """An address of this machine that is not loopback, None without a network."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A process that holds ten connections, five of an address."""
    env = {"WEB_WORKERS": "1", "WORKER_CONNECTIONS": "10", "CONNECTIONS_PER_ADDRESS": "5", "HOST": "0.0.0.0"}
    log = tmp_path_factory.mktemp("narrow") / "log"
    patient = {**env, "CLIENT_TIMEOUT_S": "9"}
    with serving("tests/web/gunicorn_small.py", "tests.web.small:app", log, patient) as number:
        yield number


def test_an_address_holds_so_many_connections_and_no_more(narrow):
    here = own_address()
    if here is None:
        pytest.skip("this machine has no address but loopback")
    with ExitStack() as sockets:
        held = [sockets.enter_context(socket.create_connection((here, narrow), 9)) for _ in range(5)]
        with socket.create_connection((here, narrow), 9) as one_more:
            answered = heard(one_more)
        assert (status(answered), body_of(answered)["code"]) == (429, "too_many_connections")
        assert b"Retry-After" in answered
        assert status(said(narrow, LAST)) == 200

        held[0].close()
        time.sleep(0.3)
        with socket.create_connection((here, narrow), 9) as again:
            again.sendall(LAST)
            assert status(heard(again)) == 200


@pytest.mark.slow
def test_when_all_connections_are_taken_the_longest_waiting_gives_way(narrow):
    with ExitStack() as sockets:
        silent = [sockets.enter_context(closing(connected(narrow, HALF_A_HEAD))) for _ in range(10)]
        for _ in range(5):
            assert status(said(narrow, LAST)) == 200
        assert heard(silent[0], 1) == b""
        assert heard(silent[-1], 0.2) == b"..."
