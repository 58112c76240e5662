"""A password or second factor that is lost: two admins give it up, a code on paper sets it again.

The first admin proposes after seeing who the person is, a second one confirms and hands over the code. The
code alone opens nothing: who lost the second factor still says the password, who lost the password shows the
second factor at the next log-in.
"""

import logging
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from psycopg.errors import CheckViolation
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from .... import clock
from ....database import db
from ....errors import Conflict, Invalid, NotFound
from ....events.actor import PLATFORM, Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import (
    CONFIRMED_FOR,
    PROPOSED_FOR,
    RESET_LIFE,
    AccessReset,
    LoginFailure,
    Membership,
    Passkey,
    Person,
    RecoveryCode,
    ResetKind,
    ResetStatus,
)
from .failures import about, forget_failures, note_attempt
from .logging_in import in_one_form, is_called
from .password_reset import void_links
from .passwords import hash_password, is_password, require_strong
from .second_factor import random_code, read_code
from .sessions import end_sessions

CODE_LENGTH = 20
OPEN = (ResetStatus.PROPOSED, ResetStatus.CONFIRMED)
SHOWN = (
    "id",
    "status",
    "kind",
    "person_id",
    "reason",
    "proposed_by",
    "confirmed_by",
    "confirmed_at",
    "created_at",
)
log = logging.getLogger(__name__)


def propose_reset(actor: Actor, data: dict[str, Any]) -> AccessReset:
    """Propose to give up what a person has lost.

    Args:
        data: `login` of the person, `kind`, `reason`: how the admin knows who asks.
    Raises:
        Invalid: nobody logs in so (`person_unknown`), or there is no second factor (`no_second_factor`).
        Conflict: it is the admin's own (`reset_of_oneself`), or one is under way (`reset_under_way`).
    """
    try:
        with unit_of_work() as work:
            person = _find_by_login(work, data["login"])
            if person is None:
                raise Invalid("person_unknown", at="login")
            if data["kind"] == ResetKind.SECOND_FACTOR and person.totp_since is None:
                raise Invalid("no_second_factor", at="kind")
            row = work.add(
                AccessReset(
                    kind=data["kind"],
                    person_id=person.id,
                    person=person,
                    reason=data["reason"],
                    proposed_by=actor.id,
                    proposer_id=_person_of(work, actor),
                    created_at=clock.now(),
                )
            )
            work.audit(actor, "propose_reset", row, kind=data["kind"])
    except IntegrityError as error:
        _refuse(error)
        raise
    return row


def confirm_reset(actor: Actor, reset_id: UUID) -> tuple[AccessReset, str]:
    """Confirm as a second admin; returns the code for the person's hands, which is shown this once.

    Raises:
        NotFound. Conflict: it waits no more (`wrong_state`), it needs another admin
            (`second_admin_needed`), or it is the admin's own (`reset_of_oneself`).
    """
    code = random_code(CODE_LENGTH)
    try:
        with unit_of_work() as work:
            row = _lock(work, reset_id)
            confirmer_id = _person_of(work, actor)
            RESET_LIFE.move(row, "confirm", by=Party.ADMIN)
            row.confirmed_by, row.confirmer_id = actor.id, confirmer_id
            row.confirmed_at, row.digest = clock.now(), digest(read_code(code))
            work.session.flush()
            work.audit(actor, "confirm_reset", row)
            work.emit("access_reset.confirmed", access_reset_id=str(row.id))
    except IntegrityError as error:
        _refuse(error)
        raise
    log.info("reset confirmed", extra={"access_reset_id": str(reset_id)})
    return row, code


def withdraw_reset(actor: Actor, reset_id: UUID) -> AccessReset:
    """Take a reset back: its code opens nothing. Raises: NotFound. Conflict (`wrong_state`)."""
    with unit_of_work() as work:
        row = _lock(work, reset_id)
        RESET_LIFE.move(row, "withdraw", by=Party.ADMIN)
        row.digest = None
        work.audit(actor, "withdraw", row)
        work.emit("access_reset.withdrawn", access_reset_id=str(row.id))
    return row


def end_open_resets(work: Work, person_id: UUID) -> None:
    """Take back what is under way for a person who is erased."""
    under_way = select(AccessReset).where(AccessReset.person_id == person_id, AccessReset.status.in_(OPEN))
    for row in work.session.scalars(under_way.with_for_update()).all():
        RESET_LIFE.move(row, "withdraw", by=Party.SYSTEM)
        row.digest = None
        work.emit("access_reset.withdrawn", access_reset_id=str(row.id))
    work.session.flush()


def lapse_reset(work: Work, row: AccessReset) -> None:
    """End a locked reset that nobody confirmed, or used, in time."""
    RESET_LIFE.move(row, "lapse", by=Party.CLOCK)
    row.digest = None
    work.emit("access_reset.lapsed", access_reset_id=str(row.id))


