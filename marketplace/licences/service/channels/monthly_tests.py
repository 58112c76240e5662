"""A channel's generator files a test each month; it is judged against the channel's standard at once."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....errors import Conflict, Forbidden, Invalid, NotFound
from ....events.actor import PLATFORM, Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ...models import Channel, ChannelStatus, ChannelTest, PauseCause
from .pausing import expect_tests, is_mended_by, restart, stop

log = logging.getLogger(__name__)


def file_test(actor: Actor, channel: Channel, data: dict[str, Any]) -> ChannelTest:
    """File a monthly test: it pauses the channel where it fails, and may end a pause where it passes.

    Args:
        data: `sampled_on`, `lab`, `cma`, `cnas`, and `results`: `{component, value, unit}`.
    Raises:
        Invalid: the sample is of a day to come (`sampled_in_future`), a component or unit is unknown, or a
            component of the standard was not tested (`component_not_tested`).
        Conflict: the channel is revoked (`permit_revoked`), or has no standard (`channel_has_no_standard`).
    """
    if data["sampled_on"] > clock.today():
        raise Invalid("sampled_in_future", at="sampled_on")
    catalogue.check_components(data["results"], "results")
    with unit_of_work() as work:
        channel = work.lock(Channel, Channel.id == channel.id)
        _require_testable(channel)
        found = out_of_bounds(channel.standard, data["results"])
        test = work.add(ChannelTest(channel_id=channel.id, **data, out_of_bounds=found, passed=not found))
        work.audit(actor, "file_test", channel, test_id=str(test.id), passed=test.passed)
        about = {"kind": Channel.__tablename__, "id": str(channel.id), "number": channel.approval_number}
        work.emit("permit.tested", **about, test_id=str(test.id), passed=test.passed)
        _draw_consequences(work, channel, test)
    log.info("channel tested", extra={"permit_id": str(channel.id), "passed": test.passed})
    return test


def _require_testable(channel: Channel) -> None:
    if channel.revoked_at is not None:
        raise Conflict("permit_revoked", number=channel.approval_number)
    if not channel.standard:
        raise Conflict("channel_has_no_standard", number=channel.approval_number)


def _draw_consequences(work: Work, channel: Channel, test: ChannelTest) -> None:
    """Pause, resume, or expect the next test."""
    if channel.status == ChannelStatus.RUNNING and test.passed:
        expect_tests(work, channel)
    elif channel.status == ChannelStatus.RUNNING:
        cause = PauseCause.OUT_OF_BOUNDS
        stop(work, PLATFORM, channel, cause, by=Party.SYSTEM, paused_for=test.sampled_on)
    elif test.passed and is_mended_by(channel, test.sampled_on):
        restart(work, PLATFORM, channel, by=Party.SYSTEM)
    elif not test.passed and channel.pause_cause != PauseCause.ADMIN:
        latest = max(test.sampled_on, channel.paused_for or test.sampled_on)
        channel.pause_cause, channel.paused_for = PauseCause.OUT_OF_BOUNDS, latest


def out_of_bounds(
    standard: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Results outside their bounds, compared in one unit: `{component, value, unit, min, max, bound_unit}`.

    Raises:
        Invalid: a component of the standard was not tested (`component_not_tested`), or only in a unit that
            does not compare with its bounds.
    """
    measured: dict[str, list[tuple[float, Mapping[str, Any]]]] = {}
    for result in results:
        keyed = catalogue.with_key({**result, "min": result["value"], "max": result["value"]})
        measured.setdefault(keyed["key"], []).append((keyed["low"], result))
    found = []
    for bound in map(catalogue.with_key, standard):
        if bound["key"] not in measured:
            raise Invalid(
                "component_not_tested", at="results", component=bound["component"], unit=bound["unit"]
            )
        found += [
            {**result, "min": bound["min"], "max": bound["max"], "bound_unit": bound["unit"]}
            for value, result in measured[bound["key"]]
            if not _is_within(value, bound)
        ]
    return found


def _is_within(value: float, bound: Mapping[str, Any]) -> bool:
    low, high = bound["low"], bound["high"]
    return (low is None or value >= low) and (high is None or value <= high)


def tests_of(channel: Channel, after: UUID | None, limit: int) -> Sequence[ChannelTest]:
    """Tests of a channel, those filed last first, at most `limit` that are older than `after`."""
    query = select(ChannelTest).where(ChannelTest.channel_id == channel.id)
    if after is not None:
        query = query.where(ChannelTest.id < after)
    return db.session.scalars(query.order_by(ChannelTest.id.desc()).limit(limit)).all()


def find_test(channel: Channel, test_id: UUID) -> ChannelTest:
    """A test of a channel. Raises: NotFound."""
    query = select(ChannelTest).where(ChannelTest.id == test_id, ChannelTest.channel_id == channel.id)
    test = db.session.scalars(query).one_or_none()
    if test is None:
        raise NotFound()
    return test


def check_generator(actor: Actor, channel: Channel) -> None:
    """Let the generator of a channel, and admins, write. Raises: Forbidden: `channel_generator_only`."""
    if actor.enterprise_id not in (None, channel.generator_id):
        raise Forbidden("channel_generator_only")


def check_receiver(actor: Actor, channel: Channel) -> None:
    """Let the receiver of a channel, and admins, write. Raises: Forbidden: `channel_receiver_only`."""
    if actor.enterprise_id not in (None, channel.receiver_id):
        raise Forbidden("channel_receiver_only")
