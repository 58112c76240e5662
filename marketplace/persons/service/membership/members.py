"""Members of an enterprise, and of the staff: listed, given other rights, ended."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise, Staff
from ....errors import Conflict, Invalid, NotFound
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ...models import Membership, Person, Right
from ..bound_keys import end_keys_of
from ..login.sessions import end_sessions_of
from .belonging import governed_by, listed_for

MOST_OF_STAFF = 200
"""Of whom a page lets one be chosen."""

log = logging.getLogger(__name__)


def find_member(actor: Actor, member_id: UUID) -> Membership:
    """A current membership in the actor's enterprise or, for an admin, any. Raises: NotFound."""
    query = select(Membership).where(
        Membership.id == member_id, Membership.ended_at.is_(None), governed_by(actor, Membership)
    )
    member = db.session.scalars(query.options(joinedload(Membership.person))).one_or_none()
    if member is None:
        raise NotFound()
    return member


def list_members(actor: Actor, after: UUID | None, limit: int) -> Sequence[Membership]:
    """Members of the actor's enterprise or, for an admin, of staff, who joined first first."""
    query = select(Membership).where(Membership.ended_at.is_(None), listed_for(actor, Membership))
    if after is not None:
        query = query.where(Membership.id > after)
    rows = query.options(joinedload(Membership.person)).order_by(Membership.id).limit(limit)
    return db.session.scalars(rows).all()


def reachable_officers(person_id: UUID | None = None) -> Sequence[Any]:
    """Members of staff who are persons with a proven address: rows of person_id, email, language, region.

    Args:
        person_id: of one of them; None for all.
    """
    query = (
        select(Person.id.label("person_id"), Person.email, Person.language, Staff.region)
        .join(Membership, Membership.person_id == Person.id)
        .join(Staff, Staff.id == Membership.staff_id)
        .where(Membership.ended_at.is_(None), Person.erased_at.is_(None), Person.email.is_not(None))
        .order_by(Person.id)
    )
    if person_id is not None:
        query = query.where(Person.id == person_id)
    return db.session.execute(query).all()


def memberships_of(person_id: UUID) -> Sequence[Any]:
    """What a person is a member of, in the order of joining: rows of id, right, name."""
    query = (
        select(Membership.id, Membership.right, func.coalesce(Enterprise.name, Staff.name).label("name"))
        .outerjoin(Enterprise, Enterprise.id == Membership.enterprise_id)
        .outerjoin(Staff, Staff.id == Membership.staff_id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Membership.id)
    )
    return db.session.execute(query).all()


def staff_without_person() -> Sequence[Any]:
    """Members of staff who are known by keys only, by name: rows of id and name."""
    taken = select(Membership.id).where(Membership.staff_id == Staff.id, Membership.ended_at.is_(None))
    query = select(Staff.id, Staff.name).where(~taken.exists()).order_by(Staff.name, Staff.id)
    return db.session.execute(query.limit(MOST_OF_STAFF)).all()


def change_right(actor: Actor, member_id: UUID, right: Right, expected: int | None) -> Membership:
    """Give a member of an enterprise another right.

    Raises:
        Invalid: it is a member of staff, who has none (`staff_has_no_right`).
        Conflict: nobody else is an owner (`last_owner`).
        PreconditionFailed: it was changed since `expected` was read.
    """
    with unit_of_work() as work:
        member = _lock(work, actor, member_id)
        enterprises.require_version(member, expected)
        if member.enterprise_id is None:
            raise Invalid("staff_has_no_right", at="right")
        if member.right == right:
            return member
        if member.right == Right.OWNER:
            _require_other_owner(work, member)
        before, member.right = member.right, right
        work.audit(actor, "change_right", member, changes={"right": [before, right]})
    return member


def end_membership(actor: Actor, member_id: UUID) -> None:
    """End a membership, with the sessions that act by it and the keys that are bound to it.

    Raises:
        NotFound: there is none, or it is another's. Conflict: nobody else is an owner (`last_owner`).
    """
    with unit_of_work() as work:
        end_locked(work, actor, _lock(work, actor, member_id))
    log.info("membership ended", extra={"membership_id": str(member_id)})


def end_locked(work: Work, actor: Actor, member: Membership, *, with_last_owner: bool = False) -> None:
    """End a membership that is locked, its enterprise before it.

    The last owner leaves only an enterprise that is over.

    Raises:
        Conflict: nobody else is an owner (`last_owner`).
    """
    if member.right == Right.OWNER and not with_last_owner:
        _require_other_owner(work, member)
    member.ended_at = clock.now()
    end_sessions_of(work, member.id)
    end_keys_of(work, actor, member)
    work.audit(actor, "end_membership", member)


def _lock(work: Work, actor: Actor, member_id: UUID) -> Membership:
    """The membership, locked; of an enterprise after the enterprise, so that owners leave one by one."""
    found = find_member(actor, member_id)
    if found.enterprise_id is not None:
        enterprises.lock(work, found.enterprise_id)
    member = work.lock(Membership, Membership.id == found.id, Membership.ended_at.is_(None))
    work.session.refresh(member, ["person"])
    return member


def _require_other_owner(work: Work, member: Membership) -> None:
    others = select(Membership.id).where(
        Membership.enterprise_id == member.enterprise_id,
        Membership.ended_at.is_(None),
        Membership.right == Right.OWNER,
        Membership.id != member.id,
    )
    if work.session.scalar(others.limit(1)) is None:
        raise Conflict("last_owner")
