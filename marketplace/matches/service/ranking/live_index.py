"""The open listings of both sides in this process's memory, as fresh as the database.

Triggers record what every transaction changed of them (`IndexChange`), whoever makes it. Before each search
the process reads what became visible since the snapshot that it saw last, and applies it: so the ranking
reflects every commit before the search, and no entry can be missed, whatever the sequence of commits. Where
too much has changed, or entries were deleted that it has not seen, it is rebuilt.
"""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import text

import matching
from matching import Code, Index, Tables

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....licences import service as licences
from ....listings.models import Kind, Listing
from ....statements import Statement
from .hits import HitSlice
from .listing_columns import Seeker, open_listings, seeker_of
from .match_input import day_number
from .side_tables import tables_of, whole_book

MOST_CHANGES = 20_000
"""Listings that may have changed since the last search; beyond, rebuilding is quicker."""
UPDATE_EVERY_S = 60.0
RETRY_AFTER_S = 1.0
CHANGE_RETENTION = timedelta(hours=1)
MOST_DOCUMENTS = 10_000
"""Documents of permits that are kept at a time, half a kilobyte each."""
OTHER = {Kind.SUPPLY: Kind.DEMAND, Kind.DEMAND: Kind.SUPPLY}
CHANGES = Statement(
    text("""
WITH change AS (
    SELECT what, no FROM index_change
    WHERE xact >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::bigint
      AND NOT pg_visible_in_snapshot(xact::text::xid8, CAST(:seen AS pg_snapshot)) AND what <> 'forgotten'
)
SELECT pg_current_snapshot()::text AS seen,
       EXISTS(SELECT FROM index_change WHERE what = 'forgotten'
              AND xact >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::bigint)
           OR EXISTS(SELECT FROM change WHERE what = 'all') AS lost,
       EXISTS(SELECT FROM change WHERE what = 'catalogue') AS catalogue,
       ARRAY(SELECT DISTINCT no FROM change WHERE what = 'permits') AS permits,
       ARRAY(SELECT no FROM change WHERE what = 'listing'
             UNION SELECT l.no FROM change c JOIN enterprise e ON e.no = c.no
             JOIN listing l ON l.enterprise_id = e.id
             WHERE c.what = 'enterprise' AND l.status = 'open' LIMIT :most) AS listings
"""),
    ("seen", "lost", "catalogue", "permits", "listings"),
)
IS_CHANGED_BY_CALLER = text("""
SELECT EXISTS(SELECT FROM index_change WHERE xact = pg_current_xact_id_if_assigned()::text::bigint)
""")
DELETE_OLD_CHANGES = text("""
WITH old AS (
    DELETE FROM index_change WHERE what <> 'forgotten' AND at < now() - CAST(:age AS interval)
       AND (xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            OR xact >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    RETURNING xact),
before AS (
    DELETE FROM index_change WHERE what = 'forgotten'
       AND (EXISTS(SELECT FROM old) OR xact >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    RETURNING xact)
INSERT INTO index_change (xact, what, no)
SELECT max(xact), 'forgotten', 0 FROM (SELECT xact FROM old UNION ALL SELECT xact FROM before) AS gone
WHERE xact < pg_snapshot_xmax(pg_current_snapshot())::text::bigint HAVING max(xact) IS NOT NULL
""")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class IndexSnapshot:
    """An index of the open listings of each kind, and the permit tables, as of a database snapshot.

    `changes` counts how often something was applied to it; `near_misses` are those found since, by listing;
    `documents` are those of permits and approvals that were shown, until something of their holders changes.
    """

    seen: str
    sides: Mapping[Kind, Index]
    permit_tables: licences.PermitTables
    tables: Tables
    changes: int = 0
    caught_up_at: datetime = field(default_factory=clock.now)
    near_misses: dict[int, Any] = field(default_factory=dict)
    documents: dict[UUID, licences.LegalDocument] = field(default_factory=dict)

    @property
    def book(self) -> Mapping[int, Code]:
        """What is known of codes."""
        return self.tables.book

    def seeker(self, listing: Any) -> Seeker:
        """A listing as its rows, in whatever state, with what it states or requires."""
        return self.sides[Kind(listing.kind)].find(listing.no) or seeker_of(listing)

    def top(
        self,
        policy: matching.Policy,
        listing: Listing,
        *,
        k: int,
        done: int,
        min_score: float,
        after: matching.Position | None,
        rows: Seeker | None = None,
    ) -> HitSlice:
        """`k` hits by score after the `done` ones up to `after`; `rows`: the listing's, if read already."""
        seeker, ranges = rows or self.seeker(listing)
        ranking = self.sides[OTHER[Kind(listing.kind)]].top(
            policy,
            seeker,
            day_number(clock.today()),
            k=k,
            ranges=ranges,
            min_score=min_score,
            after=after,
        )
        total = None if ranking.more or min_score else done + len(ranking)
        return HitSlice.of(ranking, self.tables, done, total)


