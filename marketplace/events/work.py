"""The unit of work: a change, its audit line and its events are written together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from .. import clock
from ..errors import NotFound
from ..extensions import Base, db
from .actor import Actor
from .models import Audit, Event, Task
from .subscribers import subscribers_of

Row = TypeVar("Row", bound=Base)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the HTTP request that this work belongs to."""


class Work:
    """One transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._hushed = False

    def hush(self) -> None:
        """Tell nobody of what follows: for seeding a world in which all has been told before."""
        self._hushed = True

    def lock(self, model: type[Row], *conditions: Any) -> Row:
        """The one row that meets `conditions`, fresh and locked until the end.

        Raises:
            NotFound: there is none.
        """
        query = select(model).where(*conditions).with_for_update().execution_options(populate_existing=True)
        row = self.session.scalars(query).one_or_none()
        if row is None:
            raise NotFound()
        return row

    def add(self, row: Row) -> Row:
        """Write a new row now, so that its constraints speak now."""
        self.session.add(row)
        self.session.flush()
        return row

    def tell(self, name: str, /, **payload: Any) -> None:
        """Write the event `name` and a task for each of its subscribers."""
        if self._hushed:
            return
        event = self.add(Event(name=name, payload=payload, at=clock.now()))
        for subscriber in subscribers_of(name):
            self.owe(subscriber.name, subscriber.queue, payload, event_id=event.id)

    def owe(
        self,
        subscriber: str,
        queue: str,
        payload: dict[str, Any],
        *,
        due_at: datetime | None = None,
        event_id: int | None = None,
    ) -> Task:
        """Write down that `subscriber` must run with `payload`, at `due_at` (now, if not given)."""
        return self.add(
            Task(
                event_id=event_id,
                subscriber=subscriber,
                queue=queue,
                payload=payload,
                due_at=due_at or clock.now(),
            )
        )

    def audit(self, actor: Actor, action: str, subject: Any, **detail: Any) -> None:
        """Write who did what to the row `subject`."""
        self.session.flush()
        self.session.add(
            Audit(
                at=clock.now(),
                actor_kind=actor.kind,
                actor_id=actor.id,
                action=action,
                subject_kind=subject.__tablename__,
                subject_id=",".join(map(str, inspect(subject).identity)),
                detail=detail,
                request_id=request_id.get(),
            )
        )


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """Everything inside commits at the end, or nothing does. Inside another unit it joins that one."""
    session = db.session()
    outer = session.info.get("work")
    if outer is not None:
        yield outer
        session.flush()
        return
    work = session.info["work"] = Work(session)
    try:
        yield work
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("work", None)
