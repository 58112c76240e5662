"""What a person says of itself: name, language, number, password; the audit says that it changed."""

from typing import Any, cast
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import false, select, update
from sqlalchemy.exc import IntegrityError

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Conflict, Forbidden, Invalid, Unauthorised
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ...models import Person, Session
from ..login.failures import forget_failures, note_attempt
from ..login.password_reset import void_links
from ..login.passwords import hash_password, is_password, require_strong

SHOWN = ("no", "name", "email", "phone", "language", "created_at")


def myself(actor: Actor) -> Person:
    """The person who acts. Raises: Forbidden: a key acts that is bound to nobody (`person_needed`)."""
    return db.session.get_one(Person, _person_id(actor))


def present_myself(person: Person) -> dict[str, Any]:
    """What a person sees of itself."""
    shown = {name: getattr(person, name) for name in SHOWN}
    return {"id": person.id, **shown, "has_second_factor": person.totp_since is not None}


def change_myself(actor: Actor, data: dict[str, Any], expected: int | None) -> Person:
    """Set the own name or language.

    Args:
        data: `name`, `language`; what is missing stays.
    Raises:
        PreconditionFailed: it was changed since `expected` was read.
    """
    with unit_of_work() as work:
        person = lock_myself(work, actor)
        enterprises.require_version(person, expected)
        changed = [name for name, value in data.items() if getattr(person, name) != value]
        for name in changed:
            setattr(person, name, data[name])
        if changed:
            work.audit(actor, "change_myself", person, fields=sorted(changed))
    return person


def change_password(
    actor: Actor, current: str, password: str, address: str, session_id: UUID | None = None
) -> None:
    """Set the own password, which the present one is asked for; all other sessions and mailed links end.

    Args:
        address: where the call comes from. session_id: the session that stays.
    Raises:
        Unauthorised: the present password is wrong (`password_wrong`). TooMany: too often (`login_waits`).
        Invalid: the new one is easily guessed.
    """
    kept = require_own_password(actor, current, address, at="current_password")
    with unit_of_work() as work:
        person = lock_myself(work, actor, kept)
        require_strong(password, person.name, person.email, person.phone)
        person.password_hash = hash_password(password)
        void_links(work, person.id)
        others = (Session.person_id == person.id, Session.ended_at.is_(None))
        stays = Session.id == session_id if session_id else false()
        work.session.execute(update(Session).where(*others, ~stays).values(ended_at=clock.now()))
        work.audit(actor, "change_password", person)


def change_phone(actor: Actor, phone: str | None, password: str, address: str) -> Person:
    """Set or take away the own number, with which one logs in; the password is asked for.

    Raises:
        Unauthorised: the password is wrong (`password_wrong`). TooMany: it was, or another's number was
            given, too often (`login_waits`).
        Invalid: neither address nor number would be left (`person_unreachable`).
        Conflict: somebody else logs in with it (`login_taken`).
    """
    kept = require_own_password(actor, password, address)
    tried = f"own number {_person_id(actor)}"
    note_attempt(
        tried, address
    )  # one that is taken stays noted: nobody asks so through whose numbers these are
    try:
        with unit_of_work() as work:
            person = lock_myself(work, actor, kept)
            if phone is None and person.email is None:
                raise Invalid("person_unreachable", at="phone")
            person.phone = phone
            work.audit(actor, "change_myself", person, fields=["phone"])
    except IntegrityError as error:
        refuse_taken(error, "phone")
        raise
    forget_failures(tried, address)
    return person


def refuse_taken(error: IntegrityError, field: str) -> None:
    """Say that another person has the address or number, if that is what is broken. Raises: Conflict."""
    if cast(UniqueViolation, error.orig).diag.constraint_name == f"ix_person_{field}":
        raise Conflict("login_taken", at=field) from error


def require_own_password(actor: Actor, password: str, address: str, at: str = "password") -> str:
    """What is kept of the own password, once it was said; `lock_myself` compares it.

    Raises: Unauthorised: the password is wrong (`password_wrong`). TooMany: too often (`login_waits`)."""
    person_id = _person_id(actor)
    guessed = f"own password {person_id}"
    note_attempt(guessed, address)
    with unit_of_work() as work:
        kept = work.session.scalar(select(Person.password_hash).where(Person.id == person_id))
    if not is_password(kept, password):
        raise Unauthorised("password_wrong", at=at)
    assert kept is not None
    forget_failures(guessed, address)
    return kept


def lock_myself(work: Work, actor: Actor, kept: str | None = None) -> Person:
    """The person who acts, locked.

    Args:
        kept: what was kept of the password that it has said; None if it was not asked for.
    Raises:
        Forbidden: `person_needed`. Unauthorised: the password was set anew meanwhile (`password_wrong`).
    """
    person = work.lock(Person, Person.id == _person_id(actor), Person.erased_at.is_(None))
    if kept is not None and person.password_hash != kept:
        raise Unauthorised("password_wrong")
    return person


def _person_id(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Forbidden("person_needed")
    return actor.person_id
