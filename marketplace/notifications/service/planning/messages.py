"""A planned message, and how long it waits for its release."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from .... import clock
from ....enterprises.models import Enterprise, Grade
from ....events.work import in_bulk
from ....matches import service as matches
from ...models import Notification, NotificationKind
from ..kinds import KINDS
from .deduplication import PREVIOUS_TERMS
from .new_message import NewMessage

LAST_GRADE = Grade.D
"""The last grade with a delay of its own in the policy; enterprises of grade E wait as long."""


def release_delays() -> dict[Grade, timedelta]:
    """How long after its cause a message is released, by the credit grade of the receiver."""
    seconds: dict[str, int] = matches.policy_in_force().body["push_delay_s"]
    return {grade: timedelta(seconds=seconds.get(grade, seconds[LAST_GRADE])) for grade in Grade}


def compose(
    receiver: Enterprise, kind: NotificationKind, data: dict[str, Any], release_at: datetime | None = None
) -> Notification:
    """A message to be released at `release_at` (now, if not given); the caller writes it.

    Raises:
        ValueError: as `compose_for` does.
    """
    standing = receiver.grade, receiver.credit_milli
    message = compose_for(receiver.id, *standing, kind, data, release_at or clock.now())
    return Notification(**asdict(message) | {"data": data})


def compose_for(
    receiver_id: UUID,
    grade: Grade,
    credit_milli: int,
    kind: NotificationKind,
    data: dict[str, Any],
    release_at: datetime,
) -> NewMessage:
    """A message to an enterprise of this standing, to be released at `release_at`; the caller writes it.

    Args:
        data: what the API shows of it: the fields that `KINDS[kind]` names, and the terms of the message
            before it, if there was one.
    Raises:
        ValueError: a field is missing, or is none of this kind.
    """
    if data.keys() - {PREVIOUS_TERMS} != KINDS[kind].data_fields:
        raise ValueError(f"{kind}: data {sorted(data)} are not the data_fields of its row in KINDS")
    return NewMessage(
        id=uuid7(),
        enterprise_id=receiver_id,
        kind=kind,
        listing_id=UUID(data["listing_id"]) if "listing_id" in data else None,
        counterpart_id=UUID(data["counterpart_id"]) if "counterpart_id" in data else None,
        data=data,
        grade=grade,
        credit_milli=credit_milli,
        score=data.get("score") or 0.0,
        release_at=release_at,
        bulk=in_bulk.get(),
    )
