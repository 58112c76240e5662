"""The check of an API key: who acts with it."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from .... import clock
from ....database import db
from ....errors import Unauthorised
from ....events.actor import ENTERPRISE, Actor
from ...models import ApiKey

log = logging.getLogger(__name__)


def actor_of_key(key_digest: str) -> Actor:
    """Check a key: who acts with it.

    Args:
        key_digest: of the key that was sent, as `http.authentication.digest` makes it.
    Raises:
        Unauthorised: `key_unknown`, `key_revoked` or `key_expired`.
    """
    key = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.digest == key_digest)
        .options(joinedload(ApiKey.enterprise), joinedload(ApiKey.staff))
    ).one_or_none()
    if key is None:
        raise Unauthorised("key_unknown")
    if key.revoked_at is not None:
        _log_ended(key)
        raise Unauthorised("key_revoked")
    if key.expires_at <= clock.now():
        _log_ended(key)
        raise Unauthorised("key_expired")
    scopes = frozenset(key.scopes)
    if (enterprise := key.enterprise) is not None:
        roles = frozenset(enterprise.roles)
        return Actor(ENTERPRISE, enterprise.id, scopes, key.id, enterprise.status, roles, enterprise.region)
    assert key.staff is not None
    return Actor(key.staff.kind, key.staff.id, scopes, key.id, region=key.staff.region)


def _log_ended(key: ApiKey) -> None:
    """Name a key that has ended and is tried: somebody may have stolen it."""
    log.info("ended key refused", extra={"key_id": str(key.id)})
