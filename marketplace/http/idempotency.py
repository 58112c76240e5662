"""The same POST twice is done once: its first answer is kept with the change itself, for a day."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, make_response, request
from sqlalchemy import DateTime, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..database import Base, db
from ..errors import Invalid
from ..events.actor import Actor
from ..events.work import Work, unit_of_work
from .bodies import fingerprint

KEEP = timedelta(hours=24)
MOST_KEY = 255
SECRETS = ("api_key", "secret")
KEPT_HEADERS = ("ETag", "Location")


class Answered(Base):
    """The answer given to a POST with an Idempotency-Key."""

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[Any] = mapped_column(JSONB, nullable=True)
    headers: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


def replayable(actor: Actor, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run `view`; with an Idempotency-Key on a POST run it once and answer the same ever after.

    A concurrent twin waits at the unique key until the first has committed, then replays its answer.

    Raises:
        Invalid: the key was used with another body (`idempotency_key_reused`) or is too long.
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return view(*args, **kwargs)
    if not 1 <= len(key) <= MOST_KEY:
        raise Invalid("idempotency_key_form", at="Idempotency-Key", most=MOST_KEY)
    identity = {"actor": f"{actor.kind}:{actor.id}", "route": request.path, "key": key}
    body_digest = fingerprint()
    with unit_of_work() as work:
        if not _taken(work, identity, body_digest):
            return _replay(identity, body_digest)
        answer = make_response(view(*args, **kwargs))
        row = work.session.get_one(Answered, tuple(identity.values()))
        row.status = answer.status_code
        row.body = _without_secrets(answer.get_json())
        row.headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return answer


def _taken(work: Work, identity: dict[str, str], body_digest: bytes) -> bool:
    """Take the key for this request; one that a request of the last day has taken stays with that."""
    now = clock.now()
    first = insert(Answered).values(**identity, body_digest=body_digest, created_at=now)
    anew = first.on_conflict_do_update(
        index_elements=list(identity),
        set_={"body_digest": body_digest, "created_at": now},
        where=Answered.created_at < now - KEEP,
    )
    return work.session.execute(anew.returning(Answered.key)).one_or_none() is not None


def _replay(identity: dict[str, str], body_digest: bytes) -> Response:
    row = db.session.execute(select(Answered).filter_by(**identity)).scalar_one()
    if row.body_digest != body_digest:
        raise Invalid("idempotency_key_reused", at="Idempotency-Key")
    answer = current_app.response_class(
        json.dumps(row.body, ensure_ascii=False) if row.body is not None else "",
        row.status,
        mimetype="application/json",
    )
    answer.headers.update(row.headers or {})
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _without_secrets(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: None if name in SECRETS else value for name, value in body.items()}


def forget_old() -> None:
    """Drop answers older than a day."""
    with unit_of_work() as work:
        work.session.execute(delete(Answered).where(Answered.created_at < clock.now() - KEEP))
