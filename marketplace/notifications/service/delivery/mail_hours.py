"""The hours of the day in which e-mail goes out, and whether any can."""

from datetime import datetime, timedelta

from flask import current_app

from .... import clock

MAIL_HOURS = range(8, 20)
"""Hours in Asia/Shanghai in which e-mail goes out."""


def is_mail_configured() -> bool:
    return bool(current_app.config["SETTINGS"].smtp_host)


def next_mail_time(now: datetime) -> datetime:
    """`now` within the hours of e-mail; outside them the next morning."""
    if now.astimezone(clock.LOCAL).hour in MAIL_HOURS:
        return now
    morning = this_morning(now)
    return morning if now < morning else morning + timedelta(days=1)


def this_morning(now: datetime) -> datetime:
    """When e-mail begins to go out on the day of `now` in Asia/Shanghai."""
    return now.astimezone(clock.LOCAL).replace(hour=MAIL_HOURS.start, minute=0, second=0, microsecond=0)
