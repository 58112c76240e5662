"""Finds the table in the text of a CSV file, and refuses what only looks like one."""

from itertools import islice

from ....errors import Invalid
from ....messages.names import Name
from ....spreadsheets.bounds import MOST_COLUMNS
from ....spreadsheets.csv_records import LINE, table_of
from ....spreadsheets.tables import Table
from .headings import LONGEST
from .vocabulary import column_of

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


def csv_table(text: str) -> Table:
    """The rows of a CSV text. Raises: Invalid: it is something else, or has other separators than commas."""
    _refuse_other_text(text)
    return table_of(text)


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
