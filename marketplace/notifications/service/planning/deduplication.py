"""What was told to whom: each enterprise hears of a counterpart and code once, and again at better terms."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from .... import clock
from ....enterprises.models import Enterprise
from ....events.work import Work
from ....listings.models import Kind, Listing
from ...models import Notification, NotificationStatus, Told

ONCE = timedelta(days=30)
BETTER_BY = 0.1
TOLD_KEY = ("receiver_id", "counterpart_id", "code_id", "kind")
AGAIN = f"""
(t.at <= CAST(:now AS timestamptz) - INTERVAL '{ONCE.days} days'
 OR theirs.remaining_kg > t.remaining_kg * (1 + {BETTER_BY})
 OR (theirs.price_fen - t.price_fen) * CASE theirs.kind WHEN 'supply' THEN -1 ELSE 1 END
    > abs(t.price_fen) * {BETTER_BY})
"""
"""`may_repeat` of a row `t` of `told` and the listing `theirs`, for a statement that looks at many."""


def code_of(one: Listing, other: Listing) -> int:
    code_id = one.code_id if one.kind == Kind.SUPPLY else other.code_id
    assert code_id is not None
    return code_id


def codes_about(listing: Listing) -> list[int]:
    """The code that a listing offers, or those that it takes, the first first."""
    return [listing.code_id] if listing.code_id else [one.code_id for one in listing.accepts]


def code_about(listing: Listing) -> int:
    """The code under which a listing is told by itself: a demand counts by the first that it takes."""
    return codes_about(listing)[0]


def message_to(
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


def told_of(work: Work, mine: Listing, theirs: Listing, kind: str) -> Told | None:
    """What the owner of `mine` was last told of the owner of `theirs` and the supply's code, locked."""
    key = (mine.enterprise_id, theirs.enterprise_id, code_of(mine, theirs), kind)
    return work.session.get(Told, key, with_for_update=True, populate_existing=True)


def tell_once(work: Work, told: Told | None, mine: Listing, theirs: Listing, message: Notification) -> None:
    """Write a message about a pairing and note that it was told."""
    known = {} if told is None else {mine.enterprise_id: told}
    tell_each_once(work, theirs, code_of(mine, theirs), [message], known)


def tell_each_once(
    work: Work, theirs: Listing, code_id: int, news: Sequence[Notification], told: dict[UUID, Told]
) -> None:
    """Write messages of one kind about one listing and code, and note that they were told, at what terms.

    Where a twin was quicker its message stays.

    Args:
        told: by receiver, what each was told before, locked.
    """
    tell_all_once(work, [(message, theirs, code_id) for message in news], told.values())


def tell_all_once(
    work: Work, news: Sequence[tuple[Notification, Listing, int]], told: Iterable[Told]
) -> None:
    """`tell_each_once` of messages that are each about a listing and code of their own."""
    work.session.add_all([message for message, *_ in news])
    work.session.flush()
    before = {(one.receiver_id, one.counterpart_id, one.code_id, one.kind): one for one in told}
    notes: list[dict[str, Any]] = []
    for message, theirs, code_id in news:
        key = (message.enterprise_id, theirs.enterprise_id, code_id, message.kind)
        terms = _terms(theirs, message)
        if key in before:
            for name, value in terms.items():
                setattr(before[key], name, value)
        else:
            notes.append(dict(zip(TOLD_KEY, key, strict=True)) | terms)
    if not notes:
        return
    mine = insert(Told).on_conflict_do_nothing().returning(Told.notification_id)
    noted_now = set(work.session.scalars(mine, notes))
    doubled = [note["notification_id"] for note in notes if note["notification_id"] not in noted_now]
    if doubled:
        work.session.execute(delete(Notification).where(Notification.id.in_(doubled)))


def _terms(listing: Listing, message: Notification) -> dict[str, Any]:
    """What is noted of a message about a listing: which, when, at what terms."""
    return {
        "notification_id": message.id,
        "price_fen": listing.price_fen,
        "remaining_kg": listing.remaining_kg,
        "at": clock.now(),
    }


def noted(told: Told) -> dict[str, Any]:
    """What was told before, kept with the message that replaces it in case that is never sent."""
    return {
        "notification_id": str(told.notification_id),
        "price_fen": told.price_fen,
        "remaining_kg": told.remaining_kg,
        "at": told.at.isoformat(),
    }


def still_planned(work: Work, told: Told) -> Notification | None:
    return work.session.scalars(
        select(Notification)
        .where(Notification.id == told.notification_id, Notification.status == NotificationStatus.PLANNED)
        .with_for_update()
    ).one_or_none()


def may_repeat(told: Told, listing: Listing) -> bool:
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
