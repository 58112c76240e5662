"""API keys: created, listed, replaced, revoked."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload

from .... import clock, identity
from ....database import db
from ....errors import Conflict, Forbidden, Invalid, NotFound, Notice, Unauthorised
from ....events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, SCOPES, Actor
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....messages.names import Name
from ...models import ENDED, ApiKey, Enterprise, Holders, Staff
from ..lookup import lock, lock_shared
from ..standing import require_unfrozen

VALIDITY = timedelta(days=365)
"""How long a key is valid, at most and unless asked otherwise."""
MOST_KEYS = 20
"""Keys of one enterprise or member of staff that may be valid at once."""
DEFAULT_SCOPES = {ENTERPRISE: SCOPES, ADMIN: ("read", "admin"), REGULATOR: ("read",)}
WITH_HOLDER = (joinedload(ApiKey.enterprise), joinedload(ApiKey.staff))

PersonCheck = Callable[[Work, Actor, UUID, Iterable[str]], None]
_person_check: PersonCheck | None = None

log = logging.getLogger(__name__)


def check_key_request(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a frozen enterprise, and a body that asks for a scope which the asking key lacks.

    Raises:
        Forbidden: `scope_missing`, `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
    """
    require_unfrozen(actor)
    asked = raw.get("scopes")
    if not isinstance(asked, list):
        return
    lacking = [scope for scope in SCOPES if scope in asked and scope not in actor.scopes]
    if lacking:
        raise Forbidden("scope_missing", at="scopes", scope=Name("scope", lacking[0]))


def set_person_check(check: PersonCheck) -> None:
    """Set who refuses to bind a key to somebody: `check(work, actor, person_id, scopes)` raises."""
    global _person_check
    _person_check = check


def create_key(
    actor: Actor,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
    person_id: UUID | None = None,
) -> tuple[ApiKey, str, list[Notice]]:
    """Create a further key of the actor: with no more scopes than the asking key has, and no longer life.

    What a person creates, on a page or with a key bound to it, is bound to the same person.

    Args:
        person_id: to whom it is bound; nobody but the person that acts.
    Returns:
        the key's row, the key itself, which is shown this once, and a notice if it ends before it was
        asked to, with its parent.
    Raises:
        Forbidden: a scope that the asking key lacks (`scope_missing`), or the enterprise is frozen.
        Invalid: it would end in the past or over a year away (`key_expiry_range`).
        Invalid: the person is no member (`person_no_member`), another asks for it (`key_of_another`), or the
            right does not cover a scope (`right_covers_less`).
        Unauthorised: the asking key was revoked in the meantime (`key_revoked`).
        Conflict: it has as many valid keys as it may (`too_many_keys`).
    """
    check_key_request(actor, {"scopes": scopes})
    now = clock.now()
    if expires_at is not None and not now < expires_at <= now + VALIDITY:
        raise Invalid("key_expiry_range", at="expires_at")
    with unit_of_work() as work:
        parent = _lock_acting_key(work, actor)
        bound_to = _bound_to(actor, person_id)
        if bound_to is not None:
            assert _person_check is not None
            _person_check(work, actor, bound_to, scopes)
        if len(_living_keys(work, actor)) >= MOST_KEYS:
            raise Conflict("too_many_keys", most=MOST_KEYS)
        ends = min(expires_at or now + VALIDITY, parent.expires_at if parent else now + VALIDITY)
        row, key = _add_key(work, actor, name, scopes, ends, parent)
        row.person_id = bound_to
        work.audit(actor, "create_key", row, scopes=scopes)
    log.info("key created", extra={"key_id": str(row.id), "holder": f"{actor.kind}:{actor.id}"})
    is_shortened = expires_at is not None and ends < expires_at
    return row, key, [Notice("key_ends_with_parent", "expires_at")] if is_shortened else []


def _bound_to(actor: Actor, person_id: UUID | None) -> UUID | None:
    """To whom a new key is bound: whoever asks. Raises: Invalid: it asks for one in another's name."""
    if person_id is not None and actor.person_id != person_id:
        raise Invalid("key_of_another", at="person_id")
    return actor.person_id


