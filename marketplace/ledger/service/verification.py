"""Verification: every entry, head and anchor against the keys, and every row against its last entry.

Entries, heads and rows come as streams in order of their enterprise, from one snapshot, so that memory does
not grow with them: what is held at once is one enterprise's record, and one line for each chain that the
anchors know.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Result, text

from ...database import db
from .anchor_checks import Anchored, check_anchors
from .beginning import Columns, kinds_begun
from .entries import GENESIS, Difference, Head, difference, entry_text, is_trusted, row_of
from .faults import BadRow, BadRowFound, LedgerFault
from .keys import UnknownKey, sealing_keys
from .kinds import BEGUN, KINDS

AT_ONCE = 2000
"""Rows that one fetch brings."""
REPORTED = 100_000
"""Entries between two reports of progress."""
ENTRIES = text("""
    SELECT CAST(enterprise_id AS text), no, kind, row_id, content, digest, seal, key_id
    FROM credit_ledger ORDER BY credit_ledger.enterprise_id, no
""")
HEADS = text("""
    SELECT CAST(enterprise_id AS text), count, digest, signature, key_id
    FROM credit_ledger_head ORDER BY credit_ledger_head.enterprise_id
""")
ROWS = [
    text(
        f"SELECT CAST(enterprise_id AS text), kind, row_id, row_json FROM ({kind.rows}) AS kept"  # noqa: S608 - names of ours
        " ORDER BY kept.enterprise_id"
    )
    for kind in KINDS
]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What a verification found.

    Attributes:
        rows: entries that were checked. unsealed: rows and columns that the ledger does not keep yet.
        first_bad: where it ended; None if nothing is wrong. is_complete: whether it came to the end.
        is_begun: whether the ledger has begun to keep every table and column that it is to keep.
    """

    rows: int = 0
    enterprises: int = 0
    anchors: int = 0
    unsealed: int = 0
    first_bad: BadRow | None = None
    is_complete: bool = False
    is_begun: bool = False

    @property
    def ok(self) -> bool | None:
        """Whether all is well; None: nothing is wrong in the part that was checked."""
        is_whole = self.is_begun and not self.unsealed
        if self.first_bad is not None or (self.is_complete and not is_whole):
            return False
        return True if self.is_complete else None


