"""A planned message, and how long it waits for its release."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
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


class Standing(NamedTuple):
    """By what receivers are told earlier or later: grade, credit score in thousandths, score of the match."""

    grade: Grade
    credit_milli: int
    score: float

    @property
    def order(self) -> tuple[int, float]:
        return -self.credit_milli, -self.score


@dataclass(frozen=True, slots=True)
class Tiers:
    """How long after its cause a message is released: by grade, and within a tier over a `spread`."""

    delays: Mapping[Grade, timedelta]
    spread: timedelta

    @property
    def ends(self) -> dict[Grade, timedelta]:
        """When all of a tier that have a place in it have been told."""
        return {grade: delay + self.spread for grade, delay in self.delays.items()}

    def moments(self, standings: Sequence[Standing], since: datetime) -> list[datetime]:
        """When these receivers are told of one cause.

        Grades of one delay are one tier. Within it the higher credit comes first, then the higher score,
        equally far apart; equals are told together.
        """
        moments = [since + self.delays[standing.grade] for standing in standings]
        if not self.spread:
            return moments
        tiers: dict[datetime, list[int]] = defaultdict(list)
        for place, moment in enumerate(moments):
            tiers[moment].append(place)
        for begins, places in tiers.items():
            ordered = sorted(standings[place].order for place in places)
            for place in places:
                rank = bisect_left(ordered, standings[place].order)
                moments[place] = begins + self.spread * rank / len(places)
        return moments


def release_tiers() -> Tiers:
    """The tiers of the policy in force, by the credit grade of the receiver."""
    policy = matches.policy_in_force().body
    seconds: dict[str, int] = policy["push_delay_s"]
    delays = {grade: timedelta(seconds=seconds.get(grade, seconds[LAST_GRADE])) for grade in Grade}
    return Tiers(delays, timedelta(seconds=policy["spread_within_tier_s"]))


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
