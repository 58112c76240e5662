"""Cells of compositions such as "H2SO4 18-22 %; Fe <1 %", read by a closed grammar, and written.

    cell      = component { separator component }
    component = name [":" | "="] amount          a name in quotes is taken as it is
    amount    = [limit] number [unit] | number [unit] "-" number [unit] [左右]
              | number [unit] "±" number [unit] | number [unit] limit-behind
    number    = as of `number_cells`, or 百分之 and a number

What the grammar does not use up is refused: no part of a cell is ever a guess.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from ....catalogue import service as catalogue
from ...schemas import MOST_COMPONENTS
from .number_cells import UNSIGNED, half_width, unsigned

QUOTED = re.compile(r'"((?:[^"]|"")*)"')
SEPARATOR = re.compile(r"[ \t]*(?:[;,、。\n\r/]|$)[ \t\n\r;,、。]*")
AT_LEAST = re.compile(
    r"[≥⩾≧]|>=?|=>|大于(?:或?等于)?|不低于|不少于|不小于|至少|最少|超过|高于|多于"
    r"|(?:at least|more than|not less than|no less than|over|above|min\.?)(?![a-z])",
    re.IGNORECASE,
)
AT_MOST = re.compile(
    r"[≤⩽≦]|<=?|=<|小于(?:或?等于)?|不高于|不超过|不大于|不多于|至多|最多|低于|少于"
    r"|(?:at most|less than|not more than|no more than|up to|below|under|max\.?)(?![a-z])",
    re.IGNORECASE,
)
ABOUT = re.compile(r"[≈~]|约为?|大约|(?:about|approx(?:imately|\.)?|circa|ca\.)(?![a-z])", re.IGNORECASE)
OR_MORE = re.compile(r"\(?(?:及|或)?以上\)?|(?:or more|and above|min\.?)(?![a-z])", re.IGNORECASE)
OR_LESS = re.compile(
    r"\(?(?:及|或)?以下\)?|\(?[以之]内\)?|(?:or less|and below|max\.?)(?![a-z])", re.IGNORECASE
)
OR_SO = re.compile(r"左右|上下")
TO = re.compile(r"—{1,2}|[-~‐‑‒–―−〜∼]|至|到|to(?![a-z])", re.IGNORECASE)
CHARGE = re.compile(r"[ \t]*[1-4]-[ \t]")
"""A charge behind the blank of a formula, as in SO4 2- 5%, which is no range."""
PLUS_MINUS = re.compile(r"±|\+/-|\+-")
NUMBER = re.compile(rf"{UNSIGNED}(?!\d|[.,]\d)", re.ASCII)
SHARES_BEFORE = {"百分之": "%", "千分之": "‰"}
BEFORE = re.compile("|".join(SHARES_BEFORE))
BLANKS = re.compile(r"[ \t]*")
COLON = re.compile(r"[:=]?")
OF_ONE_NAME = re.compile(r"[^;\n\r\"]*")
LONGEST_NAME = 60
"""Characters of a name and the blanks behind it."""
SQUARES = {code: unicodedata.normalize("NFKC", chr(code)) for code in (ord("℃"), *range(0x3380, 0x33DF))}
"""Signs such as ㎎ and ㎏, made of the letters of a unit."""


class NotUnderstood(ValueError):
    """A text does not go on as the grammar has it."""


def components_of(text: str) -> list[dict[str, Any]]:
    """The components in a text such as "H2SO4 18-22 %; Fe <1 %"; names and units may be quoted.

    Raises:
        ValueError: a part cannot be read; its argument is the part.
    """
    reader = _Reader(text)
    found: list[dict[str, Any]] = []
    while not reader.is_done() and len(found) <= MOST_COMPONENTS:  # one more, so that there are too many
        start = reader.at
        try:
            found.append(reader.component())
        except NotUnderstood as error:
            raise ValueError(reader.part_from(start)) from error
    return found


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number as it was written, and its unit as far as it names one."""

    value: Decimal
    unit: str | None


