"""Until when a transfer approval lasts: no longer than was asked for, 12 months, or the receiver's licence.

Source: Transfer Measures 2021, art. 27 (`law.md` 2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from ....database import db
from ...models import Licence, LicenceLine, LicenceStatus, mode_mask

LONGEST_MONTHS = 12


class EndCause(StrEnum):
    """What ends an approval first."""

    ASKED = "asked"
    LONGEST = "longest"
    LICENCE = "licence"


@dataclass(frozen=True, slots=True)
class End:
    """The last day of an approval, and what sets it."""

    day: date
    cause: EndCause


def end_of(valid_from: date, asked_until: date, licence_until: date | None) -> End:
    """The least of three days.

    Args:
        licence_until: the last day of the receiver's licence; None without one.
    """
    ends = [End(asked_until, EndCause.ASKED), End(longest_until(valid_from), EndCause.LONGEST)]
    if licence_until is not None:
        ends.append(End(licence_until, EndCause.LICENCE))
    return min(ends, key=lambda end: end.day)


def longest_until(valid_from: date) -> date:
    """The last of 12 months from a day."""
    later = valid_from.year * 12 + valid_from.month - 1 + LONGEST_MONTHS
    year, month = divmod(later, 12)
    leap_day = (valid_from.month, valid_from.day) == (2, 29)
    same_day = date(year, month + 1, 28) if leap_day else valid_from.replace(year=year, month=month + 1)
    return same_day if leap_day else same_day - timedelta(days=1)


def licence_until(receiver_id: UUID, covering: Iterable[int], way: str, day: date) -> date | None:
    """The last day of the receiver's licences that are valid on a day for one of these codes and the way.

    Args:
        covering: ids of the code and of all above it.
    """
    latest = (
        select(func.max(Licence.valid_until))
        .join(LicenceLine, LicenceLine.licence_id == Licence.id)
        .where(
            Licence.enterprise_id == receiver_id,
            Licence.status == LicenceStatus.CONFIRMED,
            Licence.revoked_at.is_(None),
            Licence.valid_from <= day,
            Licence.valid_until >= day,
            LicenceLine.code_id.in_(set(covering)),
            LicenceLine.modes.op("&")(mode_mask([way])) > 0,
        )
    )
    return db.session.scalar(latest)
