"""The daily digest: one e-mail with all that was released since the last."""

from sqlalchemy import select, update

from .... import clock
from ....events.work import unit_of_work
from ...models import Delivery, Notification
from .mail_hours import is_mail_configured, next_mail_time, this_morning


def plan_digests() -> int:
    """By day, enqueue one e-mail to each enterprise with all messages that wait for its digest.

    Returns how many.
    """
    now = clock.now()
    if next_mail_time(now) != now or not is_mail_configured():
        return 0
    had_one = select(Notification.enterprise_id).where(Notification.digest_at >= this_morning(now))
    with unit_of_work() as work:
        waiting = work.session.execute(
            update(Notification)
            .where(
                Notification.delivery == Delivery.DIGEST,
                Notification.digest_at.is_(None),
                Notification.released_at < this_morning(now),
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
