"""An exchange in files: supplies, demands, the pairs that came about, and a tree of codes of any scheme.

Every cell is checked, and every fault of every file is reported by line, column and reason; nothing is
skipped silently. What a file does not say is kept as unknown, and a value that needs it is `NEUTRAL`.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.learning import NEVER
from matching.model import CATEGORY_FACTOR, Code, Floats, Ints

SUPPLY_COLUMNS = ("id", "code", "lat", "lon", "quantity_t", "date")
DEMAND_COLUMNS = ("id", "codes", "lat", "lon", "capacity_t", "credit")
PAIR_COLUMNS = ("supply_id", "demand_id", "date")
TREE_COLUMNS = ("code", "parent")

NEUTRAL = 0.5
"""The value of a component that needs what the files do not say."""
ANY = -1
"""Code id of a demand that names none, and of a supply that names none: it fits everything."""
UNKNOWN = -1
MOST_TONNES = 1e12
SHOWN = 20
"""Problems that a message lists; the rest are counted."""

Hashes: TypeAlias = NDArray[np.uint64]
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


@dataclass(frozen=True, slots=True, eq=False)
class ExchangeSupplies:
    """Supplies: code ids (or `ANY`), degrees (or NaN), kg (or `UNKNOWN`), days since 1970 (or `NEVER`)."""

    ids: Sequence[str]
    hashes: Hashes
    code: Ints
    lat: Floats
    lon: Floats
    quantity_kg: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class ExchangeDemands:
    """Demands: demand i accepts the code ids `accepts[start[i] : start[i + 1]]`, or is `ANY` alone.

    Degrees (or NaN), kg and credit in 1e-3 (or `UNKNOWN`).
    """

    ids: Sequence[str]
    hashes: Hashes
    start: Ints
    accepts: NDArray[np.int32]
    lat: Floats
    lon: Floats
    capacity_kg: Ints
    credit_milli: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class ExchangePairs:
    """Pairs that came about: rows of supplies and demands, the day (`NEVER`: neither the pair nor its supply
    says), and the line of the file."""

    supply: Ints
    demand: Ints
    day: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.supply)

    def take(self, rows: NDArray[np.bool_] | Ints) -> ExchangePairs:
        """The rows that `rows`, row numbers or a mask of shape (n,), names."""
        return ExchangePairs(self.supply[rows], self.demand[rows], self.day[rows], self.line[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """The files read. `book` knows every code of a supply, `family` (by code id) the parent of a code: the
    code itself where the tree says nothing."""

    supplies: ExchangeSupplies
    demands: ExchangeDemands
    pairs: ExchangePairs
    book: Mapping[int, Code]
    family: Ints
    notes: Sequence[str]

    def fit(self, code: int) -> Floats:
        """How well each demand's best code fits supplies of this one, 0 for not at all; shape (demands,)."""
        if code == ANY:
            return np.full(len(self.demands), NEUTRAL)
        if not len(self.demands):
            return np.empty(0)
        values = self.book[code].values(self.demands.accepts)
        return np.maximum.reduceat(values, self.demands.start[:-1])


def read(supplies: Path, demands: Path, pairs: Path, tree: Path | None = None) -> Exchange:
    """Read and check the files.

    Raises:
        BadFiles: with every problem found in all of them.
    """
    problems: list[Problem] = []
    sheets = [
        _Sheet.of(path, columns, problems)
        for path, columns in ((supplies, SUPPLY_COLUMNS), (demands, DEMAND_COLUMNS), (pairs, PAIR_COLUMNS))
    ]
    codes = _Codes()
    parents = _parents(_Sheet.of(tree, TREE_COLUMNS, problems), codes) if tree is not None else {}
    supply_rows = _read_supplies(sheets[0], codes)
    demand_rows = _read_demands(sheets[1], codes)
    pair_rows = _read_pairs(sheets[2], sheets[0], supply_rows, sheets[1], demand_rows)
    if not problems and not len(pair_rows):
        problems.append(Problem(str(pairs), 1, "rows", "there are none, so there is nothing to rank for"))
    if problems:
        files = [str(path) for path in (supplies, demands, pairs, tree)]
        raise BadFiles(sorted(problems, key=lambda problem: (files.index(problem.file), problem.line)))
    notes = [note for sheet in sheets for note in sheet.notes]
    if tree is not None:
        notes += _strangers(codes, parents, supply_rows, demand_rows)
    return Exchange(
        supply_rows,
        demand_rows,
        pair_rows,
        _book(codes, parents, supply_rows),
        _families(codes, parents),
        notes,
    )