def _lock_acting_key(work: Work, actor: Actor) -> ApiKey | None:
    """The key that the actor uses, None of a person on a page.

    It is kept from being revoked until the work ends, its enterprise from being suspended, so that a key that
    is created cannot escape either. The holder is locked against further keys.
    """
    if actor.enterprise_id is not None:
        require_unfrozen(lock(work, actor.enterprise_id))
    else:
        work.lock(Staff, Staff.id == actor.id)
    if actor.key_id is None and actor.person_id is not None:
        return None
    key = work.lock(ApiKey, ApiKey.id == actor.key_id)
    if key.revoked_at is not None:
        raise Unauthorised("key_revoked")
    return key


def add_first_key(work: Work, holder: Actor) -> str:
    """Write the first key of a new enterprise or member of staff; returns the key itself."""
    return _add_key(work, holder, "first key", DEFAULT_SCOPES[holder.kind], None)[1]


def _living_keys(work: Work, holder: Actor) -> list[ApiKey]:
    """The valid keys of a locked holder, the one that was created first first."""
    valid = (_is_held_by(holder), ApiKey.revoked_at.is_(None), ApiKey.expires_at > clock.now())
    return list(work.session.scalars(select(ApiKey).where(*valid).order_by(ApiKey.id)))


def add_recovered_key(work: Work, holder: Actor) -> tuple[ApiKey, str]:
    """Write a key with all scopes for a locked holder that lost its own; returns its row and the key."""
    return _add_in_place_of_lost(work, holder, "recovered")


def _add_in_place_of_lost(work: Work, holder: Actor, name: str) -> tuple[ApiKey, str]:
    """Write a key for a locked holder. If it has as many as it may, the first of them ends, with all that it
    created: who has lost its keys must not be locked out by whoever found them."""
    living = _living_keys(work, holder)
    if len(living) >= MOST_KEYS:
        ended = _revoke_with_descendants(work, work.lock(ApiKey, ApiKey.id == living[0].id))
        work.audit_many(PLATFORM, "revoke_key", ended, revoked_with=str(living[0].id))
    return _add_key(work, holder, name, DEFAULT_SCOPES[holder.kind], None)


def replace_lost_key(uscc: str) -> str:
    """Create a key with all scopes for an enterprise that has lost its own; an operator's command.

    Raises:
        NotFound: nobody is registered under this USCC.
    """
    with unit_of_work() as work:
        enterprise = work.lock(
            Enterprise,
            Enterprise.uscc == identity.folded_uscc(uscc),
            Enterprise.status.not_in(ENDED),
        )
        holder = Actor(ENTERPRISE, enterprise.id)
        row, key = _add_in_place_of_lost(work, holder, "replacement")
        work.audit(PLATFORM, "create_key", row, uscc=uscc)
    log.info("lost key replaced", extra={"key_id": str(row.id), "enterprise_id": str(enterprise.id)})
    return key


def _add_key(
    work: Work,
    holder: Actor,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    parent: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    key = f"hl_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        digest=digest(key),
        enterprise_id=holder.enterprise_id,
        staff_id=None if holder.enterprise_id else holder.id,
        parent_id=parent.id if parent else None,
        name=name,
        scopes=list(scopes),
        expires_at=expires_at or clock.now() + VALIDITY,
        created_at=clock.now(),
    )
    return work.add(row), key


def require_listable(actor: Actor, raw: Mapping[str, Any]) -> None:
    """Keys of others are listed for admins only. Raises: Forbidden (`role_forbids`)."""
    asks_of_others = raw.get("holder", Holders.OWN) != Holders.OWN or raw.get("holder_id") is not None
    if actor.kind != ADMIN and asks_of_others:
        raise Forbidden("role_forbids", allowed=(Name("actor", ADMIN),))


def list_keys(
    actor: Actor, holder: str, holder_id: UUID | None, after: UUID | None, limit: int
) -> list[ApiKey]:
    """Keys of these `Holders`, or of the one enterprise or member of staff `holder_id`, newest first.

    At most `limit` older than `after`; without their secrets.
    """
    held = {
        Holders.OWN: _is_held_by(actor),
        Holders.STAFF: ApiKey.staff_id.is_not(None),
        Holders.ENTERPRISES: ApiKey.enterprise_id.is_not(None),
    }
    of_one = or_(ApiKey.enterprise_id == holder_id, ApiKey.staff_id == holder_id)
    query = select(ApiKey).where(held[Holders(holder)] if holder_id is None else of_one)
    query = query.options(*WITH_HOLDER)
    if after is not None:
        query = query.where(ApiKey.id < after)
    return list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(limit)))


