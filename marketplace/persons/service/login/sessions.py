"""Sessions: a person who has logged in acts for one of the enterprises, or as the member of staff, it is."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, delete, func, select, update

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....enterprises.models import Enterprise, Staff
from ....events.actor import ADMIN, ENTERPRISE, SCOPES, Actor
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....settings import Settings
from ....statements import Statement
from ...models import Membership, Passkey, Person, Right, Session
from .failures import forget_failures, note_attempt
from .second_factor import require_factor

IDLE, ABSOLUTE = timedelta(hours=12), timedelta(days=14)
"""How long a session lasts unused, and in all."""
RECENT = timedelta(minutes=15)
"""How long after a proof of who it is a person may do what others would do with a session left open; our own
choice."""
NOTED_EVERY = timedelta(minutes=1)
"""How often at most a session notes that it is used."""
LONGEST_DEVICE = 200
SCOPES_OF = {
    Right.OWNER: SCOPES,
    Right.TRADER: ("read", "listings:write", "deals:write"),
    Right.VIEWER: ("read",),
    Right.DRIVER: (),
}
"""What a member of an enterprise may do by the API's scopes. A driver's page asks for the right itself."""
STAFF_SCOPES = {ADMIN: ("read", "admin")}

FIND = Statement(
    select(
        Session.id,
        Session.person_id,
        Session.created_at,
        Session.seen_at,
        Session.passed_at,
        Session.ended_at,
        Session.issuer,
        Person.name,
        Person.language,
        Person.totp_since,
        Person.erased_at,
        select(Passkey.id).where(Passkey.person_id == Person.id).exists().label("has_passkey"),
        Membership.id.label("membership_id"),
        Membership.right,
        Membership.ended_at.label("membership_ended_at"),
        Enterprise.id.label("enterprise_id"),
        Enterprise.name.label("enterprise_name"),
        Enterprise.status,
        Enterprise.roles,
        Staff.id.label("staff_id"),
        Staff.kind,
        Staff.name.label("staff_name"),
        func.coalesce(Enterprise.region, Staff.region).label("region"),
        catalogue.VERSION.label("reference_version"),
    )
    .join(Person, Person.id == Session.person_id)
    .outerjoin(Membership, Membership.id == Session.membership_id)
    .outerjoin(Enterprise, Enterprise.id == Membership.enterprise_id)
    .outerjoin(Staff, Staff.id == Membership.staff_id)
    .where(Session.digest == bindparam("digest"))
)
"""What every page asks."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who looks at a page.

    Attributes:
        actor: as whom the person acts; None as long as it lacks something.
        lacks: what must be done before the person acts for anybody: "second_factor" to be shown,
            "enrolment" of staff without one, "membership" of who is no member any more; None if nothing.
        acts_for: the name of the enterprise, or of the member of staff.
        has_factor: whether the person shows a second factor beside the password.
        is_recent: whether the person has just shown who it is: the second factor or, without one, the log-in.
        is_from_elsewhere: whether it has logged in with an account elsewhere.
    """

    session_id: UUID
    person_id: UUID
    name: str
    language: str
    actor: Actor | None
    right: Right | None
    acts_for: str | None
    lacks: str | None
    has_factor: bool
    is_recent: bool
    is_from_elsewhere: bool


@dataclass(frozen=True, slots=True)
class Acting(LoggedIn):
    """Who looks at a page and lacks nothing."""

    actor: Actor


def begin(
    work: Work,
    person: Person,
    device: str,
    has_passed: bool = False,
    membership_id: UUID | None = None,
    issuer: str | None = None,
) -> str:
    """Begin a session of a person who has shown who it is; returns its token, which is shown this once.

    Args:
        has_passed: whether that was two factors in one. membership_id: what it acts for, None for what it
            acted for last. issuer: of the account elsewhere with which it did.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    work.add(
        Session(
            digest=digest(token),
            person_id=person.id,
            membership_id=membership_id or _first_membership(work, person.id),
            device=device[:LONGEST_DEVICE],
            issuer=issuer,
            created_at=now,
            seen_at=now,
            passed_at=now if has_passed else None,
        )
    )
    return token


