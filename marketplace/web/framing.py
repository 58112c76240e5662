"""Where a head and a body end. What a head means, and whether it may be trusted, is gunicorn's to say."""

import re
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from gunicorn.http.body import CHUNK_EXT_RE, ChunkedReader, LengthReader
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    LimitRequestHeaders,
)
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from .pace import MAX_BODY_BYTES, MAX_HEAD_BYTES, PROMPT_BYTES

CRLF = b"\r\n"
BARE_LF = re.compile(rb"(?<!\r)\n")
SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
PLAIN_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
MAX_SIZE_LINE = 1_024
"""A chunk's size with its extensions, which nobody uses."""


class Head:
    """The bytes of a request from its first one on, and how far they have been searched for the end."""

    def __init__(self) -> None:
        self.received = bytearray()
        self._searched = 0

    def is_decided(self, max_line: int) -> bool:
        """Whether more bytes cannot matter: it has its end, or is no head and never becomes one."""
        received, start = self.received, max(0, self._searched - 3)
        self._searched = len(received)
        if received.find(b"\r\n\r\n", start) >= 0 or len(received) > MAX_HEAD_BYTES:
            return True
        if len(received) > max_line + len(CRLF) and received.find(CRLF, 0, max_line + len(CRLF)) < 0:
            return True
        return BARE_LF.search(received, start) is not None

    def request(self, cfg: Any, address: Any) -> tuple[Any, bytes]:
        """The request, and the bytes behind its head.

        Raises:
            gunicorn.http.errors.ParseException: it is not valid HTTP, or too long.
        """
        received = bytes(self.received)
        if len(received) > MAX_HEAD_BYTES and received.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES) < 0:
            raise LimitRequestHeaders("the head is too long")
        unreader = IterUnreader([received])
        request = Request(cfg, unreader, address)
        return request, unreader.take_buffered()


class Body:
    """The body of a request while it comes: its content, in memory or in a file, and what follows it."""

    def __init__(self, most: int = MAX_BODY_BYTES) -> None:
        self.content: IO[bytes] = SpooledTemporaryFile(max_size=PROMPT_BYTES)  # noqa: SIM115 - closed by `close`
        self.amount = 0
        self.most = most
        self.is_complete = True
        self.rest = b""
        self.notes: dict[Any, Any] = {}
        """What the application noted when it judged the head."""

    @property
    def is_too_large(self) -> bool:
        """Whether it already has more bytes than the route takes."""
        return self.amount > self.most

    @property
    def is_prompt(self) -> bool:
        """Whether it is small enough to be waited for before its head is judged."""
        return self.amount <= PROMPT_BYTES

    def feed(self, data: bytes) -> None:
        """Take bytes from the client; those behind the body's end become `rest`.

        Raises:
            gunicorn.http.errors.ParseException: the body's chunks are broken.
        """
        self.rest += data

    def _keep(self, data: bytes) -> None:
        self.content.write(data)
        self.amount += len(data)

    def close(self) -> None:
        """Let go of the content."""
        self.content.close()


class SizedBody(Body):
    """A body whose head says how long it is."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._left = length
        self.is_complete = not length

    @property
    def is_prompt(self) -> bool:
        return self.amount + self._left <= PROMPT_BYTES

    def feed(self, data: bytes) -> None:
        mine = data[: self._left]
        self._keep(mine)
        self._left -= len(mine)
        self.is_complete = not self._left
        self.rest += data[len(mine) :]


class ChunkedBody(Body):
    """A body in chunks, strict like gunicorn's own reader (RFC 9112, 7.1), without waiting for the client."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.is_complete = False
        self._request = request
        self._pending = bytearray()
        self._left = 0
        self._step = self._read_size

    def feed(self, data: bytes) -> None:
        self._pending += data
        if self._step == self._read_size:
            self._read_whole_chunks()
        while not self.is_complete and not self.is_too_large and self._step():
            pass
        if self.is_complete:
            self.rest, self._pending = bytes(self._pending), bytearray()

    def _read_whole_chunks(self) -> None:
        """Read the plain chunks that have come whole: 100,000 of one byte must not take a second."""
        pending, at, pieces = bytes(self._pending), 0, []
        while line := PLAIN_SIZE_LINE.match(pending, at):
            end = line.end() + int(line[1], 16)
            if end == line.end() or pending[end : end + 2] != CRLF:
                break
            pieces.append(pending[line.end() : end])
            at = end + 2
        self._take(at)
        self._keep(b"".join(pieces))

    def _read_size(self) -> bool:
        """Read the line before a chunk; False if it has not come whole."""
        end = self._pending.find(CRLF, 0, MAX_SIZE_LINE)
        if end < 0:
            if len(self._pending) >= MAX_SIZE_LINE or b"\n" in self._pending:
                raise InvalidChunkSize(b"no end of line")
            return False
        size, semicolon, extension = bytes(self._take(end + 2)[:-2]).partition(b";")
        size = size.rstrip(b" \t") if semicolon else size
        if not SIZE.fullmatch(size):
            raise InvalidChunkSize(size)
        if semicolon and not CHUNK_EXT_RE.fullmatch(b";" + extension):
            raise InvalidChunkExtension("invalid chunk extension")
        self._left = int(size, 16)
        self._step = self._read_data if self._left else self._read_trailers
        return True

    def _read_data(self) -> bool:
        """Read what has come of a chunk; False if more of it has to come."""
        data = self._take(min(self._left, len(self._pending)))
        self._keep(bytes(data))
        self._left -= len(data)
        if self._left:
            return False
        self._step = self._read_end
        return True

    def _read_end(self) -> bool:
        """Read the line end behind a chunk."""
        if not CRLF.startswith(bytes(self._pending[:2])):
            raise ChunkMissingTerminator(bytes(self._pending[:2]))
        if len(self._pending) < len(CRLF):
            return False
        self._take(len(CRLF))
        self._step = self._read_size
        return True

    def _read_trailers(self) -> bool:
        """Read the fields behind the last chunk, check them, and forget them."""
        if self._pending[:2] == CRLF:
            self._take(len(CRLF))
            self.is_complete = True
            return False
        end = self._pending.find(b"\r\n\r\n")
        if end < 0:
            if len(self._pending) > MAX_HEAD_BYTES:
                raise LimitRequestHeaders("the trailers are too long")
            if self._pending.count(b"\n") != self._pending.count(CRLF):
                raise InvalidHeader("bare LF as line terminator")
            return False
        self._request.parse_headers(bytes(self._take(end + 4)[:-4]), from_trailer=True)
        self.is_complete = True
        return False

    def _take(self, count: int) -> bytearray:
        taken = self._pending[:count]
        del self._pending[:count]
        return taken


def body_of(request: Any) -> Body:
    """The body that a request's head announces, still to come."""
    reader = request.body.reader
    if isinstance(reader, ChunkedReader):
        return ChunkedBody(request)
    return SizedBody(reader.length) if isinstance(reader, LengthReader) else Body()
