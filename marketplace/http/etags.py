"""Versions as ETags: whoever changes a resource names the version that they read."""

from typing import Any

from flask import request

from ..errors import PreconditionFailed, PreconditionRequired


def etag(version: Any) -> dict[str, str]:
    """The header of a resource at `version`."""
    return {"ETag": f'"{version}"'}


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
    if not request.if_match.contains(str(current)):
        raise PreconditionFailed("version_changed")
    return current
