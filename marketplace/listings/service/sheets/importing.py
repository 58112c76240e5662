"""Imports of sheets: all rows become listings or none; short sheets at once, long ones by the queue."""

import hashlib
import logging
import time
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Conflict, DomainError, Invalid, InvalidTable, NotFound
from ....events.actor import ENTERPRISE, Actor
from ....events.lifecycle import Party
from ....events.work import Work, audited_as, request_id, unit_of_work, written_for
from ....http.languages import render_all, stored_faults
from ...models import IMPORT_LIFE, ImportStatus, ListingImport
from ..posting_rights import kind_by_role
from ..quotas import quota_of
from .answers import ReadSheet
from .reading import mark_sheet, read_sheet
from .row_checks import Outcome, ReportProgress, check_rows, require_room
from .sheet_rows import Row
from .write_rows import import_rows

MOST_ROWS = 10_000
MOST_ROWS_AT_ONCE = 500
"""A sheet of so many rows is imported while its sender waits; a longer one is a task."""
MOST_BYTES_AT_ONCE = 2_000_000
"""Unpacked; what is larger is not even looked through before its sender is answered."""
MOST_CHARACTERS_AT_ONCE = 300_000
"""Of all rows; 500 rows of a factory have some 130,000, and each may cost microseconds."""
MOST_WAITING = 5
"""Long imports of one enterprise that may be under way: their files are stored until they are done."""
SAME_SHEET_FOR = timedelta(hours=24)
IMPORT_RETENTION = timedelta(days=7)

log = logging.getLogger(__name__)


class Imported(NamedTuple):
    """An import, and whether it is an earlier one: then this request has changed nothing."""

    row: ListingImport
    is_replay: bool = False


def import_sheet(actor: Actor, upload: bytes, *, publish: bool, dry_run: bool) -> Imported:
    """Make drafts, or with `publish` open listings, of all rows of a sheet.

    A short sheet is done at once, a long one by the queue `bulk`. The same sheet, sent again within
    a day by the same enterprise with the same options, is the first import again. A dry run changes nothing.

    Raises:
        Invalid: the file cannot be read. InvalidTable: some rows break rules. Forbidden: as for one listing.
        Conflict: too many long ones wait already (`imports_waiting`).
    """
    began = time.perf_counter()
    known = kind_by_role(actor.roles) is not None
    sheet = read_sheet(
        upload, kind_is_known=known, most_rows=MOST_ROWS_AT_ONCE, most_bytes=MOST_BYTES_AT_ONCE,
        most_characters=MOST_CHARACTERS_AT_ONCE,
    )  # fmt: skip
    rows = sheet.rows
    if rows is not None and dry_run:
        return Imported(_dry_run_result(actor, sheet, rows, publish))
    with unit_of_work() as work:
        digest = None if dry_run else hashlib.sha256(bytes([publish]) + upload).digest()
        while (row := _create_import(work, actor, digest, publish=publish, dry_run=dry_run)) is None:
            first = _same_import(actor, digest)
            if first is not None:
                return Imported(first, is_replay=True)
        if rows is not None:
            _finish(row, import_rows(work, actor, rows, publish), sheet)
        else:
            _require_free_slot(actor)
            row.upload = upload
            work.enqueue("listings.jobs.run_import", import_id=str(row.id))
        work.audit(actor, "import", row, publish=publish, dry_run=dry_run)
    if rows is not None:
        _log_end(row, began)
    return Imported(row)


def _create_import(work: Work, actor: Actor, digest: bytes | None, **options: bool) -> ListingImport | None:
    """The row of a new import; None when this sheet has one. A second request waits here for the first."""
    now = clock.now()
    ours = (ListingImport.enterprise_id == actor.id) & (ListingImport.digest == digest)
    work.session.execute(
        update(ListingImport).where(ours, ListingImport.created_at < now - SAME_SHEET_FOR).values(digest=None)
    )
    new = insert(ListingImport).values(
        enterprise_id=actor.id, digest=digest, created_at=now, request_id=request_id.get(), **options
    )
    only_once = new.on_conflict_do_nothing(index_elements=["enterprise_id", "digest"])
    import_id = work.session.scalar(only_once.returning(ListingImport.id))
    return None if import_id is None else work.session.get_one(ListingImport, import_id)


def _require_free_slot(actor: Actor) -> None:
    """Raises: Conflict: the enterprise has as many long imports waiting as it may (`imports_waiting`)."""
    waiting = (ImportStatus.QUEUED, ImportStatus.RUNNING)
    theirs = (ListingImport.enterprise_id == actor.id, ListingImport.status.in_(waiting))
    known = db.session.scalar(select(func.count()).select_from(ListingImport).where(*theirs)) or 0
    if known > MOST_WAITING:
        raise Conflict("imports_waiting", most=MOST_WAITING)


