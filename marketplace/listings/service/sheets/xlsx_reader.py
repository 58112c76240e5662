"""Reads XLSX files of strangers: nothing is believed, nothing is unpacked before its size is known."""

import io
import posixpath
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.parsers import expat

from ....errors import Invalid
from .xlsx_container import check_directory, check_entries
from .xlsx_parts import Record, Relations, SharedStrings, SheetRows, Styles, WorkbookPart, parse_in_chunks

DAY_ZERO, DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, ValueError, LookupError, EOFError,
    RuntimeError, OverflowError,
)  # fmt: skip


class Workbook:
    """An XLSX file whose container is sound.

    Attributes:
        unpacked: bytes of all its parts together.
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

    def records(self) -> Iterator[Record]:
        """The rows of the first visible sheet that hold anything.

        Raises:
            Invalid: a part cannot be read, names a document type, or the sheet has merged cells.
        """
        try:
            yield from self._records()
        except UNREADABLE as error:
            raise Invalid("sheet_unreadable", at="file") from error

    def _records(self) -> Iterator[Record]:
        top = next(part for kind, part in self._relations("").values() if kind == "officeDocument")
        relations = self._relations(top)
        book = self._parse(top, WorkbookPart())
        others = dict(relations.values())
        strings = (
            self._parse(others["sharedStrings"], SharedStrings()).strings if "sharedStrings" in others else []
        )
        dates = self._parse(others["styles"], Styles()).dates() if "styles" in others else set()
        rows = SheetRows(strings, dates, DAY_ZERO_1904 if book.from_1904 else DAY_ZERO)
        with self._zip.open(relations[book.first_visible()][1]) as source:
            for _ in parse_in_chunks(source, rows):
                while rows.done:
                    yield rows.done.popleft()
        if rows.merged:
            raise Invalid("sheet_merged_cells", at="file", ranges=rows.merged[:20])

    def _parse(self, part: str, handler: Any) -> Any:
        with self._zip.open(part) as source:
            deque(parse_in_chunks(source, handler), maxlen=0)
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