class _Reader:
    """Goes through a cell from left to right."""

    def __init__(self, text: str) -> None:
        self._text = _outside_quotes_half_width(text).strip()
        self.at = 0
        self._take(SEPARATOR)

    def is_done(self) -> bool:
        return self.at >= len(self._text)

    def part_from(self, start: int) -> str:
        """What is blamed: the text from there to the next semicolon or line."""
        return re.split(r"[;\n\r]", self._text[start:], maxsplit=1)[0].strip() or self._text[start:].strip()

    def component(self) -> dict[str, Any]:
        """The next component and the separator behind it."""
        quoted = self._take(QUOTED)
        if quoted is not None:
            return self._with_amount(_unquoted(quoted))
        start = self.at
        line = OF_ONE_NAME.match(self._text, start)
        end = min(line.end() if line else start, start + LONGEST_NAME)
        for place in range(start + 1, end):
            if _may_begin_amount(self._text, place):
                component = self._component_named_until(start, place)
                if component is not None:
                    return component
        raise NotUnderstood

    def _component_named_until(self, start: int, place: int) -> dict[str, Any] | None:
        """The component whose name is the text between, if a name it is and an amount follows."""
        self.at = place
        name = self._text[start:place].strip()
        if name.isascii() and CHARGE.match(self._text, place):
            return None
        try:
            component = self._with_amount(name)
        except NotUnderstood:
            return None
        return component if catalogue.is_component_name(name) else None

    def _with_amount(self, name: str) -> dict[str, Any]:
        self._take(COLON)
        low, high, unit = self._amount()
        if self._take(SEPARATOR) is None:
            raise NotUnderstood
        ends = {"min": None if low is None else float(low), "max": None if high is None else float(high)}
        return {"component": name, **ends, "unit": unit or catalogue.default_unit(name)}

    def _amount(self) -> tuple[Decimal | None, Decimal | None, str | None]:
        """(lowest, highest, unit) of the amount at this place."""
        if self._take(AT_LEAST):
            least = self._number()
            return least.value, None, least.unit
        if self._take(AT_MOST):
            most = self._number()
            return None, most.value, most.unit
        if self._take(ABOUT):
            return self._exact_or_range(self._number())
        first = self._number()
        if self._take(OR_MORE):
            return first.value, None, first.unit
        if self._take(OR_LESS):
            return None, first.value, first.unit
        return self._exact_or_range(first)

    def _exact_or_range(self, first: _Amount) -> tuple[Decimal, Decimal, str | None]:
        if self._take(OR_SO):
            return first.value, first.value, first.unit
        if self._take(PLUS_MINUS):
            second = self._number()
            unit = _common_unit(first, second)
            return first.value - second.value, first.value + second.value, unit
        if self._take(TO):
            second = self._number()
            self._take(OR_SO)
            return first.value, second.value, _common_unit(first, second)
        return first.value, first.value, first.unit

    def _number(self) -> _Amount:
        before = self._take(BEFORE)
        number = self._take(NUMBER)
        if number is None:
            raise NotUnderstood
        unit = self._unit()
        if before and unit:
            raise NotUnderstood
        return _Amount(unsigned(number), SHARES_BEFORE[before] if before else unit)

    def _unit(self) -> str | None:
        """The unit here: of the table, or in quotes whatever it is."""
        unit = self._take(_unit_pattern())
        if unit is None:
            return self._quoted_unit()
        if catalogue.unit_of(unit) is None:  # the pattern takes it in any case, the table does not
            raise NotUnderstood
        return unit.strip()

    def _quoted_unit(self) -> str | None:
        quoted = self._take(QUOTED)
        return None if quoted is None else _unquoted(quoted)

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        """What `pattern` matches here, behind blanks, or None; the reader moves behind it."""
        blanks = BLANKS.match(self._text, self.at)
        found = pattern.match(self._text, blanks.end() if blanks else self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]


@cache
def _unit_pattern() -> re.Pattern[str]:
    return re.compile(catalogue.unit_pattern())


def _may_begin_amount(text: str, place: int) -> bool:
    """An amount begins behind a blank or a Chinese character, or with a sign or word of its own."""
    before, here = text[place - 1], text[place]
    is_behind_name = _is_han(before) or (before == ")" and _is_behind_remark(text, place))
    return before in " \t" or is_behind_name or _is_han(here) or not (here.isalnum() or here in "-,.()[]'")


def _is_behind_remark(text: str, place: int) -> bool:
    """Whether the bracket that closes here is a remark, as in 氯(以Cl计) and 盐酸(HCl), not a formula."""
    opened = text.rfind("(", 0, place)
    return _is_han(text[place - 2]) or (opened > 0 and _is_han(text[opened - 1]))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _common_unit(first: _Amount, second: _Amount) -> str | None:
    """The unit of both, written at either or in the same meaning at both."""
    if first.unit and second.unit and catalogue.unit_of(first.unit) != catalogue.unit_of(second.unit):
        raise NotUnderstood
    return second.unit or first.unit


def _outside_quotes_half_width(text: str) -> str:
    pieces = re.split(r'("(?:[^"]|"")*")', text)
    return "".join(
        piece if place % 2 else half_width(piece).translate(SQUARES) for place, piece in enumerate(pieces)
    )


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"')


def written_components(components: Iterable[dict[str, Any]]) -> str:
    """A text that `components_of` reads as `components`, in quotes only what would else be misread."""
    return "; ".join(_written(component) for component in components)


def _written(component: dict[str, Any]) -> str:
    component = {name: component[name] for name in ("component", "min", "max", "unit")}
    span = _span(component["min"], component["max"])
    plain = f"{component['component']} {span} {component['unit']}"
    if '"' not in plain and _reads_as(plain, component):  # a lone mark would open a quotation across parts
        return plain
    return f"{_quoted(component['component'])} {span} {_quoted(component['unit'])}"


def _reads_as(text: str, component: dict[str, Any]) -> bool:
    try:
        return components_of(text) == [component]
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"<={plain_number(high)}"
    if high is None:
        return f">={plain_number(low)}"
    return plain_number(low) if low == high else f"{plain_number(low)}-{plain_number(high)}"


def plain_number(value: float | None) -> str:
    """A number without a needless ".0"; empty for None."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
