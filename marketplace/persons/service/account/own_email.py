"""Another e-mail address of a person: it counts once a code that is mailed there has been typed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from .... import clock
from ....errors import Invalid, TooMany
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import EmailChange, Person
from ..login.failures import forget_failures, note_attempt
from ..login.password_reset import void_links
from ..login.second_factor import random_code, read_code
from .own import lock_myself, refuse_taken, require_own_password

VALIDITY = timedelta(hours=1)
"""How long a code works; our own choice."""
MOST_A_DAY = 3
"""Codes for one person within a day; our own choice."""
CODE_LENGTH = 10


def request_email(actor: Actor, email: str, password: str, address: str) -> None:
    """Have a code mailed to a new address. Whether somebody else logs in with it is not said.

    Raises:
        Unauthorised: the password is wrong (`password_wrong`).
        TooMany: it was asked for too often (`login_waits`, `too_many_codes_today`).
    """
    kept = require_own_password(actor, password, address)
    with unit_of_work() as work:
        person = lock_myself(work, actor, kept)
        recent = (
            EmailChange.person_id == person.id,
            EmailChange.created_at > clock.now() - timedelta(days=1),
        )
        if (work.session.scalar(select(func.count()).where(*recent)) or 0) >= MOST_A_DAY:
            raise TooMany("too_many_codes_today", most=MOST_A_DAY)
        change = work.add(EmailChange(person_id=person.id, email=email, created_at=clock.now()))
        work.audit(actor, "ask_for_email", person)
        work.emit("person.email_asked", email_change_id=str(change.id))


def issue_email_code(work: Work, change_id: UUID) -> tuple[Person, str, str] | None:
    """The person, the new address and the code, to be mailed; None if it is too late or nobody's any more."""
    change = work.lock(EmailChange, EmailChange.id == change_id)
    person = work.session.get_one(Person, change.person_id)
    is_over = clock.now() >= change.created_at + VALIDITY
    if is_over or change.used_at is not None or person.erased_at is not None:
        return None
    code = random_code(CODE_LENGTH)
    change.digest = digest(f"{change.person_id} {read_code(code)}")
    return person, change.email, code


def confirm_email(actor: Actor, code: str, address: str) -> Person:
    """Take the address to which this code was mailed; links to a password that the earlier one got are void.

    Raises:
        Invalid: the code is wrong, used or over (`code_invalid`). TooMany: too often (`login_waits`).
        Conflict: somebody else logs in with the address (`login_taken`).
    """
    guessed = f"email code {actor.person_id}"
    note_attempt(guessed, address)
    try:
        with unit_of_work() as work:
            person = lock_myself(work, actor)
            change = work.session.scalars(
                select(EmailChange).where(
                    EmailChange.person_id == person.id,
                    EmailChange.digest == digest(f"{person.id} {read_code(code)}"),
                    EmailChange.used_at.is_(None),
                    EmailChange.created_at > clock.now() - VALIDITY,
                )
            ).one_or_none()
            if change is None:
                raise Invalid("code_invalid", at="code")
            change.used_at, person.email = clock.now(), change.email
            void_links(work, person.id)
            work.audit(actor, "change_myself", person, fields=["email"])
    except IntegrityError as error:
        refuse_taken(error, "email")
        raise
    forget_failures(guessed, address)
    return person
