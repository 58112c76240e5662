"""Reads the text of a CSV file into records, and refuses what only looks like one."""

import csv
import re
from collections.abc import Iterator
from itertools import islice

from ....errors import Invalid
from ....messages.names import Name
from .bounds import LAST_ROW, Budget, require
from .headings import LONGEST, MOST_COLUMNS
from .tables import DAY_ZERO, Table
from .vocabulary import column_of
from .xlsx_parts import Cell, Record

OTHER_DELIMITERS = {
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    "，": "full_width_comma",
    "；": "full_width_semicolon",
}
LOOKED_THROUGH = 30
"""Lines among which the headings must be."""
LONGEST_HEADINGS = 20_000
"""Characters of a line that are looked through for headings."""
MOST_CELLS = 20_000
"""Cells of a line, blank ones too, as a spreadsheet may have them."""
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
"""A line with its end, as `csv` wants it; it costs no second copy of the text."""
LEAST_SWALLOWED = 4
"""Commas in one line within a cell that show a quotation mark to be open by mistake. Our own choice."""


def csv_table(text: str) -> Table:
    """The rows of a CSV text. Raises: Invalid: it is something else, or has other separators than commas."""
    _refuse_other_text(text)
    return Table("", "", lambda _: _records(text), DAY_ZERO)


def _refuse_other_text(text: str) -> None:
    start = text.lstrip()
    if start.startswith("<"):
        raise Invalid("sheet_is_html", at="file")
    if start.startswith(("{", "[", "%PDF")):
        raise Invalid("sheet_unreadable", at="file")
    lines = [found[0] for found in islice(LINE.finditer(text), LOOKED_THROUGH)]
    if _headings_in(lines, ",") < 2:
        found = max(OTHER_DELIMITERS, key=lambda delimiter: _headings_in(lines, delimiter))
        other = next((sign for sign in OTHER_DELIMITERS if sign in lines[0]), "") if len(lines) else ""
        if _headings_in(lines, found) >= 2:
            raise Invalid("sheet_delimiter", at="file", found=Name("delimiter", OTHER_DELIMITERS[found]))
        if other and not any("," in line for line in lines):
            raise Invalid("sheet_delimiter", at="file", found=Name("delimiter", OTHER_DELIMITERS[other]))


def _headings_in(lines: list[str], delimiter: str) -> int:
    """The most headings that we know in one line, as this delimiter cuts it."""
    cut = (line[:LONGEST_HEADINGS].split(delimiter, MOST_COLUMNS)[:MOST_COLUMNS] for line in lines)
    return max((sum(map(_is_heading, parts)) for parts in cut), default=0)


def _is_heading(part: str) -> bool:
    return len(part) <= LONGEST and column_of(part.strip(' "\r\n')) is not None


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
