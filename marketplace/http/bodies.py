"""The body of a request: read whole or refused, and heard out where the answer did not need it."""

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

MOST_TO_DRAIN = 32 * 1024 * 1024


def register(app: Flask) -> None:
    """Let clients finish speaking before they are refused."""
    app.after_request(_hear_out)


def read_body() -> bytes:
    """The body as sent.

    A body that comes in chunks does not say its length; werkzeug cuts it off at the limit and says nothing.

    Raises:
        RequestEntityTooLarge: it is larger than MAX_CONTENT_LENGTH.
    """
    data = request.get_data(cache=True)
    if request.content_length is None and len(data) == request.max_content_length:
        if "cut_short" not in g:
            g.cut_short = bool(request.environ["wsgi.input"].read(1))
        if g.cut_short:
            raise RequestEntityTooLarge()
    return data


def _hear_out(answer: Response) -> Response:
    """Read on what a refused client is still sending: if we hung up, it would miss the answer."""
    if answer.status_code >= 400 and request.environ.get("wsgi.input_terminated"):
        source, left = request.environ["wsgi.input"], MOST_TO_DRAIN
        while left > 0 and (chunk := source.read(min(65536, left))):
            left -= len(chunk)
    return answer