class LiveIndex:
    """What one process holds. Its threads share it, one at a time."""

    def __init__(self) -> None:
        self._snapshot: IndexSnapshot | None = None
        self._lock, self._rebuild_wanted = threading.Lock(), threading.Event()
        self._is_built = threading.Event()
        self._has_thread = False

    @property
    def is_ready(self) -> bool:
        """Whether it can search now, or will build when it has to."""
        return self._snapshot is not None or not self._has_thread

    def find(
        self,
        policy: matching.Policy,
        listing: Listing,
        *,
        k: int,
        done: int,
        min_score: float,
        after: matching.Position | None,
        rows: Seeker | None = None,
    ) -> HitSlice | None:
        """`k` hits by score after the `done` ones up to `after`; None as in `current`."""
        with self._lock:
            snapshot = self._current()
            if snapshot is None:
                return None
            return snapshot.top(policy, listing, k=k, done=done, min_score=min_score, after=after, rows=rows)

    def current(self) -> IndexSnapshot | None:
        """What is held, with all that was committed up to now; None while the index is being built.

        A unit of work keeps rows locked, so none is built in it; and it gets None once it has changed what is
        indexed, as that is not for others to see before it is committed.
        Its indexes may be searched without the lock: each search works on the state that it finds.
        """
        with self._lock:
            return self._current()

    def held(self) -> IndexSnapshot | None:
        """What is held as it was brought up to date last: for more of a response that has just done so."""
        return None if "work" in db.session.info else self._snapshot

    def legal_documents(
        self, permit_ids: Iterable[UUID], exemptions: Iterable[tuple[UUID, int]], book: Mapping[int, Code]
    ) -> licences.LegalDocuments:
        """Documents, of which those of permits and approvals are kept with the index until something of their
        holders changes.

        What is read while something is applied is not kept: it may be of the state before.

        Args:
            book: that of the ranking; if it is not what is held that ranked, all are read.
        """
        snapshot = self.held()
        if snapshot is None or snapshot.book is not book:
            return licences.LegalDocuments(permit_ids, exemptions)
        changes = snapshot.changes
        found = licences.LegalDocuments(permit_ids, exemptions, snapshot.documents)
        if found.were_read:
            with self._lock:
                if snapshot.changes == changes and len(snapshot.documents) < MOST_DOCUMENTS:
                    snapshot.documents.update(found.of_permits)
        return found

    def _current(self) -> IndexSnapshot | None:
        """What is held, with all that was committed up to now."""
        is_in_work = "work" in db.session.info
        if is_in_work and (self._snapshot is None or _is_changed_by_caller()):
            return None
        if self._snapshot is not None and _catch_up(self._snapshot):
            return self._snapshot
        self._snapshot = None
        self._rebuild_wanted.set()
        if not self._has_thread and not is_in_work:
            self._snapshot = _build()
        return self._snapshot

    def start(self, app: Flask) -> None:
        """Build it in a thread of its own, and again whenever that is quicker than catching up."""
        self._has_thread = True
        threading.Thread(target=self._run, args=(app,), name="matching-index", daemon=True).start()

    def start_if_missing(self, wait_s: float) -> None:
        """If the process holds none: have one built in a thread from now on, and wait so long for it."""
        if self._snapshot is None and not self._has_thread:
            self.start(current_app._get_current_object())  # type: ignore[attr-defined]
            self._is_built.wait(wait_s)

    def _run(self, app: Flask) -> None:
        while True:
            self._rebuild_wanted.clear()
            pause = UPDATE_EVERY_S
            try:
                with app.app_context():
                    self._update()
            except Exception:
                log.exception("the index is not up to date; the database answers meanwhile")
                pause = RETRY_AFTER_S
            self._rebuild_wanted.wait(pause)

    def _update(self) -> None:
        with self._lock:
            if self._snapshot is not None and self._current():
                return
        snapshot = _build()
        with self._lock:
            self._snapshot = snapshot
        self._is_built.set()


