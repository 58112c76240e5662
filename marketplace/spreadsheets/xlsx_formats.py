"""How a workbook shows a number: as a day, a month, a share, rounded, or with a unit behind it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

MOST_SERIAL = 2_958_465
"""31 December 9999, as a spreadsheet counts days."""
DAYS = {14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58}
MONTHS = {17, 27, 36, 50, 52, 57}
"""Built-in formats of days and of months; those from 27 on are the ones of Chinese Excel."""
PERCENT = {9, 10}
DECIMALS = {1: 0, 2: 2, 3: 0, 4: 2, 5: 0, 6: 0, 7: 2, 8: 2, 37: 0, 38: 0, 39: 2, 40: 2, 41: 0, 43: 2}
"""Places behind the point of other built-in formats."""
CURRENCY = re.compile(r"\[\$([^\[\]-]*)[^\[\]]*\]")
PART = re.compile(r'"[^"]*"|\[[^\[\]]*\]|[\\!_*].|General|.', re.IGNORECASE | re.DOTALL)
"""What a format's code is made of; codes longer than Excel's 255 characters are refused before."""
UNIT = re.compile(r"[\w¥￥$€£㎏㎡㎥³]")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a format makes of a number.

    Attributes:
        kind: `number`, `day`, `month`, `percent`, or `scaled` where the number shown is another one.
        decimals: places shown behind the point; None shows all.
        before, behind: a currency or unit that is shown and not stored.
    """

    kind: str = "number"
    decimals: int | None = None
    before: str = ""
    behind: str = ""


GENERAL = NumberFormat()


def number_format(number: int, code: str | None) -> NumberFormat:
    """The format with that id; `code` is given where the workbook defines it itself."""
    if code is not None:
        return _of_code(code)
    if number in DAYS or number in MONTHS:
        return NumberFormat("day" if number in DAYS else "month")
    return NumberFormat("percent") if number in PERCENT else NumberFormat(decimals=DECIMALS.get(number))


def _of_code(code: str) -> NumberFormat:
    """The first section of a format's code, read."""
    code = CURRENCY.sub(r'"\1"', code)
    parts = PART.findall(code)
    parts = parts[: parts.index(";")] if ";" in parts else parts
    bare = "".join(part for part in parts if part[0] not in '"[\\!_*' and part.lower() != "general")
    if kind := _kind_of_day(bare):
        return NumberFormat(kind)
    if "%" in bare:
        return NumberFormat("percent")
    if re.search(r"[0#?],+(?![0#?,])", bare) or any(part[0] == "!" for part in parts):
        return NumberFormat("scaled")
    return _of_number(parts, bare)


def _kind_of_day(bare: str) -> str | None:
    letters = re.sub(r"e[+-]", "", bare.lower())
    if re.search(r"[dy]|e(?!\w*[0#?])", letters):
        return "day" if "d" in letters or "m" not in letters else "month"
    return None


def _of_number(parts: list[str], bare: str) -> NumberFormat:
    digits = [place for place, part in enumerate(parts) if part in "0#?" or part.lower() == "general"]
    if not digits:
        return GENERAL
    before, behind = _literal(parts[: digits[0]]), _literal(parts[digits[-1] + 1 :])
    found = re.search(r"[0#?](?:\.([0#?]*))?$", re.sub(r"[^0#?.eE/]", "", bare))
    scientific = re.search(r"e[+-]|/", bare, re.IGNORECASE)
    decimals = len(found[1] or "") if found and not scientific else None
    return NumberFormat("number", decimals, before, behind)


def _literal(parts: list[str]) -> str:
    """The texts among parts, if they say anything."""
    shown = "".join(
        part[1:].removesuffix('"') for part in parts if part[0] in '"\\'
    ) + "".join(part for part in parts if len(part) == 1 and part not in '.,-+() :"')  # fmt: skip
    return shown.strip() if UNIT.search(shown) else ""


def plain_text(value: float) -> str:
    """A number with the 15 digits that a spreadsheet keeps: 0.1+0.2 is 0.3."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")


def rounded_text(value: float, how: NumberFormat) -> str | None:
    """The number as it is shown, where that is another one than is stored; None where it is not."""
    if how.kind != "number" or how.decimals is None or how.decimals > 10:
        return None
    shown = round(value, how.decimals)
    return None if plain_text(shown) == plain_text(value) else f"{shown:.{how.decimals}f}"


def day_text(zero: date, serial: float, kind: str) -> str:
    """YYYY-MM-DD, or YYYY-MM where only the month is shown of its first day.

    A time follows where the number has one: then it is no day, and will be refused.
    """
    whole, part = divmod(serial, 1)
    day = zero + timedelta(days=whole)
    if part:
        return f"{day.isoformat()} {24 * part:.1f} h"
    return day.isoformat()[:7] if kind == "month" and day.day == 1 else day.isoformat()
