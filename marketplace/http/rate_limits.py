"""How often a caller may call: an enterprise or a member of staff by its keys, everybody else by address.

A call is counted before its body is read, a replayed one too, and in one trip to Valkey. A valid key counts
for whoever holds it, so that further keys are no further calls. What comes without one counts for its
address: registrations, open look-ups and pages, and, apart from these, keys that are not valid and routes
that do not exist. A valid key is never refused for what its address did: behind one address may stand a whole
factory.

Without Valkey nothing is counted, reported or refused: limits fail open, after `valkey.TIMEOUT_S` at most.

`RateLimit` and `RateLimit-Policy` are the headers of draft-ietf-httpapi-ratelimit-headers (structured fields:
quota `q` per window of `w` seconds, `r` remaining, `t` seconds to the next window); `RateLimit-Limit`,
`-Remaining` and `-Reset` are for older clients.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

import limits
from flask import Flask, Response, current_app, g, request
from redis import RedisError

from ..errors import TooMany
from ..events.actor import Actor
from ..messages.names import Name
from ..valkey import Window, count_in_windows
from .addresses import counted_as, read_address
from .bodies import NOTES

LONGEST_ADDRESS = 64
UNCOUNTED = "root"
"""The blueprint of the pages for probes."""

View = Callable[..., Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: what is counted together, the setting that says how often, and its name in the headers."""

    scope: str
    setting: str
    policy: str


KEY = Limit("key", "rate_limit_key", "key")
PUBLISH = Limit("publish", "rate_limit_publish", "publish")
REPEATABLE = Limit("repeatable", "rate_limit_idempotency", "idempotency")
"""Requests with an Idempotency-Key: the response to each is kept for a day."""
REGISTRATION = Limit("registration", "rate_limit_registration", "address")
EXPORT = Limit("export", "rate_limit_export", "export")
PUBLIC = Limit("public", "rate_limit_public", "address")
UNKNOWN = Limit("unknown", "rate_limit_public", "address")
"""Calls with a key that is not valid or without one that is needed, and to routes that do not exist."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A call as it was counted: by which limit, of how many in how many seconds, and what is left."""

    limit: Limit
    quota: int
    window_s: int
    left: int
    reset_s: int


def address() -> str:
    """The address that a call without a valid key counts for; of IPv6 the network that its owner was given.

    A proxy's X-Forwarded-For is believed as far as PROXY_HOPS says.
    """
    sent = request.remote_addr or ""
    try:
        return counted_as(read_address(sent))
    except ValueError:
        return sent[:LONGEST_ADDRESS]


def count_call(limit: Limit, holder: str, cost: int = 1) -> None:
    """Count a call, or `cost` of them at once, for whom it is; but not again one whose body came late.

    Raises:
        TooMany: it is over the limit (`rate_limited`).
    """
    earlier, noted = request.environ.get(NOTES, ({}, {}))
    if before := earlier.pop((limit, holder), None):
        g.setdefault("counted", []).append(before)
        return
    items = _windows(getattr(current_app.config["SETTINGS"], limit.setting))
    names = [f"LIMITS:{limit.scope}:{holder}:{item.seconds}" for item in items]
    try:
        used = count_in_windows(dict(zip(names, items, strict=True)), cost)
    except RedisError as error:
        log.warning("Valkey is not available, calls are not limited: %s", error)
        return
    counted = [
        Counted(limit, item.quota, item.seconds, item.quota - many, reset_s)
        for item, (many, reset_s) in zip(items, used, strict=True)
    ]
    least = min(counted, key=lambda each: (each.left >= 0, each.left / each.quota))
    g.setdefault("counted", []).append(least)
    noted[limit, holder] = least
    if least.left < 0:
        raise TooMany(
            "rate_limited",
            limit=Name("limit", limit.scope),
            most=least.quota,
            window_s=least.window_s,
            retry_s=least.reset_s,
        )


def count_for(actor: Actor, limit: Limit = KEY, cost: int = 1) -> None:
    """Count a call for the enterprise or the member of staff whose key it has. Raises: TooMany."""
    count_call(limit, f"{actor.kind}:{actor.id}", cost)


def publishes(view: View) -> View:
    """Count calls to a route that publishes or changes a listing by a limit of their own as well."""

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        count_for(g.actor, PUBLISH)
        return view(*args, **kwargs)

    return counted


@cache
def _windows(setting: str) -> tuple[Window, ...]:
    """The windows of a setting such as `300 per minute;10000 per day`."""
    items = limits.parse_many(setting)
    return tuple(Window(item.amount, item.get_expiry()) for item in items)


def register(app: Flask) -> None:
    """Count what no route counts, and add the headers to the application's responses."""
    app.before_request(_count_other_calls)
    app.after_request(_add_headers)


def _count_other_calls() -> None:
    """Count routes and methods that do not exist, questions for methods, and pages."""
    if request.routing_exception is not None or request.method == "OPTIONS":
        count_call(UNKNOWN, address())
    elif request.blueprint != UNCOUNTED and not hasattr(
        current_app.view_functions.get(request.endpoint or ""), "access"
    ):
        count_call(PUBLIC, address())


def _add_headers(response: Response) -> Response:
    counted: list[Counted] = g.get("counted", [])
    if not counted:
        return response
    policies = [f'"{each.limit.policy}";q={each.quota};w={each.window_s}' for each in counted]
    left = [f'"{each.limit.policy}";r={max(0, each.left)};t={each.reset_s}' for each in counted]
    shown = next((each for each in counted if each.left < 0), counted[0])
    headers = {
        "RateLimit-Policy": ", ".join(policies),
        "RateLimit": ", ".join(left),
        "RateLimit-Limit": str(shown.quota),
        "RateLimit-Remaining": str(max(0, shown.left)),
        "RateLimit-Reset": str(shown.reset_s),
    }
    response.headers.extend(headers)
    if response.status_code == TooMany.status and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(shown.reset_s)
    return response
