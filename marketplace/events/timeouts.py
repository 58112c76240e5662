"""Moves that the scheduler makes when they are overdue."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, bindparam, inspect, or_, select, true

from .. import clock
from ..statements import Statement
from .lifecycle import LifeCycle, Move
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

    def _make_batch(self) -> int:
        overdue = (
            self.rows(self.life.overdue(self.model, self.name, clock.now()))
            .order_by(*inspect(self.model).primary_key)
            .limit(self.batch)
            .with_for_update(skip_locked=True)
        )
        with unit_of_work() as work:
            rows = work.session.scalars(overdue).all()
            for row in rows:
                self.make(work, row)
        return len(rows)

    def rows(self, condition: ColumnElement[bool]) -> Select[Any]:
        """The rows of a condition that the move is for."""
        only = true() if self.only is None else self.only
        return select(self.model).where(condition, only)


class Overdue:
    """Finds which of some time-outs have something to move: mostly none, and the scheduler asks often.

    So it asks by one statement that is put into words once.
    """

    def __init__(self, timeouts: Sequence[TimeOut]) -> None:
        self._timeouts = timeouts
        self._starts: dict[str, tuple[Any, Move]] = {}
        """The parameters: of which table and move each is the latest start."""
        exists = (self._exists(timeout).label(f"n{no}") for no, timeout in enumerate(timeouts))
        self._statement = Statement(select(*exists))

    def __call__(self) -> list[TimeOut]:
        """Those with a row for which the move is overdue."""
        moment = clock.now()
        starts = {name: move.latest_start(model, moment) for name, (model, move) in self._starts.items()}
        found = self._statement.one(**starts)
        return [timeout for timeout, is_due in zip(self._timeouts, found, strict=True) if is_due]

    def _exists(self, timeout: TimeOut) -> Exists:
        model, life = timeout.model, timeout.life
        conditions = []
        for move in life.timed(timeout.name):
            name = f"start_{len(self._starts)}"
            self._starts[name] = model, move
            latest = bindparam(name, type_=getattr(model, move.since or "").type)
            conditions.append(life.has_waited(model, move, latest))
        return timeout.rows(or_(*conditions)).exists()
