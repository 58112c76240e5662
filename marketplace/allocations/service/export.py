"""The tables of a finished plan as CSV and XLSX files."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ... import spreadsheet_files
from ...messages import say
from ..models import Allocation
from .results import items_after, require_done, unplaced_reason

BATCH = 500
MOST_XLSX_ROWS = 50_000


def export_allocation(row: Allocation, table: str, file_format: str, language: str) -> Iterator[bytes]:
    """A table of a plan as a file in `csv` or `xlsx`, piece by piece.

    Raises:
        Conflict: the plan is not done (`allocation_not_done`).
    """
    require_done(row)
    headings = [say(f"column_{column.name}", language) for column in COLUMNS[table]]
    if file_format == "csv":
        return spreadsheet_files.finished(_csv(row, table, headings, language))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    numeric = [column.numeric for column in COLUMNS[table]]
    rows = (texts for batch in _row_batches(row, table, language) for texts in batch)
    spreadsheet_files.write_workbook(file, table, headings, numeric, rows, MOST_XLSX_ROWS)
    return spreadsheet_files.chunks_of(file)


def _csv(row: Allocation, table: str, headings: Sequence[str], language: str) -> Iterator[bytes]:
    yield spreadsheet_files.BYTE_ORDER_MARK
    yield spreadsheet_files.csv_lines([headings])
    for batch in _row_batches(row, table, language):
        yield spreadsheet_files.csv_lines(batch)


def _row_batches(row: Allocation, table: str, language: str) -> Iterator[list[list[str]]]:
    """Rows of a file, a batch at a time."""
    after, is_last = 0, False
    while not is_last:
        items = items_after(row, table, after, BATCH)
        yield [_row_texts(COLUMNS[table], item, language) for item in items]
        is_last = len(items) < BATCH
        after += len(items)


def _row_texts(columns: Sequence["ExportColumn"], item: dict[str, Any], language: str) -> list[str]:
    """The texts of a row; none of them runs as a formula."""
    texts = [(column.numeric, column.text(item, language)) for column in columns]
    return [text if numeric else spreadsheet_files.without_formula(text) for numeric, text in texts]


# ---------------------------------------------------------------- columns


class ExportColumn(NamedTuple):
    """A column of a file: its name, whether it holds numbers, and the text of an item in a language."""

    name: str
    numeric: bool
    text: Callable[[dict[str, Any], str], str]


def _text_column(name: str, *path: str) -> ExportColumn:
    def text(item: dict[str, Any], language: str) -> str:
        for step in path:
            item = item[step]
        return "" if item is None else str(item)

    return ExportColumn(name, False, text)


def _tonnes_column(name: str, key: str) -> ExportColumn:
    return ExportColumn(name, True, lambda item, language: f"{item[key] / 1000:.3f}")


def _number_column(name: str, key: str) -> ExportColumn:
    return ExportColumn(name, True, lambda item, language: "" if item[key] is None else f"{item[key]:.6g}")


def _listing_columns(name: str) -> tuple[ExportColumn, ...]:
    return (
        _text_column(f"{name}_id", name, "id"),
        _text_column(f"{name}_title", name, "title"),
        _text_column(f"{name}_enterprise", name, "enterprise", "name"),
        _text_column(f"{name}_grade", name, "enterprise", "grade"),
        _text_column(f"{name}_score", name, "enterprise", "score"),
        _text_column(f"{name}_region", name, "region"),
    )


def _warning_sentences(item: dict[str, Any], language: str) -> str:
    return " ".join(say(notice.sentence, language, **notice.facts) for notice in item["warnings"])


def _reason_sentence(item: dict[str, Any], language: str) -> str:
    return unplaced_reason(item["reason"], item["gate"], language)


WASTE = (_text_column("waste_scheme", "waste", "scheme"), _text_column("waste_code", "waste", "code"))
COLUMNS: dict[str, tuple[ExportColumn, ...]] = {
    "placements": (
        *WASTE,
        _tonnes_column("tonnes", "kg"),
        *_listing_columns("supply"),
        *_listing_columns("demand"),
        _number_column("score", "score"),
        _number_column("distance_km", "distance_km"),
        _number_column("year", "year"),
        _text_column("basis", "legal_basis", "kind"),
        _text_column("reference", "legal_basis", "reference"),
        ExportColumn("warnings", False, _warning_sentences),
    ),
    "unplaced": (
        *WASTE,
        _tonnes_column("unplaced_t", "kg"),
        _tonnes_column("of_t", "of_kg"),
        *_listing_columns("supply"),
        ExportColumn("why", False, _reason_sentence),
    ),
    "gaps": (
        *WASTE,
        _text_column("waste_name", "name"),
        _text_column("region", "region"),
        _text_column("region_name", "region_name"),
        _tonnes_column("supply_t", "supply_kg"),
        _tonnes_column("unplaced_t", "unplaced_kg"),
        _tonnes_column("no_lawful_way_t", "no_lawful_way_kg"),
        _tonnes_column("no_capacity_t", "no_capacity_kg"),
        _tonnes_column("below_lot_t", "below_lot_kg"),
        _number_column("price", "price"),
    ),
}
"""By table. A heading is the sentence `column_<name>`."""
