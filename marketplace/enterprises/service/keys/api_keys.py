"""API keys: created, listed, replaced, revoked."""

import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import joinedload

from .... import clock, identity
from ....database import db
from ....errors import Conflict, Forbidden, Invalid, NotFound
from ....events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, SCOPES, Actor
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....messages.names import Name
from ...models import ApiKey, Enterprise, EnterpriseStatus, Holders, Staff

VALIDITY = timedelta(days=365)
"""How long a key is valid, at most and unless asked otherwise."""
DEFAULT_SCOPES = {ENTERPRISE: SCOPES, ADMIN: ("read", "admin"), REGULATOR: ("read",)}
WITH_HOLDER = (joinedload(ApiKey.enterprise), joinedload(ApiKey.staff))

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


def add_recovered_key(work: Work, holder: Actor) -> tuple[ApiKey, str]:
    """Write a key with all scopes for a holder that lost its own; returns its row and the key itself."""
    return _add_key(work, holder, "recovered", DEFAULT_SCOPES[holder.kind], None)


def replace_lost_key(uscc: str) -> str:
    """Create a key with all scopes for an enterprise that has lost its own; an operator's command.

    Raises:
        NotFound: nobody is registered under this USCC.
    """
    with unit_of_work() as work:
        enterprise = work.lock(
            Enterprise,
            Enterprise.uscc == identity.folded_uscc(uscc),
            Enterprise.status != EnterpriseStatus.REJECTED,
        )
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


def require_listable(actor: Actor, raw: Mapping[str, Any]) -> None:
    """Keys of others are listed for admins only. Raises: Forbidden (`role_forbids`)."""
    if actor.kind != ADMIN and raw.get("holder", Holders.OWN) != Holders.OWN:
        raise Forbidden("role_forbids", allowed=(Name("actor", ADMIN),))


def list_keys(actor: Actor, holder: str, after: UUID | None, limit: int) -> list[ApiKey]:
    """Keys of these `Holders`, newest first, at most `limit` older than `after`; without their secrets."""
    held = {
        Holders.OWN: _is_held_by(actor),
        Holders.STAFF: ApiKey.staff_id.is_not(None),
        Holders.ENTERPRISES: ApiKey.enterprise_id.is_not(None),
    }
    query = select(ApiKey).where(held[Holders(holder)]).options(*WITH_HOLDER)
    if after is not None:
        query = query.where(ApiKey.id < after)
    return list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(limit)))


def staff_keys() -> list[ApiKey]:
    """Every key of staff, oldest first, with its holder."""
    return list(
        db.session.scalars(
            select(ApiKey).where(ApiKey.staff_id.is_not(None)).options(*WITH_HOLDER).order_by(ApiKey.id)
        )
    )


def find_key(actor: Actor, key_id: UUID) -> ApiKey:
    """A key that the actor may revoke: its own, and an admin's any. Raises: NotFound."""
    row = db.session.scalars(select(ApiKey).where(ApiKey.id == key_id, _may_revoke(actor))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def revoke_key(actor: Actor, key_id: UUID) -> None:
    """End a key now and for good; a second time changes nothing.

    Raises:
        NotFound: there is none, or it is another's.
        Conflict: no admin could create or revoke keys any more (`last_admin_key`); the platform itself may.
    """
    with unit_of_work() as work:
        row = work.lock(ApiKey, ApiKey.id == key_id, _may_revoke(actor))
        if row.revoked_at is not None:
            return
        if actor != PLATFORM and row.staff_id is not None:
            _require_another_admin_key(work, row)
        row.revoked_at = clock.now()
        work.audit(actor, "revoke_key", row)
    log.info("key revoked", extra={"key_id": str(key_id), "actor": f"{actor.kind}:{actor.id}"})


def _require_another_admin_key(work: Work, row: ApiKey) -> None:
    """Admins' keys are locked in one order, so that two cannot revoke the last two at once."""
    living = work.session.scalars(
        select(ApiKey.id)
        .join(Staff, Staff.id == ApiKey.staff_id)
        .where(
            Staff.kind == ADMIN,
            ApiKey.scopes.contains(["admin"]),
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at > clock.now(),
        )
        .order_by(ApiKey.id)
        .with_for_update(of=ApiKey)
    ).all()
    if list(living) == [row.id]:
        raise Conflict("last_admin_key")


def _may_revoke(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.kind == ADMIN or actor == PLATFORM else _is_held_by(actor)


def _is_held_by(actor: Actor) -> ColumnElement[bool]:
    return ApiKey.enterprise_id == actor.id if actor.kind == ENTERPRISE else ApiKey.staff_id == actor.id
