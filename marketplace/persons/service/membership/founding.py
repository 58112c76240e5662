"""A person registers an enterprise and becomes its first owner."""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....errors import TooMany, Unauthorised
from ....events.actor import ENTERPRISE, Actor
from ....events.work import Work, unit_of_work
from ...models import Membership, Person, Right
from ..login.logging_in import Proven, is_called, lock_proven, require_password
from ..login.passwords import hash_password, require_strong
from .joining import refusal_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Founder:
    """Who registers: a person who has said its password, or what a new one is written with."""

    known: Proven | None
    new: dict[str, Any]


def founder_of(data: dict[str, Any], about: dict[str, Any], address: str) -> Founder:
    """Who registers an enterprise: a person who has logged in before says its own password.

    To be called before the transaction of the registration, so that a wrong guess is counted. Who gives a
    wrong password hears whatever a new person would be refused for, of an enterprise that is there already
    or a password that is easily guessed: else this would say, again and again and leaving nothing, who has a
    log-in. What remains is that a registration that is made tells its number was new: it leaves an
    enterprise for staff to review each time, and the number, which nobody proves, can be logged in with at
    once.

    Args:
        data: `name`, `phone`, `password`, `language`.
        about: the enterprise, as `enterprises.register_pending` takes it.
        address: where the call comes from.

    Raises:
        Conflict: the USCC is registered already (`uscc_taken`).
        Invalid: the password of a new person is easily guessed.
        Unauthorised, TooMany: the password is not that of the person (`login_failed`, `login_waits`).
    """
    living = (is_called(data["phone"]), Person.erased_at.is_(None))
    if db.session.scalar(select(Person.id).where(*living)) is not None:
        try:
            return Founder(require_password(data["phone"], data["password"], address), {})
        except (Unauthorised, TooMany):
            require_strong(data["password"], data["name"], data["phone"])
            enterprises.refuse_taken(about)
            raise
    password_hash = hash_password(data["password"])  # before it is judged: it takes as long as the other way
    require_strong(data["password"], data["name"], data["phone"])
    named = {name: data[name] for name in ("name", "phone", "language")}
    return Founder(None, {**named, "password_hash": password_hash})


def register_enterprise(founder: Founder, data: dict[str, Any]) -> Enterprise:
    """Register an enterprise, pending, without a key: its owner creates one when a program needs it.

    Args:
        data: as `enterprises.register_pending` takes it.

    Raises:
        Invalid, Conflict: as that says; somebody of that number has just become a person (`person_exists`).
        Unauthorised: the password has just been set anew (`login_failed`).
    """
    with unit_of_work() as work:
        try:
            person = _person(work, founder)
        except IntegrityError as error:
            raise refusal_of(error) from error
        enterprise = enterprises.register_pending(work, data, person.id)
        membership = work.add(
            Membership(
                person_id=person.id,
                enterprise_id=enterprise.id,
                right=Right.OWNER,
                person=person,
                created_at=clock.now(),
            )
        )
        owner = Actor(ENTERPRISE, enterprise.id, person_id=person.id)
        work.audit(owner, "join", membership, right=membership.right)
    log.info("person founded", extra={"membership_id": str(membership.id)})
    return enterprise


def _person(work: Work, founder: Founder) -> Person:
    if founder.known is not None:
        return lock_proven(work, founder.known)
    return work.add(Person(**founder.new, created_at=clock.now()))
