"""What people call their waste: everyday names as checked rows, and the examples suggestions learn from.

`python -m seed.names` trains on all that ships and writes the model that ships with it (a minute).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from matching.suggestion import fold, stem
from matching.suggestion.suggester_training import Example, category_of, near_copies, train
from seed.catalogue import DATA, CodeRow, SeedError, read_eu, read_hazardous, read_solid
from seed.table import records

__all__ = ["NameRow", "SeedError", "examples", "held_out", "read_names", "shipped_codes", "without_copies"]

NAMES = DATA / "everyday_names.csv"
MODEL = DATA / "suggestion.npz"
SCHEMES = ("cn-hw", "cn-sw", "eu-low")
LONGEST_NAME = 60
HELD_OUT_OF_256 = 64
"""A quarter: of 256 values of a hash's first byte, those below this are kept from training when measuring."""


@dataclass(frozen=True)
class NameRow:
    """An everyday name and the code or category it usually means; `note` says why or when."""

    name: str
    scheme: str
    code: str
    note: str


def shipped_codes() -> tuple[CodeRow, ...]:
    """Headings and codes of the schemes that have everyday names."""
    return read_hazardous() + read_solid() + read_eu()


def read_names(path: Path | str = NAMES, *, known: Iterable[CodeRow] | None = None) -> tuple[NameRow, ...]:
    """Everyday names, each once in a scheme, none of them an official name.

    A name may stand in several schemes: 废活性炭 is hazardous from a fume stack and harmless from a water
    filter.

    Args:
        known: rows of the schemes that a code must be among; those that ship, if not given.
    Raises:
        SeedError: the first malformed row.
    """
    catalogue = shipped_codes() if known is None else tuple(known)
    codes = {(row.scheme, row.code) for row in catalogue}
    official = {(row.scheme, fold(name)) for row in catalogue for name in (row.name_zh, row.name_en) if name}
    found: dict[tuple[str, str], NameRow] = {}
    for record in records(Path(path), ("name", "scheme", "code", "note")):
        row = NameRow(
            record.text("name"),
            record.one_of("scheme", SCHEMES),
            record.text("code"),
            record.optional("note"),
        )
        key = (row.scheme, fold(row.name))
        if len(row.name) > LONGEST_NAME:
            raise record.error("name", f"is longer than {LONGEST_NAME} characters")
        if (row.scheme, row.code) not in codes:
            raise record.error("code", f"{row.code!r} is not in {row.scheme}")
        if key in official:
            raise record.error("name", f"{row.name!r} is an official name of {row.scheme}")
        if key in found:
            raise record.error("name", f"{row.name!r} stands above already, as {found[key].code}")
        found[key] = row
    return tuple(found.values())


def held_out(name: str) -> bool:
    """Whether measuring keeps this name from training: by a hash of its stem, about one in four.

    Nothing but the name decides, so nobody can choose; 废机油 and 旧机油 fall on the same side.
    """
    return hashlib.sha256(stem(name).encode()).digest()[0] < HELD_OUT_OF_256


def without_copies(names: Iterable[NameRow], kept: Iterable[NameRow]) -> tuple[NameRow, ...]:
    """The rows that are no near copy of a `kept` name with the same category."""
    forms = {
        (row.scheme, category_of(row.scheme, row.code), form)
        for row in kept
        for form in near_copies(row.name)
    }
    return tuple(
        row
        for row in names
        if not any(
            (row.scheme, category_of(row.scheme, row.code), form) in forms for form in near_copies(row.name)
        )
    )


def examples(names: Iterable[NameRow], codes: Iterable[CodeRow]) -> tuple[Example, ...]:
    """What to train on: every official name of `codes`, national categories by number too, and `names`."""
    rows = [row for row in codes if row.scheme in SCHEMES]
    hazardous = {(row.scheme, row.code): row.hazardous for row in rows}
    official = [
        _example(text, row.scheme, row.code, row.hazardous, everyday=False)
        for row in rows
        for text in _official_names(row)
    ]
    return tuple(official) + tuple(
        _example(row.name, row.scheme, row.code, hazardous[row.scheme, row.code], everyday=True)
        for row in names
    )


def _official_names(row: CodeRow) -> tuple[str, ...]:
    name = row.name_zh or row.name_en
    return (name, row.code, f"{row.code} {name}") if row.level == "category" else (name,)


def _example(text: str, scheme: str, code: str, hazardous: bool, *, everyday: bool) -> Example:
    category = category_of(scheme, code)
    whole = (scheme == "eu-low" and code.count(" ") < 2) or code == category
    return Example(text, scheme, category, None if whole else code, hazardous, everyday)


def main(path: Path = MODEL) -> None:
    """Train on everything that ships, held-out names too, and write the model."""
    codes = shipped_codes()
    path.parent.mkdir(parents=True, exist_ok=True)
    train(examples(read_names(known=codes), codes)).save(path)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
