"""When e-mail goes out, whether it still may, and the daily digest."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select, update

from ... import clock
from ...events.work import unit_of_work
from ...listings import service as listings
from ..models import MUTUAL, Delivery, Notification
from .telling import contact_may_be_shown
from .wishes import preferences_of

DAY_STARTS, DAY_ENDS = 8, 20
"""Hours in Asia/Shanghai between which e-mail goes out."""


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
