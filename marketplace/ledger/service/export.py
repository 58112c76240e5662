"""The chain of one enterprise, for whoever is to check it without the database."""

from collections.abc import Iterator
from uuid import UUID

import orjson
from sqlalchemy import select

from ...database import db
from ..models import LedgerEntry


def chain_lines(enterprise_id: UUID) -> Iterator[str]:
    """Its entries in order, each as a line of JSON."""
    names = [column.name for column in LedgerEntry.__table__.columns]
    query = select(LedgerEntry.__table__).where(LedgerEntry.enterprise_id == enterprise_id)
    rows = db.session.execute(query.order_by(LedgerEntry.no), execution_options={"yield_per": 1000})
    for row in rows:
        yield orjson.dumps(dict(zip(names, row, strict=True))).decode()
