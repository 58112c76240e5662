"""Units of what wastes contain: a closed table, the spellings of each, and how they convert."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .spelling import alike

FILE = Path(__file__).with_name("units.toml")
SUPERSCRIPTS = dict(zip("-1234567890", "⁻¹²³⁴⁵⁶⁷⁸⁹⁰", strict=True))
MASS_SHARE = "mass_share"
WHOLE = Decimal(1_000_000)
"""A share of 100 %, in the first unit of its family (mg/kg)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; `factor` times its amount is the amount in the first unit of its family."""

    symbol: str
    family: str
    factor: Decimal


@lru_cache(maxsize=10_000)
def unit_of(text: str) -> Unit | None:
    """The unit that a text means in any usual spelling, or None where the table has none."""
    exact, loose = _tables()
    folded = _folded(text)
    return exact.get(folded) or loose.get(folded.casefold())


def unit_symbols() -> list[str]:
    """The symbols of all units, as the table lists them."""
    return list(dict.fromkeys(unit.symbol for unit in _tables()[0].values()))


def units_of_family(family: str) -> list[str]:
    """The symbols of the units of a family."""
    return list(dict.fromkeys(unit.symbol for unit in _tables()[0].values() if unit.family == family))


@cache
def unit_pattern() -> str:
    """A pattern of every spelling of every unit, the longest first, in any case and with blanks at joints."""
    spellings = sorted(set(_tables()[0]), key=lambda text: (-len(text), text))
    return f"(?i:{'|'.join(map(_pattern, spellings))})"


def _folded(text: str) -> str:
    return alike(text).replace(" ", "").replace("º", "°")


def _pattern(spelling: str) -> str:
    """A spelling with its superscripts, and blanks where people leave them."""
    return "".join(map(_character, re.findall(r"per|.", spelling)))


def _character(piece: str) -> str:
    if piece in SUPERSCRIPTS:
        dashes = "−" if piece == "-" else ""
        return f"[{re.escape(piece)}{SUPERSCRIPTS[piece]}{dashes}]"
    if piece == "μ":
        return "[μµ]"
    if piece == "·":
        return " ?[·•∙⋅.]? ?"
    return rf" ?{re.escape(piece)} ?" if piece in ("per", "/", "%", "(", ")", "每") else re.escape(piece)


@cache
def _tables() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Units by exact spelling, and by spelling without case where it does not matter."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    exact: dict[str, Unit] = {}
    loose: dict[str, Unit] = {}
    for about in table["units"]:
        unit = Unit(about["symbol"], about["family"], Decimal(about["factor"]))
        for spelling in _spellings(about, table["words"]):
            if exact.setdefault(spelling, unit) != unit:
                raise ValueError(f"units.toml: {spelling} is {exact[spelling].symbol} and {unit.symbol}")
            if not about.get("exact") and loose.setdefault(spelling.casefold(), unit).factor != unit.factor:
                raise ValueError(f"units.toml: without case {spelling} is {unit.symbol} and another")
    return exact, loose


def _spellings(about: dict[str, Any], words: dict[str, list[str]]) -> Iterator[str]:
    for text in (about["symbol"], *about.get("also", ())):
        for spelling in _ways_of_writing(_folded(text), words):
            yield spelling
            if "μ" in spelling:
                yield spelling.replace("μ", "u")


def _ways_of_writing(text: str, words: dict[str, list[str]]) -> Iterator[str]:
    """mg/kg also as 毫克/千克, 毫克每千克, mg per kg and mg·kg-1."""
    above, slash, below = text.partition("/")
    if not slash:
        yield from (text, *words.get(text, ()))
        return
    for upper in (above, *words.get(above, ())):
        for lower in (below, *words.get(below, ())):
            yield from (f"{upper}{join}{lower}" for join in ("/", "每", "per"))
    if below.isalpha():
        yield from (f"{above}·{below}-1", f"{above}{below}-1", f"{above}*{below}-1")
