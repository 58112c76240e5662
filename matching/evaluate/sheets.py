"""The lines and cells of a CSV file, each checked; every fault is reported by line, column and reason."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

from matching.evaluate.exchange import UNKNOWN
from matching.learning import NEVER

SHOWN = 20
"""Problems that a message lists; the rest are counted."""
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where; lines count from 1, the header's."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.column}: {self.reason}"


class BadFiles(Exception):
    """The files cannot be read as an exchange; `problems` lists all that is wrong with them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"... and {len(self.problems) - SHOWN} more")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Row:
    """A line's cells by column; what is wrong with one goes to the list of problems."""

    file: str
    line: int
    cells: Mapping[str, str]
    problems: list[Problem]

    def wrong(self, column: str, reason: str) -> None:
        """Note what is wrong with the cell in this column."""
        self.problems.append(Problem(self.file, self.line, column, reason))

    def text(self, column: str) -> str:
        """The cell's text without the spaces around it, empty where it is empty."""
        return self.cells[column].strip()

    def name(self, column: str) -> str:
        """A text that must be there."""
        text = self.text(column)
        if not text:
            self.wrong(column, "is empty")
        return text

    def number(self, column: str, low: float, high: float) -> float:
        """A finite number within low to high, NaN where the cell is empty or wrong."""
        text = self.text(column)
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.wrong(column, f"{short(text)} is not a number")
        elif not low <= value <= high:
            self.wrong(column, f"{short(text)} is outside {low:g} to {high:g}")
        else:
            return value
        return math.nan

    def count(self, column: str, high: float, unit: int) -> int:
        """A number from 0 to `high` in units of 1 / `unit`, `UNKNOWN` where the cell is empty or wrong."""
        value = self.number(column, 0, high)
        return UNKNOWN if math.isnan(value) else round(value * unit)

    def day(self, column: str) -> int:
        """A date as days since 1970, `NEVER` where the cell is empty or wrong."""
        text = self.text(column)
        if not text:
            return NEVER
        day = day_of(text)
        if day is None:
            self.wrong(column, f"{short(text)} is not a date like 2026-11-22")
        return NEVER if day is None else day


def day_of(text: str) -> int | None:
    """Days since 1970-01-01 of an ISO date, None where it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.toordinal() - EPOCH if day.isoformat() == text else None


def short(text: str) -> str:
    """A text as a message shows it: quoted, and no longer than forty characters."""
    return repr(text if len(text) <= 40 else text[:40] + "...")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file that have all their cells, by what names them, sorted by id so that the order of
    lines changes no figure; `headed` where the file has the header it needs."""

    file: str
    rows: Sequence[Row]
    notes: Sequence[str]
    headed: bool

    @classmethod
    def of(cls, path: Path, wanted: Sequence[str], problems: list[Problem], named_by: int = 1) -> Sheet:
        """Read a file that must have the columns `wanted`, the first `named_by` of which name a row."""
        file = str(path)
        lines = _lines(path, problems)
        line, header = next(lines, (0, []))
        header = [name.strip() for name in header]
        missing = [name for name in wanted if name not in header]
        twice = sorted({name for name in wanted if header.count(name) > 1})
        if not line:
            if not any(problem.file == file for problem in problems):
                problems.append(Problem(file, 1, "header", f"the file is empty; expected {','.join(wanted)}"))
        elif missing or twice:
            reason = (
                f"no column {', '.join(missing)}" if missing else f"column {', '.join(twice)} comes twice"
            )
            problems.append(Problem(file, line, "header", f"{reason}; expected {','.join(wanted)}"))
        if missing or twice or not line:
            return cls(file, [], [], False)
        rows = []
        for line, cells in lines:
            if len(cells) != len(header):
                problems.append(
                    Problem(file, line, "row", f"has {len(cells)} cells, the header {len(header)}")
                )
            else:
                rows.append(Row(file, line, dict(zip(header, cells, strict=True)), problems))
        rows.sort(key=lambda row: [row.text(name) for name in wanted[:named_by]])
        more = [name for name in header if name not in wanted]
        notes = [f"{file}: columns not used: {', '.join(more)}"] if more else []
        return cls(file, rows, notes, True)


def _lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not blank, numbered, of a CSV file in UTF-8; a byte order mark is allowed."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        problems.append(Problem(str(path), line, "file", "is not UTF-8"))
        return
    except OSError as broken:
        problems.append(Problem(str(path), 0, "file", f"cannot be read: {broken.strerror}"))
        return
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            problems.append(Problem(str(path), start, "row", str(broken)))
            return
        if any(cell.strip() for cell in cells):
            yield start, cells
