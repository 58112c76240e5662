"""Telling each side of a match once, in the order of credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from uuid_utils.compat import uuid7

from .. import clock
from ..catalogue import service as catalogue
from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise, EnterpriseStatus
from ..errors import NotFound
from ..events.actor import Actor
from ..events.work import Work, unit_of_work
from ..extensions import db
from ..listings import service as listings
from ..listings.models import Kind, Listing
from ..listings.models import Status as ListingStatus
from ..matches import service as matches
from .models import RELEASE_ORDER, Delivery, Notification, Preferences, Status, Told

FOUND = "match.found"
MUTUAL = "match.mutual"
KEY_EXPIRING = "key.expiring"
ONCE = timedelta(days=30)
BETTER_BY = 0.1
RELEASE_BATCH = 500
DAY_STARTS, DAY_ENDS = 8, 20
"""Hours in Asia/Shanghai between which e-mail goes out."""


# ---------------------------------------------------------------- planning


def plan(listing_id: UUID) -> None:
    """Plan one message for every counterpart to be told of a new or changed listing.

    The release time follows the grade of the receiving enterprise. Whom the listing no longer matches,
    and who has not been told yet, will not be.
    """
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None:
            return
        counterparts = matches.review(work, listing)
        _drop_stale(work, listing, {one.listing.id for one in counterparts})
        delays = matches.in_force().body["push_delay_s"]
        wishes = _preferences({one.enterprise.id for one in counterparts})
        for one in sorted(counterparts, key=lambda one: one.enterprise.id):
            if not _unwelcome(one, listing, wishes):
                _plan_one(
                    work, listing, one, timedelta(seconds=delays.get(one.enterprise.grade, delays["D"]))
                )


def _unwelcome(one: matches.Counterpart, listing: Listing, wishes: dict[UUID, Preferences]) -> bool:
    """Whether the receiver said "not for me" of the pairing or of the code."""
    muted = set(wishes[one.enterprise.id].muted_codes) if one.enterprise.id in wishes else set()
    if muted:
        names = {alias.alias_id for alias in catalogue.aliases_of([_code_of(listing, one.listing)])}
        if muted & names:
            return True
    return matches.is_silenced(one.listing.id, listing.id)


def _code_of(one: Listing, other: Listing) -> int:
    code_id = one.code_id if one.kind == Kind.SUPPLY else other.code_id
    assert code_id is not None
    return code_id


def _plan_one(work: Work, listing: Listing, one: matches.Counterpart, delay: timedelta) -> None:
    receiver = one.enterprise
    about = {
        "listing_id": str(one.listing.id),
        "counterpart_id": str(listing.id),
        "score": one.score,
        "rank": one.rank,
        "grade": receiver.grade,
    }
    key = {
        "receiver_id": receiver.id,
        "counterpart_id": listing.enterprise_id,
        "code_id": _code_of(listing, one.listing),
        "kind": FOUND,
    }
    told = work.session.get(Told, tuple(key.values()), with_for_update=True, populate_existing=True)
    if told is not None:
        planned = _still_planned(work, told)
        if planned is not None:
            _retarget(planned, one, listing, about, told)
            return
        if not _tell_again(told, listing):
            return
    message = work.add(
        Notification(
            id=uuid7(),
            enterprise_id=receiver.id,
            kind=FOUND,
            listing_id=one.listing.id,
            counterpart_id=listing.id,
            data=about,
            grade=receiver.grade,
            credit_milli=receiver.credit_milli,
            score=one.score,
            release_at=clock.now() + delay,
        )
    )
    terms = {
        "notification_id": message.id,
        "price_fen": listing.price_fen,
        "remaining_kg": listing.remaining_kg,
        "at": clock.now(),
    }
    statement = insert(Told).values(**key, **terms)
    if told is None:
        won = work.session.execute(statement.on_conflict_do_nothing().returning(Told.kind)).one_or_none()
        if won is None:
            work.session.delete(message)
    else:
        for name, value in terms.items():
            setattr(told, name, value)


def _still_planned(work: Work, told: Told) -> Notification | None:
    return work.session.scalars(
        select(Notification)
        .where(Notification.id == told.notification_id, Notification.status == Status.PLANNED)
        .with_for_update()
    ).one_or_none()


def _retarget(
    planned: Notification, one: matches.Counterpart, listing: Listing, about: dict[str, Any], told: Told
) -> None:
    """A message that is still to come speaks of the better of the pairings it stands for."""
    if planned.counterpart_id != listing.id and one.score <= planned.score:
        return
    planned.listing_id, planned.counterpart_id = one.listing.id, listing.id
    planned.data, planned.score = about, one.score
    told.price_fen, told.remaining_kg = listing.price_fen, listing.remaining_kg


def _tell_again(told: Told, listing: Listing) -> bool:
    """Whether 30 days are over, or the terms changed by more than a tenth in the receiver's favour."""
    if told.at <= clock.now() - ONCE:
        return True
    if listing.remaining_kg > told.remaining_kg * (1 + BETTER_BY):
        return True
    if listing.price_fen is None or told.price_fen is None:
        return False
    gain = listing.price_fen - told.price_fen
    if listing.kind == Kind.SUPPLY:
        gain = -gain
    return gain > abs(told.price_fen) * BETTER_BY


