"""The unit of work: a change, its audit line and its events are written together or not at all."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import inspect, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, SessionTransaction

from .. import clock
from ..database import Base, db
from ..errors import NotFound
from ..statements import Statement
from .actor import Actor, acting_person
from .models import LIFE, NOBODY, READ, Audit, Event, Task
from .records import WRITE_RECORDS, Records, rows_text
from .registry import TaskType, find_task_type, task_types_of

Row = TypeVar("Row", bound=Base)
LOCK_NAME = Statement(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), ("locked",))

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the HTTP request that this work belongs to."""
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
"""The address that the HTTP request came from."""
task_owner: ContextVar[UUID] = ContextVar("task_owner", default=NOBODY)
"""The enterprise on whose behalf tasks are written."""
in_bulk: ContextVar[bool] = ContextVar("in_bulk", default=False)
"""Whether tasks are written as some of many."""


class Work:
    """One transaction. Its audit lines, events and tasks are written by one statement, before it ends."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._events_muted = False
        self._records = Records()

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
        LOCK_NAME.all(name=name)

    def add(self, row: Row) -> Row:
        """Write a new row at once, so that a broken constraint raises here."""
        self.session.add(row)
        self.session.flush()
        return row

    def add_with_records(self, statement: Statement, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        """Write new rows, and the audit lines, events and tasks up to now, at once.

        Args:
            statement: of `insert_with_records`. rows: by the name of each of its tables, maybe none; with all
                the columns that it writes.
        """
        records, self._records = self._records, Records()
        sent = {table: rows_text(new) for table, new in rows.items()}
        statement.write(**sent, **records.as_parameters())

    def copy_rows(self, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        """Write many new rows by COPY. All name the same columns; the database fills in the others."""
        if not rows:
            return
        columns = [model.__table__.columns[name] for name in rows[0]]
        send = [_json_of if isinstance(column.type, JSONB) else _value_of for column in columns]
        names = ", ".join(column.name for column in columns)
        connection = cast(psycopg.Connection, self.session.connection().connection.driver_connection)
        statement = cast(Any, f"COPY {model.__tablename__} ({names}) FROM STDIN")
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = zip(send, row.values(), strict=True)
                copy.write_row([None if value is None else wrap(value) for wrap, value in values])

    @contextmanager
    def savepoint(self) -> Iterator[SessionTransaction]:
        """Take back what the block wrote, records included, if it raises or rolls the savepoint back."""
        self.write_records()
        with self.session.begin_nested() as point:
            try:
                yield point
                if point.is_active:
                    self.write_records()
            finally:
                self._records = Records()

    def write_records(self) -> None:
        """Write the audit lines, events and tasks up to now: before statements that must find them."""
        records, self._records = self._records, Records()
        if records:
            WRITE_RECORDS.write(**records.as_parameters())

    def emit(self, name: str, /, **payload: Any) -> None:
        """Write the event `name`, and the tasks that it enqueues.

        Raises:
            TypeError: a task of the event does not take this payload.
        """
        if self._events_muted:
            return
        place = len(self._records.events)
        self._records.events.append(
            {
                "place": place,
                "name": name,
                "payload": payload,
                "at": clock.now(),
                "person_id": acting_person.get(),
            }
        )
        for task_type in task_types_of(name):
            self._add_task(task_type, payload, event=place)

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
        self.write_records()
        numbers = text("SELECT nextval('event_id_seq') FROM generate_series(1, :many)")
        ids = self.session.scalars(numbers, {"many": len(payloads)}).all()
        now, events = clock.now(), list(zip(ids, payloads, strict=True))
        done = {"name": name, "at": now, "person_id": acting_person.get()}
        self.copy_rows(Event, [{"id": number, "payload": payload, **done} for number, payload in events])
        about = {"status": LIFE.initial, "attempts": 0, "due_at": now, "created_at": now}
        about |= {"owner_id": task_owner.get(), "bulk": True}
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

    def enqueue(self, task: str, /, *, due_at: datetime | None = None, **payload: Any) -> None:
        """Write a task, to be run at `due_at`, or now.

        Args:
            task: its name in TASKS of `marketplace.subscriptions`, which also knows its queue.
            due_at: never part of the payload; no function of TASKS has a parameter of that name.
            payload: the arguments of its function.

        Raises:
            KeyError: TASKS has no such name. TypeError: the function does not take this payload.
        """
        self._add_task(find_task_type(task), payload, due_at=due_at)

    def audit(self, actor: Actor, action: str, subject: Any, **detail: Any) -> None:
        """Write who did what to the row `subject`."""
        if inspect(subject).pending:
            self.session.flush()  # then it has its key
        self._records.lines.append(_audit_row(actor, action, subject, detail))

    def audit_many(self, actor: Actor, action: str, subjects: Iterable[Any], **detail: Any) -> None:
        """Write who did the same to each of many rows."""
        self.write_records()
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

    def _add_task(
        self,
        task_type: TaskType,
        payload: dict[str, Any],
        *,
        due_at: datetime | None = None,
        event: int | None = None,
    ) -> None:
        task_type.check(payload)
        now = clock.now()
        self._records.tasks.append(
            {
                "place": len(self._records.tasks),
                "event": event,
                "subscriber": task_type.name,
                "queue": task_type.queue,
                "payload": payload,
                "due_at": due_at or now,
                "created_at": now,
                "owner_id": task_owner.get(),
                "bulk": in_bulk.get(),
            }
        )


def _json_of(value: Any) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)


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
        "person_id": actor.person_id,
    }


@contextmanager
def written_for(owner_id: UUID, *, bulk: bool) -> Iterator[None]:
    """Write the tasks of the block on behalf of an enterprise, or of `NOBODY`; `bulk` as some of many."""
    owner_before, bulk_before = task_owner.set(owner_id), in_bulk.set(bulk)
    try:
        yield
    finally:
        task_owner.reset(owner_before)
        in_bulk.reset(bulk_before)


@contextmanager
def audited_as(sent_with: str | None) -> Iterator[None]:
    """Audit the block as part of the request of that id, which left it to be done later."""
    before = request_id.set(sent_with)
    try:
        yield
    finally:
        request_id.reset(before)


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
        session.flush()
        work.write_records()
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("work", None)


@contextmanager
def one_of_many() -> Iterator[None]:
    """Around one of several changes that are made one after the other: one that raises leaves nothing behind,
    also within a unit that goes on with the others and commits them together."""
    outer: Work | None = db.session().info.get("work")
    if outer is None:
        yield
        return
    with outer.savepoint():
        yield
