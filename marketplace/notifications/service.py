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
from ..events.actor import PLATFORM, Actor
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
RELEASE_BATCH = 100
JUST_JUDGED = timedelta(minutes=1)
"""A pairing that was planned less long ago than this is not judged again at its release."""
DAY_STARTS, DAY_ENDS = 8, 20
"""Hours in Asia/Shanghai between which e-mail goes out."""


# ---------------------------------------------------------------- planning


def plan(listing_id: UUID) -> None:
    """Plan one message for every counterpart to be told of a new or changed listing.

    The release time follows the grade of the receiving enterprise, counted from one moment, so that a
    tier is one release. Whom the listing no longer matches, and who has not been told yet, will not be.
    """
    now = clock.now()
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None or not _may_trade(listing.enterprise_id):
            return
        counterparts = matches.review(work, listing)
        _drop_stale(work, listing, {one.listing.id for one in counterparts})
        delays = matches.in_force().body["push_delay_s"]
        wishes = _preferences({one.enterprise.id for one in counterparts})
        for one in sorted(counterparts, key=lambda one: one.enterprise.id):
            if _is_muted(_code_of(listing, one.listing), wishes.get(one.enterprise.id)):
                continue
            if not matches.is_silenced(one.listing.id, listing.id):
                delay = timedelta(seconds=delays.get(one.enterprise.grade, delays["D"]))
                _plan_one(work, listing, one, now + delay)


def _may_trade(*enterprise_ids: UUID) -> bool:
    rows = enterprises.by_id(set(enterprise_ids))
    return all(row.status == EnterpriseStatus.APPROVED for row in rows.values())


def _is_muted(code_id: int, wishes: Preferences | None) -> bool:
    """Whether the receiver wants to hear nothing of a code, or of a category or code that covers it."""
    if wishes is None or not wishes.muted_codes:
        return False
    names = {alias.alias_id for alias in catalogue.aliases_of([code_id])}
    return bool(names & set(wishes.muted_codes))


def _code_of(one: Listing, other: Listing) -> int:
    code_id = one.code_id if one.kind == Kind.SUPPLY else other.code_id
    assert code_id is not None
    return code_id


def _plan_one(work: Work, listing: Listing, one: matches.Counterpart, release_at: datetime) -> None:
    receiver = one.enterprise
    about: dict[str, Any] = {
        "listing_id": str(one.listing.id),
        "counterpart_id": str(listing.id),
        "score": one.score,
        "rank": one.rank,
        "grade": receiver.grade,
    }
    told = _told(work, one.listing, listing, FOUND)
    if told is not None:
        planned = _still_planned(work, told)
        if planned is not None:
            _retarget(planned, one, listing, about, told)
            return
        if not _tell_again(told, listing):
            return
        about["before"] = _noted(told)
    _tell_once(work, told, one.listing, listing, _message(receiver, FOUND, about, release_at))


def _message(
    receiver: Enterprise, kind: str, data: dict[str, Any], release_at: datetime | None = None
) -> Notification:
    """A message to be released at `release_at` (now, if not given)."""
    return Notification(
        id=uuid7(),
        enterprise_id=receiver.id,
        kind=kind,
        listing_id=UUID(data["listing_id"]) if "listing_id" in data else None,
        counterpart_id=UUID(data["counterpart_id"]) if "counterpart_id" in data else None,
        data=data,
        grade=receiver.grade,
        credit_milli=receiver.credit_milli,
        score=data.get("score") or 0.0,
        release_at=release_at or clock.now(),
    )


def _told(work: Work, mine: Listing, theirs: Listing, kind: str) -> Told | None:
    """What the owner of `mine` was last told of the owner of `theirs` and the supply's code, locked."""
    key = (mine.enterprise_id, theirs.enterprise_id, _code_of(mine, theirs), kind)
    return work.session.get(Told, key, with_for_update=True, populate_existing=True)


