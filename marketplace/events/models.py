"""Events, the tasks they set off, and the record of who changed what."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..database import Base, values_check
from .lifecycle import LifeCycle, Move, Party


class TaskStatus(StrEnum):
    PENDING = "pending"
    DONE = "done"
    PARKED = "parked"


NOBODY = UUID(int=0)
"""The owner of the platform's own tasks: a value, as an index orders no NULL among owners."""
READ = "read"
"""The action of an audit line that says which parts of a row somebody of the staff read."""

LIFE = LifeCycle(
    Move("finish", TaskStatus.PENDING, TaskStatus.DONE, by={Party.SYSTEM}),
    Move("park", TaskStatus.PENDING, TaskStatus.PARKED, by={Party.SYSTEM}),
    Move("replay", TaskStatus.PARKED, TaskStatus.PENDING, by={Party.ADMIN}),
)


class Event(Base):
    """Something that happened, written in the same transaction; `person_id` as in the audit.

    `is_read` says that the feed of enterprises has taken what it says of it: an event that is committed late
    is found by that, however low its id.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    person_id: Mapped[UUID | None]
    is_read: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (Index("ix_event_unread", "id", postgresql_where=text("NOT is_read")),)


class Task(Base):
    """Something to be done: the database's own record of it; the queue only carries its number.

    `subscriber` is the name of its function in TASKS. A pending task whose `due_at` has come is dispatched
    to its queue, and its `due_at` moved on by the visibility time. Done in time, it is never looked at
    again; lost anywhere on the way, it is due again. A task that failed too often (`attempts`), or was
    dispatched as often without an end (`dispatches`: it may kill its worker), is parked with the reason
    until an operator replays it.

    `owner_id` is the enterprise on whose behalf it was written, `NOBODY` for the platform's own; `bulk` says
    that it is one of many that were written at once. Both decide whose turn it is, and nothing else.
    """

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    subscriber: Mapped[str]
    queue: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[TaskStatus] = mapped_column(default=TaskStatus.PENDING)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0)
    dispatches: Mapped[int] = mapped_column("handed", SmallInteger, default=0, server_default=text("0"))
    reason: Mapped[str | None]
    owner_id: Mapped[UUID] = mapped_column(default=NOBODY, server_default=text(f"'{NOBODY}'"))
    bulk: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("status", TaskStatus),
        Index(
            "ix_task_turn",
            "queue",
            "bulk",
            "owner_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_task_ended", "ended_at", postgresql_where=text("status = 'done'")),
        Index("ix_task_parked", "id", postgresql_where=text("status = 'parked'")),
    )


class Heartbeat(Base):
    """When somebody last wrote a sign of life, by name, by the database's own clock.

    `filler` makes the write need room on the disk.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    filler: Mapped[bytes | None]


class Audit(Base):
    """Who changed what, with which key and from which address, in the same transaction as the change.

    `key_id` names the key and is no secret, `person_id` the person who acted, where one did. Neither has a
    foreign key, so that the record outlives what it names.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]
    key_id: Mapped[UUID | None]
    address: Mapped[str | None]
    person_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_audit_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_person", "person_id", "id", postgresql_where=text("person_id IS NOT NULL")),
    )