def index_state() -> dict[str, Any]:
    """What this process holds: whether it can search, how many rows of each side, and as of when."""
    index = process_index()
    snapshot = index.held()
    sides = {f"{kind}_rows": len(snapshot.sides[kind]) if snapshot else None for kind in Kind}
    return {"is_ready": index.is_ready, "as_of": snapshot and snapshot.caught_up_at, **sides}


def process_index() -> LiveIndex:
    """The index of this process."""
    found: LiveIndex = current_app.extensions.setdefault("matching_index", LiveIndex())
    return found


def start(app: Flask) -> None:
    """Have this process hold the index from now on."""
    with app.app_context():
        process_index().start(app)


def _is_changed_by_caller() -> bool:
    db.session.flush()
    return bool(db.session.scalar(IS_CHANGED_BY_CALLER))


def _build() -> IndexSnapshot:
    """All that is open now; what changes while it is read is applied afterwards."""
    seen = db.session.scalar(text("SELECT pg_current_snapshot()::text"))
    assert seen is not None
    permit_tables = licences.all_permit_tables()
    with catalogue.lookups_of_now():
        tables = tables_of(permit_tables, whole_book())
    sides = {kind: _index(kind, tables) for kind in Kind}
    return IndexSnapshot(seen, sides, permit_tables, tables)


def _index(kind: Kind, tables: Tables) -> Index:
    rows, ranges = open_listings(kind)
    own = replace(tables, stated=ranges) if kind == Kind.SUPPLY else replace(tables, required=ranges)
    return Index.build(rows, own)


def _catch_up(snapshot: IndexSnapshot) -> bool:
    """Apply what was committed since; False if it has to be rebuilt."""
    changes = CHANGES.one(seen=snapshot.seen, most=MOST_CHANGES + 1)
    if changes.lost or len(changes.listings) > MOST_CHANGES:
        return False
    if changes.catalogue or changes.permits:
        with catalogue.lookups_of_now():
            book = whole_book() if changes.catalogue else snapshot.book
            if any(book.get(code_id) != code for code_id, code in snapshot.book.items()):
                return False
            if changes.catalogue:
                snapshot.documents.clear()
            _set_rules(snapshot, changes.permits, book)
    if changes.listings:
        for kind, index in snapshot.sides.items():
            index.change(*open_listings(kind, changes.listings), gone=changes.listings)
    if changes.catalogue or changes.permits or changes.listings:
        snapshot.changes += 1  # only now: what was found while it was applied is of the state before
        snapshot.near_misses.clear()
    snapshot.seen, snapshot.caught_up_at = changes.seen, clock.now()
    return True


def _set_rules(snapshot: IndexSnapshot, receivers: list[int], book: Mapping[int, Code]) -> None:
    if receivers:
        receivers = enterprises.with_collectors(receivers)
        for permit_id in snapshot.permit_tables.ids_of(receivers):
            snapshot.documents.pop(permit_id, None)
        snapshot.permit_tables = snapshot.permit_tables.renewed(
            receivers, licences.permit_tables_of(receivers)
        )
    snapshot.tables = tables_of(snapshot.permit_tables, book)
    for index in snapshot.sides.values():
        index.set_rules(snapshot.tables)


def delete_old_changes() -> None:
    """Drop entries that every process has applied long ago; one that has not rebuilds.

    The database's own time counts, as it does in the entries.
    """
    db.session.execute(DELETE_OLD_CHANGES, {"age": CHANGE_RETENTION})
    db.session.commit()
