"""Every stable code that the API answers, read from the source: refusals, warnings, complaints, gates."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matching import Warn
from matching.suggestion import HAZARD_LIKELY, NOT_UNDERSTOOD

from .. import errors
from ..errors import DomainError
from ..messages import facts_of, table
from .problems import BY_STATUS

SOURCE = Path(__file__).resolve().parents[1]
SHEETS = [
    SOURCE / "listings" / "service" / "sheets" / f"{name}.py"
    for name in (
        "sheet_rows",
        "xlsx_container",
        "xlsx_parts",
        "xlsx_reader",
        "row_to_listing",
        "row_checks",
        "write_rows",
        "importing",
    )
]
"""What reads the cells of a sheet."""
REFUSALS: dict[str, type[DomainError]] = {
    name: one
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, DomainError) and one is not DomainError
}
RAISERS = {"Message": 0, "Notice": 0, "say": 0, "Matches": 1, **dict.fromkeys(REFUSALS, 0)}
"""Who speaks, and which argument is the code."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A place in the source that speaks: who, the code, the facts given (None where they are computed)."""

    raiser: str
    code: str
    facts: frozenset[str] | None
    place: str


@cache
def usages() -> tuple[Usage, ...]:
    """Every literal code in the source."""
    return tuple(one for path in sorted(SOURCE.rglob("*.py")) for one in _usages_in(path))


def _usages_in(path: Path) -> Iterator[Usage]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        raiser = node.func.id
        if raiser not in RAISERS or len(node.args) <= RAISERS[raiser]:
            continue
        given = frozenset(one.arg for one in node.keywords if one.arg and one.arg != "at")
        computed = raiser == "Notice" or any(one.arg is None for one in node.keywords)
        for code in _codes(node.args[RAISERS[raiser]], given):
            place = f"{path.relative_to(SOURCE)}:{node.lineno}"
            yield Usage(raiser, code, None if computed else given, place)


def _codes(argument: ast.expr, given: frozenset[str]) -> list[str]:
    """The code that an argument is; where its end is computed, all that begin so and need no other facts."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return [argument.value]
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        begins = str(argument.values[0].value)
        return [
            code
            for code, said in table().items()
            if code.startswith(begins) and facts_of(said["en"]) <= given
        ]
    return []


@cache
def refusals() -> dict[str, tuple[int, ...]]:
    """The statuses that a problem's code comes with, by code."""
    found = {(one.code, REFUSALS[one.raiser].status) for one in usages() if one.raiser in REFUSALS}
    found |= {(code, status) for status, code in BY_STATUS.items()} | {("invalid_input", 422)}
    return {
        code: tuple(sorted(status for other, status in found if other == code)) for code, _ in sorted(found)
    }


@cache
def warnings() -> tuple[str, ...]:
    """The codes of warnings: those of the rooms, and those that `matching` names."""
    said = {one.code for one in usages() if one.raiser == "Notice"}
    named = {*(name.lower() for name in Warn.__members__), HAZARD_LIKELY, NOT_UNDERSTOOD}
    return tuple(sorted(said | named))


@cache
def complaints() -> tuple[str, ...]:
    """What a field may be blamed for. The sentences are answered, these codes of theirs are not."""
    raisers = ("Message", "Matches")
    said = {one.code for one in usages() if one.raiser in raisers and not one.code.startswith("kind_")}
    return tuple(code for code in table() if code in said)


@cache
def cells() -> tuple[str, ...]:
    """What a cell of a sheet may be blamed for beside what a field may: codes that its reading names."""
    named = {
        node.value
        for path in SHEETS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    others = {*refusals(), *warnings(), *complaints()}
    return tuple(code for code in table() if code in named and code not in others)


@cache
def gates() -> tuple[tuple[str, str], ...]:
    """(gate, reason) of everything that makes a pairing unlawful."""
    return tuple(
        (gate, reason)
        for gate, reason in (code[4:].split("_", 1) for code in table() if code.startswith("why_"))
    )
