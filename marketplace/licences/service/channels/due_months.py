"""Which month a channel's test is due for, and by when.

A test counts for the month in which it was sampled and is due by the 10th of the next. Months count from that
in which the channel was entered or, if that is later, begins. Source: the platform's own rule for channels
(`trade.md`, "Channels that police themselves").
"""

from collections.abc import Collection
from datetime import date, timedelta

from .... import clock
from ...models import Channel

DUE_DAY = 10
"""Day of the month by which the test of the month before is filed; our own choice."""


def month_of(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the month after that of a day."""
    return month_of(month_of(month) + timedelta(days=31))


def month_before(month: date) -> date:
    """The first day of the month before that of a day."""
    return month_of(month_of(month) - timedelta(days=1))


def due_day(month: date) -> date:
    """The last day on which the test of a month is in time."""
    return month_after(month).replace(day=DUE_DAY)


def earliest_due_month(today: date) -> date:
    """The earliest month whose test is not late on a day."""
    before = month_before(today)
    return before if due_day(before) >= today else month_of(today)


def expected_month(channel: Channel, tested: Collection[date], today: date) -> date | None:
    """The first day of the month whose test is due next; None where none is due before the channel ends.

    Args:
        tested: the first days of the months of which there is a test.
    """
    if not channel.standard:
        return None
    entered = channel.created_at.astimezone(clock.LOCAL).date()
    month = max(month_of(max(entered, channel.valid_from)), earliest_due_month(today))
    while month in tested:
        month = month_after(month)
    return month if due_day(month) <= channel.valid_until else None
