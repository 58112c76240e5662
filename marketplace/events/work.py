"""The unit of work: a change, its audit line and its events are written together or not at all."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import inspect, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from .. import clock
from ..database import Base, db
from ..errors import NotFound
from .actor import Actor
from .models import LIFE, READ, Audit, Event, Task
from .registry import TaskType, find_task_type, task_types_of

Row = TypeVar("Row", bound=Base)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the HTTP request that this work belongs to."""
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
"""The address that the HTTP request came from."""


class Work:
    """One transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._events_muted = False

    def mute_events(self) -> None:
        """Write no events from here on: for seeding data of which everybody has been notified before."""
        self._events_muted = True

    def lock(self, model: type[Row], *conditions: Any) -> Row:
        """Find the only row that meets `conditions`, freshly read, and lock it until the end.

        Raises:
            NotFound: there is none.
        """
        query = (
            select(model)
            .where(*conditions)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        row = self.session.scalars(query).one_or_none()
        if row is None:
            raise NotFound()
        return row

    def lock_name(self, name: str) -> None:
        """Wait for all other work that locked this name, and keep it from others until the end."""
        self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def add(self, row: Row) -> Row:
        """Write a new row at once, so that a broken constraint raises here."""
        self.session.add(row)
        self.session.flush()
        return row

    def copy_rows(self, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        """Write many new rows by COPY. All name the same columns; the database fills in the others."""
        if not rows:
            return
        columns = [model.__table__.columns[name] for name in rows[0]]
        send = [Jsonb if isinstance(column.type, JSONB) else _value_of for column in columns]
        names = ", ".join(column.name for column in columns)
        connection = cast(psycopg.Connection, self.session.connection().connection.driver_connection)
        statement = cast(Any, f"COPY {model.__tablename__} ({names}) FROM STDIN")
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = zip(send, row.values(), strict=True)
                copy.write_row([None if value is None else wrap(value) for wrap, value in values])

    def emit(self, name: str, /, **payload: Any) -> None:
        """Write the event `name`, and the tasks that it enqueues.

        Raises:
            TypeError: a task of the event does not take this payload.
        """
        if self._events_muted:
            return
        event = self.add(Event(name=name, payload=payload, at=clock.now()))
        for task_type in task_types_of(name):
            self.session.add(_task_of(task_type, payload, event_id=event.id))
        self.session.flush()

    def emit_many(self, name: str, payloads: Sequence[dict[str, Any]]) -> None:
        """Write the event `name` once for each payload, and the tasks that it enqueues.

        Raises:
            TypeError: a task of the event does not take one of the payloads.
        """
        if self._events_muted:
            return
        for task_type in task_types_of(name):
            for payload in payloads:
                task_type.check(payload)
        numbers = text("SELECT nextval('event_id_seq') FROM generate_series(1, :many)")
        ids = self.session.scalars(numbers, {"many": len(payloads)}).all()
        now, events = clock.now(), list(zip(ids, payloads, strict=True))
        self.copy_rows(
            Event, [{"id": number, "name": name, "payload": payload, "at": now} for number, payload in events]
        )
        about = {"status": LIFE.initial, "attempts": 0, "due_at": now, "created_at": now}
        self.copy_rows(
            Task,
            [
                {
                    **about,
                    "event_id": number,
                    "subscriber": task_type.name,
                    "queue": task_type.queue,
                    "payload": payload,
                }
                for number, payload in events
                for task_type in task_types_of(name)
            ],
        )

    def enqueue(self, task: str, /, *, due_at: datetime | None = None, **payload: Any) -> Task:
        """Write a task, to be run at `due_at`, or now.

        Args:
            task: its name in TASKS of `marketplace.subscriptions`, which also knows its queue.
            due_at: never part of the payload; no function of TASKS has a parameter of that name.
            payload: the arguments of its function.

        Raises:
            KeyError: TASKS has no such name. TypeError: the function does not take this payload.
        """
        return self.add(_task_of(find_task_type(task), payload, due_at=due_at))

    def audit(self, actor: Actor, action: str, subject: Any, **detail: Any) -> None:
        """Write who did what to the row `subject`."""
        self.session.flush()
        self.session.add(Audit(**_audit_row(actor, action, subject, detail)))

    def audit_many(self, actor: Actor, action: str, subjects: Iterable[Any], **detail: Any) -> None:
        """Write who did the same to each of many rows."""
        self.copy_rows(Audit, [_audit_row(actor, action, subject, detail) for subject in subjects])

    def audit_reads(self, actor: Actor, reads: Mapping[tuple[str, UUID], Collection[str]]) -> None:
        """Write what somebody read of the rows of others: by name of the table and id, which parts."""
        self.copy_rows(
            Audit,
            [
                _audit_line(actor, READ, kind, str(row_id), {"parts": sorted(parts)})
                for (kind, row_id), parts in reads.items()
            ],
        )


def _task_of(
    task_type: TaskType,
    payload: dict[str, Any],
    *,
    due_at: datetime | None = None,
    event_id: int | None = None,
) -> Task:
    task_type.check(payload)
    return Task(
        event_id=event_id,
        subscriber=task_type.name,
        queue=task_type.queue,
        payload=payload,
        due_at=due_at or clock.now(),
    )


def _value_of(value: Any) -> Any:
    """The value of an enum's member, which the driver would send by its name."""
    return value.value if isinstance(value, Enum) else value


def _audit_row(actor: Actor, action: str, subject: Any, detail: dict[str, Any]) -> dict[str, Any]:
    key = ",".join(map(str, inspect(type(subject)).primary_key_from_instance(subject)))
    return _audit_line(actor, action, subject.__tablename__, key, detail)


def _audit_line(
    actor: Actor, action: str, subject_kind: str, subject_id: str, detail: dict[str, Any]
) -> dict[str, Any]:
    return {
        "at": clock.now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "detail": detail,
        "request_id": request_id.get(),
        "key_id": actor.key_id,
        "address": client_address.get(),
    }


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """Commit everything in the block at its end, or nothing of it. Within another unit, become part of it."""
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
