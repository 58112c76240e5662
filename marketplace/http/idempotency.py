"""A POST that is repeated with the same Idempotency-Key runs once; its first response is kept for a day."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, g, make_response, request
from sqlalchemy import DateTime, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..database import Base, db
from ..errors import Conflict, Invalid
from ..events.work import Work, unit_of_work
from . import rate_limits
from .bodies import fingerprint

KEEP = timedelta(hours=24)
MAX_KEY = 255
NOT_KEPT = ("api_key", "secret", "contact", "contacts", "email_refused")
"""What a replay says null for: keys are shown once, and a contact only as long as it may be seen; a relay's
reply quotes the address that it refused."""
WITHHELD = "withheld_from_replay"
KEPT_HEADERS = ("ETag", "Location")
SEE_OTHER = 303


class IdempotentResponse(Base):
    """The response to a POST with an Idempotency-Key, kept in the transaction of the change itself."""

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[Any] = mapped_column(JSONB, nullable=True)
    headers: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


def run_once(caller: str, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run `view`; a POST with an Idempotency-Key runs once, and its response is replayed to later requests.

    A concurrent request with the same key waits at the primary key until the first has committed.

    Args:
        caller: who calls, the kind and id of an actor or an address.

    Raises:
        TooMany: the caller has sent as many such requests today as it may.
        Invalid: the key was used with another body (`idempotency_key_reused`) or is too long.
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return view(*args, **kwargs)
    if not 1 <= len(key) <= MAX_KEY:
        raise Invalid("idempotency_key_form", at="Idempotency-Key", most=MAX_KEY)
    identity = {"actor": caller, "route": request.path, "key": key}
    body_digest = fingerprint()
    rate_limits.count_call(rate_limits.REPEATABLE, caller)
    with unit_of_work() as work:
        if not _claim(work, identity, body_digest):
            return _replay(identity, body_digest)
        response = make_response(view(*args, **kwargs))
        row = work.session.get_one(IdempotentResponse, tuple(identity.values()))
        row.status = response.status_code
        row.body = _to_keep(response.get_json(), {*NOT_KEPT, *g.get(WITHHELD, ())})
        row.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return response


def run_form_once(caller: str, key: str, body_digest: bytes, act: Callable[[], str]) -> str:
    """Do what a form of a page asks for, once; sent again within a day it leads to where it led first.

    A second press waits at the primary key until the first has committed; what `act` refuses is forgotten.

    Args:
        caller: whose form it is, the person or an address.
        key: from the hidden field of the form.
        act: makes the change, and returns the address of the page that shows it.

    Raises:
        Conflict: it was sent before with other content (`form_sent_before`).
    """
    identity = {"actor": caller, "route": request.path, "key": key}
    with unit_of_work() as work:
        is_first = _claim(work, identity, body_digest)
        if is_first:
            location = act()
        row = work.session.get_one(IdempotentResponse, tuple(identity.values()))
        if is_first:
            row.status, row.headers = SEE_OTHER, {"Location": location}
        elif row.body_digest != body_digest:
            raise Conflict("form_sent_before")
        return str((row.headers or {})["Location"])


def _claim(work: Work, identity: dict[str, str], body_digest: bytes) -> bool:
    """Claim the key for this request; False if a request of the last day has claimed it."""
    now = clock.now()
    claim = insert(IdempotentResponse).values(**identity, body_digest=body_digest, created_at=now)
    claim_expired = claim.on_conflict_do_update(
        index_elements=list(identity),
        set_={"body_digest": body_digest, "created_at": now},
        where=IdempotentResponse.created_at < now - KEEP,
    )
    claimed = work.session.execute(claim_expired.returning(IdempotentResponse.key))
    return claimed.one_or_none() is not None


def _replay(identity: dict[str, str], body_digest: bytes) -> Response:
    row = db.session.execute(select(IdempotentResponse).filter_by(**identity)).scalar_one()
    if row.body_digest != body_digest:
        raise Invalid("idempotency_key_reused", at="Idempotency-Key")
    response = current_app.response_class(
        json.dumps(row.body, ensure_ascii=False) if row.body is not None else "",
        row.status,
        mimetype="application/json",
    )
    response.headers.update(row.headers or {})
    response.headers["Idempotent-Replayed"] = "true"
    return response


def withhold_from_replay(name: str) -> None:
    """Have a replay of this response say null for one more member: a sentence that tells a contact."""
    g.setdefault(WITHHELD, set()).add(name)


def _to_keep(body: Any, withheld: set[str]) -> Any:
    if isinstance(body, list):
        return [_to_keep(item, withheld) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: None if name in withheld else _to_keep(value, withheld) for name, value in body.items()}


def delete_expired() -> None:
    """Delete responses older than a day."""
    with unit_of_work() as work:
        work.session.execute(
            delete(IdempotentResponse).where(IdempotentResponse.created_at < clock.now() - KEEP)
        )
