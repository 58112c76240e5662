"""Reads a CSV or XLSX file into rows of text by column, within bounds of time and memory."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Any

from .... import plain_text
from ....errors import Fault, Invalid, Notice
from ....spreadsheets.bounds import Budget
from ....spreadsheets.tables import DAY_ZERO, Table
from ....spreadsheets.text_encoding import decoded
from ....spreadsheets.xlsx_parts import Cell, Record, letters_of
from ....spreadsheets.xlsx_reader import Workbook
from .csv_reader import csv_table
from .headings import MOST_ABOVE, Layout, headings_row, known_headings, layout_of, rows_of
from .left_out import LeftOut, is_note, is_total
from .vocabulary import chinese_heading_words

MOST_TEXT, MOST_WORD = 4000, 500
"""Characters of a cell of words or codes, and of any other."""
MOST_ROW_FAULTS = 30
"""Faults that are kept of one row; there are fewer columns."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and .xlsx files under a password."""
PROSE = {"title", "composition"}
"""The columns of words; the others hold codes, numbers and days."""
LONG = PROSE | {"waste_codes", "scheme"}
EMPTY = {"/", "-", "--", "—", "——", "无", "\\", "n/a"}
"""What people write into cells that have nothing to say; a title is taken as it is."""
OUR_OTHER_SHEETS = ("废物代码 Codes", "说明 Help")
"""Sheets of the template that hold no listings."""
MOST_SHEETS = 20
"""Visible sheets that are looked into for headings."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds anything.

    Attributes:
        number: as the sheet shows it. texts: by column.
        faults: what is wrong with its cells. notices: what is odd about them.
        implied: what headings say for all rows, by column.
        numbers: columns whose cells hold a number and not its text.
        columns: all that the sheet has. day_zero: the day that numbers of days count from.
    """

    number: int
    texts: dict[str, str]
    faults: list[Fault] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    implied: dict[str, str] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    columns: frozenset[str] = frozenset()
    day_zero: date = DAY_ZERO


@dataclass(slots=True)
class Sheet:
    """A file whose outside is sound.

    Attributes:
        unpacked: how many bytes reading it all goes through.
        layout: where the headings are, once the first row is read.
        table: the one that is read, once the first row is.
        left_out: what is not imported, complete once the last row is read.
        styles: the part of a workbook that holds its styles.
    """

    unpacked: int
    _tables: list[Table]
    _hidden: list[str] = field(default_factory=list)
    _budget: Budget = field(default_factory=Budget)
    layout: Layout | None = None
    table: Table | None = None
    left_out: LeftOut = field(default_factory=LeftOut)
    styles: str | None = None

    def rows(self, *, kind_is_known: bool = False) -> Iterator[Row]:
        """The rows below the headings.

        Args:
            kind_is_known: whether rows without a kind have one by the role of their owner.
        Raises:
            Invalid: the file cannot be read on, is empty or has merged cells in its rows.
            InvalidTable: headings are unknown, repeated or missing.
        """
        self.left_out = LeftOut()
        table = self.table = self._table_to_read()
        records = table.records()
        above = list(islice(records, MOST_ABOVE))
        if not above:
            raise Invalid("sheet_empty", at="file")
        place = headings_row(above)
        hidden = {cell.column for cell in above[place].cells if table.is_hidden(cell.column)}
        layout = self.layout = layout_of(above, place, hidden)
        layout.refuse_faults(kind_is_known)
        self._note_what_is_not_read(above[:place])
        numbers = {layout.number}
        for record in chain(above[place + 1 :], records):
            row = self._row(record)
            if row is not None:
                numbers.add(row.number)
                yield row
        _refuse_merged([cells for cells in table.merged if not layout.is_over_units(cells)], numbers)
        if len(numbers) == 1 and self.left_out.hidden_rows:
            raise Invalid("sheet_rows_hidden", at="file", rows=self.left_out.hidden_rows.shown())

    def notices(self) -> Iterator[Notice]:
        """What is said of whatever was not imported."""
        return self.left_out.notices(self.table.name if self.table else "")

    def _table_to_read(self) -> Table:
        """The first visible sheet with our headings, else the first that holds anything."""
        if len(self._tables) == 1:
            self.left_out.sheets = list(self._hidden)
            return self._tables[0]
        looked_into = self._tables[:MOST_SHEETS]
        heads = [list(islice(table.records(), MOST_ABOVE)) for table in looked_into]
        known = [known_headings(head) for head in heads]
        filled = [place for place, head in enumerate(heads) if head]
        best = next((place for place in filled if known[place] >= 3), filled[0] if filled else 0)
        others = [
            table.name for place, table in enumerate(looked_into)
            if place != best and heads[place] and table.name not in OUR_OTHER_SHEETS
        ]  # fmt: skip
        self.left_out.sheets = others + [table.name for table in self._tables[MOST_SHEETS:]] + self._hidden
        return looked_into[best]

    def _note_what_is_not_read(self, above: list[Record]) -> None:
        assert self.layout is not None
        self.left_out.columns = self.layout.left_out
        self.left_out.hidden_columns = self.layout.hidden
        for record in above:
            self.left_out.above.add(record.number)

    def _row(self, record: Record) -> Row | None:
        """The row that a record is; None where it is left out, which is remembered."""
        layout = self.layout
        assert layout is not None
        assert self.table is not None
        self._budget.spend(odd=sum(_odd_characters(cell.text) for cell in record.cells))
        row = _row_of(record, layout, self.table.day_zero)
        is_empty = not row.texts and not row.faults
        for reason, holds in (
            ("hidden_rows", record.hidden and not is_empty),
            ("headings", record.number == layout.units_row or layout.repeats(record.cells)),
            ("totals", is_total(record.cells, row.texts)),
            ("notes", is_note(record.cells, row.texts)),
        ):
            if holds:
                getattr(self.left_out, reason).add(record.number)
                return None
        return None if is_empty else row


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
        return Sheet(book.unpacked, book.tables(), book.hidden, styles=book.styles)
    return Sheet(len(data), [csv_table(decoded(data, chinese_heading_words()))])