def _tell_once(work: Work, told: Told | None, mine: Listing, theirs: Listing, message: Notification) -> None:
    """Write a message and note that it was told, at what terms; a twin that was quicker wins."""
    work.add(message)
    terms = {
        "notification_id": message.id,
        "price_fen": theirs.price_fen,
        "remaining_kg": theirs.remaining_kg,
        "at": clock.now(),
    }
    if told is not None:
        for name, value in terms.items():
            setattr(told, name, value)
        return
    note = insert(Told).values(
        receiver_id=mine.enterprise_id,
        counterpart_id=theirs.enterprise_id,
        code_id=_code_of(mine, theirs),
        kind=message.kind,
        **terms,
    )
    if work.session.execute(note.on_conflict_do_nothing().returning(Told.kind)).one_or_none() is None:
        work.session.delete(message)


def _noted(told: Told) -> dict[str, Any]:
    """What was told before, kept with the message that replaces it in case that is never sent."""
    return {
        "notification_id": str(told.notification_id),
        "price_fen": told.price_fen,
        "remaining_kg": told.remaining_kg,
        "at": told.at.isoformat(),
    }


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
    planned.data = about | ({"before": planned.data["before"]} if "before" in planned.data else {})
    planned.score = one.score
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
    _drop(work, *about_it, looked_at=listing.id)


def drop_for(listing_id: UUID) -> None:
    """A listing closed: what was planned for or about it is never sent, and counts as not told."""
    with unit_of_work() as work:
        _drop(work, or_(Notification.listing_id == listing_id, Notification.counterpart_id == listing_id))


def _drop(work: Work, *conditions: Any, looked_at: UUID | None = None) -> None:
    """Never send these; what they were told before (in `data`) is what they were told last."""
    dropped = work.session.execute(
        update(Notification)
        .where(Notification.status == Status.PLANNED, *conditions)
        .values(status=Status.DROPPED)
        .returning(Notification.id, Notification.counterpart_id, Notification.data)
    ).all()
    for one in dropped:
        this = Told.notification_id == one.id
        before = one.data.get("before")
        if before is None:
            work.session.execute(delete(Told).where(this))
        else:
            at = datetime.fromisoformat(before["at"])
            work.session.execute(update(Told).where(this).values({**before, "at": at}))
    _plan_instead(work, {one.counterpart_id for one in dropped}, looked_at)


def _plan_instead(work: Work, unsent: set[UUID], looked_at: UUID | None) -> None:
    """One message stands for all pairings of two enterprises and a code: if it falls, another may stand up.

    So the open listings of the same owner and code are matched once more.
    """
    fallen = aliased(Listing)
    beside = (
        (Listing.enterprise_id == fallen.enterprise_id)
        & (Listing.kind == fallen.kind)
        & Listing.code_id.is_not_distinct_from(fallen.code_id)
    )
    others = select(Listing.id).join(fallen, beside).where(fallen.id.in_(unsent), Listing.status == "open")
    for listing_id in work.session.scalars(others.distinct()).all() if unsent else ():
        if listing_id != looked_at:
            work.owe("notifications.jobs.plan", "matching", {"listing_id": str(listing_id)})


def tell_mutual(listing_id: UUID, other_id: UUID) -> None:
    """Tell both sides of a pairing that the interest is mutual, if it still is."""
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
        if not contact_may_be_shown(rows[listing_id], rows[other_id]):
            return
        for mine, theirs in ((rows[listing_id], rows[other_id]), (rows[other_id], rows[listing_id])):
            told = _told(work, mine, theirs, MUTUAL)
            if told is not None and not _tell_again(told, theirs):
                continue
            seen = matches.score_of(mine, theirs)
            about = {"listing_id": str(mine.id), "counterpart_id": str(theirs.id), "score": seen, "rank": 1}
            _tell_once(work, told, mine, theirs, _message(owners[mine.enterprise_id], MUTUAL, about))


def contact_may_be_shown(one: Listing, other: Listing) -> bool:
    """Whether both owners may trade, and both still say "interested" of the pairing."""
    return matches.mutual_sides(one.id, other.id) and _may_trade(one.enterprise_id, other.enterprise_id)