# Cells


@dataclass(frozen=True, slots=True)
class _Row:
    """A line's cells by column; what is wrong with one goes to the list of problems."""

    file: str
    line: int
    cells: Mapping[str, str]
    problems: list[Problem]

    def wrong(self, column: str, reason: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, reason))

    def text(self, column: str) -> str:
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
            self.wrong(column, f"{_short(text)} is not a number")
        elif not low <= value <= high:
            self.wrong(column, f"{_short(text)} is outside {low:g} to {high:g}")
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
            self.wrong(column, f"{_short(text)} is not a date like 2026-11-22")
        return NEVER if day is None else day


def day_of(text: str) -> int | None:
    """Days since 1970-01-01 of an ISO date, None where it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.toordinal() - EPOCH if day.isoformat() == text else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The rows of a file that have all their cells, by what names them, sorted by id so that the order of
    lines changes no figure; `headed` where the file has the header it needs."""

    file: str
    rows: Sequence[_Row]
    notes: Sequence[str]
    headed: bool

    @classmethod
    def of(cls, path: Path, wanted: Sequence[str], problems: list[Problem]) -> _Sheet:
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
                rows.append(_Row(file, line, dict(zip(header, cells, strict=True)), problems))
        names = wanted if wanted == PAIR_COLUMNS else wanted[:1]
        rows.sort(key=lambda row: [row.text(name) for name in names])
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


# Tables


@dataclass(slots=True)
class _Codes:
    """Code texts, numbered in the order of their first use."""

    number: dict[str, int] = field(default_factory=dict)

    def of(self, text: str) -> int:
        return self.number.setdefault(text, len(self.number)) if text else ANY


def _read_supplies(sheet: _Sheet, codes: _Codes) -> ExchangeSupplies:
    rows = sheet.rows
    ids = _ids(sheet)
    return ExchangeSupplies(
        ids=ids,
        hashes=hashes(ids),
        code=_ints(rows, lambda row: codes.of(row.text("code"))),
        lat=_floats(rows, lambda row: row.number("lat", -90, 90)),
        lon=_floats(rows, lambda row: row.number("lon", -180, 180)),
        quantity_kg=_ints(rows, lambda row: row.count("quantity_t", MOST_TONNES, 1000)),
        day=_ints(rows, lambda row: row.day("date")),
    )


def _read_demands(sheet: _Sheet, codes: _Codes) -> ExchangeDemands:
    rows = sheet.rows
    ids = _ids(sheet)
    accepted = [
        list(dict.fromkeys(codes.of(text.strip()) for text in row.text("codes").split(";") if text.strip()))
        or [ANY]
        for row in rows
    ]
    return ExchangeDemands(
        ids=ids,
        hashes=hashes(ids),
        start=np.cumsum([0, *map(len, accepted)], dtype=np.int64),
        accepts=np.array([code for them in accepted for code in them], dtype=np.int32),
        lat=_floats(rows, lambda row: row.number("lat", -90, 90)),
        lon=_floats(rows, lambda row: row.number("lon", -180, 180)),
        capacity_kg=_ints(rows, lambda row: row.count("capacity_t", MOST_TONNES, 1000)),
        credit_milli=_ints(rows, lambda row: row.count("credit", 100, 1000)),
    )


def _read_pairs(
    sheet: _Sheet,
    supply_sheet: _Sheet,
    supplies: ExchangeSupplies,
    demand_sheet: _Sheet,
    demands: ExchangeDemands,
) -> ExchangePairs:
    rows = sheet.rows
    supply = _ints(rows, _finder("supply_id", supply_sheet, supplies.ids, "supply"))
    demand = _ints(rows, _finder("demand_id", demand_sheet, demands.ids, "demand"))
    day = _ints(rows, lambda row: row.day("date"))
    unsaid = (day == NEVER) & (supply >= 0)
    day[unsaid] = supplies.day[supply[unsaid]]
    return ExchangePairs(supply, demand, day, _ints(rows, lambda row: row.line))


