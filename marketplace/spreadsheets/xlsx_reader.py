"""Reads XLSX files of strangers: nothing is believed, nothing is unpacked before its size is known."""

import io
import posixpath
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.parsers import expat

from ..errors import Invalid
from .bounds import Budget
from .tables import DAY_ZERO, DAY_ZERO_1904, Table
from .xlsx_container import check_directory, check_entries
from .xlsx_parts import (
    BookParts,
    Record,
    Relations,
    SharedStrings,
    SheetRows,
    Styles,
    WorkbookPart,
    parse_in_chunks,
)

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, ValueError, LookupError, EOFError,
    RuntimeError, OverflowError,
)  # fmt: skip


@contextmanager
def _readable() -> Iterator[None]:
    """Raises: Invalid: whatever a damaged file raises while it is read (`sheet_unreadable`)."""
    try:
        yield
    except UNREADABLE as error:
        raise Invalid("sheet_unreadable", at="file") from error


class Workbook:
    """An XLSX file whose container is sound.

    Attributes:
        unpacked: bytes of all its parts together.
        hidden: names of the sheets that it hides.
    Raises:
        Invalid: it is none, or not to be trusted; the code says why.
    """

    def __init__(self, data: bytes) -> None:
        check_directory(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except UNREADABLE as error:
            raise Invalid("sheet_unreadable", at="file") from error
        self.unpacked = check_entries(self._zip.infolist())
        self.budget = Budget()
        self.hidden: list[str] = []
        self._others: dict[str, str] = {}
        self._day_zero = DAY_ZERO
        self._shared: BookParts | None = None

    @property
    def styles(self) -> str | None:
        """The part that holds the styles of cells, known once `tables` was called."""
        return self._others.get("styles")

    def tables(self) -> list[Table]:
        """The visible sheets, in their order. Raises: Invalid: there is none that can be read."""
        with _readable():
            top = next(part for kind, part in self._relations("").values() if kind == "officeDocument")
            relations = self._relations(top)
            book = self._parse(top, WorkbookPart())
            self.hidden = [sheet.name for sheet in book.sheets if not sheet.visible]
            self._others = dict(relations.values())
            self._day_zero = DAY_ZERO_1904 if book.from_1904 else DAY_ZERO
            found = [
                Table(sheet.name, relations[sheet.relation][1], self._records, self._day_zero)
                for sheet in book.sheets
                if sheet.visible and relations.get(sheet.relation, ("",))[0] == "worksheet"
            ]
            if not found:
                raise ValueError("no visible sheet")
            return found

    def _records(self, table: Table) -> Iterator[Record]:
        """The rows of a sheet that hold anything. Raises: Invalid: a part cannot be read."""
        with _readable():
            rows = SheetRows(self._shared_parts(), self.budget)
            with self._zip.open(table.part) as source:
                for _ in parse_in_chunks(source, rows, self.budget):
                    table.hidden_columns, table.merged = rows.hidden_columns, rows.merged
                    while rows.done:
                        yield rows.done.popleft()

    def _shared_parts(self) -> BookParts:
        """What all sheets need, read once."""
        if self._shared is None:
            strings, styles = SharedStrings(), Styles()
            for part, handler in (("sharedStrings", strings), ("styles", styles)):
                if part in self._others:
                    self._parse(self._others[part], handler)
            self._shared = BookParts(
                strings.strings, strings.struck_out, styles.formats(), styles.struck_out(), self._day_zero
            )
        return self._shared

    def _parse(self, part: str, handler: Any) -> Any:
        with self._zip.open(part) as source:
            deque(parse_in_chunks(source, handler, self.budget), maxlen=0)
        return handler

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """(kind, part) by relation id."""
        folder, name = posixpath.split(part)
        found = self._parse(posixpath.join(folder, "_rels", f"{name}.rels"), Relations()).found
        return {
            key: (
                kind.rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"),
            )
            for key, (kind, target) in found.items()
        }
