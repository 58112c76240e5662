"""Who calls, and may they: API keys, the kinds of key and the scopes. Only a key's SHA-256 is stored."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from flask import Request, g, request

from ..errors import Forbidden, Unauthorised
from ..events.actor import ADMIN, ANONYMOUS, ENTERPRISE, REGULATOR, Actor, acting_person
from ..events.models import NOBODY
from ..events.work import task_owner
from ..messages.names import Name
from . import rate_limits
from .idempotency import run_once
from .openapi.declarations import IDEMPOTENT, declare, declare_fact

ANYONE = ()
EVERY_KEY = (ENTERPRISE, ADMIN, REGULATOR)
STAFF = (ADMIN, REGULATOR)
ADMIN_SCOPE = "admin"
"""What an admin needs for every write, also for one in place of an enterprise."""

View = Callable[..., Any]
KeyLookup = Callable[[str], Actor]
SessionLookup = Callable[[], Actor | None]
_lookup: KeyLookup | None = None
_session_lookup: SessionLookup | None = None
SAFE = ("GET", "HEAD")
"""Methods that change nothing."""


class Access(NamedTuple):
    """Who may call a route: kinds of key (none: everybody), the scope that the key needs, and whether a call
    without a key is admitted too."""

    kinds: tuple[str, ...]
    scope: str
    keyless: bool = False


def set_key_lookup(lookup: KeyLookup) -> None:
    """Set how a key's digest becomes an actor; `lookup` raises Unauthorised if the key is not valid."""
    global _lookup
    _lookup = lookup


def set_session_lookup(lookup: SessionLookup) -> None:
    """Set how a call without a key, from the browser of somebody who has logged in, becomes an actor.

    It serves for calls that change nothing: a browser sends its cookies along with forms of other sites too.
    """
    global _session_lookup
    _session_lookup = lookup


def digest(key: str) -> str:
    """What is stored of a key: the SHA-256 of its 256 random bits needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_digest(incoming: Request) -> str | None:
    """Digest of the bearer key of a request, None without one."""
    scheme, _, key = incoming.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    return digest(key) if scheme.lower() == "bearer" and key else None


def actor() -> Actor:
    """The caller. Only in routes that require a key."""
    caller: Actor = g.actor
    return caller


def allow(
    *kinds: str,
    scope: str = "read",
    max_bytes: int | None = None,
    keyless: bool = False,
    idempotent: bool = False,
    limit: rate_limits.Limit = rate_limits.PUBLIC,
) -> Callable[[View], View]:
    """Admit these kinds of key to a route if they have the scope; `ANYONE` needs no key.

    With `keyless` a caller may leave the key out; a key that is sent must still be valid. A POST of a caller
    with a key obeys its Idempotency-Key; without a key it does so if it is `idempotent`, for callers of one
    address. `max_bytes` replaces the largest body accepted. A call with a key counts for its holder, one
    without by `limit` for its address.
    """
    access = Access(kinds, scope, keyless)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not kinds or (keyless and not sends_key()):
                g.actor = ANONYMOUS
                rate_limits.count_call(limit, rate_limits.address())
                called = (f"address:{request.remote_addr}", view, args, kwargs)
                return run_once(*called) if idempotent else view(*args, **kwargs)
            g.actor = _authenticated()
            task_owner.set(g.actor.enterprise_id or NOBODY)
            acting_person.set(g.actor.person_id)
            rate_limits.count_for(g.actor)
            _authorise(g.actor, access)
            if max_bytes is not None:
                request.max_content_length = max_bytes
            return run_once(f"{g.actor.kind}:{g.actor.id}", view, args, kwargs)

        guarded.access = access  # type: ignore[attr-defined]
        declared = declare(guarded, **_security(access))
        return declare_fact(declared, IDEMPOTENT) if idempotent or kinds else declared

    return decorate


def sends_key() -> bool:
    """Whether the request has credentials of any kind, valid or not."""
    return "Authorization" in request.headers


def _authenticated() -> Actor:
    """Who calls. The key is looked up first: whatever others of its address did, a valid one is admitted.

    Raises:
        Unauthorised: the key is missing or not valid. TooMany: this address tried too many such.
    """
    assert _lookup is not None
    sent = key_digest(request)
    try:
        if sent is None:
            is_read = request.method in SAFE
            person = _session_lookup() if _session_lookup and is_read else None
            if person is None:
                raise Unauthorised("key_missing")
            return person
        return _lookup(sent)
    except Unauthorised:
        rate_limits.count_call(rate_limits.UNKNOWN, rate_limits.address())
        raise


def _authorise(caller: Actor, access: Access) -> None:
    if caller.kind not in access.kinds:
        raise Forbidden("role_forbids", allowed=tuple(Name("actor", kind) for kind in access.kinds))
    scope = ADMIN_SCOPE if caller.kind == ADMIN and access.scope != "read" else access.scope
    if scope not in caller.scopes:
        raise Forbidden("scope_missing", scope=Name("scope", scope))


def _security(access: Access) -> dict[str, Any]:
    """Who may call, in the OpenAPI document."""
    if not access.kinds:
        return {"security": []}
    security: list[dict[str, Any]] = [{"key": []}, {}] if access.keyless else [{"key": []}]
    return {"security": security, "x-actors": list(access.kinds), "x-scope": access.scope}