def use_reset(data: dict[str, Any], address: str) -> None:
    """Set a new password, or give up the second factor, with the code on paper; all sessions end.

    Args:
        data: `login`, `code`, and `password`: the new one, or the present one of who lost the second factor.
        address: where the call comes from.
    Raises:
        Invalid: the code is wrong, used or over, or the password is wrong (`reset_refused`); or the new
            password is easily guessed.
        TooMany: too often (`login_waits`).
    """
    guessed = f"reset {data['login']}"
    note_attempt(guessed, address)
    with unit_of_work() as work:
        person = _find_by_login(work, data["login"])
        row = _lock_usable(work, person, data["code"]) if person else None
        kept = person.password_hash if person and row and row.kind == ResetKind.SECOND_FACTOR else None
        if person is None or row is None:
            is_password(None, data["password"])
            raise Invalid("reset_refused", at="code")
        if row.kind == ResetKind.SECOND_FACTOR:
            if not is_password(kept, data["password"]):
                raise Invalid("reset_refused", at="code")
            _give_up_factor(work, person)
        else:
            require_strong(data["password"], person.name, person.email, person.phone)
            person.password_hash = hash_password(data["password"])
            void_links(work, person.id)
        RESET_LIFE.move(row, "use", by=Party.PERSON)
        row.digest = None
        end_sessions(work, person.id)
        logins = [about(login) for login in (person.email, person.phone) if login]
        work.session.execute(delete(LoginFailure).where(LoginFailure.login.in_(logins)))
        work.audit(PLATFORM, "use_reset", row)
        work.emit("access_reset.used", access_reset_id=str(row.id))
    forget_failures(guessed, address)


def _give_up_factor(work: Work, person: Person) -> None:
    person.totp_secret = person.totp_since = person.totp_step = None
    for model in (RecoveryCode, Passkey):
        work.session.execute(delete(model).where(model.person_id == person.id))


def list_resets(query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[AccessReset]:
    """Resets, newest first. Args: query: `status`, None for all."""
    rows = select(AccessReset).options(joinedload(AccessReset.person)).order_by(AccessReset.id.desc())
    if query["status"] is not None:
        rows = rows.where(AccessReset.status == query["status"])
    if after is not None:
        rows = rows.where(AccessReset.id < after)
    return db.session.scalars(rows.limit(limit)).all()


def find_reset(actor: Actor, reset_id: UUID) -> AccessReset:
    """A reset, for an admin. Raises: NotFound."""
    query = select(AccessReset).where(AccessReset.id == reset_id).options(joinedload(AccessReset.person))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def present_reset(row: AccessReset) -> dict[str, Any]:
    """A reset with the person, never with its code; needs `person` to be loaded."""
    person = row.person
    term = {
        ResetStatus.PROPOSED: (row.created_at, PROPOSED_FOR),
        ResetStatus.CONFIRMED: (row.confirmed_at, CONFIRMED_FOR),
    }
    since, lasts = term.get(row.status, (None, None))
    return {
        **{name: getattr(row, name) for name in SHOWN},
        "person": {"no": person.no, "name": None if person.erased_at else person.name},
        "login": person.email or person.phone,
        "ends_at": since + lasts if since and lasts else None,
    }


def _lock(work: Work, reset_id: UUID) -> AccessReset:
    row = work.lock(AccessReset, AccessReset.id == reset_id)
    work.session.refresh(row, ["person"])
    return row


def _find_by_login(work: Work, login: str) -> Person | None:
    """The person with this address or number, as it was typed, locked."""
    one_form = in_one_form(login)
    if one_form is None:
        return None
    query = select(Person).where(is_called(one_form), Person.erased_at.is_(None))
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return work.session.scalars(locked).one_or_none()


def _lock_usable(work: Work, person: Person, code: str) -> AccessReset | None:
    query = select(AccessReset).where(
        AccessReset.person_id == person.id,
        AccessReset.digest == digest(read_code(code)),
        AccessReset.status == ResetStatus.CONFIRMED,
        AccessReset.confirmed_at > clock.now() - CONFIRMED_FOR,
    )
    return work.session.scalars(query.with_for_update()).one_or_none()


def _person_of(work: Work, actor: Actor) -> UUID | None:
    """Which person an admin is: also behind a key that is bound to nobody."""
    if actor.person_id is not None:
        return actor.person_id
    query = select(Membership.person_id).where(Membership.staff_id == actor.id, Membership.ended_at.is_(None))
    return work.session.scalar(query)


def _refuse(error: IntegrityError) -> None:
    """Say what it means that the database refuses, if it is known. Raises: Conflict."""
    match cast(CheckViolation, error.orig).diag.constraint_name:
        case "ck_access_reset_second_admin" | "ck_access_reset_second_person":
            raise Conflict("second_admin_needed") from error
        case "ck_access_reset_not_for_oneself":
            raise Conflict("reset_of_oneself") from error
        case "ix_access_reset_open":
            raise Conflict("reset_under_way") from error