def _first_membership(work: Work, person_id: UUID) -> UUID | None:
    """What the person acted for last, else what it became a member of first."""
    last_used = select(func.max(Session.seen_at)).where(Session.membership_id == Membership.id)
    query = (
        select(Membership.id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(last_used.scalar_subquery().desc().nulls_last(), Membership.id)
        .limit(1)
    )
    return work.session.scalar(query)


def logged_in(token: str) -> LoggedIn | None:
    """Whoever has this session; None if it has ended. It notes that it is used.

    One that an account elsewhere began ends when the operator takes its provider away.
    """
    row = FIND.one_or_none(digest=digest(token))
    now = clock.now()
    if row is None or row.ended_at is not None or row.erased_at is not None:
        return None
    if now >= row.seen_at + IDLE or now >= row.created_at + ABSOLUTE:
        return None
    if row.issuer is not None and row.issuer not in _issuers():
        return None
    catalogue.see_version(row.reference_version)
    if now >= row.seen_at + NOTED_EVERY:
        _note_use(row.id, now)
    lacks = _lacks(row)
    about: dict[str, Any] = {
        "session_id": row.id,
        "person_id": row.person_id,
        "name": row.name,
        "language": row.language,
        "right": Right(row.right) if row.right else None,
        "acts_for": (row.enterprise_name or row.staff_name) if _is_member(row) else None,
        "lacks": lacks,
        "has_factor": _has_factor(row),
        "is_recent": now < _shown_at(row) + RECENT,
        "is_from_elsewhere": row.issuer is not None,
    }
    return LoggedIn(actor=None, **about) if lacks else Acting(actor=_actor(row), **about)


def _issuers() -> set[str]:
    """Of the providers whose accounts log in now."""
    settings: Settings = current_app.config["SETTINGS"]
    return {provider.issuer for provider in settings.openid_providers}


def _is_member(row: Any) -> bool:
    return row.membership_id is not None and row.membership_ended_at is None


def _lacks(row: Any) -> str | None:
    """What is missing."""
    if _has_factor(row) and row.passed_at is None:
        return "second_factor"
    if not _is_member(row):
        return "membership"
    return "enrolment" if row.staff_id is not None and row.passed_at is None else None


def _shown_at(row: Any) -> datetime:
    """When the person last showed who it is, with the second factor where it has one."""
    passed_at: datetime | None = row.passed_at if _has_factor(row) else None
    return passed_at or cast(datetime, row.created_at)


def _has_factor(row: Any) -> bool:
    """Staff whose passkey is its second factor shows it: a password alone sets no other."""
    return row.totp_since is not None or (row.staff_id is not None and row.has_passkey)


def _actor(row: Any) -> Actor:
    if row.enterprise_id is None:
        scopes = frozenset(STAFF_SCOPES.get(row.kind, ("read",)))
        return Actor(row.kind, row.staff_id, scopes, region=row.region, person_id=row.person_id)
    return Actor(
        ENTERPRISE,
        row.enterprise_id,
        frozenset(SCOPES_OF[Right(row.right)]),
        status=row.status,
        roles=frozenset(row.roles),
        region=row.region,
        person_id=row.person_id,
    )


def _note_use(session_id: UUID, now: datetime) -> None:
    with unit_of_work() as work:
        unnoted = (Session.id == session_id, Session.seen_at < now)
        work.session.execute(update(Session).where(*unnoted).values(seen_at=now))


def show_second_factor(session_id: UUID, code: str, address: str) -> None:
    """Take a code of the person's second factor for this session.

    Raises:
        NotFound: the session has ended.
        Unauthorised: the code is wrong (`second_factor_wrong`).
        TooMany: there were too many wrong ones (`login_waits`).
    """
    guessed = f"second factor {db.session.get_one(Session, session_id).person_id}"
    note_attempt(guessed, address)
    with unit_of_work() as work:
        session = _lock_current(work, session_id)
        person = work.lock(Person, Person.id == session.person_id)
        require_factor(work, person, code)
        session.passed_at = clock.now()
    forget_failures(guessed, address)


def pass_second_factor(session_id: UUID) -> None:
    """The person has just shown the second factor: this session need not ask again. Raises: NotFound."""
    with unit_of_work() as work:
        _lock_current(work, session_id).passed_at = clock.now()


def act_for(session_id: UUID, membership_id: UUID) -> None:
    """Act for another enterprise, or as the member of staff, that the person is. Raises: NotFound."""
    with unit_of_work() as work:
        session = _lock_current(work, session_id)
        of_person = (
            Membership.id == membership_id,
            Membership.person_id == session.person_id,
            Membership.ended_at.is_(None),
        )
        session.membership_id = work.lock(Membership, *of_person).id


def replace_session(token: str, earlier: str, *, acts_as_before: bool = True) -> None:
    """End the session that a browser had before it began another.

    Args:
        acts_as_before: whether the same person acts for the same by it.
    """
    with unit_of_work() as work:
        ended = update(Session).where(Session.digest == digest(earlier), Session.digest != digest(token))
        had = work.session.execute(
            ended.values(ended_at=func.coalesce(Session.ended_at, clock.now())).returning(
                Session.person_id, Session.membership_id
            )
        ).one_or_none()
        if had is None or not acts_as_before:
            return
        is_current = select(Membership.id).where(
            Membership.id == had.membership_id, Membership.ended_at.is_(None)
        )
        same = (Session.digest == digest(token), Session.person_id == had.person_id, is_current.exists())
        work.session.execute(update(Session).where(*same).values(membership_id=had.membership_id))


def list_sessions(person_id: UUID) -> Sequence[Session]:
    """A person's sessions that have not ended, the one used last first."""
    now = clock.now()
    query = select(Session).where(
        Session.person_id == person_id,
        Session.ended_at.is_(None),
        Session.seen_at > now - IDLE,
        Session.created_at > now - ABSOLUTE,
    )
    return db.session.scalars(query.order_by(Session.seen_at.desc())).all()


def end_session(person_id: UUID, session_id: UUID) -> None:
    """End one of a person's sessions; again changes nothing. Raises: NotFound: it is another's."""
    with unit_of_work() as work:
        session = work.lock(Session, Session.id == session_id, Session.person_id == person_id)
        session.ended_at = session.ended_at or clock.now()


def end_sessions(work: Work, person_id: UUID) -> None:
    """End all sessions of a person."""
    current = (Session.person_id == person_id, Session.ended_at.is_(None))
    work.session.execute(update(Session).where(*current).values(ended_at=clock.now()))


def end_sessions_of(work: Work, membership_id: UUID) -> None:
    """End all sessions that act by a membership."""
    current = (Session.membership_id == membership_id, Session.ended_at.is_(None))
    work.session.execute(update(Session).where(*current).values(ended_at=clock.now()))


def forget_old_sessions() -> int:
    """Delete sessions that have ended for good. Returns how many."""
    with unit_of_work() as work:
        old = delete(Session).where(Session.created_at < clock.now() - ABSOLUTE).returning(Session.id)
        return len(work.session.scalars(old).all())


def _lock_current(work: Work, session_id: UUID) -> Session:
    return work.lock(Session, Session.id == session_id, Session.ended_at.is_(None))
