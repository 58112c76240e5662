"""Many listings from one sheet: all of them or none, each held to the rules of `POST /listings`."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Conflict, DomainError, Fault, Invalid, NotFound, Notice, Refused
from ....events.actor import ENTERPRISE, Actor
from ....events.work import Work, request_id, unit_of_work
from ....http.languages import faults_to_keep, render_all
from ...models import Accept, ImportStatus, Listing, ListingImport
from ..drafting import new_draft
from ..posting_rights import require_role
from ..publishing import licence_notice, open_draft
from . import vocabulary
from .row_to_listing import column_of_field, listing_from_row
from .sheet_rows import Row, open_sheet

MOST_ROWS = 10_000
AT_ONCE = 500
"""A sheet of so many rows is imported while its sender waits; a longer one is a task."""
AT_ONCE_BYTES = 2_000_000
"""Unpacked; what is larger is not even looked through before its sender is answered."""
MOST_SHOWN = 1000
MOST_WAITING = 5
"""Long imports of one enterprise that may be under way: their files are kept until they are done."""
BATCH = 500
WRITTEN = [column.key for column in Listing.__table__.columns if column.key != "no"]
SAME_FOR = timedelta(hours=24)
KEEP = timedelta(days=7)

Progress = Callable[[int, int], None]


def import_sheet(actor: Actor, upload: bytes, *, publish: bool, dry_run: bool) -> ListingImport:
    """Make drafts, or with `publish` open listings, of all rows of a sheet.

    A short sheet is done at once, a long one is owed to the queue `bulk`. The same sheet, sent again within
    a day by the same enterprise with the same options, is the first import again. A dry run changes nothing.

    Raises:
        Invalid: the file cannot be read. Refused: some rows break rules. Forbidden: as for one listing.
        Conflict: too many long ones wait already (`imports_waiting`).
    """
    sheet = open_sheet(upload)
    rows = list(islice(sheet.rows(), AT_ONCE + 1)) if sheet.unpacked <= AT_ONCE_BYTES else None
    short = rows is not None and len(rows) <= AT_ONCE
    if short and dry_run:
        return _tried(actor, rows or [], publish)
    with unit_of_work() as work:
        digest = None if dry_run else hashlib.sha256(bytes([publish]) + upload).digest()
        while (row := _begun(work, actor, digest, publish=publish, dry_run=dry_run)) is None:
            first = _first(actor, digest)
            if first is not None:
                return first
        if short:
            _finish(row, _done(work, actor, rows or [], publish))
        else:
            _require_room(actor)
            row.upload = upload
            work.enqueue("listings.jobs.run_import", import_id=str(row.id))
        work.audit(actor, "import", row, publish=publish, dry_run=dry_run)
    return row


def _begun(work: Work, actor: Actor, digest: bytes | None, **options: bool) -> ListingImport | None:
    """The row of a new import; None when this sheet is known. A twin waits here for the first to end."""
    now = clock.now()
    ours = (ListingImport.enterprise_id == actor.id) & (ListingImport.digest == digest)
    work.session.execute(
        update(ListingImport).where(ours, ListingImport.created_at < now - SAME_FOR).values(digest=None)
    )
    new = insert(ListingImport).values(
        enterprise_id=actor.id, digest=digest, created_at=now, request_id=request_id.get(), **options
    )
    only_once = new.on_conflict_do_nothing(index_elements=["enterprise_id", "digest"])
    import_id = work.session.scalar(only_once.returning(ListingImport.id))
    return None if import_id is None else work.session.get_one(ListingImport, import_id)


def _require_room(actor: Actor) -> None:
    """Raises: Conflict: the enterprise has as many long imports waiting as it may (`imports_waiting`)."""
    waiting = (ImportStatus.QUEUED, ImportStatus.RUNNING)
    theirs = (ListingImport.enterprise_id == actor.id, ListingImport.status.in_(waiting))
    known = db.session.scalar(select(func.count()).select_from(ListingImport).where(*theirs)) or 0
    if known > MOST_WAITING:
        raise Conflict("imports_waiting", most=MOST_WAITING)


def _first(actor: Actor, digest: bytes | None) -> ListingImport | None:
    """The import that this sheet is known by; None when it was refused just now."""
    return db.session.scalars(
        select(ListingImport).where(ListingImport.enterprise_id == actor.id, ListingImport.digest == digest)
    ).one_or_none()


def find_import(actor: Actor, import_id: UUID) -> ListingImport:
    """An import of the actor's own. Raises: NotFound."""
    own = (ListingImport.id == import_id, ListingImport.enterprise_id == actor.enterprise_id)
    row = db.session.scalars(select(ListingImport).where(*own)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def run_import(import_id: UUID) -> None:
    """Do an import that was owed; its listings, its result and the mark of its task are one transaction."""
    with unit_of_work() as work:
        row = work.session.get(ListingImport, import_id)
        if row is None or row.upload is None:
            return
        upload, actor = row.upload, Actor(ENTERPRISE, row.enterprise_id)
        try:
            with _as_of_request(row.request_id), work.session.begin_nested() as point:
                rows = _within_bounds(open_sheet(upload).rows())
                outcome = _done(work, actor, rows, row.publish, _progress_of(import_id))
                if row.dry_run:
                    point.rollback()
        except DomainError as error:
            _refuse(row, error)
        else:
            _finish(row, outcome)
        row.upload = None


@contextmanager
def _as_of_request(sent_with: str | None) -> Iterator[None]:
    """What is audited meanwhile belongs to the request that sent the sheet."""
    before = request_id.set(sent_with)
    try:
        yield
    finally:
        request_id.reset(before)


def _progress_of(import_id: UUID) -> Progress:
    """Tells how far an import is in a transaction of its own, so that its owner can see it."""

    def tell(done: int, total: int) -> None:
        with db.engine.begin() as connection:
            connection.execute(
                update(ListingImport)
                .where(ListingImport.id == import_id)
                .values(status=ImportStatus.RUNNING, rows_done=done, rows_total=total)
            )

    return tell


def forget_old_imports() -> None:
    """Drop what is known of imports that ended a week ago; their listings stay."""
    with unit_of_work() as work:
        work.session.execute(delete(ListingImport).where(ListingImport.ended_at < clock.now() - KEEP))


# ---------------------------------------------------------------- how it went


@dataclass(slots=True)
class Outcome:
    """What would become of a sheet: listings not yet written, or the faults that forbid them."""

    rows: int
    listings: list[Listing] = field(default_factory=list)
    event: str | None = None
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notices: list[Notice] = field(default_factory=list)

    def blame(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.fault_count += 1
            if len(self.faults) < MOST_SHOWN:
                self.faults.append(fault)

    def note(self, number: int, notices: Iterable[Notice]) -> None:
        for one in notices:
            if len(self.notices) < MOST_SHOWN:
                place = f"row {number}.{column_of_field(one.field or 'kind')}"
                self.notices.append(Notice(one.code, place, one.facts))


def _finish(row: ListingImport, outcome: Outcome) -> None:
    row.status, row.ended_at = ImportStatus.DONE, clock.now()
    row.rows_total = row.rows_done = outcome.rows
    row.listing_ids = [] if row.dry_run else [str(one.id) for one in outcome.listings]
    row.warnings = [
        {"code": one.code, "field": one.field, "detail": render_all(one.code, one.facts)}
        for one in outcome.notices
    ]


def _refuse(row: ListingImport, error: DomainError) -> None:
    """Keep why a sheet was refused; the same sheet may be sent again."""
    row.status, row.ended_at, row.digest = ImportStatus.REFUSED, clock.now(), None
    row.reason = {"code": error.code, "detail": render_all(error.code, error.facts)}
    if isinstance(error, Refused):
        row.error_count = error.count
        row.errors = faults_to_keep(error)


def _tried(actor: Actor, rows: list[Row], publish: bool) -> ListingImport:
    """What a short sheet would become; nothing of it stays."""
    with unit_of_work() as work:
        point = work.session.begin_nested()
        try:
            outcome = _checked(enterprises.own(actor), rows, publish)
        finally:
            point.rollback()
    row = ListingImport(publish=publish, dry_run=True, error_count=0, errors=[], created_at=clock.now())
    _finish(row, outcome)
    return row


# ---------------------------------------------------------------- checked, then written


def _within_bounds(rows: Iterator[Row]) -> list[Row]:
    found = list(islice(rows, MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise Invalid("sheet_too_many_rows", at="file", most=MOST_ROWS)
    return found


def _no_progress(done: int, total: int) -> None: ...


def _done(
    work: Work, actor: Actor, rows: list[Row], publish: bool, progress: Progress = _no_progress
) -> Outcome:
    """Check all rows and, if none breaks a rule, write them all. Raises: as `import_sheet`."""
    outcome = _checked(enterprises.own(actor), rows, publish, progress)
    owner = enterprises.lock_shared(work, actor.id)
    if publish or owner.status == "suspended":
        enterprises.require_standing(owner)
    for kind in {one.kind for one in outcome.listings}:
        require_role(owner.roles, kind)
    for start in range(0, len(outcome.listings), BATCH):
        _write(work, actor, outcome.listings[start : start + BATCH], outcome.event)
    return outcome


def _write(work: Work, actor: Actor, listings: list[Listing], event: str | None) -> None:
    now = clock.now()
    for one in listings:
        one.id, one.version, one.created_at, one.updated_at = uuid7(), 1, now, now
    work.copy_rows(Listing, [{name: getattr(one, name) for name in WRITTEN} for one in listings])
    work.copy_rows(
        Accept,
        [
            {"listing_id": one.id, "code_id": accept.code_id, "position": accept.position}
            for one in listings
            for accept in one.accepts
        ],
    )
    work.audit_each(actor, "create", listings)
    if event:
        work.audit_each(actor, "publish", listings)
        work.emit_many(event, [{"listing_id": str(one.id)} for one in listings])


def _checked(owner: Any, rows: list[Row], publish: bool, progress: Progress = _no_progress) -> Outcome:
    """All rows as listings of `owner`, not yet written.

    Raises:
        Refused: some break a rule. Invalid: there is none (`sheet_empty`).
    """
    outcome = Outcome(len(rows))
    judge = _Judge(owner, publish, outcome)
    with catalogue.remembering(_codes_in(rows), {owner.region, *_regions_in(rows)}):
        for done, row in enumerate(rows, start=1):
            judge.take(row)
            if done % BATCH == 0:
                progress(done, len(rows))
    if outcome.faults:
        raise Refused("import_refused", faults=outcome.faults, count=outcome.fault_count)
    if not outcome.listings:
        raise Invalid("sheet_empty", at="file")
    return outcome


def _codes_in(rows: list[Row]) -> set[str]:
    texts = {row.texts["waste_codes"] for row in rows if "waste_codes" in row.texts}
    return {
        code
        for text in texts
        for one in vocabulary.listed(text)
        for code in (one, one.upper().removesuffix("*"))
    }


def _regions_in(rows: list[Row]) -> set[int]:
    texts = {vocabulary.fold(row.texts.get("region", "")) for row in rows}
    return {int(text) for text in texts if len(text) == 6 and text.isascii() and text.isdigit()}


class _Judge:
    """Holds the rows of one sheet to the rules, one by one, and to each other."""

    def __init__(self, owner: Any, publish: bool, outcome: Outcome) -> None:
        self._owner, self._publish, self._outcome = owner, publish, outcome
        self._seen: dict[str, int] = {}
        self._licence_notices: dict[tuple[int, ...], list[Notice]] = {}

    def take(self, row: Row) -> None:
        """Add the row's listing to the outcome, or its faults."""
        if row.texts.get("title") == vocabulary.EXAMPLE_TITLE:
            self._outcome.rows -= 1
            self._outcome.note(row.number, [Notice("example_row_left_out", "title")])
            return
        data, faults = listing_from_row(row)
        faults = faults or self._repeated(row)
        if faults:
            self._outcome.blame(faults)
            return
        try:
            listing, notices = self._listing(data)
        except DomainError as error:
            column = column_of_field(error.at or "kind")
            self._outcome.blame([Fault(row.number, column, error.code, error.facts)])
            return
        self._outcome.listings.append(listing)
        self._outcome.note(row.number, notices)

    def _listing(self, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
        del data["publish"]
        require_role(self._owner.roles, data["kind"])
        listing, notices = new_draft(self._owner, data)
        if self._publish:
            self._outcome.event = open_draft(listing, self._owner)
            notices += self._licence_notice(listing)
        return listing, notices

    def _licence_notice(self, listing: Listing) -> list[Notice]:
        """The same for all listings of one owner that accept the same codes."""
        codes = tuple(accept.code_id for accept in listing.accepts)
        if codes not in self._licence_notices:
            self._licence_notices[codes] = licence_notice(listing)
        return self._licence_notices[codes]

    def _repeated(self, row: Row) -> list[Fault]:
        first = self._seen.setdefault(repr(sorted(row.texts.items())), row.number)
        if first == row.number:
            return []
        return [Fault(row.number, "title", "duplicate_row", {"first": first})]
