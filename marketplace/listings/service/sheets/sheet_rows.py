"""Reads a CSV or XLSX file into rows of text by column, within bounds of time and memory."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .... import plain_text
from ....errors import Fault, Invalid, InvalidTable
from ....messages.names import Name
from .vocabulary import COLUMNS, Column, column_of
from .xlsx_parts import Cell, Record
from .xlsx_reader import Workbook

MOST_TEXT = 4000
"""Characters of a cell."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and .xlsx files under a password."""
PROSE = {"title", "composition"}
"""The columns of words; the others hold codes, numbers and days."""
OTHER_DELIMITERS = {
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    "，": "full_width_comma",
    "；": "full_width_semicolon",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds anything: its number as the sheet shows it, its texts by column, its faults."""

    number: int
    texts: dict[str, str]
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file whose outside is sound. `unpacked` is how many bytes reading it all goes through."""

    unpacked: int
    _records: Callable[[], Iterator[Record]]

    def rows(self) -> Iterator[Row]:
        """The rows below the headings.

        Raises:
            Invalid: the file cannot be read on, or is empty.
            InvalidTable: headings are unknown, repeated or missing.
        """
        records = self._records()
        header = next(records, None)
        if header is None:
            raise Invalid("sheet_empty", at="file")
        columns = _columns(*header)
        for number, cells in records:
            row = _row(number, cells, columns)
            if row.texts or row.faults:
                yield row


def open_sheet(data: bytes) -> Sheet:
    """The sheet in a file; what it is, is judged by its content.

    Raises:
        Invalid: it is none that can be read safely; the code says why.
    """
    if not data.strip():
        raise Invalid("sheet_empty", at="file")
    if data.startswith(OLD_EXCEL):
        raise Invalid("sheet_old_excel", at="file")
    if data.startswith(b"PK"):
        book = Workbook(data)
        return Sheet(book.unpacked, book.records)
    text = _decoded(data)
    _refuse_other_text(text)
    return Sheet(len(data), lambda: _csv_records(text))


# ---------------------------------------------------------------- CSV


def _decoded(data: bytes) -> str:
    """UTF-8, with or without a mark, or GBK (by GB 18030, which holds it)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("sheet_encoding", at="file")
    if b"\0" in data:
        raise Invalid("sheet_unreadable", at="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("sheet_encoding", at="file")


def _refuse_other_text(text: str) -> None:
    start = text.lstrip()
    if start.startswith("<"):
        raise Invalid("sheet_is_html", at="file")
    if start.startswith(("{", "[", "%PDF")):
        raise Invalid("sheet_unreadable", at="file")
    first_line = start.partition("\n")[0]
    if "," not in first_line:
        for delimiter, name in OTHER_DELIMITERS.items():
            if delimiter in first_line:
                raise Invalid("sheet_delimiter", at="file", found=Name("delimiter", name))


def _csv_records(text: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, texts in enumerate(reader, start=1):
            cells = [
                _csv_cell(place, text) for place, text in enumerate(texts) if text and not text.isspace()
            ]
            if cells:
                yield number, cells
    except csv.Error as error:
        raise Invalid("sheet_csv_broken", at="file", row=number + 1) from error


def _csv_cell(column: int, text: str) -> Cell:
    return Cell(column, text, "formula_in_cell" if text.lstrip().startswith("=") else None)


# ---------------------------------------------------------------- headings and rows


def _columns(number: int, cells: list[Cell]) -> dict[int, Column]:
    """The column at each place. Raises: InvalidTable: naming every heading that is wrong."""
    cells = [cell for cell in cells if cell.text.strip()]
    found = {cell.column: column_of(cell.text) for cell in cells}
    faults = [
        Fault(number, _shown(cell.text), "unknown_heading", {"heading": _shown(cell.text)})
        for cell in cells
        if found[cell.column] is None
    ]
    columns = {place: column for place, column in found.items() if column is not None}
    times = Counter(column.name for column in columns.values())
    faults += [Fault(number, name, "repeated_heading", _headings(name)) for name in times if times[name] > 1]
    faults += [
        Fault(number, name, "missing_heading", _headings(name))
        for name, column in COLUMNS.items()
        if column.required and name not in times
    ]
    if faults:
        raise InvalidTable("import_refused", faults=faults, count=len(faults))
    return columns


def _headings(name: str) -> dict[str, str]:
    return {"heading": f"{COLUMNS[name].zh} / {COLUMNS[name].en}"}


def _shown(heading: str) -> str:
    return " ".join(heading.split())[:60]


def _row(number: int, cells: list[Cell], columns: dict[int, Column]) -> Row:
    row = Row(number, {})
    for cell in cells:
        column = columns.get(cell.column)
        if column is None:
            row.faults.append(Fault(number, _letters(cell.column), "cell_without_heading"))
        elif not column.export_only:
            _add_cell(row, column.name, cell)
    return row


def _add_cell(row: Row, name: str, cell: Cell) -> None:
    """Add a cell's text, or what is wrong with it. One leading apostrophe only says that text follows."""
    written = cell.text.strip().removeprefix("'")
    if cell.fault:
        row.faults.append(Fault(row.number, name, cell.fault))
    elif len(written) > MOST_TEXT:
        row.faults.append(Fault(row.number, name, "cell_too_long", {"most": MOST_TEXT}))
    else:
        _add_text(row, name, written)


def _add_text(row: Row, name: str, written: str) -> None:
    """Add a text, folded; one of which nothing is left is an empty cell."""
    try:
        text = plain_text.lines(written) if name in PROSE else plain_text.identifiers(written)
    except plain_text.BadText as error:
        row.faults.append(Fault(row.number, name, error.code, error.facts))
        return
    if text:
        row.texts[name] = text


def _letters(column: int) -> str:
    """What a spreadsheet calls a column: A for 0, AA for 26."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters
