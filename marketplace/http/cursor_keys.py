"""The keys that seal cursors: kept in the database, so that every process of every machine has the same.

The first is made when the first cursor is; `flask cursor-keys rotate` makes the next. A process reads them
again when it has not for `READ_AGAIN`, so a new key seals nothing before every process has read it, and a
rotation goes unnoticed by whoever is paging.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import BigInteger, DateTime, LargeBinary, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from .. import clock
from ..database import Base, db
from ..events.actor import PLATFORM
from ..events.work import Work, unit_of_work

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

SECRET_BYTES = 64
"""Of AES-SIV with AES-256: one half authenticates, the other encrypts (RFC 5297)."""
READ_AGAIN = timedelta(seconds=15)
SEALS_AFTER = timedelta(minutes=1)
"""How long a new key is only read. Several times `READ_AGAIN`, for clocks that differ. Our own choice."""
OPENS_FOR = timedelta(hours=24)
"""How long a replaced key still opens what it sealed: longer than anybody pages. Our own choice."""
EXTENSION = "cursor_keys"
LOCK = "cursor_key"


class CursorKey(Base):
    """A key: it seals from a moment on, and opens what it sealed until another, or for ever (None)."""

    __tablename__ = "cursor_key"

    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    seals_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    opens_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class _Key:
    secret: bytes
    cipher: "AESSIV"
    seals_from: datetime
    opens_until: datetime | None

    def opens(self, now: datetime) -> bool:
        return self.opens_until is None or now < self.opens_until

    def seals(self, now: datetime) -> bool:
        return self.seals_from <= now and self.opens(now)


@dataclass(frozen=True, slots=True)
class _Ring:
    keys: dict[int, _Key]
    read_at: datetime


def sealing_key() -> tuple[int, "AESSIV"]:
    """Number and cipher of the key that seals now: the newest whose time has come."""
    now = clock.now()
    keys = _ring(now).keys
    number = max(no for no, key in keys.items() if key.seals(now))
    return number, keys[number].cipher


def opening_key(number: int) -> "AESSIV | None":
    """The cipher of the key of that number; None: there is none, or its time is over."""
    now = clock.now()
    key = _ring(now).keys.get(number)
    return key.cipher if key and key.opens(now) else None


def rotate(*, at_once: bool = False) -> CursorKey:
    """Make a new key, and end those before it: a day later, or now where one may have become known."""
    now = clock.now()
    with unit_of_work() as work:
        work.lock_name(LOCK)
        key = work.add(_next_key(work.session, now if at_once else now + SEALS_AFTER))
        for row in work.session.scalars(select(CursorKey).where(CursorKey.no < key.no)):
            ends = now if at_once else now + OPENS_FOR
            row.opens_until = min(row.opens_until or ends, ends)
            if row.opens_until <= now:
                work.session.delete(row)
        work.audit(PLATFORM, "rotate", key)
    current_app.extensions.pop(EXTENSION, None)
    return key


def list_keys() -> Sequence[CursorKey]:
    """The keys, newest first."""
    return db.session.scalars(select(CursorKey).order_by(CursorKey.no.desc())).all()


def _ring(now: datetime) -> _Ring:
    ring: _Ring | None = current_app.extensions.get(EXTENSION)
    if ring is None or not ring.read_at <= now < ring.read_at + READ_AGAIN:
        keys = _read_keys()
        if not any(key.seals(now) for key in keys.values()):
            _make_first(now, list(ring.keys.values())[-1].secret if ring else None)
            keys = _read_keys()
        current_app.extensions[EXTENSION] = ring = _Ring(keys, now)
    return ring


def _read_keys() -> dict[int, _Key]:
    """The keys as stored, oldest first."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # only here: 8 MB that no worker needs

    return {
        row.no: _Key(row.secret, AESSIV(row.secret), row.seals_from, row.opens_until)
        for row in reversed(list_keys())
    }


def _make_first(now: datetime, held: bytes | None) -> None:
    """The first key; of a table that was emptied under this process, the newest that it still holds.

    In a transaction of its own, as a GET commits nothing; of several processes one makes it.
    """
    is_open = or_(CursorKey.opens_until.is_(None), CursorKey.opens_until > now)
    with Session(db.engine) as session, session.begin():
        Work(session).lock_name(LOCK)
        if session.scalar(select(CursorKey.no).where(CursorKey.seals_from <= now, is_open).limit(1)) is None:
            session.add(_next_key(session, now, held))


def _next_key(session: Any, seals_from: datetime, secret: bytes | None = None) -> CursorKey:
    last = session.scalar(select(func.max(CursorKey.no))) or 0
    return CursorKey(no=last + 1, secret=secret or secrets.token_bytes(SECRET_BYTES), seals_from=seals_from)