class Stream:
    """Rows sorted by their first value, an enterprise, taken one enterprise at a time."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    @property
    def enterprise_id(self) -> str | None:
        """Whose rows come next; None at the end."""
        return None if self._next is None else str(self._next[0])

    def of(self, enterprise_id: str) -> Iterator[Any]:
        """The rows of an enterprise, if they come next."""
        while self._next is not None and self._next[0] == enterprise_id:
            row, self._next = self._next, next(self._rows, None)
            yield row


@dataclass(slots=True)
class Chain:
    """What following the entries of an enterprise has shown: of each row, its number and content at last."""

    enterprise_id: str
    count: int = 0
    digest: str = GENESIS
    latest: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def bad(
        self, fault: LedgerFault, no: int | None, kind: str | None = None, row_id: str | None = None
    ) -> BadRowFound:
        return BadRowFound(BadRow(fault, self.enterprise_id, no, kind, row_id))


def verify(*, budget_s: float | None = None, report: Callable[[int], None] = lambda rows: None) -> Outcome:
    """Check the whole ledger, up to the first bad row.

    Args:
        budget_s: seconds after which it ends, incomplete. report: called with the number of entries so far.
    """
    outcome = Outcome()
    with _snapshot() as connection:
        begun = kinds_begun(connection)
        outcome.is_begun = begun == {kind.name: kind.columns for kind in KINDS}
        try:
            anchored = check_anchors(connection)
            outcome.anchors = anchored.anchors
            ends_at = None if budget_s is None else time.monotonic() + budget_s
            outcome.is_complete = _walk(connection, outcome, anchored, begun, ends_at, report)
        except BadRowFound as found:
            outcome.first_bad = found.row
    return outcome


def check() -> Outcome:
    """Verify everything, and report in the log if something is wrong."""
    outcome = verify()
    about = {"entries": outcome.rows, "anchors": outcome.anchors, "unsealed": outcome.unsealed}
    if outcome.ok:
        log.info("the ledger adds up", extra=about)
    else:
        log.error("the ledger does not add up", extra={**about, "first_bad": str(outcome.first_bad)})
    return outcome


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection of its own that sees one moment, and streams what it reads."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "yield_per": AT_ONCE}
    with db.engine.connect().execution_options(**options) as connection:
        yield connection


def _walk(
    connection: Connection,
    outcome: Outcome,
    anchored: Anchored,
    begun: Columns,
    ends_at: float | None,
    report: Callable[[int], None],
) -> bool:
    """Check enterprise by enterprise; returns whether it came to the end."""
    results = [connection.execute(query) for query in (ENTRIES, HEADS, *ROWS)]
    with ThreadPoolExecutor(1) as reader:  # ends before the connection does
        entries, heads, *rows = (_read_ahead(reader, result) for result in results)
        return _check_all(
            outcome,
            (
                Stream(entries),
                Stream(heads),
                Stream(merge(*rows, key=itemgetter(0))),
                Stream((enterprise_id, *head) for enterprise_id, head in sorted(anchored.heads.items())),
            ),
            begun,
            ends_at,
            report,
        )


def _read_ahead(reader: Executor, result: Result[Any]) -> Iterator[Any]:
    """Rows, of which the next lot is fetched by another thread while those of this one are checked."""
    coming = reader.submit(result.fetchmany, AT_ONCE)
    while rows := coming.result():
        coming = reader.submit(result.fetchmany, AT_ONCE)
        yield from rows


def _check_all(
    outcome: Outcome,
    streams: tuple[Stream, Stream, Stream, Stream],
    begun: Columns,
    ends_at: float | None,
    report: Callable[[int], None],
) -> bool:
    """Check entries, heads, rows and anchored heads of one enterprise after the other."""
    entries, heads, rows, known = streams
    reported = 0
    while following := [stream.enterprise_id for stream in streams if stream.enterprise_id is not None]:
        if ends_at is not None and time.monotonic() > ends_at:
            return False
        chain = Chain(min(following))
        outcome.rows += _follow(
            chain, entries.of(chain.enterprise_id), next(known.of(chain.enterprise_id), None)
        )
        _check_head(chain, next(heads.of(chain.enterprise_id), None))
        outcome.unsealed += _compare(chain, rows.of(chain.enterprise_id), begun)
        outcome.enterprises += 1
        if outcome.rows >= reported + REPORTED:
            reported = outcome.rows
            report(reported)
    return True


def _follow(chain: Chain, entries: Iterator[Any], anchored: Any) -> int:
    """Check digest, seal and number of each entry, and that the one that was anchored is among them.

    Raises:
        BadRowFound: the first that is wrong or missing.
    """
    keys, sha256, digest_of = sealing_keys(), hashlib.sha256, hmac.digest
    _, anchored_no, anchored_digest, anchor = anchored or (None, 0, GENESIS, None)
    enterprise_id, previous, count = chain.enterprise_id, GENESIS, 0
    for _, no, kind, row_id, content, digest, seal, key_id in entries:
        count += 1
        if no != count:
            raise chain.bad(LedgerFault.GAP, count)
        said = entry_text(previous, enterprise_id, no, kind, row_id, content)
        if sha256(said).hexdigest() != digest:
            raise chain.bad(LedgerFault.CONTENT, no, kind, row_id)
        key = keys.get(key_id)
        if key is None:
            raise chain.bad(LedgerFault.KEY, no, kind, row_id)
        if digest_of(key, said, "sha256").hex() != seal:
            raise chain.bad(LedgerFault.SEAL, no, kind, row_id)
        if no == anchored_no and digest != anchored_digest:
            raise BadRowFound(BadRow(LedgerFault.ANCHORED, enterprise_id, no, kind, row_id, anchor))
        previous = digest
        chain.latest[kind, row_id] = (no, row_of(content))
    chain.count, chain.digest = count, previous
    if anchored_no > count:
        raise BadRowFound(BadRow(LedgerFault.ANCHORED, enterprise_id, count + 1, anchor=anchor))
    return count


def _check_head(chain: Chain, head: Any) -> None:
    """Raises: BadRowFound: the head is not ours, or its chain has another end."""
    if head is None:
        if chain.count:
            raise chain.bad(LedgerFault.HEAD, chain.count)
        return
    enterprise_id, count, digest, signature, key_id = head
    try:
        trusted = is_trusted(Head(enterprise_id, count, digest), signature, key_id)
    except UnknownKey as error:
        raise chain.bad(LedgerFault.KEY, count) from error
    if not trusted or count < chain.count:
        raise chain.bad(LedgerFault.HEAD, chain.count or None)
    if count > chain.count:
        raise chain.bad(LedgerFault.TAIL, chain.count + 1)
    if digest != chain.digest:
        raise chain.bad(LedgerFault.HEAD, count)


def _compare(chain: Chain, rows: Iterator[Any], begun: Columns) -> int:
    """Compare the rows of an enterprise with their last entries; returns how many are not sealed yet.

    Raises:
        BadRowFound: a row that was changed, added or removed past the ledger.
    """
    unsealed = 0
    for _, kind, row_id, row_json in rows:
        no, kept = chain.latest.pop((kind, row_id), (None, None))
        if kept is None:
            if kind in begun:
                raise chain.bad(LedgerFault.ROW_ADDED, None, kind, row_id)
            unsealed += 1
            continue
        differs = difference(kept, row_json)
        if differs is Difference.VALUES:
            raise chain.bad(LedgerFault.ROW_CHANGED, no, kind, row_id)
        unsealed += differs is Difference.COLUMNS
    for (kind, row_id), (no, _) in chain.latest.items():
        if kind != BEGUN:
            raise chain.bad(LedgerFault.ROW_MISSING, no, kind, row_id)
    return unsealed
