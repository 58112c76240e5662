"""The manifests that an actor may see as a file: CSV or XLSX, one row a line."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from matching import KG_PER_T

from ... import clock, spreadsheet_files
from ...errors import Invalid
from ...events.actor import Actor
from ...messages.names import Name, readable
from ...spreadsheet_files import csv_lines, without_formula
from .presentation import present
from .searching import search

BATCH = 200
MOST_XLSX_ROWS = 50_000
"""A workbook is finished before its first byte can go out; more rows than these are for CSV."""
MEDIA_TYPES = spreadsheet_files.MEDIA_TYPES
TEXTS = ("number", "official_number", "status", "kind", "supplier", "receiver", "transporter", "region")
OF_LINE = ("line", "code", "name", "packing")
WEIGHTS = ("quantity", "picked_up", "received", "refused", "accepted")
TIMES = ("issued_at", "picked_up_at", "delivered_at", "received_at", "closed_at")
COLUMNS = (*TEXTS, *OF_LINE, *WEIGHTS, *TIMES)
NUMERIC = [name in WEIGHTS or name == "line" for name in COLUMNS]


def export(actor: Actor, query: dict[str, Any], language: str) -> Iterator[bytes]:
    """The manifests of `search` as a file in `query["format"]`, finished before its first piece is answered.

    Raises:
        Invalid: there are too many for a workbook (`export_too_long`).
    """
    rows = (row for item in _manifests(actor, query) for row in rows_of(item, language))
    head = [str(readable(Name("manifest_column", name), language)) for name in COLUMNS]
    if query["format"] == "csv":
        return spreadsheet_files.finished(_csv(head, rows))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    try:
        spreadsheet_files.write_workbook(file, "manifests", head, NUMERIC, rows, MOST_XLSX_ROWS)
    except spreadsheet_files.TooManyRows as error:
        file.close()
        raise Invalid("export_too_long", at="format", most=MOST_XLSX_ROWS) from error
    return spreadsheet_files.chunks_of(file)


def _csv(head: list[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    yield spreadsheet_files.BYTE_ORDER_MARK
    yield csv_lines([head])
    for row in rows:
        yield csv_lines([row])


def _manifests(actor: Actor, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All manifests that match, newest first, read batch by batch."""
    after = None
    while True:
        found = search(actor, query, after, BATCH)
        yield from present(found)
        if len(found) < BATCH:
            return
        after = found[-1].id


def rows_of(item: dict[str, Any], language: str) -> Iterator[list[str]]:
    """A manifest as `present` shows it, one row a line, as texts."""
    texts = [
        item["number"],
        item["official_number"] or "",
        str(readable(item["status"], language)),
        str(readable(item["kind"], language)),
        *(item[name]["name"] for name in ("supplier", "receiver", "transporter")),
        f"{item['region']:06d}",
    ]
    times = [_moment(item[name]) for name in TIMES]
    for line in item["lines"]:
        packing = str(readable(Name("packaging", line["packing"]), language)) if line["packing"] else ""
        weights = [_tonnes(line[f"{name}_kg" if name != "refused" else "unaccepted_kg"]) for name in WEIGHTS]
        named = [without_formula(text) for text in (*texts, line["code"], line["name"], packing)]
        yield [*named[: len(TEXTS)], str(line["no"]), *named[len(TEXTS) :], *weights, *times]


def _tonnes(kg: int | None) -> str:
    return "" if kg is None else f"{kg / KG_PER_T:.3f}"


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}" if value else ""
