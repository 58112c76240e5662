"""Cells of days and periods: 2026-12-01, 2026年12月, 12月底, 2026.12-2027.5, each as its first and last day.

What a part of a month means is our own choice where no standard says it: 上旬 is 1 to 10, 中旬 11 to 20, 下旬
21 to the end, 初 and 中 as 上旬 and 中旬, 底 and 末 the last day.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from .number_cells import half_width

FULL = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})"
    r"|\.(?P<m3>\d{1,2})\.(?P<d3>\d{1,2})|(?P<m4>\d\d)(?P<d4>\d\d)|年(?P<m5>\d{1,2})月(?P<d5>\d{1,2})[日号])"
    r"(?:[T ]?00:00(?::00(?:\.0+)?)?)?",
    re.ASCII,
)
MONTH = re.compile(
    r"(?:(?P<y>\d{4})(?:年|[-/.]))?(?P<m>\d{1,2})(?P<word>月份?)?(?P<part>上旬|中旬|下旬|初|中|底|末)?",
    re.ASCII,
)
TIGHT_MONTH = re.compile(r"(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])", re.ASCII)
DAY_OF_MONTH = re.compile(r"(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]", re.ASCII)
PART_OF_YEAR = re.compile(
    r"(?P<y>\d{4})年?(?P<part>底|末|初|全年|年内|内|度|上半年|下半年|第?[一二三四1-4]季度|Q[1-4])?",
    re.ASCII | re.IGNORECASE,
)
ENGLISH = re.compile(
    r"(?:(?P<d1>\d{1,2}) )?(?P<m>[A-Za-z]{3,9})\.? (?:(?P<d2>\d{1,2}), ?)?(?P<y>\d{4})", re.ASCII
)
SEPARATOR = re.compile(r"[-—–~～]+|至|到|\bto\b|\buntil\b")
LESS_THAN_A_ZERO = re.compile(r"20\d\d\.1", re.ASCII)
"""The number that a spreadsheet makes of 2026.10; it may be January as well."""
BLANKS_AT_MARKS = re.compile(r" *([-/.]) *")
SERIAL = re.compile(r"\d{5}", re.ASCII)
FIRST_SERIAL, LAST_SERIAL = 36_526, 73_050
"""1 January 2000 and 31 December 2099."""
QUARTERS = {sign: place // 2 for place, sign in enumerate("一1二2三3四4")}
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}


class UnclearDay(ValueError):
    """A day that can mean two."""


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day of what was written, and whether its year was not."""

    first: date
    last: date
    year_assumed: bool = False


def span_in(text: str, zero: date, after: date, is_number: bool = False) -> Span:
    """The days that a cell means.

    Args:
        zero: the day that numbers of days count from.
        after: a month without a year is the first one that ends on this day or later.
        is_number: the cell holds a number, which has lost a zero at its end.
    Raises:
        UnclearDay: it can mean two. ValueError: it is no day.
    """
    folded = half_width(text).strip()
    if is_number and LESS_THAN_A_ZERO.fullmatch(folded):
        raise UnclearDay(text)
    if SERIAL.fullmatch(folded) and FIRST_SERIAL <= int(folded) <= LAST_SERIAL:
        day = zero + timedelta(days=int(folded))
        return Span(day, day)
    tight = BLANKS_AT_MARKS.sub(r"\1", folded) if folded.isascii() else folded.replace(" ", "")
    tight = re.sub(r"(?:起|开始|止|截止|(?<=[底末])前)$", "", tight)
    if (years := _years_of(tight, after)) is not None:
        tight = years
    readers = (_full, _of_month, _of_month_tight, _of_unnamed_year, _of_year, _english)
    for reader in readers:
        if (span := reader(tight, after)) is not None:
            return span
    raise ValueError(text)


def period_in(text: str, zero: date, today: date, is_number: bool = False) -> Span:
    """The period that a cell means: one span, or two with 至, 到, ~ or - between.

    Raises:
        UnclearDay, ValueError: as `span_in`.
    """
    try:
        return span_in(text, zero, today, is_number)
    except UnclearDay:
        raise
    except ValueError:
        found = set(_periods(half_width(text).strip(), zero, today))
    if len(found) != 1:
        raise UnclearDay(text) if found else ValueError(text)
    return found.pop()


def _periods(text: str, zero: date, today: date) -> list[Span]:
    """Every way to read a text as from ... to ...."""
    found = []
    for cut in SEPARATOR.finditer(text):
        left, right = text[: cut.start()].strip(), text[cut.end() :].strip()
        if re.search(r"(?:^|年)\d{1,2}$", left) and "月" in right:
            left += "月"
        try:
            first = span_in(left, zero, today)
            last = span_in(right, zero, first.first)
        except ValueError:
            continue
        if first.first <= last.last:
            found.append(Span(first.first, last.last, first.year_assumed))
    return found


def _years_of(text: str, after: date) -> str | None:
    """`text` with a year in place of 今年, 明年, 次年."""
    for words, year in (("今年|本年", after.year), ("明年|次年|翌年|来年", after.year + 1)):
        if found := re.match(words, text):
            return f"{year}年{text[found.end() :]}"
    return None


def _day(year: str, month: str, day: str) -> Span:
    on = date(int(year), int(month), int(day))
    return Span(on, on)


def _full(text: str, _: date) -> Span | None:
    found = FULL.fullmatch(text)
    if found is None:
        return None
    year, *parts = (part for part in found.groups() if part is not None)
    return _day(year, *parts)


def _of_month(text: str, after: date) -> Span | None:
    found = MONTH.fullmatch(text)
    if found is None or not (found["y"] or found["word"]) or (found["part"] and not found["word"]):
        return None
    if found["y"]:
        return _part_of_month(int(found["y"]), int(found["m"]), found["part"])
    return _next_one(after, lambda year: _part_of_month(year, int(found["m"]), found["part"]))


def _next_one(after: date, of_year: Callable[[int], Span]) -> Span:
    """The first span of its kind that ends on `after` or later; its year was assumed."""
    span = of_year(after.year)
    span = span if span.last >= after else of_year(after.year + 1)
    return Span(span.first, span.last, year_assumed=True)


def _part_of_month(year: int, month: int, part: str | None) -> Span:
    last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
    days = {
        None: (1, last), "上旬": (1, 10), "初": (1, 10), "中旬": (11, 20), "中": (11, 20), "下旬": (21, last),
        "底": (last, last), "末": (last, last),
    }  # fmt: skip
    first_day, last_day = days[part]
    return Span(date(year, month, first_day), date(year, month, last_day))


def _of_month_tight(text: str, _: date) -> Span | None:
    found = TIGHT_MONTH.fullmatch(text)
    return _part_of_month(int(found["y"]), int(found["m"]), None) if found else None


def _of_unnamed_year(text: str, after: date) -> Span | None:
    if text in ("年底", "年末"):
        return _next_one(after, lambda year: _day(str(year), "12", "31"))
    found = DAY_OF_MONTH.fullmatch(text)
    return _next_one(after, lambda year: _day(str(year), found["m"], found["d"])) if found else None


def _of_year(text: str, _: date) -> Span | None:
    found = PART_OF_YEAR.fullmatch(text)
    if found is None or not ("年" in text or found["part"]):
        return None
    year, part = int(found["y"]), found["part"] or ""
    if part in ("底", "末"):
        return _day(found["y"], "12", "31")
    if part == "初":
        return _part_of_month(year, 1, None)
    first, last = 1, 12
    if part in ("上半年", "下半年"):
        first, last = (1, 6) if part == "上半年" else (7, 12)
    elif sign := re.search(r"[一二三四1-4]", part):
        first, last = 3 * QUARTERS[sign[0]] + 1, 3 * QUARTERS[sign[0]] + 3
    return Span(date(year, first, 1), _part_of_month(year, last, None).last)


def _english(text: str, _: date) -> Span | None:
    found = ENGLISH.fullmatch(text)
    month = MONTHS.get(found["m"].lower()) if found else None
    if found is None or month is None or (found["d1"] and found["d2"]):
        return None
    day = found["d1"] or found["d2"]
    return _day(found["y"], str(month), day) if day else _part_of_month(int(found["y"]), month, None)
