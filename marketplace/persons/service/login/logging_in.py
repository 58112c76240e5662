"""Logging in by e-mail address or telephone number and password."""

import logging
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from .... import identity
from ....errors import Unauthorised
from ....events.work import Work, unit_of_work
from ...models import Person
from .failures import forget_failures, note_attempt
from .passwords import HASHER, hash_password, is_password
from .sessions import begin

log = logging.getLogger(__name__)


class Proven(NamedTuple):
    """Whose password was right, and what was kept of it then."""

    person_id: UUID
    password_hash: str


def log_in(login: str, password: str, address: str, device: str = "") -> str:
    """Begin a session.

    Args:
        login: an e-mail address or a telephone number, as it was typed.
        address: where it comes from. device: what the browser calls itself.
    Returns:
        the token of the session, which is shown this once.
    Raises:
        Unauthorised: there is no such person, or the password is wrong (`login_failed`).
        TooMany: there were too many failures (`login_waits`).
    """
    typed = in_one_form(login) or login  # what is neither is refused like what nobody has
    proven = require_password(typed, password, address)
    with unit_of_work() as work:
        person = lock_proven(work, proven)
        if HASHER.check_needs_rehash(person.password_hash):
            person.password_hash = hash_password(password)
        token = begin(work, person, device)
    log.info("logged in", extra={"person_id": str(proven.person_id)})
    return token


def require_password(typed: str, password: str, address: str) -> Proven:
    """The person whose address or number, in its one form, and password these are.

    Raises:
        Unauthorised: `login_failed`. TooMany: `login_waits`.
    """
    note_attempt(typed, address)
    with unit_of_work() as work:
        found = work.session.execute(
            select(Person.id, Person.password_hash).where(is_called(typed), Person.erased_at.is_(None))
        ).one_or_none()
    if not is_password(found.password_hash if found else None, password):
        log.info("log-in refused", extra={"address": address})
        raise Unauthorised("login_failed")
    assert found is not None
    forget_failures(typed, address)
    return Proven(found.id, found.password_hash)


def lock_proven(work: Work, proven: Proven) -> Person:
    """A person whose password was right a moment ago, locked. A new one that was set meanwhile ended all
    sessions: none begins by the earlier.

    Raises:
        NotFound: it was erased meanwhile. Unauthorised: the password was set anew (`login_failed`).
    """
    person = work.lock(Person, Person.id == proven.person_id, Person.erased_at.is_(None))
    if person.password_hash != proven.password_hash:
        raise Unauthorised("login_failed")
    return person


def login_of(person: Person) -> str:
    """What the person logs in with."""
    return person.email or person.phone or ""


def in_one_form(login: str) -> str | None:
    """An address or number in its one form, as `is_called` takes it; None of what is neither."""
    try:
        return identity.email(login) if "@" in login else identity.phone(login)
    except ValueError:
        return None


def is_called(login: str) -> ColumnElement[bool]:
    """The condition of the person with this address or number, in its one form."""
    return func.lower(Person.email) == login.casefold() if "@" in login else Person.phone == login