def _same_import(actor: Actor, digest: bytes | None) -> ListingImport | None:
    """The import of the same sheet; None when it was refused just now."""
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


def marked_import(row: ListingImport, language: str | None) -> bytes | None:
    """The sheet of a refused import with its faults marked; None where it is not refused or not kept."""
    if row.status != ImportStatus.REFUSED or row.upload is None or not row.errors:
        return None
    return mark_sheet(row.upload, row.errors, language)


def run_import(import_id: UUID) -> None:
    """Do a long import; its listings, its result and the mark of its task are one transaction."""
    began = time.perf_counter()
    with unit_of_work() as work:
        row = work.session.get(ListingImport, import_id)
        if row is None or row.upload is None:
            return
        upload, actor = row.upload, Actor(ENTERPRISE, row.enterprise_id)
        try:
            with (
                audited_as(row.request_id),
                written_for(row.enterprise_id, bulk=True),
                work.savepoint() as point,
            ):
                known = kind_by_role(enterprises.own(actor).roles) is not None
                sheet = read_sheet(upload, kind_is_known=known, most_rows=MOST_ROWS)
                outcome = import_rows(
                    work, actor, _all_rows(sheet), row.publish, _progress_reporter(import_id)
                )
                if row.dry_run:
                    point.rollback()
        except DomainError as error:
            _refuse(row, error)
            _keep_upload_of_latest(work, row)
        else:
            _finish(row, outcome, sheet)
            row.upload = None
    _log_end(row, began)


def _progress_reporter(import_id: UUID) -> ReportProgress:
    """Writes how far an import is in transactions of their own, so that its owner can see it."""

    def report_progress(done: int, total: int) -> None:
        with db.engine.begin() as connection:
            connection.execute(
                update(ListingImport)
                .where(ListingImport.id == import_id)
                .values({**IMPORT_LIFE.values("start"), "rows_done": done, "rows_total": total})
            )

    return report_progress


def delete_old_imports() -> None:
    """Delete the rows of imports that ended a week ago; their listings stay."""
    with unit_of_work() as work:
        work.session.execute(
            delete(ListingImport).where(ListingImport.ended_at < clock.now() - IMPORT_RETENTION)
        )


def _log_end(row: ListingImport, began: float) -> None:
    log.info(
        "sheet imported" if row.status == ImportStatus.DONE else "sheet refused",
        extra={
            "import_id": str(row.id),
            "rows": row.rows_total,
            "errors": row.error_count,
            "dry_run": row.dry_run,
            "ms": round((time.perf_counter() - began) * 1000),
        },
    )


def _finish(row: ListingImport, outcome: Outcome, sheet: ReadSheet) -> None:
    IMPORT_LIFE.move(row, "finish", by=Party.SYSTEM)
    row.ended_at = clock.now()
    row.rows_total = row.rows_done = outcome.rows
    row.listing_ids = [] if row.dry_run else [str(listing.id) for listing in outcome.listings]
    row.warnings = [
        {"code": notice.code, "field": notice.field, "detail": render_all(notice.code, notice.facts)}
        for notice in (*sheet.notices, *outcome.notices)
    ]


def _refuse(row: ListingImport, error: DomainError) -> None:
    """Store why a sheet was refused; the same sheet may be sent again."""
    IMPORT_LIFE.move(row, "refuse", by=Party.SYSTEM)
    row.ended_at, row.digest = clock.now(), None
    row.reason = {"code": error.code, "detail": render_all(error.code, error.facts)}
    if isinstance(error, InvalidTable):
        row.error_count = error.count
        row.errors = stored_faults(error)


def _keep_upload_of_latest(work: Work, row: ListingImport) -> None:
    """Keep the file of this refused import, to be marked; those of earlier ones are let go."""
    earlier = (
        ListingImport.enterprise_id == row.enterprise_id,
        ListingImport.status == ImportStatus.REFUSED,
        ListingImport.id != row.id,
    )
    work.session.execute(update(ListingImport).where(*earlier).values(upload=None))


def _dry_run_result(actor: Actor, sheet: ReadSheet, rows: list[Row], publish: bool) -> ListingImport:
    """What a short sheet would become; nothing of it stays."""
    with unit_of_work() as work:
        point = work.session.begin_nested()
        try:
            owner = enterprises.own(actor)
            outcome = check_rows(owner, rows, publish)
            require_room(outcome, quota_of(work, owner))
        finally:
            point.rollback()
    row = ListingImport(
        status=IMPORT_LIFE.initial, publish=publish, dry_run=True, error_count=0, errors=[],
        created_at=clock.now(),
    )  # fmt: skip
    _finish(row, outcome, sheet)
    return row


def _all_rows(sheet: ReadSheet) -> list[Row]:
    """Raises: Invalid: there are too many (`sheet_too_many_rows`)."""
    if sheet.rows is None:
        raise Invalid("sheet_too_many_rows", at="file", most=MOST_ROWS)
    return sheet.rows
