"""Keys that are bound to a person: they act with no more than its right, and end with its membership."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Uuid, bindparam, or_, select

from ...enterprises import service as enterprises
from ...enterprises.models import Staff
from ...errors import Invalid, Unauthorised
from ...events.actor import ENTERPRISE, Actor
from ...events.work import Work
from ...messages.names import Name
from ...statements import Statement
from ..models import Membership, Right
from .login.sessions import SCOPES_OF, STAFF_SCOPES

FIND = Statement(
    select(Membership.right).where(
        Membership.person_id == bindparam("person_id", type_=Uuid),
        or_(
            Membership.enterprise_id == bindparam("holder_id", type_=Uuid),
            Membership.staff_id == bindparam("holder_id", type_=Uuid),
        ),
        Membership.ended_at.is_(None),
    )
)


def actor_of_key(key_digest: str) -> Actor:
    """Check a key: who acts with it.

    Raises:
        Unauthorised: it is no key that is valid, or the person to whom it is bound is a member no more
            (`key_of_former_member`).
    """
    actor = enterprises.actor_of_key(key_digest)
    if actor.person_id is None:
        return actor
    member = FIND.one_or_none(person_id=actor.person_id, holder_id=actor.id)
    if member is None:
        raise Unauthorised("key_of_former_member")
    return replace(actor, scopes=actor.scopes & _scopes(actor.kind, member.right))


def _scopes(kind: str, right: str | None) -> frozenset[str]:
    return frozenset(SCOPES_OF[Right(right)] if right else STAFF_SCOPES.get(kind, ("read",)))


def require_member(work: Work, actor: Actor, person_id: UUID, scopes: Iterable[str]) -> None:
    """Refuse a key for somebody who is no member of the actor's enterprise, or not that member of staff, or
    who may do less than the key.

    Raises:
        Invalid: `person_no_member`, or `right_covers_less`.
    """
    member = work.session.scalars(
        select(Membership)
        .where(
            Membership.person_id == person_id,
            or_(Membership.enterprise_id == actor.id, Membership.staff_id == actor.id),
            Membership.ended_at.is_(None),
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    if member is None:
        raise Invalid("person_no_member", at="person_id")
    beyond = sorted(set(scopes) - _scopes(actor.kind, member.right))
    if beyond:
        raise Invalid("right_covers_less", at="scopes", scope=Name("scope", beyond[0]))


def end_keys_of(work: Work, actor: Actor, member: Membership) -> None:
    """End the keys that are bound to a membership that ends."""
    if member.enterprise_id is not None:
        holder = Actor(ENTERPRISE, member.enterprise_id)
    else:
        holder = Actor(
            str(work.session.scalar(select(Staff.kind).where(Staff.id == member.staff_id))), member.staff_id
        )
    enterprises.revoke_keys_of_person(work, actor, member.person_id, holder)