def _odd_characters(text: str) -> int:
    """How many characters of a text are looked at one by one: those of its lines that are not plain."""
    if plain_text.is_plain(text):
        return 0
    return sum(len(line) for line in text[:MOST_TEXT].splitlines() if not plain_text.is_plain(line))


def _row_of(record: Record, layout: Layout, zero: date) -> Row:
    row = Row(record.number, {}, implied=layout.implied, columns=layout.names, day_zero=zero)
    for cell in record.cells:
        column = layout.columns.get(cell.column)
        if column is not None and not column.export_only:
            _add_cell(row, column.name, cell)
        elif len(row.faults) >= MOST_ROW_FAULTS:
            continue
        elif column is None and cell.column not in layout.headings and cell.text.strip():
            row.faults.append(Fault(record.number, letters_of(cell.column), "cell_without_heading"))
    return row


def _add_cell(row: Row, name: str, cell: Cell) -> None:
    """Add a cell's text, or what is wrong with it. One leading apostrophe only says that text follows."""
    text = cell.text.strip()
    if name != "title" and text.lower() in EMPTY and not cell.fault:
        return
    written = text.removeprefix("'")
    if cell.fault:
        row.faults.append(Fault(row.number, name, cell.fault))
    elif len(written) > (most := MOST_TEXT if name in LONG else MOST_WORD):
        row.faults.append(Fault(row.number, name, "cell_too_long", {"most": most}))
    else:
        _add_text(row, name, written, cell)


def _add_text(row: Row, name: str, written: str, cell: Cell) -> None:
    """Add a text, folded; one of which nothing is left is an empty cell."""
    try:
        text = plain_text.lines(written) if name in PROSE else plain_text.identifiers(written)
    except plain_text.BadText as error:
        row.faults.append(Fault(row.number, name, error.code, error.facts))
        return
    if not text:
        return
    row.texts[name] = text
    if cell.is_number:
        row.numbers.add(name)
    if cell.shown is not None:
        facts: dict[str, Any] = {"shown": cell.shown, "taken": cell.text}
        row.notices.append(Notice("number_shown_rounded", name, facts))


def _refuse_merged(ranges: list[str], numbers: set[int]) -> None:
    """Merged cells in titles, totals and notes do no harm; in the table they leave other cells empty."""
    filled = sorted(numbers)
    within = [text for text in ranges if _has_any(filled, *rows_of(text))]
    if within:
        raise Invalid("sheet_merged_cells", at="file", ranges=within[:20])


def _has_any(filled: list[int], first: int, last: int) -> bool:
    """Whether one of the rows, in rising order, is from `first` to `last`."""
    place = bisect_left(filled, first)
    return place < len(filled) and filled[place] <= last
