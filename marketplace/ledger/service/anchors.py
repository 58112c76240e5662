"""The daily anchor: what the heads of all chains are, signed, and kept outside the database as well.

Each anchor lists the heads that changed since the one before and names that one's digest, so that all of
them together say what every head was; `all_heads` is the digest of all at once. Whoever has a copy of the
anchors knows of every chain that is missing, shorter, or another.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import defer

from ... import clock
from ...database import db
from ...events.actor import PLATFORM, Actor
from ...events.work import Work, unit_of_work
from ..models import LedgerAnchor
from .anchor_files import SignedStatement, anchor_folder, last_number, write_file
from .entries import Head, broken, require_trusted
from .keys import Signature, sealing_keys, sign
from .kinds import PLATFORM as PLATFORM_CHAIN

LOCK = "credit_ledger_anchor"
HEADS = text("""
    SELECT CAST(enterprise_id AS text) AS enterprise_id, count, digest, signature, key_id, anchored
    FROM credit_ledger_head WHERE count > 0 OR anchored > 0 ORDER BY credit_ledger_head.enterprise_id
""").execution_options(yield_per=2000)
MARK = text("""
    WITH seen AS (
        SELECT * FROM jsonb_to_recordset(CAST(:seen AS jsonb)) AS seen(enterprise_id uuid, count bigint)),
    locked AS (
        SELECT enterprise_id FROM credit_ledger_head
        WHERE enterprise_id IN (SELECT enterprise_id FROM seen) ORDER BY enterprise_id FOR UPDATE)
    UPDATE credit_ledger_head AS head SET anchored = seen.count
    FROM seen JOIN locked USING (enterprise_id) WHERE head.enterprise_id = seen.enterprise_id
""")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Survey:
    """All heads at one moment: their digest, how many, and those that the last anchor did not have.

    `anchored` is how many entries and enterprises of them the last anchor had.
    """

    digest: Any = field(default_factory=hashlib.sha256)
    rows: int = 0
    enterprises: int = 0
    anchored: tuple[int, int] = (0, 0)
    changed: list[tuple[str, int, str]] = field(default_factory=list)


def head_line(enterprise_id: str, count: int, digest: str) -> bytes:
    """A head as the digest of all heads takes it, in order of the enterprises."""
    return f"{enterprise_id} {count} {digest}\n".encode()


def anchor_today() -> LedgerAnchor | None:
    """Make the anchor of the day, unless there is one; write to the folder what it lacks.

    Returns:
        the anchor that was made; None without a key, without a folder, or if the day has one.
    Raises:
        Unavailable: a head was not signed by us, or the folder has anchors that the database lacks
            (`ledger_broken`).
    """
    folder = anchor_folder()
    if folder is None or not sealing_keys():
        return None
    with unit_of_work() as work:
        work.lock_name(LOCK)
        last = work.session.scalars(select(LedgerAnchor).order_by(LedgerAnchor.no.desc()).limit(1)).first()
        if last_number(folder) > (last.no if last else 0):
            raise broken(Head(str(PLATFORM_CHAIN), 0, ""))
        made = None if last and last.day >= clock.today() else _make(work, last)
    for row in db.session.scalars(
        select(LedgerAnchor).where(LedgerAnchor.no > last_number(folder)).order_by(LedgerAnchor.no)
    ):
        write_file(folder, row.day.isoformat(), signed_statement(row))
    if made is not None:
        log.info("the ledger is anchored", extra={"no": made.no, "entries": made.rows, "sha256": made.digest})
    return made


def signed_statement(row: LedgerAnchor) -> SignedStatement:
    """An anchor of the table as files have it."""
    return SignedStatement(row.no, row.statement, Signature(row.algorithm, row.key, row.signature))


def _make(work: Work, last: LedgerAnchor | None) -> LedgerAnchor | None:
    """Raises: Unavailable: heads are gone, shorter, or not signed by us (`ledger_broken`); an anchor over
    them would not add up with the last one, and nothing could be anchored after it."""
    survey = _survey(work)
    if survey.anchored != ((last.rows, last.enterprises) if last else (0, 0)):
        raise broken(Head(str(PLATFORM_CHAIN), survey.rows, ""))
    if not survey.rows:
        return None
    no, day = (last.no if last else 0) + 1, clock.today()
    statement = _statement(no, day, last, survey)
    signature = sign(statement)
    anchor = work.add(
        LedgerAnchor(
            no=no,
            day=day,
            rows=survey.rows,
            enterprises=survey.enterprises,
            previous=last.digest if last else None,
            statement=statement.decode(),
            digest=hashlib.sha256(statement).hexdigest(),
            algorithm=signature.algorithm,
            key=signature.key,
            signature=signature.value,
        )
    )
    seen = [{"enterprise_id": enterprise_id, "count": count} for enterprise_id, count, _ in survey.changed]
    work.session.execute(MARK, {"seen": orjson.dumps(seen).decode()})
    work.audit(PLATFORM, "anchor", anchor)
    work.emit("ledger.anchored", no=no)
    return anchor


def _survey(work: Work) -> _Survey:
    """Raises: Unavailable: a head was not signed by us, or is shorter than it was (`ledger_broken`)."""
    survey = _Survey()
    for enterprise_id, count, digest, signature, key_id, anchored in work.session.execute(HEADS):
        head, is_firm = Head(enterprise_id, count, digest), enterprise_id != str(PLATFORM_CHAIN)
        require_trusted(head, signature, key_id)
        if count < anchored:
            raise broken(head)
        survey.digest.update(head_line(enterprise_id, count, digest))
        survey.rows += count
        survey.enterprises += is_firm
        rows, firms = survey.anchored
        survey.anchored = rows + anchored, firms + (is_firm and anchored > 0)
        if count > anchored:
            survey.changed.append((enterprise_id, count, digest))
    return survey


def _statement(no: int, day: date, last: LedgerAnchor | None, survey: _Survey) -> bytes:
    about = {
        "all_heads": survey.digest.hexdigest(),
        "day": day.isoformat(),
        "enterprises": survey.enterprises,
        "heads": survey.changed,
        "no": no,
        "previous": last.digest if last else None,
        "rows": survey.rows,
    }
    return orjson.dumps(about, option=orjson.OPT_SORT_KEYS)


def list_anchors(actor: Actor, after: int | None, limit: int) -> Sequence[LedgerAnchor]:
    """Anchors, newest first, at most `limit` before number `after`; without their statements."""
    query = select(LedgerAnchor).options(defer(LedgerAnchor.statement))
    if after is not None:
        query = query.where(LedgerAnchor.no < after)
    return db.session.scalars(query.order_by(LedgerAnchor.no.desc()).limit(limit)).all()
