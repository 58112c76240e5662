"""The body of a request: read whole or refused."""

import hashlib
import json

from flask import Flask, g, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestURITooLarge

from ..errors import Invalid, UnsupportedMedia

FORM = "multipart/form-data"
BODY_LIMIT = "huanliu.body_limit"
"""Where a request's environment tells the server, while the body is to come, how much of it is taken."""
NOTES = "huanliu.notes"
"""Where a request's environment has two dictionaries: what was noted when the request was judged by its head,
if it is run again because its body came later; and what is noted now."""
MOST_ADDRESS = 8000
"""Bytes of path and query together; gunicorn takes 4,094 of a whole request line."""


def register(app: Flask) -> None:
    """Refuse addresses that nobody needs."""
    app.before_request(_refuse_long_address)


def _refuse_long_address() -> None:
    """Raises: RequestURITooLarge: before anything looks for parameters in it."""
    if len(request.path) + len(request.query_string) > MOST_ADDRESS:
        raise RequestURITooLarge()


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
    """SHA-256 of the query and the body; of a form, what it says, whatever boundary it has this time."""
    sent = _parts_of_form() if request.mimetype == FORM else [read_body()]
    found = hashlib.sha256()
    for part in [request.query_string, *sent]:
        found.update(len(part).to_bytes(8) + part)
    return found.digest()


def _parts_of_form() -> list[bytes]:
    """The kind, name, file name, media type and content of each part of a form.

    Raises:
        RequestEntityTooLarge: it is larger than the route allows, or has too many parts.
    """
    read_body()
    parts = [json.dumps(field).encode() for field in request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        about = json.dumps([name, file.filename, file.content_type])
        parts += [about.encode(), file.read()]
        file.seek(0)
    return parts


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


def sent_name() -> str | None:
    """What the form calls the file that it holds; None of a body that is the file itself."""
    file = request.files.get("file") if request.mimetype == FORM else None
    return file.filename if file else None