def _drop_stale(work: Work, listing: Listing, still: set[UUID]) -> None:
    about_it = (Notification.counterpart_id == listing.id, Notification.listing_id.not_in(still))
    _drop(work, *about_it)


def drop_for(listing_id: UUID) -> None:
    """A listing closed: what was planned for or about it is never sent, and counts as not told."""
    with unit_of_work() as work:
        _drop(work, or_(Notification.listing_id == listing_id, Notification.counterpart_id == listing_id))


def _drop(work: Work, *conditions: Any) -> None:
    dropped = work.session.scalars(
        update(Notification)
        .where(Notification.status == Status.PLANNED, *conditions)
        .values(status=Status.DROPPED)
        .returning(Notification.id)
    ).all()
    work.session.execute(delete(Told).where(Told.notification_id.in_(dropped)))


def tell_mutual(listing_id: UUID, other_id: UUID) -> None:
    """Tell both sides of a pairing that the interest is mutual."""
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
        for mine, theirs in ((listing_id, other_id), (other_id, listing_id)):
            seen = matches.score_of(rows[mine], rows[theirs])
            _tell_now(
                work,
                owners[rows[mine].enterprise_id],
                MUTUAL,
                {"listing_id": str(mine), "counterpart_id": str(theirs), "score": seen, "rank": 1},
                listing_id=mine,
                counterpart_id=theirs,
            )


def tell_key_expiring(enterprise_id: UUID, key_id: str, name: str, expires_at: str) -> None:
    """Remind an enterprise of a key that ends soon."""
    with unit_of_work() as work:
        receiver = enterprises.by_id({enterprise_id})[enterprise_id]
        _tell_now(work, receiver, KEY_EXPIRING, {"key_id": key_id, "name": name, "expires_at": expires_at})


def _tell_now(work: Work, receiver: Enterprise, kind: str, data: dict[str, Any], **about: UUID) -> None:
    work.add(
        Notification(
            enterprise_id=receiver.id,
            kind=kind,
            data=data,
            grade=receiver.grade,
            credit_milli=receiver.credit_milli,
            score=data.get("score") or 0.0,
            release_at=clock.now(),
            **about,
        )
    )


# ---------------------------------------------------------------- releasing


@dataclass(slots=True)
class _Caps:
    """Immediate messages each enterprise has had today, and how many it may have."""

    most: int
    had: dict[UUID, int]

    def take(self, enterprise_id: UUID) -> bool:
        had = self.had.get(enterprise_id, 0)
        self.had[enterprise_id] = had + 1
        return had < self.most


