"""The body of a request: read whole or refused."""

import hashlib

from flask import Flask, g, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestURITooLarge

from ..errors import Invalid, UnsupportedMedia

FORM = "multipart/form-data"
BODY_LIMIT = "huanliu.body_limit"
"""Where a request's environment tells the server, while the body is to come, how much of it is taken."""
MOST_ADDRESS = 8000
"""Bytes of path and query together; gunicorn takes 4,094 of a whole request line."""


def register(app: Flask) -> None:
    """Refuse addresses that nobody needs."""
    app.before_request(_refuse_long_address)


def _refuse_long_address() -> None:
    """Raises: RequestURITooLarge: before anything looks for parameters in it."""
    if len(request.path) + len(request.query_string) > MOST_ADDRESS:
        raise RequestURITooLarge()


NOTES = "huanliu.notes"
"""Where a request's environment has two dictionaries: what was noted when the request was judged by its head,
if it is run again because its body came later; and what is noted now."""


def read_body() -> bytes:
    """The body as sent.

    A body sent in chunks does not name its length; werkzeug silently cuts it off at the limit.

    Raises:
        RequestEntityTooLarge: it is larger than the route allows.
    """
    request.environ[BODY_LIMIT] = request.max_content_length
    data = request.get_data(cache=True)
    if request.content_length is None and len(data) == request.max_content_length:
        if "truncated" not in g:
            g.truncated = bool(request.environ["wsgi.input"].read(1))
        if g.truncated:
            raise RequestEntityTooLarge()
    return data


def fingerprint() -> bytes:
    """SHA-256 of the query and the body, whatever boundary a form has this time."""
    boundary = request.mimetype_params.get("boundary", "") if request.mimetype == FORM else ""
    sent = read_body().replace(boundary.encode(), b"") if boundary else read_body()
    return hashlib.sha256(request.query_string + b"\n" + sent).digest()


def read_upload(media_types: tuple[str, ...], kind: str = "sheet") -> bytes:
    """The file that was sent: the body itself, or the part `file` of a form.

    Raises:
        RequestEntityTooLarge: it is larger than the route allows.
        UnsupportedMedia: it is neither of `media_types` nor a form (`media_type_` and `kind`).
        Invalid: the form has anything else than one file (`form_of_one_file`).
    """
    data = read_body()
    if request.mimetype in media_types:
        return data
    if request.mimetype != FORM:
        raise UnsupportedMedia(f"media_type_{kind}")
    files = list(request.files.items(multi=True))
    if [name for name, _ in files] != ["file"] or request.form:
        raise Invalid("form_of_one_file", at="file")
    content: bytes = files[0][1].read()
    return content
