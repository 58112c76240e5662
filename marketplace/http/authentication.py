"""Who knocks, and may they come in. Keys are looked up by their SHA-256; the key itself is never stored."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Request, g, request

from ..errors import Forbidden, Unauthorised
from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..messages.names import Name
from .idempotency import replayable

ANYONE = ()
EVERY_KEY = (ENTERPRISE, ADMIN, REGULATOR)
STAFF = (ADMIN, REGULATOR)

KeyLookup = Callable[[str], Actor]
_lookup: KeyLookup | None = None


def look_keys_up_with(lookup: KeyLookup) -> None:
    """Install how a key's digest becomes an actor. Raises Unauthorised for one that opens nothing."""
    global _lookup
    _lookup = lookup


def digest(key: str) -> str:
    """What is stored of a key: the SHA-256 of its 256 random bits needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_digest(incoming: Request) -> str | None:
    """Digest of the bearer key of a request, None without one."""
    scheme, _, key = incoming.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    return digest(key) if scheme.lower() == "bearer" and key else None


def actor() -> Actor:
    """Who asks. Only behind a door that lets in keys."""
    return g.actor


def allow(
    *kinds: str, scope: str = "read", most_bytes: int | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The door of a route: which kinds of key may pass and the scope they need; `ANYONE` needs no key.

    Behind it a POST obeys its Idempotency-Key, and a body may have `most_bytes` where that is given.
    """

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def door(*args: Any, **kwargs: Any) -> Any:
            if not kinds:
                return view(*args, **kwargs)
            g.actor = _authenticated()
            _authorise(g.actor, kinds, scope)
            if most_bytes is not None:
                request.max_content_length = most_bytes
            return replayable(g.actor, view, args, kwargs)

        door.door = (kinds, scope)  # type: ignore[attr-defined]
        door._apidoc = _with_security(getattr(view, "_apidoc", {}), kinds, scope)  # type: ignore[attr-defined]
        return door

    return guard


def _authenticated() -> Actor:
    found = key_digest(request)
    if found is None:
        raise Unauthorised("key_missing")
    assert _lookup is not None
    return _lookup(found)


def _authorise(who: Actor, kinds: tuple[str, ...], scope: str) -> None:
    if who.kind not in kinds:
        raise Forbidden("role_forbids", allowed=tuple(Name("actor", kind) for kind in kinds))
    if scope not in who.scopes:
        raise Forbidden("scope_missing", scope=Name("scope", scope))


def _with_security(doc: dict[str, Any], kinds: tuple[str, ...], scope: str) -> dict[str, Any]:
    manual = {**doc.get("manual_doc", {})}
    manual["security"] = [{"key": []}] if kinds else []
    if kinds:
        manual["x-actors"] = list(kinds)
        manual["x-scope"] = scope
    return {**doc, "manual_doc": manual}
