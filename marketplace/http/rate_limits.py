"""Rate limits per API key or address, and the response fields that say what is left of them.

`RateLimit` and `RateLimit-Policy` are the fields of draft-ietf-httpapi-ratelimit-headers (structured fields:
quota `q` per window of `w` seconds, `r` remaining, `t` seconds to the next window); the three with a hyphen
say the same to older clients. While Valkey is away nothing is counted and nothing said.
"""

import logging

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import RedisError

from ..valkey import TIMEOUT_S, share_left
from .authentication import key_digest

log = logging.getLogger(__name__)


def caller() -> str:
    """Whom a rate limit counts: the API key by its hash, else the address."""
    return key_digest(request) or get_remote_address()


limiter = Limiter(
    caller,
    application_limits=[lambda: current_app.config["SETTINGS"].rate_limit_key],
    swallow_errors=True,
    storage_options={"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S},
)


def register(app: Flask) -> None:
    """Add the fields to the application's answers."""
    app.after_request(_add_fields)


def _add_fields(answer: Response) -> Response:
    counted = limiter.current_limit
    if counted is None:
        return answer
    try:
        remaining, reset_s = share_left(counted)
    except RedisError as error:
        log.warning("Valkey is away: nothing to say of rate limits: %s", error)
        return answer
    quota, window_s = counted.limit.amount, counted.limit.get_expiry()
    policy = "key" if counted.shared and key_digest(request) else "address"
    answer.headers["RateLimit-Policy"] = f'"{policy}";q={quota};w={window_s}'
    answer.headers["RateLimit"] = f'"{policy}";r={remaining};t={reset_s}'
    answer.headers["RateLimit-Limit"] = str(quota)
    answer.headers["RateLimit-Remaining"] = str(remaining)
    answer.headers["RateLimit-Reset"] = str(reset_s)
    if answer.status_code == 429:
        answer.headers["Retry-After"] = str(reset_s)
    return answer
