"""Papers of a channel and of its tests: expert review, pollution control, product standard, test reports."""

import logging
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from .... import uploaded_files
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Conflict, NotFound
from ....events.actor import Actor
from ....events.work import unit_of_work
from ...models import Channel, ChannelFile, ChannelFileKind
from ..lookup import find

MOST_FILES = 20
"""Files of a channel besides those of its tests; our own choice."""
MOST_FILES_OF_TEST = 5
"""Files of one test; our own choice."""

log = logging.getLogger(__name__)


def add_channel_file(
    actor: Actor, channel: Channel, kind: ChannelFileKind, test_id: UUID | None, upload: bytes, declared: str
) -> ChannelFile:
    """Keep a file with a channel, or with one of its tests.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged`.
        Conflict: there are as many files as there may be (`too_many_files`).
    """
    enterprises.require_unfrozen(actor)
    judged = uploaded_files.judged(upload, declared)
    size = len(judged.content)
    most = MOST_FILES_OF_TEST if test_id else MOST_FILES
    with unit_of_work() as work:
        channel = work.lock(Channel, Channel.id == channel.id)
        count = (
            select(func.count())
            .select_from(ChannelFile)
            .where(ChannelFile.channel_id == channel.id, ChannelFile.test_id.is_not_distinct_from(test_id))
        )
        if (work.session.scalar(count) or 0) >= most:
            raise Conflict("too_many_files", at="file", most=most)
        file = work.add(
            ChannelFile(
                channel_id=channel.id,
                test_id=test_id,
                kind=kind,
                media_type=judged.media_type,
                size=size,
                content=judged.content,
            )
        )
        work.audit(actor, "add_file", channel, file_id=str(file.id), size=size)
    log.info("file added", extra={"permit_id": str(channel.id), "size": size})
    return file


def find_channel_file(actor: Actor, permit_id: UUID, file_id: UUID) -> ChannelFile:
    """A file of a channel that the actor may see, with its content. Raises: NotFound."""
    channel = find(actor, Channel, permit_id)
    query = select(ChannelFile).where(ChannelFile.id == file_id, ChannelFile.channel_id == channel.id)
    file = db.session.scalars(query.options(undefer(ChannelFile.content))).one_or_none()
    if file is None:
        raise NotFound()
    return file
