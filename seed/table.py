"""A CSV file read strictly: every complaint names the file, the line and the column."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path


class SeedError(Exception):
    """A data file cannot be taken as it stands; `line` counts from 1, the header being line 1."""

    def __init__(self, file: str, line: int, column: str, reason: str) -> None:
        super().__init__(file, line, column, reason)
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: {self.reason}"


@dataclass(frozen=True)
class Record:
    """One row of a file and where it starts; its readers refuse what does not fit."""

    file: str
    line: int
    cells: dict[str, str]

    def error(self, column: str, reason: str) -> SeedError:
        """The complaint about one cell, to be raised by the caller."""
        return SeedError(self.file, self.line, column, reason)

    def optional(self, column: str) -> str:
        """The cell's text, possibly empty; no stray blanks, control or private-use characters."""
        text = self.cells[column]
        if text != text.strip():
            raise self.error(column, "blanks around the value")
        odd = next(
            (c for c in text if c == "\ufffd" or unicodedata.category(c) in {"Cc", "Co", "Cn", "Cs"}), ""
        )
        if odd:
            raise self.error(column, f"character U+{ord(odd):04X} is not text")
        return text

    def text(self, column: str) -> str:
        """The cell's text, which must be there."""
        text = self.optional(column)
        if not text:
            raise self.error(column, "is empty")
        return text

    def matching(self, column: str, pattern: re.Pattern[str], wanted: str) -> str:
        """The cell's text, which must match `pattern` whole; `wanted` names the pattern to a person."""
        text = self.text(column)
        if not pattern.fullmatch(text):
            raise self.error(column, f"{text!r} is not {wanted}")
        return text

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        """The cell's text, one of a closed list."""
        text = self.text(column)
        if text not in allowed:
            raise self.error(column, f"{text!r} is not one of {', '.join(allowed)}")
        return text

    def boolean(self, column: str) -> bool:
        """`true` or `false`, nothing else."""
        return self.one_of(column, ("true", "false")) == "true"

    def number(self, column: str, low: float, high: float) -> float:
        """A plain decimal number within low..high, both ends included."""
        value = float(self.matching(column, _DECIMAL, "a decimal number"))
        if not low <= value <= high:
            raise self.error(column, f"{value:g} is outside {low:g}..{high:g}")
        return value


_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def records(path: Path, header: Sequence[str]) -> Iterator[Record]:
    """The rows of a UTF-8 CSV file (a byte order mark is allowed) with exactly this header.

    Raises:
        SeedError: not UTF-8, another header, or a row with more or fewer cells.
    """
    rows = _rows(path)
    line, found = next(rows, (1, []))
    if found != list(header):
        raise SeedError(str(path), line, "header", f"expected {','.join(header)}, found {','.join(found)}")
    for line, row in rows:
        if len(row) != len(header):
            raise SeedError(str(path), line, "row", f"has {len(row)} cells, the header {len(header)}")
        yield Record(str(path), line, dict(zip(header, row, strict=True)))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    if not path.is_file():
        raise SeedError(str(path), 1, "file", "does not exist")
    reader = csv.reader(StringIO(_decoded(path), newline=""), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            raise SeedError(str(path), start, "row", str(broken)) from broken
        yield start, row


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        raise SeedError(str(path), line, "file", "is not UTF-8") from broken
