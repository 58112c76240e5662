"""Reads the text of a CSV file into records, line by line, within bounds."""

import csv
import re
from collections.abc import Iterator

from ..errors import Invalid
from .bounds import LAST_ROW, MOST_COLUMNS, Budget, require
from .tables import DAY_ZERO, Table
from .xlsx_parts import Cell, Record

MOST_CELLS = 20_000
"""Cells of a line, blank ones too, as a spreadsheet may have them."""
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
"""A line with its end, as `csv` wants it; it costs no second copy of the text."""
LEAST_SWALLOWED = 4
"""Commas in one line within a cell that show a quotation mark to be open by mistake. Our own choice."""


def table_of(text: str) -> Table:
    """The rows of a text as one table without a name."""
    return Table("", "", lambda _: _records(text), DAY_ZERO)


class _Lines:
    """The lines of a text, held to their number of cells before `csv` makes a list of them."""

    def __init__(self, text: str) -> None:
        self._found = LINE.finditer(text)
        self.commas = 0
        """Since the last record; a cell in quotes may go over many lines."""

    def __iter__(self) -> Iterator[str]:
        for number, found in enumerate(self._found):
            require(number <= LAST_ROW)
            self.commas += found[0].count(",")
            if self.commas >= MOST_CELLS:
                raise Invalid("sheet_too_many_columns", at="file", most=MOST_COLUMNS)
            if found[0]:
                yield found[0]


def _records(text: str) -> Iterator[Record]:
    lines, budget, number = _Lines(text), Budget(), 0
    try:
        for number, texts in enumerate(csv.reader(lines, strict=True), start=1):
            lines.commas = 0
            if not any(texts):
                continue
            budget.spend_cells(len(texts) - texts.count(""), sum(map(len, texts)))
            cells = [_cell(place, text) for place, text in enumerate(texts) if text and not text.isspace()]
            if any("\n" in cell.text and _swallows_rows(cell.text) for cell in cells):
                raise Invalid("sheet_csv_broken", at="file", row=number)
            if cells:
                yield Record(number, cells)
    except csv.Error as error:
        raise Invalid("sheet_csv_broken", at="file", row=number + 1) from error


def _swallows_rows(text: str) -> bool:
    """Whether a cell holds whole lines of the table, as behind a quotation mark that was not meant."""
    return any(line.count(",") >= LEAST_SWALLOWED for line in text.splitlines()[1:])


def _cell(column: int, text: str) -> Cell:
    fault = "formula_in_cell" if text.lstrip().startswith("=") else None
    return Cell(column, text, fault, is_number=True)
