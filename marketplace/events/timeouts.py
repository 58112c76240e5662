"""Moves that the scheduler makes when they are overdue."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, inspect, select, true

from .. import clock
from ..database import db
from .lifecycle import LifeCycle
from .work import Work, unit_of_work

BATCH = 500
"""Rows that one transaction moves."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TimeOut:
    """A timed move of a life cycle, and the function of the room that makes it.

    Attributes:
        model: the table of the rows.
        life: the life cycle that has the move.
        name: the move.
        make: makes the move of one locked row: state, audit line, event.
        only: a further condition of the rows.
        batch: rows that one transaction moves; 1 where the move locks rows of others.
    """

    model: Any
    life: LifeCycle
    name: str
    make: Callable[[Work, Any], None]
    only: ColumnElement[bool] | None = None
    batch: int = BATCH

    def make_overdue(self) -> int:
        """Make the move of every row for which it is overdue. Returns of how many."""
        began, made, last = time.perf_counter(), 0, self.batch
        while last == self.batch:
            last = self._make_batch()
            made += last
        if made:
            ms = round((time.perf_counter() - began) * 1000, 1)
            about = {"table": self.model.__tablename__, "move": self.name, "count": made, "ms": ms}
            log.info("overdue moves made", extra=about)
        return made

    def is_due(self, moment: datetime) -> Exists:
        """The condition that the move is overdue for some row."""
        return self._overdue(moment).exists()

    def _make_batch(self) -> int:
        overdue = (
            self._overdue(clock.now())
            .order_by(*inspect(self.model).primary_key)
            .limit(self.batch)
            .with_for_update(skip_locked=True)
        )
        with unit_of_work() as work:
            rows = work.session.scalars(overdue).all()
            for row in rows:
                self.make(work, row)
        return len(rows)

    def _overdue(self, moment: datetime) -> Select[Any]:
        only = true() if self.only is None else self.only
        return select(self.model).where(self.life.overdue(self.model, self.name, moment), only)


def with_overdue_rows(timeouts: Sequence[TimeOut]) -> list[TimeOut]:
    """Those that have something to move, by one statement: mostly there are none."""
    moment = clock.now()
    found = db.session.execute(select(*(timeout.is_due(moment) for timeout in timeouts))).one()
    return [timeout for timeout, is_due in zip(timeouts, found, strict=True) if is_due]