def staff_keys() -> list[ApiKey]:
    """Every key of staff, oldest first, with its holder."""
    query = select(ApiKey).where(ApiKey.staff_id.is_not(None)).options(*WITH_HOLDER)
    return list(db.session.scalars(query.order_by(ApiKey.id)))


def enterprise_keys(uscc: str | None = None) -> list[ApiKey]:
    """The keys of all enterprises, or of those that are or were registered under this USCC, oldest first."""
    query = select(ApiKey).join(ApiKey.enterprise).options(*WITH_HOLDER)
    if uscc is not None:
        query = query.where(Enterprise.uscc == identity.folded_uscc(uscc))
    return list(db.session.scalars(query.order_by(ApiKey.id)))


def key_names(key_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What these keys are called, by id."""
    query = select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(list(key_ids)))
    return {row.id: row.name for row in db.session.execute(query)}


def find_key(actor: Actor, key_id: UUID) -> ApiKey:
    """A key that the actor may revoke: its own, and an admin's any. Raises: NotFound."""
    row = db.session.scalars(select(ApiKey).where(ApiKey.id == key_id, _may_revoke(actor))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def check_key_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is frozen; only admins end its keys then."""
    require_unfrozen(actor)


def revoke_key(actor: Actor, key_id: UUID) -> None:
    """End a key, and every key that it or one of these created, now and for good; again changes nothing.

    Raises:
        NotFound: there is none, or it is another's.
        Forbidden: the enterprise is frozen.
        Conflict: no admin could create or revoke keys any more (`last_admin_key`); the platform itself may.
    """
    with unit_of_work() as work:
        if actor.enterprise_id is not None:
            require_unfrozen(lock_shared(work, actor.enterprise_id))
        admin_keys = _lock_admin_keys(work) if actor.is_admin else set()
        row = work.lock(ApiKey, ApiKey.id == key_id, _may_revoke(actor))
        revoked = _revoke_with_descendants(work, row)
        if not revoked:
            return
        if admin_keys and admin_keys <= {key.id for key in revoked}:
            raise Conflict("last_admin_key")
        work.audit_many(actor, "revoke_key", revoked, revoked_with=str(row.id))
    log.info(
        "keys revoked",
        extra={"key_ids": [str(key.id) for key in revoked], "actor": f"{actor.kind}:{actor.id}"},
    )


def revoke_keys_of_person(work: Work, actor: Actor, person_id: UUID, holder: Actor) -> None:
    """End the keys of a holder that are bound to somebody who leaves, and what they created."""
    bound = select(ApiKey).where(
        ApiKey.person_id == person_id, _is_held_by(holder), ApiKey.revoked_at.is_(None)
    )
    for key in work.session.scalars(bound.order_by(ApiKey.id).with_for_update()).all():
        work.audit_many(actor, "revoke_key", _revoke_with_descendants(work, key), revoked_with=str(key.id))


def _revoke_with_descendants(work: Work, row: ApiKey) -> list[ApiKey]:
    """Revoke a locked key and, generation by generation, the keys that they created; returns the revoked.

    Creating a key locks its parent. So each statement waits for children that are being created, and the
    next one sees them.
    """
    revoked, generation = [], [row]
    while generation:
        living = [key for key in generation if key.revoked_at is None]
        for key in living:
            key.revoked_at = clock.now()
        revoked += living
        work.session.flush()
        children = select(ApiKey).where(ApiKey.parent_id.in_([key.id for key in generation]))
        locked = children.order_by(ApiKey.id).with_for_update().execution_options(populate_existing=True)
        generation = list(work.session.scalars(locked))
    return revoked


def _lock_admin_keys(work: Work) -> set[UUID]:
    """Ids of the keys with which an admin can create and revoke keys.

    They are locked in one order, so that two admins cannot revoke the last two at once.
    """
    living = (
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
    )
    return set(work.session.scalars(living))


def _may_revoke(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.kind == ADMIN or actor == PLATFORM else _is_held_by(actor)


def _is_held_by(actor: Actor) -> ColumnElement[bool]:
    return ApiKey.enterprise_id == actor.id if actor.kind == ENTERPRISE else ApiKey.staff_id == actor.id
