"""The scheduler: the one process that runs what is due.

Everything with a due time lives in PostgreSQL. The scheduler holds an advisory lock (a second one waits for
it) and at each tick runs the periodic jobs whose period has passed. Each job is idempotent.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from flask import Flask
from sqlalchemy import Connection, text

from . import clock, lives
from .appeals import jobs as appeals
from .boards import jobs as boards
from .credit import jobs as credit
from .database import db
from .desk import jobs as desk
from .early_warnings import jobs as early_warnings
from .enterprises import jobs as enterprises
from .evaluations import jobs as evaluations
from .events import jobs as events
from .haulage import jobs as haulage
from .ledger import jobs as ledger
from .licences import jobs as licences
from .listings import jobs as listings
from .manifests import jobs as manifests
from .matches import jobs as matches
from .notifications import jobs as notifications
from .notifications.service import MAIL_HOURS
from .persons import jobs as persons
from .privacy import jobs as privacy
from .reporting import jobs as reporting
from .transporters import jobs as transporters
from .webhooks import jobs as webhooks

LOCK = 0x6875616E6C6975
"""Key of the advisory lock."""
EVERY_HOUR = range(24)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A function that the scheduler calls again and again.

    Attributes:
        run: called without arguments, in an application context; idempotent. Where it returns True, there is
            more to do, and the next tick follows without a pause.
        period_s: seconds between two calls; 0 means at each tick.
        hours: the hours of the day in Asia/Shanghai in which it is called.
    """

    run: Callable[[], object]
    period_s: float
    hours: range = EVERY_HOUR

    @property
    def name(self) -> str:
        return f"{self.run.__module__.removeprefix('marketplace.')}.{self.run.__qualname__}"

    @property
    def schedule(self) -> str:
        """When it runs, for people."""
        period = f"every {self.period_s:g} s" if self.period_s else "at each tick"
        if self.hours == EVERY_HOUR:
            return period
        return f"{period}, {self.hours.start:02}:00 to {self.hours.stop:02}:00 (Asia/Shanghai)"

    def is_in_hours(self) -> bool:
        """Whether the present hour is one of `hours`."""
        return clock.now().astimezone(clock.LOCAL).hour in self.hours


PERIODIC_JOBS: tuple[PeriodicJob, ...] = (
    PeriodicJob(appeals.remind_of_decisions, 600),
    PeriodicJob(credit.refresh_lapsed, 30),
    PeriodicJob(credit.sweep_files, 3600),
    PeriodicJob(credit.match_all_waiting, 600),
    PeriodicJob(credit.forget_old_rows, 3600),
    PeriodicJob(boards.update_entries, 60),
    PeriodicJob(desk.drop_assignments, 3600),
    PeriodicJob(early_warnings.enqueue_nightly, 600, hours=range(4, 8)),
    PeriodicJob(enterprises.remind_of_expiry, 600),
    PeriodicJob(enterprises.forget_answers, 3600),
    PeriodicJob(evaluations.remind, 21600),
    PeriodicJob(evaluations.forget_previews, 3600),
    PeriodicJob(events.beat, 5),
    PeriodicJob(events.relay, 0),
    PeriodicJob(events.delete_done, 3600),
    PeriodicJob(lives.make_overdue_moves, 5),
    PeriodicJob(ledger.keep_ledger, 600),
    PeriodicJob(licences.note_expired, 60),
    PeriodicJob(listings.delete_old_imports, 3600),
    PeriodicJob(listings.delete_waiting_photos, 3600),
    PeriodicJob(manifests.chase, 600),
    PeriodicJob(manifests.judge_clean_years, 21600),
    PeriodicJob(matches.enqueue_nightly_rerank, 60, hours=range(2, 6)),
    PeriodicJob(matches.enqueue_nightly_training, 60, hours=range(3, 24)),
    PeriodicJob(matches.delete_old_changes, 600),
    PeriodicJob(notifications.release, 0),
    PeriodicJob(notifications.announce_endings, 600),
    PeriodicJob(notifications.forget_sent_mail, 3600),
    PeriodicJob(notifications.plan_digests, 60, hours=MAIL_HOURS),
    PeriodicJob(persons.forget_log_ins, 3600),
    PeriodicJob(privacy.erase_past_retention, 3600),
    PeriodicJob(haulage.delete_raw_points, 3600),
    PeriodicJob(haulage.judge_tracks, 60),
    PeriodicJob(reporting.open_reports, 21600, hours=range(1, 5)),
    PeriodicJob(reporting.remind, 3600),
    PeriodicJob(reporting.judge_years, 21600),
    PeriodicJob(transporters.remind_of_ends, 600),
    PeriodicJob(webhooks.take_events, 0),
    PeriodicJob(webhooks.forget_old, 3600),
)
"""Everything that runs periodically, in the order in which one tick runs it. A new job is one line here."""


def tick() -> None:
    """Run every job once, as the first tick after a long pause would. Tests call this."""
    for job in PERIODIC_JOBS:
        if job.is_in_hours():
            job.run()
        db.session.remove()


def run(app: Flask, stop: threading.Event | None = None) -> None:
    """Tick until `stop` is set or a signal arrives. Only the holder of the advisory lock ticks.

    The lock lives on a connection of its own, detached from the pool, and so ends with it. While the
    database is away, the scheduler tries again every second.
    """
    stop = stop or _stop_on_signal()
    while not stop.is_set():
        try:
            with app.app_context(), db.engine.connect() as guard:
                guard.detach()
                if not guard.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar():
                    guard.rollback()
                    stop.wait(1)
                    continue
                guard.commit()
                _tick_while_holding(app, guard, stop)
        except Exception:
            log.exception("the scheduler failed and starts again")
            stop.wait(1)


def _tick_while_holding(app: Flask, guard: Connection, stop: threading.Event) -> None:
    due_at = dict.fromkeys(PERIODIC_JOBS, 0.0)
    pause = app.config["SETTINGS"].scheduler_tick_s
    while not stop.is_set():
        guard.execute(text("SELECT 1"))
        guard.commit()
        has_more = False
        for job in PERIODIC_JOBS:
            if time.monotonic() >= due_at[job] and job.is_in_hours():
                has_more |= _perform(app, job)
                due_at[job] = time.monotonic() + job.period_s
        stop.wait(0 if has_more else pause)


def _perform(app: Flask, job: PeriodicJob) -> bool:
    """Run one job: its failure is logged, tried again after its period, and delays no other job.

    Returns:
        whether it has more to do.
    """
    with app.app_context():
        try:
            return job.run() is True
        except Exception:
            log.exception("periodic job failed", extra={"job": job.name})
            return False


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()

    def set_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_stop)
    return stop
