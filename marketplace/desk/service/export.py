"""The queue as a workbook: the same items in the same order, and no cell that runs as a formula."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ... import clock, spreadsheet_files
from ...catalogue import service as catalogue
from ...errors import Invalid
from ...events.actor import Actor
from ...messages.names import readable
from ...spreadsheet_files import without_formula
from ..models import DeskColumn
from .presentation import present_items
from .queue import Asked, search

MOST_ROWS = 10_000
"""A workbook is finished before its first byte goes out; our own choice."""
NUMERIC = (False,) * len(DeskColumn)


def export_items(actor: Actor, asked: Asked, language: str) -> Iterator[bytes]:
    """All items that are asked for, as XLSX.

    Raises:
        Invalid: there are more than a file may have (`desk_too_long`).
    """
    rows = search(asked, None, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise Invalid("desk_too_long", at="kind", most=MOST_ROWS)
    regions = catalogue.region_names({row.region for row in rows})
    items = present_items(actor, rows, language)
    head = [str(readable(column, language)) for column in DeskColumn]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    lines = _lines(items, regions, language)
    spreadsheet_files.write_workbook(file, "desk", head, NUMERIC, lines, MOST_ROWS)
    return spreadsheet_files.chunks_of(file)


def _lines(
    items: Iterable[Mapping[str, Any]], regions: Mapping[int, str], language: str
) -> Iterator[list[str]]:
    for item in items:
        cells = {
            DeskColumn.KIND: str(readable(item["kind"], language)),
            DeskColumn.TITLE: item["title"],
            DeskColumn.ENTERPRISE: (item["enterprise"] or {}).get("name", ""),
            DeskColumn.REGION: regions.get(item["region"], f"{item['region']:06}"),
            DeskColumn.SINCE: _local(item["since"]),
            DeskColumn.DUE: item["due"].isoformat() if item["due"] else "",
            DeskColumn.ASSIGNED_TO: (item["assigned_to"] or {}).get("name", ""),
            DeskColumn.PATH: item["path"],
            DeskColumn.ID: str(item["id"]),
        }
        yield [without_formula(cells[column]) for column in DeskColumn]


def _local(moment: datetime) -> str:
    """A moment as people in Shanghai write it, to the minute."""
    return f"{moment.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
