"""What a channel says of itself beside its terms: whether it is paused and why, its tests and files."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ....database import db
from ....http.languages import language
from ....messages import say
from ...models import Channel, ChannelFile, ChannelStatus, ChannelTest, PauseCause

LATEST_TESTS = 12
"""Tests that are shown with a channel, the latest; all of them are a list of their own."""


def channel_records(channels: Sequence[Channel]) -> dict[UUID, dict[str, Any]]:
    """By id of channel: its pause, its latest tests and its files."""
    if not channels:
        return {}
    ids = [channel.id for channel in channels]
    tests, files = _latest_tests(ids), _by_channel(_files_of(ids))
    return {
        channel.id: {
            "paused": channel.status == ChannelStatus.PAUSED,
            "pause_reason": _why(channel),
            "tests": _with_files(tests.get(channel.id, []), files.get(channel.id, [])),
            "files": [file for file in files.get(channel.id, []) if file.test_id is None],
        }
        for channel in channels
    }


def present_tests(tests: Sequence[ChannelTest]) -> list[dict[str, Any]]:
    """Tests as the API shows them, each with the files that prove it."""
    ids = {test.id for test in tests}
    files = db.session.scalars(select(ChannelFile).where(ChannelFile.test_id.in_(ids))).all() if ids else []
    return _with_files(tests, files)


def _with_files(tests: Sequence[ChannelTest], files: Sequence[ChannelFile]) -> list[dict[str, Any]]:
    names = [column.key for column in ChannelTest.__table__.columns]
    return [
        {
            **{name: getattr(test, name) for name in names},
            "files": [file for file in files if file.test_id == test.id],
        }
        for test in tests
    ]


def _why(channel: Channel) -> str | None:
    """Why a channel is paused, in the reader's language; what an admin wrote as it was written."""
    if channel.pause_cause is None or channel.pause_cause == PauseCause.ADMIN:
        return channel.pause_reason
    month = channel.paused_for.strftime("%Y-%m") if channel.paused_for else ""
    return say(f"channel_paused_{channel.pause_cause}", language(), day=channel.paused_for, month=month)


def _latest_tests(ids: Iterable[UUID]) -> dict[UUID, list[ChannelTest]]:
    place = func.row_number().over(
        partition_by=ChannelTest.channel_id,
        order_by=(ChannelTest.sampled_on.desc(), ChannelTest.id.desc()),
    )
    numbered = select(ChannelTest.id, place.label("place")).where(ChannelTest.channel_id.in_(ids)).subquery()
    latest = (
        select(ChannelTest)
        .join(numbered, numbered.c.id == ChannelTest.id)
        .where(numbered.c.place <= LATEST_TESTS)
        .order_by(ChannelTest.sampled_on.desc(), ChannelTest.id.desc())
    )
    return _by_channel(db.session.scalars(latest))


def _files_of(ids: Iterable[UUID]) -> Iterable[ChannelFile]:
    return db.session.scalars(
        select(ChannelFile).where(ChannelFile.channel_id.in_(ids)).order_by(ChannelFile.id)
    )


def _by_channel(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.channel_id, []).append(row)
    return grouped
