"""A forgotten password is set anew by a link that is mailed."""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from .... import clock, identity
from ....errors import Invalid
from ....events.actor import PLATFORM
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import PasswordReset, Person
from .logging_in import is_called
from .passwords import hash_password, require_strong
from .sessions import end_sessions

VALIDITY = timedelta(minutes=30)
"""How long a link works; our own choice."""
MOST_A_DAY = 3
"""Links to one person within a day; our own choice."""


def request_reset(login: str) -> None:
    """Have a link mailed to the person with this address, if there is one; nobody learns it."""
    try:
        address = identity.email(login)
    except ValueError:
        return
    with unit_of_work() as work:
        query = select(Person.id).where(is_called(address), Person.erased_at.is_(None))
        person_id = work.session.scalar(query)
        if person_id is not None and not _had_enough(work, person_id):
            work.emit("person.reset_requested", person_id=str(person_id))


def issue_reset(work: Work, person_id: UUID) -> tuple[Person, str, str] | None:
    """The person, its address and a new token, to be mailed; None if nothing may be mailed now."""
    person = work.lock(Person, Person.id == person_id)
    if person.email is None or person.erased_at is not None or _had_enough(work, person_id):
        return None
    token = secrets.token_urlsafe(32)
    work.add(PasswordReset(person_id=person_id, digest=digest(token), created_at=clock.now()))
    return person, person.email, token


def _had_enough(work: Work, person_id: UUID) -> bool:
    today = (PasswordReset.person_id == person_id, PasswordReset.created_at > clock.now() - timedelta(days=1))
    return (work.session.scalar(select(func.count()).where(*today)) or 0) >= MOST_A_DAY


def reset_password(token: str, password: str) -> None:
    """Set a new password; the link works once, its siblings no more, and all sessions end.

    Raises:
        Invalid: the link is unknown, used or over (`link_invalid`), or the password is easily guessed.
    """
    with unit_of_work() as work:
        query = select(PasswordReset.person_id).where(
            PasswordReset.digest == digest(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.created_at > clock.now() - VALIDITY,
        )
        person_id = work.session.scalar(query)
        if person_id is None:
            raise Invalid("link_invalid", at="token")
        person = work.lock(Person, Person.id == person_id)
        if person.erased_at is not None or work.session.scalar(query) is None:
            raise Invalid("link_invalid", at="token")
        require_strong(password, person.name, person.email, person.phone)
        person.password_hash = hash_password(password)
        void_links(work, person.id)
        end_sessions(work, person.id)
        work.audit(PLATFORM, "reset_password", person)


def void_links(work: Work, person_id: UUID) -> None:
    """Void what was mailed to a person: its password is another now, or its address."""
    unused = (PasswordReset.person_id == person_id, PasswordReset.used_at.is_(None))
    work.session.execute(update(PasswordReset).where(*unused).values(used_at=clock.now()))