def tell_key_expiring(enterprise_id: UUID, key_id: str, name: str, expires_at: str) -> None:
    """Remind an enterprise of a key that ends soon."""
    with unit_of_work() as work:
        receiver = enterprises.by_id({enterprise_id})[enterprise_id]
        about = {"key_id": key_id, "name": name, "expires_at": expires_at}
        work.add(_message(receiver, KEY_EXPIRING, about))


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

    A message about a pairing that no longer holds is dropped: a side closed or may trade no more, it has
    become unlawful, or the receiver wants to hear nothing of it.
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
        receivers = {one.enterprise_id for one in due}
        wishes, caps = _preferences(receivers), _caps(work, receivers, now)
        lapsed = _lapsed(work, due, wishes, now)
        sent = [one for one in due if one.id not in lapsed]
        for one, place in zip(sent, _places(work, len(sent)), strict=True):
            one.status, one.released_at, one.place = Status.RELEASED, now, place
            one.delivery = _delivery(one, wishes.get(one.enterprise_id), caps)
            if one.delivery == Delivery.IMMEDIATE and mail_is_configured():
                _owe_mail(work, one, now)
        work.session.flush()
        _drop(work, Notification.id.in_(lapsed))
    return len(due)


def _lapsed(
    work: Work, due: Sequence[Notification], wishes: dict[UUID, Preferences], now: datetime
) -> set[UUID]:
    """Which messages about a pairing may not be sent any more.

    Who stands is asked of all in one statement; whether the pairing holds, of those that waited.
    """
    found = {one.id: one for one in due if one.kind == FOUND}
    mine, theirs = aliased(Listing), aliased(Listing)
    receiver, sender = aliased(Enterprise), aliased(Enterprise)
    standing = (
        select(Notification.id, mine)
        .join(mine, mine.id == Notification.listing_id)
        .join(theirs, theirs.id == Notification.counterpart_id)
        .join(receiver, receiver.id == mine.enterprise_id)
        .join(sender, sender.id == theirs.enterprise_id)
        .where(
            Notification.id.in_(found),
            mine.status == ListingStatus.OPEN,
            theirs.status == ListingStatus.OPEN,
            receiver.status == EnterpriseStatus.APPROVED,
            sender.status == EnterpriseStatus.APPROVED,
            (mine.kind == Kind.SUPPLY) | ~(receiver.blocked | (receiver.grade == "E")),
        )
        .execution_options(populate_existing=True)
    )
    hold = {
        message_id
        for message_id, listing in work.session.execute(standing).all()
        if now - found[message_id].created_at < JUST_JUDGED
        or _holds(listing, found[message_id].counterpart_id, wishes.get(listing.enterprise_id))
    }
    return found.keys() - hold


def _holds(mine: Listing, other_id: UUID | None, wishes: Preferences | None) -> bool:
    """Whether a pairing is still open, lawful, and welcome to the owner of `mine`."""
    assert other_id is not None
    try:
        lawful = matches.explain(PLATFORM, mine, other_id)["lawful"]
    except NotFound:
        return False
    if not lawful or matches.is_silenced(mine.id, other_id):
        return False
    return not _is_muted(_code_of(mine, listings.by_id({other_id})[other_id]), wishes)


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


def may_be_mailed(row: Notification) -> bool:
    """Whether the receiver still wants e-mail, and a contact in it may still be shown."""
    wishes = preferences_of(row.enterprise_id)
    if wishes is not None and wishes.email == "off":
        return False
    if row.kind != MUTUAL or row.listing_id is None or row.counterpart_id is None:
        return True
    pair = listings.by_id({row.listing_id, row.counterpart_id})
    return contact_may_be_shown(pair[row.listing_id], pair[row.counterpart_id])


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
    had_one = select(Notification.enterprise_id).where(Notification.digest_at >= this_morning)
    with unit_of_work() as work:
        waiting = work.session.execute(
            update(Notification)
            .where(
                Notification.delivery == Delivery.DIGEST,
                Notification.digest_at.is_(None),
                Notification.released_at < this_morning,
                Notification.enterprise_id.not_in(had_one),
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
        enterprises.lock(work, enterprises.own(actor).id)
        row = work.session.get(Preferences, actor.id, populate_existing=True)
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
