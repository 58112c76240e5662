"""When events and evaluations stop counting, and whose standing that has changed."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, cast, func, select, text, union_all

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Invalid
from ..models import CreditEvent, Evaluation, EventStatus

VALIDITY_YEARS = 2
"""How long every event and evaluation counts."""


def lapse_date(effective_on: date) -> date:
    """The first day on which what took effect on `effective_on` no longer counts: two years later.

    29 February lapses on 1 March where the later year has no such day.
    """
    try:
        return effective_on.replace(year=effective_on.year + VALIDITY_YEARS)
    except ValueError:
        return date(effective_on.year + VALIDITY_YEARS, 3, 1)


def is_valid_on(day: date, first_day: date, lapses_on: date) -> bool:
    """Whether something counts on `day`: from its first day on, no longer on the day it lapses."""
    return first_day <= day < lapses_on


def counts(event: CreditEvent, today: date) -> bool:
    """Whether an event has taken effect, has not lapsed, and is neither withdrawn nor a withdrawal."""
    stands = event.status not in (EventStatus.WITHDRAWN, EventStatus.COMPENSATION)
    return stands and is_valid_on(today, event.effective_on, event.lapses_on)


def require_not_future(day: date, at: str) -> None:
    """Raises: Invalid: the day that field `at` names is yet to come (`effective_in_future`)."""
    if day > clock.today():
        raise Invalid("effective_in_future", at=at)


def year_before(day: date) -> date:
    """The same day a year ago; of 29 February the 28th, as PostgreSQL counts it."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)


def due_for_refresh(today: date) -> Any:
    """A query of the ids of enterprises whose standing may differ from the one last written.

    These are enterprises of which an event or evaluation stopped counting since then, and provisional ones
    that completed their first year on the platform.
    """
    return _of_lapsed(today).union(_of_anniversaries(today))


def _of_lapsed(today: date) -> Any:
    events = select(CreditEvent.enterprise_id, CreditEvent.lapses_on.label("day"))
    evaluations = select(Evaluation.enterprise_id, Evaluation.valid_until)
    lapses = union_all(
        events.where(CreditEvent.lapses_on <= today), evaluations.where(Evaluation.valid_until <= today)
    ).subquery()
    return enterprises.with_standing_before(lapses.c.enterprise_id, lapses.c.day, today)


def _of_anniversaries(today: date) -> Select[Any]:
    since = cast(func.timezone(clock.LOCAL.key, Enterprise.created_at), Date)
    year_before_standing = cast(Enterprise.credit_as_of - text("interval '1 year'"), Date)
    return select(Enterprise.id).where(
        Enterprise.provisional, since <= year_before(today), since > year_before_standing
    )
