"""API keys: created, listed, replaced, revoked."""

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from .... import clock
from ....database import db
from ....errors import Forbidden, Invalid, NotFound
from ....events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, SCOPES, Actor
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....messages.names import Name
from ...models import ApiKey, Enterprise

VALIDITY = timedelta(days=365)
"""How long a key is valid, at most and unless asked otherwise."""
DEFAULT_SCOPES = {ENTERPRISE: SCOPES, ADMIN: ("read", "admin"), REGULATOR: ("read",)}

log = logging.getLogger(__name__)


def check_key_request(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a body that asks for a scope which the asking key lacks.

    Raises:
        Forbidden: `scope_missing`.
    """
    asked = raw.get("scopes")
    if not isinstance(asked, list):
        return
    lacking = [scope for scope in SCOPES if scope in asked and scope not in actor.scopes]
    if lacking:
        raise Forbidden("scope_missing", at="scopes", scope=Name("scope", lacking[0]))


def create_key(actor: Actor, name: str, scopes: list[str], expires_at: datetime | None) -> tuple[ApiKey, str]:
    """Create a further key of the actor, with no more scopes than the asking key has.

    Returns:
        the key's row, and the key itself, which is shown this once.
    Raises:
        Forbidden: a scope that the asking key lacks (`scope_missing`).
        Invalid: it would end in the past or over a year away (`key_expiry_range`).
    """
    check_key_request(actor, {"scopes": scopes})
    now = clock.now()
    if expires_at is not None and not now < expires_at <= now + VALIDITY:
        raise Invalid("key_expiry_range", at="expires_at")
    with unit_of_work() as work:
        row, key = _add_key(work, actor, name, scopes, expires_at)
        work.audit(actor, "create_key", row, scopes=scopes)
    log.info("key created", extra={"key_id": str(row.id), "holder": f"{actor.kind}:{actor.id}"})
    return row, key


def add_first_key(work: Work, holder: Actor) -> str:
    """Write the first key of a new enterprise or member of staff; returns the key itself."""
    return _add_key(work, holder, "first key", DEFAULT_SCOPES[holder.kind], None)[1]


def replace_lost_key(uscc: str) -> str:
    """Create a key with all scopes for an enterprise that has lost its own; an operator's command.

    Raises:
        NotFound: nobody is registered under this USCC.
    """
    with unit_of_work() as work:
        enterprise = work.lock(Enterprise, Enterprise.uscc == uscc)
        holder = Actor(ENTERPRISE, enterprise.id)
        row, key = _add_key(work, holder, "replacement", DEFAULT_SCOPES[ENTERPRISE], None)
        work.audit(PLATFORM, "create_key", row, uscc=uscc)
    log.info("lost key replaced", extra={"key_id": str(row.id), "enterprise_id": str(enterprise.id)})
    return key


def _add_key(
    work: Work, holder: Actor, name: str, scopes: Iterable[str], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    key = f"hl_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        digest=digest(key),
        enterprise_id=holder.enterprise_id,
        staff_id=None if holder.enterprise_id else holder.id,
        name=name,
        scopes=list(scopes),
        expires_at=expires_at or clock.now() + VALIDITY,
        created_at=clock.now(),
    )
    return work.add(row), key


def list_keys(actor: Actor, after: UUID | None, limit: int) -> list[ApiKey]:
    """The actor's keys, newest first, at most `limit` that are older than `after`; without their secrets."""
    query = select(ApiKey).where(_is_held_by(actor))
    if after is not None:
        query = query.where(ApiKey.id < after)
    return list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(limit)))


def find_key(actor: Actor, key_id: UUID) -> ApiKey:
    """One of the actor's own keys. Raises: NotFound."""
    row = db.session.scalars(select(ApiKey).where(ApiKey.id == key_id, _is_held_by(actor))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def revoke_key(actor: Actor, key_id: UUID) -> None:
    """End a key now and for good; a second time changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        row = work.lock(ApiKey, ApiKey.id == key_id, _is_held_by(actor))
        if row.revoked_at is not None:
            return
        row.revoked_at = clock.now()
        work.audit(actor, "revoke_key", row)
    log.info("key revoked", extra={"key_id": str(key_id)})


def _is_held_by(actor: Actor) -> ColumnElement[bool]:
    return ApiKey.enterprise_id == actor.id if actor.kind == ENTERPRISE else ApiKey.staff_id == actor.id
