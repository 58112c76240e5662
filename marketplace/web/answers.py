"""What a request is answered: by the application, run in a thread, or by the server itself."""

import io
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from gunicorn.http import errors, wsgi
from gunicorn.util import http_date

from ..http.bodies import BODY_LIMIT, NOTES
from ..http.problems import BY_STATUS
from ..messages import cure, say
from .framing import Body
from .pace import MAX_BODY_BYTES, PROMPT_BYTES

STATUSES: dict[type[Exception], int] = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.ExpectationFailed: 417,
    errors.UnsupportedTransferCoding: 501,
}
"""What gunicorn's parser refuses otherwise than with 400."""

log = logging.getLogger(__name__)


class BodyAwaited(BaseException):
    """The application wants the body, and it has not come yet.

    No Exception: nothing between the first read of the body and the server may handle it, or mistake it for a
    failure.
    """


class AwaitedBody(io.RawIOBase):
    """The body of a request that is judged by its head: reading it ends the judgement."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise BodyAwaited

    def readall(self) -> bytes:
        raise BodyAwaited


class Answer:
    """An answer on its way: gunicorn's Response writes it here instead of to the client's socket."""

    def __init__(self, content: bytes = b"") -> None:
        self.content: IO[bytes] = SpooledTemporaryFile(max_size=PROMPT_BYTES)  # noqa: SIM115 - closed by `close`
        self.content.write(content)
        self.amount = len(content)
        self.keeps_connection = False
        self._piece = memoryview(b"")
        self._is_written = False

    def sendall(self, data: bytes) -> None:
        """Write: what gunicorn's Response calls."""
        self.content.write(data)
        self.amount += len(data)

    def piece(self) -> memoryview:
        """What is to be sent next; empty when all is sent."""
        if not self._is_written:
            self._is_written = True
            self.content.seek(0)
        if not self._piece:
            self._piece = memoryview(self.content.read(PROMPT_BYTES))
        return self._piece

    def advance(self, count: int) -> None:
        """So many bytes of the piece are sent."""
        self._piece = self._piece[count:]

    def close(self) -> None:
        """Let go of what was not sent."""
        self.content.close()


def answer_of(
    app: Callable[..., Any],
    cfg: Any,
    request: Any,
    body: Body,
    ends: tuple[Any, Any],
    stays: bool,
) -> Answer:
    """Run the application on a request and collect its answer, however slowly the client will take it.

    Args:
        body: as far as it has come; if not whole, reading it raises BodyAwaited.
        ends: the addresses of the client and of ourselves.
        stays: whether the connection may be kept.

    Raises:
        BodyAwaited: the application wants the body; `body.most` is set to what the route takes.
    """
    answer = Answer()
    try:
        response, environ = wsgi.create(request, answer, *ends, cfg)
    except errors.ParseException as error:
        return refusal_of(error)
    is_here = body.is_complete or body.is_too_large
    body.content.seek(0)
    environ["wsgi.input"] = body.content if is_here else AwaitedBody()
    environ["wsgi.multithread"] = True
    noted: dict[Any, Any] = {}
    environ[NOTES] = (body.notes, noted)
    if not stays or not body.is_complete:
        response.force_close()
    try:
        _run(app, environ, response)
    except BodyAwaited:
        body.content.seek(0, io.SEEK_END)
        body.notes = noted
        body.most = environ.get(BODY_LIMIT) or MAX_BODY_BYTES
        answer.close()
        raise
    except Exception:
        log.exception("the application did not answer")
        answer.close()
        return refusal(500, "internal")
    answer.keeps_connection = not response.should_close()
    return answer


def _run(app: Callable[..., Any], environ: dict[str, Any], response: Any) -> None:
    pieces = app(environ, response.start_response)
    try:
        for piece in pieces:
            response.write(piece)
        response.close()
    finally:
        if hasattr(pieces, "close"):
            pieces.close()


def refusal_of(error: Exception) -> Answer:
    """The answer to what gunicorn's parser refuses."""
    return refusal(STATUSES.get(type(error), 400))


def refusal(status: int, code: str = "") -> Answer:
    """An answer of the server itself, like the application's problems; in English: no language is agreed."""
    code = code or BY_STATUS.get(status, "malformed")
    phrase = HTTPStatus(status).phrase
    problem = {
        "type": f"urn:huanliu:problem:{code}",
        "title": phrase,
        "status": status,
        "detail": say(code, "en"),
        "fix": cure(code, "en"),
        "code": code,
    }
    content = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nDate: {http_date()}\r\nConnection: close\r\n"
        "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(content)}\r\n"
    )
    retry = "Retry-After: 5\r\n" if status == 429 else ""
    return Answer(f"{head}{retry}\r\n".encode() + content)
