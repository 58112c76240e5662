"""An exchange in files: supplies, demands, the pairs that came about, and a tree of codes of any scheme.

Every cell is checked, and every fault of every file is reported by line, column and reason; nothing is
skipped silently. What a file does not say is kept as unknown, and a value that needs it is `NEUTRAL`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from matching.evaluate.code_tree import Codes, book_of, codes_outside, families, parents_of
from matching.evaluate.exchange import (
    ANY,
    UNKNOWN,
    Exchange,
    ExchangeDemands,
    ExchangePairs,
    ExchangeSupplies,
    Hashes,
)
from matching.evaluate.sheets import BadFiles, Problem, Row, Sheet, short
from matching.learning import NEVER
from matching.model import Floats, Ints

SUPPLY_COLUMNS = ("id", "code", "lat", "lon", "quantity_t", "date")
DEMAND_COLUMNS = ("id", "codes", "lat", "lon", "capacity_t", "credit")
PAIR_COLUMNS = ("supply_id", "demand_id", "date")
TREE_COLUMNS = ("code", "parent")
MOST_TONNES = 1e12


def read(supplies: Path, demands: Path, pairs: Path, tree: Path | None = None) -> Exchange:
    """Read and check the files.

    Raises:
        BadFiles: with every problem found in all of them.
    """
    problems: list[Problem] = []
    sheets = [
        Sheet.of(supplies, SUPPLY_COLUMNS, problems),
        Sheet.of(demands, DEMAND_COLUMNS, problems),
        Sheet.of(pairs, PAIR_COLUMNS, problems, named_by=2),
    ]
    codes = Codes()
    parents = parents_of(Sheet.of(tree, TREE_COLUMNS, problems), codes) if tree is not None else {}
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
        notes += codes_outside(codes, parents, supply_rows, demand_rows)
    return Exchange(
        supply_rows,
        demand_rows,
        pair_rows,
        book_of(codes, parents, supply_rows),
        families(codes, parents),
        notes,
    )


def _read_supplies(sheet: Sheet, codes: Codes) -> ExchangeSupplies:
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


def _read_demands(sheet: Sheet, codes: Codes) -> ExchangeDemands:
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
    sheet: Sheet,
    supply_sheet: Sheet,
    supplies: ExchangeSupplies,
    demand_sheet: Sheet,
    demands: ExchangeDemands,
) -> ExchangePairs:
    rows = sheet.rows
    supply = _ints(rows, _finder("supply_id", supply_sheet, supplies.ids, "supply"))
    demand = _ints(rows, _finder("demand_id", demand_sheet, demands.ids, "demand"))
    day = _ints(rows, lambda row: row.day("date"))
    unsaid = (day == NEVER) & (supply >= 0)
    day[unsaid] = supplies.day[supply[unsaid]]
    return ExchangePairs(supply, demand, day, _ints(rows, lambda row: row.line))


def _ids(sheet: Sheet) -> list[str]:
    first: dict[str, int] = {}
    for row in sheet.rows:
        name = row.name("id")
        if name and first.setdefault(name, row.line) != row.line:
            row.wrong("id", f"{short(name)} is already on line {first[name]}")
    return [row.text("id") for row in sheet.rows]


def _finder(column: str, sheet: Sheet, ids: Sequence[str], kind: str) -> Callable[[Row], int]:
    place = {name: at for at, name in enumerate(ids)}

    def find(row: Row) -> int:
        name = row.name(column)
        if name and name not in place and sheet.headed:
            row.wrong(column, f"there is no {kind} {short(name)}")
        return place.get(name, UNKNOWN)

    return find


def _ints(rows: Sequence[Row], of: Callable[[Row], int]) -> Ints:
    return np.array([of(row) for row in rows], dtype=np.int64)


def _floats(rows: Sequence[Row], of: Callable[[Row], float]) -> Floats:
    return np.array([of(row) for row in rows], dtype=np.float64)


def hashes(ids: Sequence[str]) -> Hashes:
    """A fixed hash of each id, the same everywhere: the last tie-break, which favours no receiver; shape
    (n,)."""
    splits = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in ids)
    return np.frombuffer(splits, dtype=">u8").astype(np.uint64)
