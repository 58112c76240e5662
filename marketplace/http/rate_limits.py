"""Rate limits per API key or address, and the response headers that report them.

`RateLimit` and `RateLimit-Policy` are the headers of draft-ietf-httpapi-ratelimit-headers (structured fields:
quota `q` per window of `w` seconds, `r` remaining, `t` seconds to the next window); `RateLimit-Limit`,
`-Remaining` and `-Reset` are for older clients. Without Valkey nothing is counted or reported.
"""

import logging
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import RedisError

from ..valkey import TIMEOUT_S, share_left
from .authentication import View, key_digest, sends_key

log = logging.getLogger(__name__)


def caller() -> str:
    """Whose calls are counted: the API key by its hash, else the address."""
    return key_digest(request) or get_remote_address()


limiter = Limiter(
    caller,
    application_limits=[lambda: current_app.config["SETTINGS"].rate_limit_key],
    swallow_errors=True,
    storage_options={"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S},
)


@limiter.shared_limit(
    lambda: current_app.config["SETTINGS"].rate_limit_public, scope="public", key_func=get_remote_address
)
def _count_call_without_key() -> None:
    """Count the request against its address, with all others of that address that send no key."""


def without_key(view: View) -> View:
    """Limit calls without a key to a route by their address, all such routes together."""

    @wraps(view)
    def limited(*args: Any, **kwargs: Any) -> Any:
        if not sends_key():
            _count_call_without_key()
        return view(*args, **kwargs)

    return limited


def register(app: Flask) -> None:
    """Add the headers to the application's responses."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    counted = limiter.current_limit
    if counted is None:
        return response
    try:
        remaining, reset_s = share_left(counted)
    except RedisError as error:
        log.warning("Valkey is not available, no rate limits are reported: %s", error)
        return response
    quota, window_s = counted.limit.amount, counted.limit.get_expiry()
    policy = "key" if counted.shared and key_digest(request) else "address"
    response.headers["RateLimit-Policy"] = f'"{policy}";q={quota};w={window_s}'
    response.headers["RateLimit"] = f'"{policy}";r={remaining};t={reset_s}'
    response.headers["RateLimit-Limit"] = str(quota)
    response.headers["RateLimit-Remaining"] = str(remaining)
    response.headers["RateLimit-Reset"] = str(reset_s)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(reset_s)
    return response
