"""A feed is stored, and its rows recorded: of short feeds at once, of long ones by the queue, part by part.

Each row has a savepoint of its own and each part a transaction, with what became of its rows: an import that
ends in the middle goes on where it ended, and one that runs twice at once records nothing twice.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from .... import clock
from ....database import db
from ....errors import NotFound
from ....events.actor import Actor
from ....events.lifecycle import Party
from ....events.models import NOBODY
from ....events.work import Work, audited_as, request_id, unit_of_work, written_for
from ....http.languages import render_all
from ...models import FEED_LIFE, CreditImport, CreditImportRow, FeedResult, FeedStatus
from .reading import FeedRow, read_feed
from .recording import record_rows

MOST_ROWS_AT_ONCE = 100
"""A feed of so many rows is recorded while its sender waits: half a second. Our own choice."""
ROWS_OF_PART = 100
"""Rows that one task records: it holds the rows of their enterprises for so long, half a second."""
MOST_SHOWN = 50
"""Problems that are shown with an import; its report has all of them."""

log = logging.getLogger(__name__)


def import_feed(actor: Actor, source: str, upload: bytes, *, is_json: bool) -> CreditImport:
    """Store a feed and record its rows; a long one is left to the queue `bulk`.

    Raises:
        Invalid, InvalidTable, Malformed, ValidationError, Unavailable: as `read_feed`; nothing is stored.
    """
    rows = read_feed(upload, is_json=is_json)
    with unit_of_work() as work:
        feed = work.add(
            CreditImport(
                source=source, rows_total=len(rows), created_by=actor.id, request_id=request_id.get()
            )
        )
        work.copy_rows(CreditImportRow, [_stored(feed.id, row) for row in rows])
        work.audit(actor, "import", feed, source=source, rows=len(rows))
        if len(rows) <= MOST_ROWS_AT_ONCE:
            _record_part(work, feed, rows[0].number, rows[-1].number)
        else:
            _enqueue_parts(work, feed, [row.number for row in rows])
    return feed


def _enqueue_parts(work: Work, feed: CreditImport, numbers: Sequence[int]) -> None:
    with written_for(NOBODY, bulk=True):
        for start in range(0, len(numbers), ROWS_OF_PART):
            part = numbers[start : start + ROWS_OF_PART]
            work.enqueue("credit.jobs.run_import", import_id=str(feed.id), first=part[0], last=part[-1])


def _stored(import_id: UUID, row: FeedRow) -> dict[str, Any]:
    problems = [
        {"field": fault.column or "row", "code": fault.code, "detail": render_all(fault.code, fault.facts)}
        for fault in row.faults
    ]
    return {"import_id": import_id, "number": row.number, "data": row.data, "problems": problems}


def run_import(import_id: UUID, first: int, last: int) -> None:
    """Record the rows of a part of a feed that nobody has looked at yet."""
    with unit_of_work() as work:
        feed = db.session.get(CreditImport, import_id)
        if feed is None:
            return
        with written_for(NOBODY, bulk=True), audited_as(feed.request_id):
            _record_part(work, feed, first, last)


def _record_part(work: Work, feed: CreditImport, first: int, last: int) -> None:
    began = time.perf_counter()
    record_rows(work, feed, first, last)
    feed = work.lock(CreditImport, CreditImport.id == feed.id)  # then what other parts have done can be seen
    of_feed = CreditImportRow.import_id == feed.id
    query = select(CreditImportRow.result, func.count()).where(of_feed).group_by(CreditImportRow.result)
    found = work.session.execute(query).all()
    feed.counts = {str(FeedResult(result)): count for result, count in found if result is not None}
    if sum(feed.counts.values()) == feed.rows_total and feed.status != FeedStatus.DONE:
        FEED_LIFE.move(feed, "finish", by=Party.SYSTEM)
        feed.ended_at = clock.now()
    ms = round((time.perf_counter() - began) * 1000)
    log.info("rows of a feed recorded", extra={"import_id": str(feed.id), "first": first, "ms": ms})


def find_import(actor: Actor, import_id: UUID) -> CreditImport:
    """An import. Raises: NotFound."""
    feed = db.session.get(CreditImport, import_id)
    if feed is None:
        raise NotFound()
    return feed


def list_imports(actor: Actor, after: UUID | None, limit: int) -> Sequence[CreditImport]:
    """All imports, newest first, at most `limit` that are older than `after`."""
    query = select(CreditImport).order_by(CreditImport.id.desc()).limit(limit)
    if after is not None:
        query = query.where(CreditImport.id < after)
    return db.session.scalars(query).all()


def problems_of(feed: CreditImport) -> list[dict[str, Any]]:
    """The first rows of which nothing was recorded, each with its first problem in all languages."""
    query = (
        select(CreditImportRow)
        .where(CreditImportRow.import_id == feed.id, CreditImportRow.result != FeedResult.RECORDED)
        .order_by(CreditImportRow.number)
        .limit(MOST_SHOWN)
    )
    return [problem for row in db.session.scalars(query) for problem in said_of(row)][:MOST_SHOWN]


def said_of(row: CreditImportRow) -> list[dict[str, Any]]:
    """What a report says of a row: a line for each of its problems."""
    reference = row.data.get("reference")
    about = {
        "row": row.number,
        "reference": reference if isinstance(reference, str) else None,
        "result": row.result,
    }
    return [{**about, **problem} for problem in row.problems]
