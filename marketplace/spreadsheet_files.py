"""Spreadsheet files: rows of text as CSV or XLSX that no spreadsheet runs as a formula."""

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

from .plain_text import shown

CHUNK = 65_536
RISKY = ("=", "+", "-", "\N{MINUS SIGN}", "@", "'")
"""A text that begins so, in any width, could run as a formula (or lose its apostrophe on the way back)."""
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
BYTE_ORDER_MARK = "\ufeff".encode()
"""At the head of UTF-8, by which Excel knows it."""
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def without_formula(text: str) -> str:
    """`text` on one line that no spreadsheet takes for a formula; importing takes the apostrophe off."""
    text = shown(text)
    return f"'{text}" if unicodedata.normalize("NFKC", text[:1]).startswith(RISKY) else text


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as lines of CSV (RFC 4180), every cell quoted: nothing in one is taken for a separator, whichever
    the reader's locale has."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


class TooManyRows(ValueError):
    """More rows than a workbook may have."""


def write_workbook(
    file: IO[bytes], title: str, head: Sequence[str], numeric: Sequence[bool], rows: Iterable[Sequence[str]],
    most: int,
) -> None:  # fmt: skip
    """Write a workbook of one sheet, row by row, and go back to its beginning.

    Args:
        numeric: which columns hold numbers; an empty text is an empty cell.
    Raises:
        TooManyRows: there are more than `most` rows.
    """
    from openpyxl import Workbook  # here, because only those who need it should pay for it

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(list(head))
    for number, row in enumerate(rows, start=1):
        if number > most:
            book.save(io.BytesIO())  # else the file that it writes to on the way stays behind
            raise TooManyRows(f"more than {most} rows")
        sheet.append([_typed(*cell) for cell in zip(numeric, row, strict=True)])
    book.save(file)
    file.seek(0)


def _typed(numeric: bool, text: str) -> Any:
    if not text:
        return None
    return float(text) if numeric else UNWRITABLE.sub(escaped, text)


def escaped(found: re.Match[str]) -> str:
    """What XML cannot hold is written as _xHHHH_, and so is the "_" of what only looks like that."""
    return f"_x{ord(found[0][0]):04X}_" + found[0][1:]


def finished(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, made to the end on disk before the first of them goes out.

    What fails on the way is then an answer that says so, not a file that breaks off under a 200.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    try:
        file.writelines(pieces)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return chunks_of(file)


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file piece by piece; closes it."""
    with file:
        read: Callable[[], bytes] = lambda: file.read(CHUNK)  # noqa: E731
        yield from iter(read, b"")
