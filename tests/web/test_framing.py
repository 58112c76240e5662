"""Where heads and bodies end: byte by byte as at once, and as gunicorn's own reader has it."""

import io

import pytest
from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.unreader import IterUnreader
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.web.framing import ChunkedBody, Head, SizedBody, body_of
from tests.cost import cost_of

CONFIG = Config()
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def request_of(sent, step=None):
    """(request, rest) once the head is decided, taking `step` bytes at a time."""
    head = Head()
    for at in range(0, len(sent), step or len(sent)):
        head.received += sent[at : at + (step or len(sent))]
        if head.is_decided(CONFIG.limit_request_line):
            return head.request(CONFIG, ("127.0.0.1", 1))
    return None


@pytest.mark.parametrize("step", [None, 1, 7])
def test_a_head_is_whole_at_its_empty_line(step):
    request, rest = request_of(b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", step)

    assert (request.method, request.path, request.query, rest) == ("GET", "/a", "b=c", b"")
    assert body_of(request).is_complete


def test_what_follows_a_head_is_left():
    request, rest = request_of(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET")
    body = body_of(request)
    body.feed(rest)

    assert (body.is_complete, body.rest) == (True, b"GET")
    assert body.content.seek(0) == 0
    assert body.content.read() == b"abc"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"GET / HTTP/1.1\n", ParseException),
        (b"GET / HTTP/1.1\r\nHost: a\n", ParseException),
        (b"G" * 5000, LimitRequestLine),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 12_000, LimitRequestHeaders),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", LimitRequestHeaders),
        (b"\r\n\r\n", ParseException),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", ParseException),
    ],
    ids=["bare LF", "bare LF in a header", "long line", "endless headers", "many headers", "nothing", "TLS"],
)
@pytest.mark.parametrize("step", [None, 997])
def test_what_never_becomes_a_head_is_refused_without_waiting(sent, error, step):
    with pytest.raises(error):
        request_of(sent, step)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: +3",
        b"Content-Length: 0x3",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 5000,
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding : chunked",
        b" Transfer-Encoding: chunked",
        b"Host: b",
    ],
    ids=lambda fields: fields[:40].decode(),
)
def test_a_length_that_two_servers_might_read_differently_is_refused(fields):
    with pytest.raises(ParseException):
        request_of(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\nabc")


def test_a_chunked_body_of_http_1_0_is_refused():
    with pytest.raises(ParseException):
        request_of(CHUNKED.replace(b"1.1", b"1.0"))


def ours(sent, step):
    """(content, rest) of a chunked body, None for a broken or unfinished one."""
    request, _ = request_of(CHUNKED)
    body = ChunkedBody(request)
    try:
        for at in range(0, len(sent), step):
            if body.is_complete:
                body.rest += sent[at : at + step]
            else:
                body.feed(sent[at : at + step])
    except ParseException:
        return None
    body.content.seek(0)
    return (body.content.read(), body.rest) if body.is_complete else None


def gunicorns(sent):
    """The same by gunicorn's own reader."""
    request, _ = request_of(CHUNKED)
    unreader = IterUnreader([sent] if sent else [])
    reader, content = ChunkedReader(request, unreader), io.BytesIO()
    try:
        while data := reader.read(1024):
            content.write(data)
    except (ParseException, OSError):
        return None
    return content.getvalue(), unreader.take_buffered()


PIECES = st.sampled_from(
    [
        b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\n", b"\r\n", b"A\r\n0123456789\r\n", b"3;a=b\r\nxyz\r\n",
        b'1;a="q;\r"\r\nx\r\n', b"03\r\nabc\r\n", b"X: y\r\n", b"Host: b\r\n", b"zz\r\n", b"3 \r\nabc\r\n",
        b"0x3\r\nabc\r\n", b"-1\r\n", b"3\nabc\n", b"3\r\nabcd\r\n", b"5\r\nab\r\n", b"\n", b";\r\n",
        b"GET /", b"3 ;a\r\nabc\r\n", b"_3\r\nabc\r\n", b"\xb2\r\nab\r\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6), st.sampled_from([1, 2, 3, 1000]))
@example([b"3\r\nabc\r\n", b"0\r\n", b"X: y\r\n", b"\r\n", b"GET /"], 1)
def test_chunks_mean_what_gunicorns_reader_says_of_them_however_they_come(pieces, step):
    sent = b"".join(pieces)

    assert ours(sent, step) == gunicorns(sent)


def test_a_megabyte_in_chunks_of_one_byte_takes_no_second():
    request, _ = request_of(CHUNKED)
    body, sent = ChunkedBody(request), b"1\r\nx\r\n" * 170_000 + b"0\r\n\r\n"

    def feed():
        for at in range(0, len(sent), 65_536):
            body.feed(sent[at : at + 65_536])

    seconds, _ = cost_of(feed, tries=1)
    assert (body.amount, body.is_complete) == (170_000, True)
    assert seconds < 1


def test_a_chunked_body_is_heard_until_it_is_larger_than_the_route_takes():
    body = ChunkedBody(request_of(CHUNKED)[0])
    body.most = 10
    body.feed(b"8\r\n01234567\r\n")
    assert not body.is_too_large

    body.feed(b"8\r\n01234567\r\n0\r\n\r\n")
    assert body.is_too_large
    assert not body.is_complete


def test_large_bodies_are_held_in_a_file():
    body = SizedBody(100_000)
    body.feed(b"x" * 100_000)

    assert body.is_complete
    assert body.content._rolled