def release_due() -> int:
    """Put what is due into the inboxes: by release time, then credit, then score. Returns how many were due.

    A message about a listing that closed meanwhile, or to an enterprise that may trade no more, is dropped.
    """
    now = clock.now()
    with unit_of_work() as work:
        due = work.session.scalars(
            select(Notification)
            .where(Notification.status == Status.PLANNED, Notification.release_at <= now)
            .order_by(
                Notification.release_at,
                Notification.credit_milli.desc(),
                Notification.score.desc(),
                Notification.id,
            )
            .limit(RELEASE_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not due:
            return 0
        lapsed = _lapsed(work, [one.id for one in due])
        receivers = {one.enterprise_id for one in due}
        wishes, caps = _preferences(receivers), _caps(work, receivers, now)
        sent = [one for one in due if one.id not in lapsed]
        for one, place in zip(sent, _places(work, len(sent)), strict=True):
            one.status, one.released_at, one.place = Status.RELEASED, now, place
            one.delivery = _delivery(one, wishes.get(one.enterprise_id), caps)
            if one.delivery == Delivery.IMMEDIATE and mail_is_configured():
                _owe_mail(work, one, now)
        work.session.flush()
        _drop(work, Notification.id.in_(lapsed))
    return len(due)


def _lapsed(work: Work, ids: Sequence[UUID]) -> set[UUID]:
    """Which messages about a pairing may not be sent any more."""
    mine, theirs = aliased(Listing), aliased(Listing)
    receiver = aliased(Enterprise)
    gone = (
        select(Notification.id)
        .join(mine, mine.id == Notification.listing_id)
        .join(theirs, theirs.id == Notification.counterpart_id)
        .join(receiver, receiver.id == Notification.enterprise_id)
        .where(
            Notification.id.in_(ids),
            Notification.kind == FOUND,
            or_(
                mine.status != ListingStatus.OPEN,
                theirs.status != ListingStatus.OPEN,
                receiver.status != EnterpriseStatus.APPROVED,
                (mine.kind == Kind.DEMAND) & (receiver.blocked | (receiver.grade == "E")),
            ),
        )
    )
    return set(work.session.scalars(gone))


def _caps(work: Work, receivers: set[UUID], now: datetime) -> _Caps:
    midnight = datetime.combine(now.astimezone(clock.LOCAL).date(), time(), clock.LOCAL)
    had = work.session.execute(
        select(Notification.enterprise_id, func.count())
        .where(
            Notification.enterprise_id.in_(receivers),
            Notification.status == Status.RELEASED,
            Notification.delivery == Delivery.IMMEDIATE,
            Notification.kind == FOUND,
            Notification.released_at >= midnight,
        )
        .group_by(Notification.enterprise_id)
    )
    return _Caps(matches.in_force().body["push_daily_cap"], dict(had.all()))


def _places(work: Work, count: int) -> Sequence[int]:
    """The next numbers of the order of release."""
    return work.session.scalars(
        select(RELEASE_ORDER.next_value()).select_from(func.generate_series(1, count))
    ).all()


def _owe_mail(work: Work, one: Notification, now: datetime) -> None:
    payload = {"notification_id": str(one.id)}
    work.owe("notifications.jobs.mail_one", "delivery", payload, due_at=next_mail_time(now))


def _delivery(one: Notification, wishes: Preferences | None, caps: _Caps) -> str:
    wish = wishes.email if wishes else "immediate"
    if wish == "off":
        return Delivery.INBOX
    if wish == "digest":
        return Delivery.DIGEST
    return Delivery.IMMEDIATE if one.kind != FOUND or caps.take(one.enterprise_id) else Delivery.DIGEST


def mail_is_configured() -> bool:
    return bool(current_app.config["SETTINGS"].smtp_host)


def next_mail_time(now: datetime) -> datetime:
    """`now` by day in Asia/Shanghai; at night the next morning."""
    local = now.astimezone(clock.LOCAL)
    if DAY_STARTS <= local.hour < DAY_ENDS:
        return now
    morning = local.replace(hour=DAY_STARTS, minute=0, second=0, microsecond=0)
    return morning if local.hour < DAY_STARTS else morning + timedelta(days=1)


def plan_digests() -> int:
    """By day, owe each enterprise one e-mail with all that waited for its digest. Returns how many."""
    now = clock.now()
    if next_mail_time(now) != now or not mail_is_configured():
        return 0
    this_morning = now.astimezone(clock.LOCAL).replace(hour=DAY_STARTS, minute=0, second=0, microsecond=0)
    with unit_of_work() as work:
        waiting = work.session.execute(
            update(Notification)
            .where(
                Notification.delivery == Delivery.DIGEST,
                Notification.digest_at.is_(None),
                Notification.released_at < this_morning,
            )
            .values(digest_at=now)
            .returning(Notification.enterprise_id)
        ).scalars()
        receivers = sorted(set(waiting))
        for receiver in receivers:
            work.owe(
                "notifications.jobs.mail_digest", "delivery",
                {"enterprise_id": str(receiver), "digest_at": now.isoformat()},
            )  # fmt: skip
    return len(receivers)


# ---------------------------------------------------------------- reading


def inbox(actor: Actor, unread: bool, after: int | None, limit: int) -> Sequence[Notification]:
    """Released messages to the acting enterprise, newest first."""
    query = select(Notification).where(
        Notification.enterprise_id == actor.id, Notification.status == Status.RELEASED
    )
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if after is not None:
        query = query.where(Notification.place < after)
    return db.session.scalars(query.order_by(Notification.place.desc()).limit(limit)).all()


def find(actor: Actor, notification_id: UUID) -> Notification:
    """A released message to the acting enterprise. Raises: NotFound."""
    row = db.session.scalars(
        select(Notification).where(
            Notification.id == notification_id,
            Notification.enterprise_id == actor.id,
            Notification.status == Status.RELEASED,
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def mark_read(actor: Actor, notification_id: UUID) -> Notification:
    """Mark a message as read; once more changes nothing."""
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        row.read_at = row.read_at or clock.now()
        work.audit(actor, "read", row)
    return row


def mark_all_read(actor: Actor) -> int:
    """Mark the whole inbox as read. Returns how many messages were not."""
    with unit_of_work() as work:
        rows = work.session.scalars(
            update(Notification)
            .where(
                Notification.enterprise_id == actor.id,
                Notification.status == Status.RELEASED,
                Notification.read_at.is_(None),
            )
            .values(read_at=clock.now())
            .returning(Notification.id)
        ).all()
        work.audit(actor, "read_all", enterprises.own(actor), count=len(rows))
    return len(rows)


def preferences(actor: Actor) -> Preferences:
    """How the acting enterprise wants to be told; version 0 are the defaults."""
    row = db.session.get(Preferences, actor.id)
    return row or Preferences(
        enterprise_id=actor.id, email="immediate", language="zh", muted_codes=[], version=0
    )


def set_preferences(actor: Actor, data: dict[str, Any], expected: int | None) -> Preferences:
    """Replace the preferences. Raises: Invalid: unknown code. PreconditionFailed: changed meanwhile."""
    muted = [
        catalogue.resolve(**code, at=f"muted_codes.{number}")[0].id
        for number, code in enumerate(data["muted_codes"])
    ]
    with unit_of_work() as work:
        row = work.session.get(Preferences, actor.id, with_for_update=True, populate_existing=True)
        enterprises.require_version(row or preferences(actor), expected)
        if row is None:
            row = Preferences(enterprise_id=actor.id)
            work.session.add(row)
        row.email, row.language, row.muted_codes = data["email"], data["language"], muted
        work.session.flush()
        work.audit(actor, "set_preferences", enterprises.own(actor))
    return row


def _preferences(receivers: set[UUID]) -> dict[UUID, Preferences]:
    rows = db.session.scalars(select(Preferences).where(Preferences.enterprise_id.in_(receivers)))
    return {row.enterprise_id: row for row in rows}


def preferences_of(enterprise_id: UUID) -> Preferences | None:
    return _preferences({enterprise_id}).get(enterprise_id)


def describe_preferences(row: Preferences) -> dict[str, Any]:
    """Preferences as the API shows them."""
    codes = catalogue.codes_by_id(row.muted_codes)
    return {
        "version": row.version,
        "email": row.email,
        "language": row.language,
        "muted_codes": [{"scheme": codes[code].scheme, "code": codes[code].code} for code in row.muted_codes],
    }