def _ids(sheet: _Sheet) -> list[str]:
    first: dict[str, int] = {}
    for row in sheet.rows:
        name = row.name("id")
        if name and first.setdefault(name, row.line) != row.line:
            row.wrong("id", f"{_short(name)} is already on line {first[name]}")
    return [row.text("id") for row in sheet.rows]


def _finder(column: str, sheet: _Sheet, ids: Sequence[str], kind: str) -> Callable[[_Row], int]:
    place = {name: at for at, name in enumerate(ids)}

    def find(row: _Row) -> int:
        name = row.name(column)
        if name and name not in place and sheet.headed:
            row.wrong(column, f"there is no {kind} {_short(name)}")
        return place.get(name, UNKNOWN)

    return find


def _ints(rows: Sequence[_Row], of: Callable[[_Row], int]) -> Ints:
    return np.array([of(row) for row in rows], dtype=np.int64)


def _floats(rows: Sequence[_Row], of: Callable[[_Row], float]) -> Floats:
    return np.array([of(row) for row in rows], dtype=np.float64)


def hashes(ids: Sequence[str]) -> Hashes:
    """A fixed hash of each id, the same everywhere: the last tie-break, which favours no receiver; shape
    (n,)."""
    splits = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in ids)
    return np.frombuffer(splits, dtype=">u8").astype(np.uint64)


# The tree


def _parents(sheet: _Sheet, codes: _Codes) -> dict[int, int]:
    """The parent of each code of the tree; `ANY` for a root."""
    parents: dict[int, int] = {}
    lines: dict[int, _Row] = {}
    for row in sheet.rows:
        code = codes.of(row.name("code"))
        if code != ANY and lines.setdefault(code, row) is not row:
            row.wrong("code", f"{_short(row.text('code'))} is already on line {lines[code].line}")
        parents.setdefault(code, codes.of(row.text("parent")))
    parents.pop(ANY, None)
    for code, row in lines.items():
        if _is_own_ancestor(code, parents):
            row.wrong("parent", f"{_short(row.text('code'))} would be its own ancestor")
    return parents


def _is_own_ancestor(code: int, parents: Mapping[int, int]) -> bool:
    return code in _above(code, parents)


def _above(code: int, parents: Mapping[int, int]) -> list[int]:
    """The codes above one, nearest first; in a circle each of them once."""
    chain: list[int] = []
    code = parents.get(code, ANY)
    while code != ANY and code not in chain:
        chain.append(code)
        code = parents.get(code, ANY)
    return chain


def _book(codes: _Codes, parents: Mapping[int, int], supplies: ExchangeSupplies) -> dict[int, Code]:
    texts = list(codes.number)
    return {code: _code(texts, code, parents) for code in np.unique(supplies.code).tolist() if code != ANY}


def _code(texts: Sequence[str], code: int, parents: Mapping[int, int]) -> Code:
    above = _above(code, parents)
    return Code(
        scheme="",
        code=texts[code],
        category=texts[above[0]] if above else texts[code],
        hazardous=False,
        tradable=True,
        edition="",
        aliases={**dict.fromkeys(above, CATEGORY_FACTOR), ANY: NEUTRAL, code: 1.0},
    )


def _families(codes: _Codes, parents: Mapping[int, int]) -> Ints:
    above = (parents.get(code, ANY) for code in range(len(codes.number)))
    return np.array([code if parent == ANY else parent for code, parent in enumerate(above)], dtype=np.int64)


def _strangers(
    codes: _Codes, parents: Mapping[int, int], supplies: ExchangeSupplies, demands: ExchangeDemands
) -> list[str]:
    """A note on the codes that are not in the tree: each fits only itself."""
    known = {*parents, *parents.values()}
    used = {*supplies.code.tolist(), *demands.accepts.tolist()} - {ANY}
    texts = list(codes.number)
    strangers = sorted(texts[code] for code in used - known)
    if not strangers:
        return []
    named = ", ".join(map(_short, strangers[:5])) + (", ..." if len(strangers) > 5 else "")
    return [f"codes outside the tree, each of which fits only itself: {len(strangers)} ({named})"]
