"""Who was invited becomes a member: as a new person, or as one who has logged in before."""

import logging
from typing import Any, cast
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from .... import clock
from ....enterprises import service as enterprises
from ....enterprises.models import Staff
from ....errors import Conflict, Invalid, TooMany, Unauthorised
from ....events.actor import ENTERPRISE, Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import INVITATION_LIFE, Invitation, InvitationStatus, LinkedAccount, Membership, Person, Right
from ..login.logging_in import is_called, lock_proven, require_password
from ..login.passwords import hash_password, require_strong
from ..login.second_factor import read_code
from ..login.sessions import end_sessions

MOST_MEMBERS = 500
"""Members of one enterprise; our own choice."""

log = logging.getLogger(__name__)


def join(data: dict[str, Any], address: str) -> Membership:
    """Accept an invitation.

    Who is a person already, by the address that was invited or the number given, says its own password.

    Args:
        data: `code`, `password`, and of a new person `name`, `phone` and `language`.
        address: where the call comes from.
    Raises:
        Invalid: the code is unknown, used or over (`invitation_invalid`); a new person gives no name, or on
            paper no number (`field_required`); the password is easily guessed.
        Unauthorised, TooMany: the password is not that of the person (`login_failed`, `login_waits`).
        Conflict: the person is a member already (`already_member`), or of staff (`already_staff`).
    """
    code_digest = digest(read_code(data["code"]))
    login, known = _who(code_digest, data)
    if known:
        try:
            proven = require_password(login, data["password"], address)
        except (Unauthorised, TooMany):
            _require_new_person(data, login)  # or a code that stays unused would say who has a log-in
            raise
    else:
        password_hash = hash_password(data["password"])  # first, as above a password is looked at first
        _require_new_person(data, login)
    try:
        with unit_of_work() as work:
            invitation = lock_open(work, code_digest)
            person = (
                lock_proven(work, proven) if known else work.add(_new_person(invitation, data, password_hash))
            )
            return accept(work, invitation, person)
    except IntegrityError as error:
        raise refusal_of(error) from error


def _who(code_digest: str, data: dict[str, Any]) -> tuple[str, bool]:
    """The address or number of whoever joins, and whether there is such a person."""
    with unit_of_work() as work:
        invitation = lock_open(work, code_digest)
        login = invitation.email or data["phone"]
        if login is None:
            raise Invalid("field_required", at="phone")
        query = select(Person.id).where(is_called(login), Person.erased_at.is_(None))
        return login, work.session.scalar(query) is not None


def lock_open(work: Work, code_digest: str) -> Invitation:
    """Raises: Invalid: `invitation_invalid`."""
    query = select(Invitation.id).where(
        Invitation.digest == code_digest, Invitation.status == InvitationStatus.OPEN
    )
    found = work.session.scalar(query)
    if found is None:
        raise Invalid("invitation_invalid", at="code")
    invitation = work.lock(Invitation, Invitation.id == found)
    if invitation.status != InvitationStatus.OPEN:
        raise Invalid("invitation_invalid", at="code")
    return invitation


def _require_new_person(data: dict[str, Any], login: str) -> None:
    """Raises: Invalid: a new person gives no name, or a password that is easily guessed."""
    if data["name"] is None:
        raise Invalid("field_required", at="name")
    require_strong(data["password"], data["name"], login, data["phone"])


def _new_person(invitation: Invitation, data: dict[str, Any], password_hash: str) -> Person:
    return Person(
        name=data["name"],
        email=invitation.email,
        phone=data["phone"],
        language=data["language"] or invitation.language,
        password_hash=password_hash,
        created_at=clock.now(),
    )


def accept(work: Work, invitation: Invitation, person: Person) -> Membership:
    """Make a locked person a member by a locked invitation that is open."""
    membership = admit(work, person, invitation.enterprise_id, invitation.right, invitation.staff_id)
    INVITATION_LIFE.move(invitation, "accept", by=Party.INVITED)
    invitation.person_id = person.id
    work.emit("invitation.accepted", invitation_id=str(invitation.id))
    return membership


def admit(
    work: Work, person: Person, enterprise_id: UUID | None, right: Right | None, staff_id: UUID | None = None
) -> Membership:
    """Make a person a member of an enterprise, or the member of staff.

    Of a person with an account elsewhere all sessions end: one that its provider began acts only for those
    for whom the provider may log it in.

    Raises:
        Conflict: the enterprise has as many as may be (`too_many_members`).
    """
    if enterprise_id is not None:
        enterprises.lock(work, enterprise_id)
        _require_room(work, enterprise_id)
    membership = work.add(
        Membership(
            person_id=person.id,
            enterprise_id=enterprise_id,
            staff_id=staff_id,
            right=right,
            person=person,
            created_at=clock.now(),
        )
    )
    if work.session.scalar(select(exists().where(LinkedAccount.person_id == person.id))):
        end_sessions(work, person.id)
    work.audit(_joined_as(work, membership), "join", membership, right=right)
    log.info("person joined", extra={"membership_id": str(membership.id)})
    return membership


def _require_room(work: Work, enterprise_id: UUID) -> None:
    members = select(Membership.id).where(
        Membership.enterprise_id == enterprise_id, Membership.ended_at.is_(None)
    )
    if len(work.session.scalars(members.limit(MOST_MEMBERS)).all()) >= MOST_MEMBERS:
        raise Conflict("too_many_members", most=MOST_MEMBERS)


def _joined_as(work: Work, membership: Membership) -> Actor:
    """Whom the audit names: the person, for the enterprise or as the member of staff that it has become."""
    if membership.enterprise_id is not None:
        return Actor(ENTERPRISE, membership.enterprise_id, person_id=membership.person_id)
    kind = work.session.scalar(select(Staff.kind).where(Staff.id == membership.staff_id))
    return Actor(str(kind), membership.staff_id, person_id=membership.person_id)


def refusal_of(error: IntegrityError) -> Conflict:
    """What it means that a constraint is broken, where two came at once or one comes again."""
    match cast(UniqueViolation, error.orig).diag.constraint_name:
        case "ix_membership_enterprise":
            return Conflict("already_member", at="code")
        case "ix_membership_staff":
            return Conflict("staff_is_taken", at="code")
        case "ix_membership_person_as_staff":
            return Conflict("already_staff", at="code")
        case _:
            return Conflict("person_exists", at="code")
