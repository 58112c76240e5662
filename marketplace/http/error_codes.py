"""Every stable code of the API, read from the source: refusals, warnings, field errors, gates."""

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
from .problems import BY_SERVER, BY_STATUS

SOURCE = Path(__file__).resolve().parents[1]
SHEETS = sorted(
    path
    for folder in ("listings/service/sheets", "spreadsheets", "credit/service/feeds")
    for path in (SOURCE / folder).glob("*.py")
)
"""The modules that check the cells of a sheet, and the rows of a feed."""
REFUSALS: dict[str, type[DomainError]] = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, DomainError) and error is not DomainError
}
NOTICES = ("Notice", "add_notice", "_add_notice")
"""What makes a warning: the class, and the methods that take a column and a code."""
CODE_ARGUMENT = {
    **dict.fromkeys(("Message", "Notice", "BadText", "say", *REFUSALS), 0),
    **dict.fromkeys(("Matches", "add_notice", "_add_notice"), 1),
}
"""By name of what is called with a code: which argument the code is."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A place in the source that uses a code: what is called, the code, its facts (None if computed)."""

    called: str
    code: str
    facts: frozenset[str] | None
    place: str


@cache
def usages() -> tuple[Usage, ...]:
    """Every literal code in the source."""
    return tuple(usage for path in sorted(SOURCE.rglob("*.py")) for usage in _usages_in(path))


def _usages_in(path: Path) -> Iterator[Usage]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = _name_of(node.func)
        if called not in CODE_ARGUMENT or len(node.args) <= CODE_ARGUMENT[called]:
            continue
        names = [keyword.arg for keyword in node.keywords]
        facts = frozenset(name for name in names if name and name != "at")
        computed = called in (*NOTICES, "BadText") or None in names
        for code in _codes(node.args[CODE_ARGUMENT[called]], facts):
            place = f"{path.relative_to(SOURCE)}:{node.lineno}"
            yield Usage(called, code, None if computed else facts, place)


def _name_of(called: ast.expr) -> str:
    """The name of a function that is called, or of a method that adds a notice."""
    if isinstance(called, ast.Attribute) and called.attr in NOTICES:
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _codes(argument: ast.expr, facts: frozenset[str]) -> list[str]:
    """The code that an argument is, or if its end is computed, all that begin so and need no other facts."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return [argument.value]
    if isinstance(argument, ast.IfExp):
        return [*_codes(argument.body, facts), *_codes(argument.orelse, facts)]
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        prefix = str(argument.values[0].value)
        return [
            code
            for code, message in table().items()
            if code.startswith(prefix) and facts_of(message["en"]) <= facts
        ]
    return []


@cache
def refusals() -> dict[str, tuple[int, ...]]:
    """The statuses that a problem's code comes with, by code."""
    pairs = {(usage.code, REFUSALS[usage.called].status) for usage in usages() if usage.called in REFUSALS}
    pairs |= {(code, status) for status, code in BY_STATUS.items()} | {("invalid_input", 422)}
    pairs |= set(BY_SERVER.items())
    statuses: dict[str, tuple[int, ...]] = {}
    for code, status in sorted(pairs):
        statuses[code] = (*statuses.get(code, ()), status)
    return statuses


@cache
def warnings() -> tuple[str, ...]:
    """The codes of warnings: those of the rooms, and those that `matching` names."""
    of_rooms = {usage.code for usage in usages() if usage.called in NOTICES}
    of_matching = {*(name.lower() for name in Warn.__members__), HAZARD_LIKELY, NOT_UNDERSTOOD}
    return tuple(sorted(of_rooms | of_matching))


@cache
def field_errors() -> tuple[str, ...]:
    """The codes of errors of fields. Responses have their sentences, not these codes."""
    codes = {usage.code for usage in usages() if usage.called in ("Message", "Matches", "BadText")}
    return tuple(code for code in table() if code in codes and not code.startswith("kind_"))


@cache
def cell_errors() -> tuple[str, ...]:
    """The codes of errors of cells of a sheet, beside those of fields: the texts in SHEETS that are codes."""
    named = {
        node.value
        for path in SHEETS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    others = {*refusals(), *warnings(), *field_errors()}
    return tuple(code for code in table() if code in named and code not in others)


@cache
def gates() -> tuple[tuple[str, str], ...]:
    """(gate, reason) of everything that makes a pairing unlawful."""
    return tuple(
        (gate, reason)
        for gate, reason in (code[4:].split("_", 1) for code in table() if code.startswith("why_"))
    )
