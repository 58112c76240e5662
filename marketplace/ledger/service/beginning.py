"""From when on the ledger keeps what: rows that were there before are sealed as they are.

A migration cannot do it, because the keys are not for whoever owns the tables. The scheduler does it by
itself, once after an upgrade that brings a table or a column; `flask credit ledger-begin` does it at once.
"""

import logging
from collections.abc import Sequence

import orjson
from sqlalchemy import Connection, select, text

from ...database import db
from ...events.work import Work, unit_of_work
from ..models import LedgerAnchor
from .anchor_files import anchor_folder, last_number
from .entries import LOCK_HEADS, ChangedRow, Difference, Head, append, broken, difference, heads_of, row_of
from .keys import sealing_keys
from .kinds import BEGUN, KINDS, PLATFORM

BATCH = 500
"""Enterprises whose rows are sealed by one transaction."""
KINDS_ROW = "kinds"
"""Id of the row, of no table, that says what is sealed."""
LOCK_GIVEN = LOCK_HEADS.format(
    changed="SELECT id AS enterprise_id, '' AS kind, '' AS row_id, '' AS row_json"
    " FROM unnest(CAST(:ids AS uuid[])) AS id"
)
LAST_BEGUN = text("""
    SELECT content FROM credit_ledger WHERE enterprise_id = :platform AND kind = :begun
    ORDER BY no DESC LIMIT 1
""")
WITH_ROWS = " UNION ".join(f"SELECT enterprise_id FROM ({kind.rows}) {kind.name}" for kind in KINDS)  # noqa: S608
LATEST = text("""
    SELECT DISTINCT ON (kind, row_id) kind, row_id, content FROM credit_ledger
    WHERE enterprise_id = ANY(CAST(:ids AS uuid[])) ORDER BY kind, row_id, no DESC
""")
ROWS = " UNION ALL ".join(f"{kind.rows} AND {kind.enterprise} = ANY(CAST(:ids AS uuid[]))" for kind in KINDS)

Columns = dict[str, list[str]]
"""Names of the columns of each kind."""

log = logging.getLogger(__name__)


def begin(*, accept_changes: bool = False) -> int:
    """Seal the rows of tables and columns that are not sealed yet; a run that was cut short goes on.

    Args:
        accept_changes: seal rows that were changed or added past the ledger, too, as they now are: after a
            migration that had to, or once somebody has found out why. Their earlier entries stay.
    Returns:
        how many entries that made; 0 also where no key is set.
    Raises:
        Unavailable: a sealed row was changed past the ledger, or the ledger has begun before and its entries
            are gone (`ledger_broken`).
    """
    if not sealing_keys():
        return 0
    before, now_kept = kinds_begun(db.session.connection()), {kind.name: kind.columns for kind in KINDS}
    if before == now_kept and not accept_changes:
        return 0
    if not before:
        _require_no_anchor()
    ids = sorted(map(str, db.session.scalars(text(WITH_ROWS))))
    sealed = 0
    for start in range(0, len(ids), BATCH):
        with unit_of_work() as work:
            sealed += _seal(work, ids[start : start + BATCH], before, accept_changes)
    _enter_kinds(now_kept)
    log.info("the ledger has begun", extra={"entries": sealed, "kinds": sorted(now_kept)})
    return sealed


def kinds_begun(connection: Connection) -> Columns:
    """What the ledger keeps, as it says itself; empty before it has begun, or if what it says was garbled."""
    content = connection.scalar(LAST_BEGUN, {"platform": PLATFORM, "begun": BEGUN})
    try:
        return dict(orjson.loads(row_of(content))) if content else {}
    except (ValueError, TypeError):
        return {}


def _require_no_anchor() -> None:
    """Raises: Unavailable: there are anchors, so this is not a beginning (`ledger_broken`)."""
    folder = anchor_folder()
    is_anchored = db.session.scalar(select(LedgerAnchor.no).limit(1)) is not None
    if is_anchored or (folder is not None and last_number(folder)):
        raise broken(Head(str(PLATFORM), 0, ""))


def _seal(work: Work, ids: Sequence[str], before: Columns, accept_changes: bool) -> int:
    """Seal what these enterprises have. Their heads are locked first, so that no entry is made meanwhile."""
    params = {"ids": list(ids)}
    heads = heads_of(work.session.execute(text(LOCK_GIVEN), params).all())
    latest = {(row.kind, row.row_id): row_of(row.content) for row in work.session.execute(LATEST, params)}
    found = [
        ChangedRow(str(row.enterprise_id), row.kind, row.row_id, row.row_json)
        for row in work.session.execute(text(ROWS), params)
    ]
    rows = [row for row in found if _is_to_seal(row, latest.get((row.kind, row.row_id)))]
    if not accept_changes:
        _require_unchanged(rows, latest, before, heads)
    rows.sort(key=lambda row: (len(row.row_id), row.row_id))
    if rows:
        append(work.session, heads, rows)
    return len(rows)


def _is_to_seal(row: ChangedRow, kept: str | None) -> bool:
    return kept is None or difference(kept, row.row_json) is not Difference.NONE


def _require_unchanged(
    rows: Sequence[ChangedRow], latest: dict[tuple[str, str], str], before: Columns, heads: dict[str, Head]
) -> None:
    """Raises: Unavailable: a row is not as it was entered, or ought to have been (`ledger_broken`)."""
    for row in rows:
        kept = latest.get((row.kind, row.row_id))
        is_unheard = kept is None and row.kind in before
        if is_unheard or (kept and difference(kept, row.row_json) is Difference.VALUES):
            raise broken(heads[row.enterprise_id])


def _enter_kinds(kept: Columns) -> None:
    with unit_of_work() as work:
        heads = heads_of(work.session.execute(text(LOCK_GIVEN), {"ids": [str(PLATFORM)]}).all())
        if kinds_begun(work.session.connection()) != kept:
            row = ChangedRow(str(PLATFORM), BEGUN, KINDS_ROW, orjson.dumps(kept).decode())
            append(work.session, heads, [row])
