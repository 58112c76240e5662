"""Signs of life, written to the database: that the scheduler ticks, and that changes are accepted.

They go by the database's own clock, so that all processes read them alike.
"""

import os

from sqlalchemy import extract, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from ...database import db
from ..models import Heartbeat
from ..work import unit_of_work

SCHEDULER = "scheduler"
PROBE = "probe"
DEAD_AFTER_S = 30
"""Without a beat for as long, the scheduler counts as dead; it beats every five seconds."""
PROBE_INTERVAL = text("interval '2 seconds'")
"""All processes together probe no more often."""
PROBE_BYTES = 8_000
"""As much as fills a page: on a full disk a smaller change still finds room."""

_now = func.clock_timestamp


def beat() -> None:
    """Write that the scheduler ticks."""
    row = insert(Heartbeat).values(name=SCHEDULER, at=_now())
    with unit_of_work() as work:
        work.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": _now()}))


def tick_age_s() -> float | None:
    """Seconds since the scheduler last wrote that it ticks; None when it never ran."""
    age = select(extract("epoch", _now() - Heartbeat.at)).where(Heartbeat.name == SCHEDULER)
    seconds = db.session.scalar(age)
    return None if seconds is None else float(seconds)


def is_scheduler_ticking() -> bool:
    """Whether the scheduler ticked of late; one that never ran is not missed: it may be starting."""
    try:
        age_s = tick_age_s()
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return age_s is None or age_s < DEAD_AFTER_S


def accepts_changes() -> bool:
    """Whether the database stores a change: it may respond and store none, on a full disk or as a standby."""
    filler = os.urandom(PROBE_BYTES)
    row = insert(Heartbeat).values(name=PROBE, at=_now(), filler=filler)
    replaced = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"at": _now(), "filler": filler},
        where=Heartbeat.at < _now() - PROBE_INTERVAL,
    )
    try:
        with unit_of_work() as work:
            work.session.execute(text("SET LOCAL statement_timeout = '2s'"))
            work.session.execute(replaced)
    except SQLAlchemyError:
        return False
    return True
