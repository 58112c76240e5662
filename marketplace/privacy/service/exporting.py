"""A copy of all rows that are kept of an enterprise (Personal Information Protection Law, art. 45)."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from ... import clock, spreadsheet_files
from ...database import db
from ...enterprises import service as enterprises
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...http.fields import moment_text
from .holdings import HOLDINGS, Holding

ROWS_AT_ONCE = 500


def export(actor: Actor) -> Iterator[bytes]:
    """One JSON object, made to its end before its first piece goes out: `tables` has the rows by table, their
    columns by name. Memory does not grow with the rows. That it was taken is audited."""
    with unit_of_work() as work:
        enterprise = enterprises.own(actor)
        work.audit(actor, "export", enterprise)
        work.write_records()  # it is part of what is exported
        return spreadsheet_files.finished(_pieces(enterprise.id))


def _pieces(enterprise_id: UUID) -> Iterator[bytes]:
    head = {"enterprise_id": str(enterprise_id), "exported_at": moment_text(clock.now())}
    yield f'{json.dumps(head)[:-1]}, "tables": {{'.encode()
    for position, holding in enumerate(HOLDINGS):
        yield f"{',' if position else ''}\n{json.dumps(holding.name)}: [".encode()
        for number, row in enumerate(_rows(holding, enterprise_id)):
            yield b",\n" * (number > 0) + current_app.json.dumps(row).encode()
        yield b"]"
    yield b"}}\n"


def _rows(holding: Holding, enterprise_id: UUID) -> Iterator[dict[str, Any]]:
    table = holding.model.__table__
    columns = [column for column in table.columns if column.name not in holding.hidden]
    query = select(*columns).where(holding.of(enterprise_id)).order_by(*table.primary_key)
    for row in db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        yield {column.name: value for column, value in zip(columns, row, strict=True)}
