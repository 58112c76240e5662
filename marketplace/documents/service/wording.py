"""Figures and names as documents write them, in Chinese."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from matching import KG_PER_T

from ...clock import LOCAL
from ...http.fields import FEN_PER_CNY
from ...messages.names import Name, readable

ABSENT = "—"


def in_chinese(value: Enum | Name | None) -> str:
    """The name of a value; a dash where there is none."""
    return ABSENT if value is None else str(readable(value, "zh"))


def tonnes(kg: int | None) -> str:
    """Tonnes to the kilogram: 20.080; a dash where they are not known."""
    return ABSENT if kg is None else f"{Decimal(kg) / KG_PER_T:,.3f}"


def yuan(fen: int) -> str:
    """CNY to the fen: 9,000.00."""
    return f"{Decimal(fen) / FEN_PER_CNY:,.2f}"


def moment(at: datetime | None) -> str:
    """A moment to the minute, in Asia/Shanghai; a dash where there is none."""
    return ABSENT if at is None else f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def between(first: date | str | None, last: date | str | None) -> str:
    """A span of days, both included; a dash where it has no end."""
    return f"{first} 至 {last}" if first and last else ABSENT


def components(ranges: Iterable[Mapping[str, Any]] | None) -> str:
    """The components of a waste with their ranges: H2SO4 18–22 %."""
    return "；".join(map(_component, ranges or ())) or ABSENT


def _component(about: Mapping[str, Any]) -> str:
    bounds = _range(about.get("min"), about.get("max"))
    return f"{about['component']} {bounds} {about.get('unit') or ''}".rstrip()


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"≤ {high:g}" if high is not None else f"≥ {low:g}"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
