"""A table of cells, as a CSV file or one sheet of a workbook holds it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from .xlsx_parts import Record

DAY_ZERO, DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
"""The days before the first, as spreadsheets count; the second where a workbook says so."""


@dataclass(slots=True)
class Table:
    """Rows of cells that can be read again and again.

    Attributes:
        name: of the sheet; "" for CSV.
        part: of the workbook that holds it; "" for CSV.
        day_zero: the day that numbers of days count from.
        hidden_columns: first and last of each hidden range, once the first row is read.
        merged: ranges of merged cells, once the last row is read.
    """

    name: str
    part: str
    read: Callable[["Table"], Iterator[Record]]
    day_zero: date
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def records(self) -> Iterator[Record]:
        """The rows that hold anything."""
        return self.read(self)

    def is_hidden(self, column: int) -> bool:
        """Whether the sheet hides a column."""
        return any(first <= column <= last for first, last in self.hidden_columns)
