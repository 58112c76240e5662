"""Entries of the ledger, the head of each chain, and the daily anchors over all heads."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..database import Base

HASH = String(64)
"""A SHA-256 or an HMAC-SHA256, as hexadecimal digits."""


class LedgerEntry(Base):
    """What a row of the record was after a change: the `no`th entry of its enterprise's chain.

    `content` is canonical JSON of the row and of the moment. `digest` is the SHA-256 of the digest before and
    of all else that the entry says, so that anybody can follow a chain; `seal` the HMAC-SHA256 of the same,
    with the key `key_id`. The database lets nobody change or delete an entry. There is no foreign key: an
    entry outlives whatever it is about.
    """

    __tablename__ = "credit_ledger"

    enterprise_id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    row_id: Mapped[str]
    content: Mapped[str]
    digest: Mapped[str] = mapped_column(HASH)
    seal: Mapped[str] = mapped_column(HASH)
    key_id: Mapped[str]

    __table_args__ = (CheckConstraint("no > 0", name="counted_from_one"),)


class LedgerHead(Base):
    """How many entries a chain has and the digest of the last, signed; `anchored` of them are in an anchor.

    Its row is the lock under which a chain grows.
    """

    __tablename__ = "credit_ledger_head"

    enterprise_id: Mapped[UUID] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(HASH)
    signature: Mapped[str]
    key_id: Mapped[str]
    anchored: Mapped[int] = mapped_column(BigInteger)


class LedgerAnchor(Base):
    """What the heads of all chains were on a day, signed; the same is kept in a file outside the database.

    `statement` is canonical JSON with the heads that the anchor before did not have, and the digest of that
    anchor; `digest` is the SHA-256 of the statement. `key` is the public key of an Ed25519 signature, or the
    id of the ledger's key.
    """

    __tablename__ = "credit_ledger_anchor"

    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(unique=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    enterprises: Mapped[int]
    previous: Mapped[str | None] = mapped_column(HASH)
    statement: Mapped[str]
    digest: Mapped[str] = mapped_column(HASH)
    algorithm: Mapped[str]
    key: Mapped[str]
    signature: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
