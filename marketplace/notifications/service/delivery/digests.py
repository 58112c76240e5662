"""When e-mail goes out, whether it still may, and the daily digest."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select, update

from .... import clock
from ....events.work import unit_of_work
from ....listings import service as listings
from ....listings.models import ListingStatus
from ....matches import service as matches
from ...models import MATCH_MUTUAL, Delivery, Notification
from ..planning.deduplication import code_about, code_of
from ..planning.instant import contact_may_be_shown
from ..preferences.delivery_preferences import is_unwelcome, preference_for, preferences_of, unwelcome

MAIL_HOURS = range(8, 20)
"""Hours of the day in Asia/Shanghai in which e-mail goes out."""


def may_be_mailed(row: Notification) -> bool:
    """Whether the receiver still wants e-mail of it, and what it says still holds.

    A match or a find is over when a listing has closed or was silenced since; the contact in a message of
    mutual interest must still be one to show.
    """
    if preference_for(row.kind, preferences_of(row.enterprise_id)) == "off":
        return False
    if row.counterpart_id is None:
        return True
    about = listings.by_id({row.counterpart_id, row.listing_id or row.counterpart_id})
    theirs, mine = about[row.counterpart_id], about[row.listing_id] if row.listing_id else None
    if row.kind == MATCH_MUTUAL and mine is not None:
        return contact_may_be_shown(mine, theirs)
    if any(one.status != ListingStatus.OPEN for one in about.values()):
        return False
    if mine is not None and matches.listings_refusing({mine.id}, theirs.id):
        return False
    closed = unwelcome({row.enterprise_id}, theirs.enterprise_id).get(row.enterprise_id)
    return not is_unwelcome(code_about(theirs) if mine is None else code_of(mine, theirs), closed)


def mail_is_configured() -> bool:
    return bool(current_app.config["SETTINGS"].smtp_host)


def next_mail_time(now: datetime) -> datetime:
    """`now` by day in Asia/Shanghai; at night the next morning."""
    local = now.astimezone(clock.LOCAL)
    if local.hour in MAIL_HOURS:
        return now
    morning = local.replace(hour=MAIL_HOURS.start, minute=0, second=0, microsecond=0)
    return morning if local.hour < MAIL_HOURS.start else morning + timedelta(days=1)


def plan_digests() -> int:
    """Enqueue for each enterprise one e-mail with all that waited for its digest. Returns how many."""
    now = clock.now()
    if not mail_is_configured():
        return 0
    this_morning = now.astimezone(clock.LOCAL).replace(
        hour=MAIL_HOURS.start, minute=0, second=0, microsecond=0
    )
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
            work.enqueue(
                "notifications.jobs.send_digest", enterprise_id=str(receiver), digest_at=now.isoformat()
            )
    return len(receivers)
