"""Invitations: made by an owner or an admin, withdrawn, lapsed."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import Staff
from ....errors import Conflict, Invalid, NotFound, TooMany
from ....events.actor import Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import CURRENT, INVITATION_LIFE, Invitation, InvitationStatus, Membership
from ..login.second_factor import random_code, read_code
from .belonging import governed_by, listed_for, of_whom

MOST_OPEN = 100
"""Invitations of one enterprise that may wait at once; our own choice."""
MOST_A_DAY = 50
"""Invitations that an enterprise may make within a day; our own choice."""
MAILED_ONCE = ("ix_invitation_mailed", "ix_invitation_mailed_to_staff")
"""The indexes of the one invitation of an address that is open."""
CODE_LENGTH = 20
"""Letters of a code: some 98 bits, more than anybody can try."""

log = logging.getLogger(__name__)


def invite(actor: Actor, data: dict[str, Any]) -> tuple[Invitation, str | None]:
    """Invite somebody to become a member. An earlier invitation of the address that waits is taken back.

    Args:
        data: `right` in the actor's enterprise or, by an admin, `staff_id`; `email`, None for a code on
            paper; `language` of the e-mail.
    Returns:
        the invitation, and the code to be handed over, which is shown this once; None if it is mailed.
    Raises:
        Forbidden: the enterprise is frozen.
        Invalid: an enterprise names a member of staff or no right, or an admin the reverse.
        NotFound: there is no such member of staff.
        Conflict: so many wait (`too_many_invitations`), the address is invited by somebody else at this very
            moment (`invited_just_now`), or the member of staff is a person already (`staff_is_a_person`).
        TooMany: so many were made today (`too_many_invitations_today`).
    """
    _require_whole(actor, data)
    code = None if data["email"] else random_code(CODE_LENGTH)
    try:
        with unit_of_work() as work:
            invitation = _invite(work, actor, data, code)
    except IntegrityError as error:
        if cast(UniqueViolation, error.orig).diag.constraint_name in MAILED_ONCE:
            raise Conflict("invited_just_now", at="email") from error
        raise
    log.info("person invited", extra={"invitation_id": str(invitation.id)})
    return invitation, code


def _invite(work: Work, actor: Actor, data: dict[str, Any], code: str | None) -> Invitation:
    if data["email"] is not None:
        _withdraw_earlier(work, actor, data)  # before the enterprise is locked: as whoever accepts locks
    whom = _lock_inviter(work, actor, data)
    _require_few(work, whom)
    invitation = work.add(
        Invitation(
            **whom,
            right=data["right"],
            email=data["email"],
            language=data["language"],
            digest=digest(read_code(code)) if code else None,
            created_at=clock.now(),
        )
    )
    work.audit(actor, "invite", invitation, right=data["right"])
    if code is None:
        work.emit("invitation.made", invitation_id=str(invitation.id))
    return invitation


def _withdraw_earlier(work: Work, actor: Actor, data: dict[str, Any]) -> None:
    earlier = select(Invitation).where(
        *of_whom(Invitation, {"enterprise_id": actor.enterprise_id, "staff_id": data["staff_id"]}),
        func.lower(Invitation.email) == func.lower(data["email"]),
        Invitation.status == InvitationStatus.OPEN,
    )
    for invitation in work.session.scalars(earlier.with_for_update()).all():
        _withdraw(work, actor, invitation)


def invite_staff(actor: Actor, staff_id: UUID) -> str:
    """Invite the person who is a new member of staff; returns the code, which is shown this once."""
    code = random_code(CODE_LENGTH)
    with unit_of_work() as work:
        invitation = work.add(
            Invitation(staff_id=staff_id, digest=digest(read_code(code)), created_at=clock.now())
        )
        work.audit(actor, "invite", invitation)
    return code


def _require_whole(actor: Actor, data: dict[str, Any]) -> None:
    needed, unknown = ("staff_id", "right") if actor.is_admin else ("right", "staff_id")
    if data[unknown] is not None:
        raise Invalid("field_not_yours", at=unknown)
    if data[needed] is None:
        raise Invalid("field_required", at=needed)


def _lock_inviter(work: Work, actor: Actor, data: dict[str, Any]) -> dict[str, UUID | None]:
    """What the invited is to be a member of, locked against what happens to it meanwhile."""
    if actor.enterprise_id is not None:
        enterprises.require_unfrozen(enterprises.lock(work, actor.enterprise_id))
        return {"enterprise_id": actor.enterprise_id, "staff_id": None}
    staff = work.lock(Staff, Staff.id == data["staff_id"])
    taken = select(Membership.id).where(Membership.staff_id == staff.id, CURRENT)
    if work.session.scalar(taken) is not None:
        raise Conflict("staff_is_a_person", at="staff_id", name=staff.name)
    return {"enterprise_id": None, "staff_id": staff.id}


def _require_few(work: Work, whom: dict[str, UUID | None]) -> None:
    now = clock.now()
    is_recent = Invitation.created_at > now - timedelta(days=1)
    query = select(
        func.count().filter(Invitation.status == InvitationStatus.OPEN), func.count().filter(is_recent)
    ).where(*of_whom(Invitation, whom))
    waiting, made = work.session.execute(query).one()
    if waiting >= MOST_OPEN:
        raise Conflict("too_many_invitations", most=MOST_OPEN)
    if made >= MOST_A_DAY:
        raise TooMany("too_many_invitations_today", most=MOST_A_DAY)


def issue_code(work: Work, invitation_id: UUID) -> tuple[Invitation, str, str] | None:
    """An open invitation, its address and its new code, to be mailed; None if it is open no more."""
    invitation = work.lock(Invitation, Invitation.id == invitation_id)
    if invitation.status != InvitationStatus.OPEN or invitation.email is None:
        return None
    code = random_code(CODE_LENGTH)
    invitation.digest = digest(read_code(code))
    return invitation, invitation.email, code


def find_invitation(actor: Actor, invitation_id: UUID) -> Invitation:
    """An invitation of the actor's enterprise or, for an admin, any. Raises: NotFound."""
    query = select(Invitation).where(Invitation.id == invitation_id, governed_by(actor, Invitation))
    invitation = db.session.scalars(query).one_or_none()
    if invitation is None:
        raise NotFound()
    return invitation


