"""Entries and heads: their canonical texts, and how a chain grows by some of them."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import Enum, auto
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ... import clock
from ...errors import Unavailable
from .keys import UnknownKey, is_sealed, mac, sealing_keys

GENESIS = "0" * 64
"""The digest before the first entry."""
ROW_BEGINS = ',"row":'

LOCK_HEADS = f"""
    WITH changed AS ({{changed}}), locked AS (
        INSERT INTO credit_ledger_head AS head (enterprise_id, count, digest, signature, key_id, anchored)
        SELECT DISTINCT enterprise_id, 0, '{GENESIS}', '', '', 0 FROM changed ORDER BY enterprise_id
        ON CONFLICT (enterprise_id) DO UPDATE SET count = head.count
        RETURNING enterprise_id, count, digest, signature, key_id)
    SELECT CAST(changed.enterprise_id AS text) AS enterprise_id, changed.kind, changed.row_id,
           changed.row_json, locked.count, locked.digest, locked.signature, locked.key_id
    FROM changed JOIN locked USING (enterprise_id)
"""  # noqa: S608 - texts of ours
"""Makes or locks the heads of the enterprises of some rows, in one order for everybody."""
APPEND = text("""
    WITH entry AS (
        INSERT INTO credit_ledger (enterprise_id, no, kind, row_id, content, digest, seal, key_id)
        SELECT * FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS entry(
            enterprise_id uuid, no bigint, kind text, row_id text, content text, digest text, seal text,
            key_id text))
    UPDATE credit_ledger_head AS head
    SET count = new.count, digest = new.digest, signature = new.signature, key_id = new.key_id
    FROM jsonb_to_recordset(CAST(:heads AS jsonb)) AS new(
        enterprise_id uuid, count bigint, digest text, signature text, key_id text)
    WHERE head.enterprise_id = new.enterprise_id
""")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Head:
    """Where a chain ends: how many entries it has, and the digest of the last."""

    enterprise_id: str
    count: int
    digest: str

    def text(self) -> bytes:
        """What its signature is of."""
        return f"head\n{self.enterprise_id}\n{self.count}\n{self.digest}".encode()


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row as it is after a change; `row_json` in whatever order of names."""

    enterprise_id: str
    kind: str
    row_id: str
    row_json: str


def canonical(row_json: str) -> str:
    """JSON with sorted names and no blanks."""
    return orjson.dumps(orjson.loads(row_json), option=orjson.OPT_SORT_KEYS).decode()


def row_of(content: str) -> str:
    """The row within the content of an entry."""
    return content[content.index(ROW_BEGINS) + len(ROW_BEGINS) : -1]


class Difference(Enum):
    """How a row differs from its last entry."""

    NONE = auto()
    COLUMNS = auto()
    """In which columns there are: a migration added or removed one."""
    VALUES = auto()


def difference(kept: str, row_json: str) -> Difference:
    """How a row, as JSON in whatever order, differs from the row in its last entry."""
    present = canonical(row_json)
    if present == kept:
        return Difference.NONE
    was, is_now = orjson.loads(kept), orjson.loads(present)
    common = was.keys() & is_now.keys()
    if any(was[name] != is_now[name] for name in common) or was.keys() == is_now.keys():
        return Difference.VALUES
    return Difference.COLUMNS


def entry_text(previous: str, enterprise_id: str, no: int, kind: str, row_id: str, content: str) -> bytes:
    """What digest and seal of an entry are of: the digest before it, and all that it says."""
    return f"entry\n{previous}\n{enterprise_id}\n{no}\n{kind}\n{row_id}\n{content}".encode()


def broken(head: Head) -> Unavailable:
    """The refusal to continue a chain that was changed by others: it would make their change ours."""
    log.error("the ledger is broken", extra={"enterprise_id": head.enterprise_id, "entries": head.count})
    return Unavailable("ledger_broken")


def is_trusted(head: Head, signature: str, key_id: str) -> bool:
    """Whether we signed a head; one without entries was just made. Raises: UnknownKey."""
    if head.count == 0:
        return head.digest == GENESIS and not signature
    return is_sealed(head.text(), signature, key_id)


def require_trusted(head: Head, signature: str, key_id: str) -> None:
    """Raises: Unavailable: we did not sign a head (`ledger_broken`)."""
    try:
        trusted = is_trusted(head, signature, key_id)
    except UnknownKey:
        trusted = False
    if not trusted:
        raise broken(head)


def heads_of(locked: Iterable[Any]) -> dict[str, Head]:
    """The heads in what `LOCK_HEADS` returned, by enterprise.

    Raises:
        Unavailable: one of them was not signed by us (`ledger_broken`).
    """
    heads: dict[str, Head] = {}
    for row in locked:
        if row.enterprise_id in heads:
            continue
        head = heads[row.enterprise_id] = Head(row.enterprise_id, row.count, row.digest)
        require_trusted(head, row.signature, row.key_id)
    return heads


def append(session: Session, heads: dict[str, Head], rows: Sequence[ChangedRow]) -> None:
    """Let the chains of locked heads grow by these rows, in this order.

    Raises:
        Unavailable: one of them has entries beyond its head (`ledger_broken`).
    """
    key_id, key = next(iter(sealing_keys().items()))
    at = clock.now().astimezone(UTC).isoformat()
    entries = []
    for row in rows:
        head = heads[row.enterprise_id]
        content = f'{{"at":"{at}"{ROW_BEGINS}{canonical(row.row_json)}}}'
        said = entry_text(head.digest, row.enterprise_id, head.count + 1, row.kind, row.row_id, content)
        head.count, head.digest = head.count + 1, hashlib.sha256(said).hexdigest()
        entries.append(
            {
                "enterprise_id": row.enterprise_id,
                "no": head.count,
                "kind": row.kind,
                "row_id": row.row_id,
                "content": content,
                "digest": head.digest,
                "seal": mac(key, said),
                "key_id": key_id,
            }
        )
    grown = [heads[enterprise_id] for enterprise_id in dict.fromkeys(row.enterprise_id for row in rows)]
    signed = [
        {
            "enterprise_id": head.enterprise_id,
            "count": head.count,
            "digest": head.digest,
            "signature": mac(key, head.text()),
            "key_id": key_id,
        }
        for head in grown
    ]
    try:
        session.execute(
            APPEND, {"entries": orjson.dumps(entries).decode(), "heads": orjson.dumps(signed).decode()}
        )
    except IntegrityError as error:
        raise broken(grown[0]) from error
