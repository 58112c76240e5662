"""What a caller has left of its rate limit, said with every answer that was counted.

`RateLimit` and `RateLimit-Policy` are the fields of draft-ietf-httpapi-ratelimit-headers (structured fields:
quota `q` per window of `w` seconds, `r` remaining, `t` seconds to the next window); the three with a hyphen
say the same to older clients. While Valkey is away nothing is counted and nothing said.
"""

import logging

from flask import Flask, Response, request
from redis import RedisError

from ..extensions import limiter, share_left
from .authentication import key_digest

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Add the fields to the application's answers."""
    app.after_request(_tell)


def _tell(answer: Response) -> Response:
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
