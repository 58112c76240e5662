"""A channel is paused by a test that fails or does not come, or by an admin, and resumed when that is mended.

Nothing moves through a paused channel: the gate `licence` is shut and no manifest is issued by it.
"""

import logging
from datetime import date

from sqlalchemy import select

from .... import clock
from ....events.actor import PLATFORM, Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ...models import CHANNEL_LIFE, Channel, ChannelTest, PauseCause
from .due_months import due_day, expected_month, month_before, month_of

BY_TEST = "检测合格 (a test passed)"
"""What the parties are told of the end of a pause that no official gave a reason for."""

log = logging.getLogger(__name__)


def pause(actor: Actor, channel: Channel, reason: str) -> Channel:
    """Pause a channel by an admin's decision.

    Raises:
        Conflict: it is paused already (`wrong_state`).
    """
    with unit_of_work() as work:
        channel = work.lock(Channel, Channel.id == channel.id)
        stop(work, actor, channel, PauseCause.ADMIN, by=Party.ADMIN, reason=reason)
    return channel


def resume(actor: Actor, channel: Channel, reason: str) -> Channel:
    """Let waste through a paused channel again by an admin's decision, whatever the cause of the pause.

    Raises:
        Conflict: it is not paused (`wrong_state`).
    """
    with unit_of_work() as work:
        channel = work.lock(Channel, Channel.id == channel.id)
        restart(work, actor, channel, by=Party.ADMIN, reason=reason)
    return channel


def pause_untested(work: Work, channel: Channel) -> None:
    """Pause a channel of whose last month no test came in time."""
    month = channel.tested_from
    stop(work, PLATFORM, channel, PauseCause.TEST_MISSING, by=Party.CLOCK, paused_for=month)


def stop(
    work: Work,
    actor: Actor,
    channel: Channel,
    cause: PauseCause,
    *,
    by: Party,
    reason: str | None = None,
    paused_for: date | None = None,
) -> None:
    """Pause a locked channel.

    Args:
        paused_for: the sampling day of the test that failed, or the first day of the month without one.
    Raises:
        Conflict: it is paused already (`wrong_state`).
    """
    move = CHANNEL_LIFE.move(channel, "pause", by=by)
    channel.paused_at, channel.pause_cause = clock.now(), cause
    channel.pause_reason, channel.paused_for = reason, paused_for
    channel.tested_from = channel.test_due_on = None
    work.audit(actor, move.name, channel, cause=cause, reason=reason)
    work.emit(move.event or "", **_facts(channel), reason=reason or "", cause=cause)
    log.info("channel paused", extra={"permit_id": str(channel.id), "cause": cause})


def restart(work: Work, actor: Actor, channel: Channel, *, by: Party, reason: str | None = None) -> None:
    """End the pause of a locked channel.

    Raises:
        Conflict: it is not paused (`wrong_state`).
    """
    move = CHANNEL_LIFE.move(channel, "resume", by=by)
    channel.paused_at = channel.pause_cause = channel.pause_reason = channel.paused_for = None
    expect_tests(work, channel)
    work.audit(actor, move.name, channel, reason=reason)
    work.emit(move.event or "", **_facts(channel), reason=reason or BY_TEST)
    log.info("channel resumed", extra={"permit_id": str(channel.id)})


def expect_tests(work: Work, channel: Channel) -> None:
    """Note of which month a running channel's next test is due, and by when."""
    sampled = select(ChannelTest.sampled_on).where(ChannelTest.channel_id == channel.id)
    tested = {month_of(day) for day in work.session.scalars(sampled)}
    channel.tested_from = expected_month(channel, tested, clock.today())
    channel.test_due_on = channel.tested_from and due_day(channel.tested_from)


def is_mended_by(channel: Channel, sampled_on: date) -> bool:
    """Whether a passing test sampled on a day ends the pause of a channel.

    After one that failed it must be as late; in place of one that was missing it must be of that month or
    later, and no older than last month. What an admin paused only an admin resumes.
    """
    if channel.pause_cause == PauseCause.ADMIN or channel.paused_for is None:
        return False
    earliest = channel.paused_for
    if channel.pause_cause == PauseCause.TEST_MISSING:
        earliest = max(earliest, month_before(clock.today()))
    return sampled_on >= earliest


def _facts(channel: Channel) -> dict[str, str]:
    return {
        "kind": channel.__tablename__,
        "id": str(channel.id),
        "number": channel.approval_number,
    }
