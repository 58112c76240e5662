"""A person is erased: whatever says who it is goes, and history shows its number (PIPL, art. 47)."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import ApiKey, Staff
from ....errors import Conflict, Invalid, NotFound
from ....events.actor import PLATFORM, Actor
from ....events.work import Work, unit_of_work
from ...models import (
    AccessReset,
    EmailChange,
    Invitation,
    InvitationStatus,
    LinkedAccount,
    LoginFailure,
    Membership,
    Passkey,
    PasswordReset,
    Person,
    RecoveryCode,
    Session,
)
from ..login.access_reset import end_open_resets
from ..login.failures import about
from ..login.logging_in import in_one_form, is_called
from ..membership.members import end_locked
from .own import lock_myself, require_own_password

WITH_THE_PERSON = (RecoveryCode, PasswordReset, EmailChange, Session, Passkey, LinkedAccount)
"""Tables whose rows go with a person, each with `person_id`."""
AT_ONCE = 500
"""Persons whom one run of a retention rule erases at most; the next run goes on."""

log = logging.getLogger(__name__)


def find_person(actor: Actor, person_id: UUID) -> Person:
    """A person, for an admin. Raises: NotFound: there is none, or it was erased."""
    person = db.session.get(Person, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound()
    return person


def find_person_called(actor: Actor, login: str) -> Person:
    """The person with this address or number, as it was typed, for an admin.

    Raises:
        Invalid: nobody logs in so (`person_unknown`).
    """
    called = is_called(in_one_form(login) or login)
    person = db.session.scalars(select(Person).where(called, Person.erased_at.is_(None))).one_or_none()
    if person is None:
        raise Invalid("person_unknown", at="login")
    return person


def erase_oneself(actor: Actor, password: str, address: str) -> None:
    """Erase the person who acts; all its memberships end.

    Raises:
        Unauthorised: the password is wrong (`password_wrong`). TooMany: too often (`login_waits`).
        Conflict: it is of staff, whom an admin erases (`staff_erased_by_admin`), or the last owner of an
            enterprise (`last_owner`).
    """
    kept = require_own_password(actor, password, address)
    with unit_of_work() as work:
        person = lock_myself(work, actor, kept)
        members = _lock_memberships(work, person.id)
        if any(member.staff_id is not None for member in members):
            raise Conflict("staff_erased_by_admin")
        _erase(work, actor, person, members)


def erase_person(actor: Actor, person_id: UUID, reason: str) -> Person:
    """Erase a person, as an admin; the own one another admin erases.

    Raises:
        NotFound: there is none, or it was erased before.
        Conflict: it is the admin's own person (`staff_erased_by_admin`), or the last owner of an enterprise
            (`last_owner`).
    """
    with unit_of_work() as work:
        person = work.lock(Person, Person.id == person_id, Person.erased_at.is_(None))
        members = _lock_memberships(work, person_id)
        if any(member.staff_id == actor.id for member in members) or actor.person_id == person_id:
            raise Conflict("staff_erased_by_admin")
        _erase(work, actor, person, members, reason=reason)
    return person


def _lock_memberships(work: Work, person_id: UUID) -> list[Membership]:
    """The current memberships of a locked person, locked; their enterprises before them, in one order."""
    current = (Membership.person_id == person_id, Membership.ended_at.is_(None))
    firms = select(Membership.enterprise_id).where(*current).order_by(Membership.enterprise_id)
    for enterprise_id in work.session.scalars(firms).all():
        if enterprise_id is not None:
            enterprises.lock(work, enterprise_id)
    locked = select(Membership).where(*current).order_by(Membership.id).with_for_update(key_share=True)
    return list(work.session.scalars(locked.execution_options(populate_existing=True)))


def _erase(
    work: Work, actor: Actor, person: Person, members: list[Membership], reason: str | None = None
) -> None:
    """Erase a locked person and end its locked memberships."""
    for member in members:
        end_locked(work, actor, member)
    _forget_traces(work, person)
    person.name, person.email, person.phone, person.password_hash = "", None, None, ""
    person.totp_secret = person.totp_since = person.totp_step = None
    person.erased_at = clock.now()
    work.audit(actor, "erase_person", person, **({"reason": reason} if reason else {}))
    log.info("person erased", extra={"person_id": str(person.id)})


def _forget_traces(work: Work, person: Person) -> None:
    """Delete or blank what else says who a locked person is."""
    run = work.session.execute
    for model in WITH_THE_PERSON:
        run(delete(model).where(model.person_id == person.id))
    logins = [about(login) for login in (person.email, person.phone) if login]
    run(delete(LoginFailure).where(LoginFailure.login.in_(logins)))
    of_person = Invitation.person_id == person.id
    if person.email is not None:
        is_over = Invitation.status != InvitationStatus.OPEN
        to_person = func.lower(Invitation.email) == person.email.casefold()
        run(update(Invitation).where(or_(of_person, to_person & is_over)).values(email=None))
    else:
        run(update(Invitation).where(of_person).values(email=None))
    run(update(ApiKey).where(ApiKey.person_id == person.id).values(name=""))
    end_open_resets(work, person.id)
    run(update(AccessReset).where(AccessReset.person_id == person.id).values(reason=""))
    of_staff = select(Membership.staff_id).where(Membership.person_id == person.id)
    run(update(Staff).where(Staff.id.in_(of_staff), Staff.name == person.name).values(name=str(person.no)))


def forget_people(work: Work, enterprise_id: UUID, *, is_over: bool) -> None:
    """Blank whom a locked enterprise invited and, where it is over, end its memberships.

    Who is then a member of nothing is erased when its time has passed.
    """
    of_firm = Invitation.enterprise_id == enterprise_id
    over = (Invitation.status != InvitationStatus.OPEN, Invitation.email.is_not(None))
    work.session.execute(update(Invitation).where(of_firm, *over).values(email=None))
    if not is_over:
        return
    members = select(Membership).where(
        Membership.enterprise_id == enterprise_id, Membership.ended_at.is_(None)
    )
    for member in work.session.scalars(members.order_by(Membership.id).with_for_update(key_share=True)).all():
        end_locked(work, PLATFORM, member, with_last_owner=True)


def erase_without_membership(work: Work, ended_before: datetime) -> None:
    """Erase persons whose last membership ended before a moment; a rule of retention."""
    last_end = (
        select(func.max(Membership.ended_at)).where(Membership.person_id == Person.id).scalar_subquery()
    )
    is_member = select(Membership.id).where(Membership.person_id == Person.id, Membership.ended_at.is_(None))
    query = select(Person).where(
        Person.erased_at.is_(None),
        ~is_member.exists(),
        func.coalesce(last_end, Person.created_at) < ended_before,
    )
    for person in work.session.scalars(query.limit(AT_ONCE).with_for_update(of=Person, skip_locked=True)):
        _erase(work, PLATFORM, person, [])


def forget_invited(work: Work, made_before: datetime) -> None:
    """Blank the addresses of invitations that are over; a rule of retention."""
    over = (Invitation.status != InvitationStatus.OPEN, Invitation.email.is_not(None))
    work.session.execute(
        update(Invitation).where(*over, Invitation.created_at < made_before).values(email=None)
    )


def forget_links(work: Work, made_before: datetime) -> None:
    """Delete links to a password and codes for an address; a rule of retention."""
    for model in (PasswordReset, EmailChange):
        work.session.execute(delete(model).where(model.created_at < made_before))
