"""The loader that makes the table of legal bases say what the file says."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from ...events.work import unit_of_work
from ..models import LegalBasis

COLUMNS = tuple(column.name for column in LegalBasis.__table__.columns)

log = logging.getLogger(__name__)


def load(rows: Sequence[Any]) -> dict[str, int]:
    """Write these legal bases over those of the same ids; others stay, as events may cite them.

    Args:
        rows: what `seed.legal_bases.read_legal_bases()` returns.
    Returns:
        rows by table.
    """
    with unit_of_work() as work:
        values = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
        statement = insert(LegalBasis).values(values)
        changes = {name: statement.excluded[name] for name in COLUMNS if name != "id"}
        work.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
        count = work.session.scalar(select(func.count()).select_from(LegalBasis)) or 0
    log.info("legal bases loaded", extra={"legal_bases": count})
    return {LegalBasis.__tablename__: count}
