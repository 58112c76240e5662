"""Audit lines, events and tasks of a transaction, until one statement writes them, new rows with them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from ..database import Base
from ..statements import Statement
from .models import LIFE

RECORDS = """
line AS (
    INSERT INTO audit (at, actor_kind, actor_id, action, subject_kind, subject_id, detail, request_id, key_id,
                       address, person_id)
    SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(
        at timestamptz, actor_kind text, actor_id uuid, action text, subject_kind text, subject_id text,
        detail jsonb, request_id text, key_id uuid, address text, person_id uuid)),
numbered AS MATERIALIZED (
    SELECT nextval('event_id_seq') AS id, event.*
    FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS event(place int, name text, payload jsonb,
                                                             at timestamptz, person_id uuid)),
happened AS (
    INSERT INTO event (id, name, payload, at, person_id)
    SELECT id, name, payload, at, person_id FROM numbered)
INSERT INTO task (event_id, subscriber, queue, payload, status, due_at, attempts, created_at, owner_id, bulk)
SELECT numbered.id, task.subscriber, task.queue, task.payload, :pending, task.due_at, 0, task.created_at,
       task.owner_id, task.bulk
FROM jsonb_to_recordset(CAST(:tasks AS jsonb)) AS task(
    place int, event int, subscriber text, queue text, payload jsonb, due_at timestamptz,
    created_at timestamptz, owner_id uuid, bulk boolean)
LEFT JOIN numbered ON numbered.place = task.event ORDER BY task.place
"""
WRITE_RECORDS = Statement(text(f"WITH {RECORDS}"))
AS_STORED = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
"""Moments within a record are written as `_text_of` writes them, nothing else is guessed."""


@dataclass(slots=True)
class Records:
    """Audit lines, events and tasks that a transaction has not written yet, each in order."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lines or self.events or self.tasks)

    def as_parameters(self) -> dict[str, str]:
        """What `WRITE_RECORDS` asks for, and each statement of `insert_with_records` beside its rows."""
        return {
            "lines": _text(self.lines),
            "events": _text(self.events),
            "tasks": _text(self.tasks),
            "pending": LIFE.initial.value,
        }


def insert_with_records(*tables: tuple[type[Base], Sequence[str]]) -> Statement:
    """The statement that writes new rows and the records of a transaction.

    Args:
        tables: models, parents before children, with the names of the columns that are written; their rows
            are sent as JSON, by the name of the table.
    """
    inserts = [_insert(model.__table__, names) for model, names in tables]
    return Statement(text(f"WITH {', '.join(inserts)}, {RECORDS}"))


def _insert(table: Any, names: Sequence[str]) -> str:
    columns, dialect = ", ".join(names), postgresql.dialect()  # type: ignore[no-untyped-call]
    typed = ", ".join(f"{name} {table.c[name].type.compile(dialect=dialect)}" for name in names)
    rows = f"jsonb_to_recordset(CAST(:{table.name} AS jsonb)) AS new_row({typed})"
    return f"new_{table.name} AS (INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {rows})"  # noqa: S608 - names of ours


def rows_text(rows: Sequence[dict[str, Any]]) -> str:
    """New rows as JSON, each value as PostgreSQL reads it for its column."""
    return orjson.dumps(rows).decode()


def _text(values: Any) -> str:
    """Records as JSON. What orjson does not know the standard library writes.

    Raises:
        TypeError: something in it is no JSON.
    """
    try:
        return orjson.dumps(values, _text_of, AS_STORED).decode()
    except orjson.JSONEncodeError:
        return json.dumps(values, ensure_ascii=False, default=_text_of)


def _text_of(value: Any) -> str:
    """An id or a moment, as PostgreSQL reads it in JSON. Raises: TypeError: it is something else."""
    if isinstance(value, UUID | datetime):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
