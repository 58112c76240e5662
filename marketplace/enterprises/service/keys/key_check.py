"""The check of an API key: who acts with it."""

import logging
from uuid import UUID

from sqlalchemy import bindparam, func, select

from .... import clock
from ....catalogue import service as catalogue
from ....errors import Unauthorised
from ....events.actor import ENTERPRISE, Actor
from ....statements import Statement
from ...models import ApiKey, Enterprise, Staff

FIND = Statement(
    select(
        ApiKey.id,
        ApiKey.scopes,
        ApiKey.revoked_at,
        ApiKey.expires_at,
        ApiKey.person_id,
        Enterprise.id.label("enterprise_id"),
        Enterprise.status,
        Enterprise.roles,
        Staff.id.label("staff_id"),
        Staff.kind,
        func.coalesce(Enterprise.region, Staff.region).label("region"),
        catalogue.VERSION.label("reference_version"),
    )
    .outerjoin(ApiKey.enterprise)
    .outerjoin(ApiKey.staff)
    .where(ApiKey.digest == bindparam("digest"))
)
"""What every call asks, and so no more columns than it needs; and the state of what processes keep."""

log = logging.getLogger(__name__)


def actor_of_key(key_digest: str) -> Actor:
    """Check a key: who acts with it. What this request looks up is as fresh as this check.

    Args:
        key_digest: of the key that was sent, as `http.authentication.digest` makes it.
    Raises:
        Unauthorised: `key_unknown`, `key_revoked` or `key_expired`.
    """
    key = FIND.one_or_none(digest=key_digest)
    if key is None:
        raise Unauthorised("key_unknown")
    if key.revoked_at is not None:
        _log_ended(key.id)
        raise Unauthorised("key_revoked")
    if key.expires_at <= clock.now():
        _log_ended(key.id)
        raise Unauthorised("key_expired")
    catalogue.see_version(key.reference_version)
    scopes = frozenset(key.scopes)
    if key.enterprise_id is None:
        return Actor(key.kind, key.staff_id, scopes, key.id, region=key.region, person_id=key.person_id)
    roles = frozenset(key.roles)
    return Actor(ENTERPRISE, key.enterprise_id, scopes, key.id, key.status, roles, key.region, key.person_id)


def _log_ended(key_id: UUID) -> None:
    """Name a key that has ended and is tried: somebody may have stolen it."""
    log.info("ended key refused", extra={"key_id": str(key_id)})
