"""Figures that are allowed but hardly meant: the bounds are a table, and what lies outside is warned of.

What is impossible (below zero, an end before its start) is refused elsewhere. The bounds are our own choice,
wide enough for the largest honest plants; `plausibility.csv` says why of each.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from matching import KG_PER_T

from .errors import Notice

FILE = Path(__file__).with_name("plausibility.csv")
FEN_PER_CNY = 100
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of a figure that nobody is asked about; both are still plausible."""

    least: float
    most: float

    def hold(self, figure: float) -> bool:
        """Whether a figure lies within."""
        return self.least <= figure <= self.most


@dataclass(frozen=True, slots=True)
class Days:
    """Which bounds the days of a period are held to: `past` and `length` are figures of the table."""

    past: str
    length: str


WINDOW = Days("window_past", "window")
"""The days of a listing."""
VALIDITY = Days("validity_past", "validity")
"""The days of a permit."""


@cache
def bounds() -> dict[str, Bounds]:
    """The bounds by figure, in the unit of the table; years are whole years."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return {
            row["figure"]: Bounds(float(row["least"] or "-inf"), float(row["most"]))
            for row in csv.DictReader(source)
        }


def quantity_notices(kg: int, at: str, *, hazardous: bool) -> list[Notice]:
    """A notice of tonnes that hardly any plant has; of a correction below zero likewise."""
    tonnes = abs(kg) / KG_PER_T
    limits = bounds()["tonnes_hazardous" if hazardous else "tonnes_general"]
    if limits.hold(tonnes):
        return []
    return [Notice("implausible_quantity", at, {"tonnes": _shown(tonnes), "most": _shown(limits.most)})]


def price_notices(fen: int | None, at: str) -> list[Notice]:
    """A notice of a price per tonne (below zero the supplier pays) that hardly any waste has."""
    price = (fen or 0) / FEN_PER_CNY
    limits = bounds()["price_paid" if price < 0 else "price_received"]
    if limits.hold(abs(price)):
        return []
    return [Notice("implausible_price", at, {"price": _shown(price), "most": _shown(limits.most)})]


def lot_notices(lot_kg: int, quantity_kg: int, at: str) -> list[Notice]:
    """A notice of a smallest lot of kilograms beside a quantity of very many tonnes."""
    looked_at = lot_kg / KG_PER_T < bounds()["lot_looked_at"].most
    if not looked_at or bounds()["lots_of_quantity"].hold(quantity_kg / lot_kg):
        return []
    facts = {"lot_kg": _shown(lot_kg), "tonnes": _shown(quantity_kg / KG_PER_T)}
    return [Notice("implausible_lot", at, facts)]


def distance_notices(km: float | None, at: str) -> list[Notice]:
    """A notice of a distance limit that reaches nobody, or beyond the country."""
    limits = bounds()["distance"]
    if km is None or limits.hold(km):
        return []
    facts = {"km": _shown(km), "least": _shown(limits.least), "most": _shown(limits.most)}
    return [Notice("implausible_distance", at, facts)]


def amount_notices(fen: int | None, at: str) -> list[Notice]:
    """A notice of an amount of money that hardly any decision names."""
    amount, limits = (fen or 0) / FEN_PER_CNY, bounds()["amount"]
    if limits.hold(amount):
        return []
    return [Notice("implausible_amount", at, {"amount": _shown(amount), "most": _shown(limits.most)})]


def past_day_notices(day: date | None, today: date, at: str, past: str = "record_past") -> list[Notice]:
    """A notice of a day longer past than the figure `past` of the table allows."""
    if day is None or bounds()[past].hold(_years(day, today)):
        return []
    return [_day_notice(day, today, at)]


def coming_day_notices(day: date, today: date, at: str) -> list[Notice]:
    """A notice of a day so far ahead that nothing begins then."""
    return [] if bounds()["first_ahead"].hold(_years(today, day)) else [_day_notice(day, today, at)]


def period_notices(first: date, last: date, today: date, fields: tuple[str, str], kind: Days) -> list[Notice]:
    """Notices of days long past or far ahead; where both days are sound, of a period that is too long.

    Args:
        fields: the fields of the first and of the last day.
        kind: `WINDOW` or `VALIDITY`.
    """
    notices = coming_day_notices(first, today, fields[0])
    notices += past_day_notices(first, today, fields[0], kind.past)
    if not bounds()["last_ahead"].hold(_years(today, last)):
        notices.append(_day_notice(last, today, fields[1]))
    limits = bounds()[kind.length]
    if notices or limits.hold(_years(first, last)):
        return notices
    facts = {"first": first, "last": last, "years": _years(first, last), "most": _shown(limits.most)}
    return [Notice("implausible_period", fields[1], facts)]


def _day_notice(day: date, today: date, at: str) -> Notice:
    return Notice("implausible_day", at, {"day": day, "years": abs(_years(day, today))})


def _years(first: date, last: date) -> int:
    """Whole years from a day to another, below zero where that is the earlier one."""
    return int((last - first).days / DAYS_PER_YEAR)


def _shown(figure: float) -> str:
    """A figure with its thousands apart and no more digits than it has."""
    return f"{figure:,.15g}"
