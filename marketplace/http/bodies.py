"""The body of a request: read whole or refused, and heard out where the answer did not need it."""

import hashlib

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import Invalid, UnsupportedMedia

FORM = "multipart/form-data"
MOST_TO_DRAIN = 32 * 1024 * 1024


def register(app: Flask) -> None:
    """Let clients finish speaking before they are refused."""
    app.after_request(_hear_out)


def read_body() -> bytes:
    """The body as sent.

    A body that comes in chunks does not say its length; werkzeug cuts it off at the limit and says nothing.

    Raises:
        RequestEntityTooLarge: it is larger than the route allows.
    """
    data = request.get_data(cache=True)
    if request.content_length is None and len(data) == request.max_content_length:
        if "cut_short" not in g:
            g.cut_short = bool(request.environ["wsgi.input"].read(1))
        if g.cut_short:
            raise RequestEntityTooLarge()
    return data


def fingerprint() -> bytes:
    """SHA-256 of what is asked: the query and the body, whatever boundary a form has this time."""
    boundary = request.mimetype_params.get("boundary", "") if request.mimetype == FORM else ""
    sent = read_body().replace(boundary.encode(), b"") if boundary else read_body()
    return hashlib.sha256(request.query_string + b"\n" + sent).digest()


def read_upload(types: tuple[str, ...]) -> bytes:
    """The file that was sent: the body itself, or the part `file` of a form.

    Raises:
        RequestEntityTooLarge: it is larger than the route allows.
        UnsupportedMedia: it is neither of `types` nor a form (`media_type_sheet`).
        Invalid: the form has anything but one file (`form_of_one_file`).
    """
    data = read_body()
    if request.mimetype in types:
        return data
    if request.mimetype != FORM:
        raise UnsupportedMedia("media_type_sheet")
    files = list(request.files.items(multi=True))
    if [name for name, _ in files] != ["file"] or request.form:
        raise Invalid("form_of_one_file", at="file")
    content: bytes = files[0][1].read()
    return content


def _hear_out(answer: Response) -> Response:
    """Read on what a refused client is still sending: if we hung up, it would miss the answer."""
    if answer.status_code >= 400 and request.environ.get("wsgi.input_terminated"):
        source, left = request.environ["wsgi.input"], MOST_TO_DRAIN
        while left > 0 and (chunk := source.read(min(65536, left))):
            left -= len(chunk)
    return answer
