"""Versions as ETags: whoever changes a resource names the version that they read.

The ETag of a resource is its version and a digest of what this caller was shown (`"7.5f3a..."`), because a
listing shows its owner's grade, which changes without the listing. If-Match goes by the version alone,
If-None-Match by the whole. Lists have the digest alone, and so has what the caller sees only in part: a
version would tell how often it was changed where nothing that the caller sees was.
"""

import hashlib
from typing import Any

import orjson
from flask import Flask, Response, g, request

from ..errors import PreconditionFailed, PreconditionRequired
from .json_writer import JsonResponse, by_name

DIGEST_BYTES = 8
PASSING = ("warnings", "api_key", "privacy_notice")
"""Members that the response to a change has once and a GET has not; they do not make another resource."""

CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
"""What a caller asks under in the environment of a request; without them werkzeug has nothing to compare."""


def register(app: Flask) -> None:
    """Mark what is returned by its digest, and answer 304 to a GET of what the caller has already."""
    app.after_request(_mark)


def etag(version: Any, *, is_whole: bool = True) -> dict[str, str]:
    """The header of a resource at `version`; none where the caller is not shown the whole of it, and gets the
    digest alone."""
    return {"ETag": f'"{version}"'} if is_whole else {}


def fix(response: Response, tag: str) -> Response:
    """Mark a response that is the same for everybody by this tag, once computed, instead of a digest."""
    g.fixed = True
    response.set_etag(tag)
    return response


def expected_version(current: int) -> int | None:
    """The version that the caller's If-Match names, None for `*`.

    Raises:
        PreconditionRequired: there is no If-Match.
        PreconditionFailed: it is not the current version.
    """
    if "If-Match" not in request.headers:
        raise PreconditionRequired("if_match_missing")
    if request.headers["If-Match"].strip() == "*":
        return None
    versions = {tag.partition(".")[0] for tag in request.if_match.as_set()}
    if str(current) not in versions:
        raise PreconditionFailed("version_changed")
    return current


def _mark(response: Response) -> Response:
    if response.status_code not in (200, 201) or not response.is_json:
        return response
    if "fixed" not in g:
        version, _ = response.get_etag()
        if request.method != "GET" and not version:
            return response
        response.set_etag(".".join(filter(None, [version, _digest(response)])))
        if request.method != "GET":
            return response
    if any(name in request.environ for name in CONDITIONS):
        response.make_conditional(request)
    return response


def _digest(response: Response) -> str:
    """The digest of what is shown, of whatever it was written."""
    try:
        content = by_name(_lasting(response.shown if isinstance(response, JsonResponse) else _read(response)))
    except orjson.JSONEncodeError:  # of what only the standard library writes
        content = by_name(_lasting(_read(response)))
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def _read(response: Response) -> Any:
    return orjson.loads(response.get_data())


def _lasting(body: Any) -> Any:
    """The body without its passing members."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name not in PASSING or _is_shown(value)}


def _is_shown(value: Any) -> bool:
    return request.method == "GET" and bool(value)