def list_invitations(
    actor: Actor, query: dict[str, Any], after: UUID | None, limit: int
) -> Sequence[Invitation]:
    """Invitations of the actor's enterprise or, for an admin, of staff, newest first.

    Args:
        query: `status`, None for all.
    """
    conditions: list[ColumnElement[bool]] = [listed_for(actor, Invitation)]
    if query["status"] is not None:
        conditions.append(Invitation.status == query["status"])
    if after is not None:
        conditions.append(Invitation.id < after)
    rows = select(Invitation).where(*conditions).order_by(Invitation.id.desc()).limit(limit)
    return db.session.scalars(rows).all()


def withdraw_invitation(actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back: its code opens nothing any more.

    Raises:
        NotFound: it is another's. Conflict: it waits no more (`wrong_state`).
    """
    with unit_of_work() as work:
        invitation = work.lock(Invitation, Invitation.id == invitation_id, governed_by(actor, Invitation))
        _withdraw(work, actor, invitation)


def _withdraw(work: Work, actor: Actor, invitation: Invitation) -> None:
    INVITATION_LIFE.move(invitation, "withdraw", by=Party.ADMIN if actor.is_admin else Party.OWNER)
    work.audit(actor, "withdraw", invitation)
    work.emit("invitation.withdrawn", invitation_id=str(invitation.id))


def lapse_invitation(work: Work, invitation: Invitation) -> None:
    """End a locked invitation that nobody accepted in time."""
    INVITATION_LIFE.move(invitation, "lapse", by=Party.CLOCK)
    work.emit("invitation.lapsed", invitation_id=str(invitation.id))
