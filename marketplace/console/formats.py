"""Numbers and dates as the reader of a page writes them."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from .. import clock
from ..http.languages import language
from ..messages.names import names

HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
KG_PER_T = 1000
HAN = re.compile("[\u4e00-\u9fff]")
BROWSERS = {
    "MicroMessenger": "WeChat", "Edg": "Edge", "HuaweiBrowser": "Huawei", "Firefox": "Firefox",
    "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "HarmonyOS": "HarmonyOS", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows",
    "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip
"""What people call a browser and its system, by what it says of itself; the first that fits."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = "—"
"""What is shown where there is no figure."""


def number(value: float | None, digits: int = 0) -> str:
    """With a comma before each three digits, and no more decimals than it has, `digits` at most."""
    if value is None:
        return NONE
    shown = f"{value:,.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def tonnes(kg: int | None) -> str:
    """Kilograms as tonnes: to the kilogram below 100 t, to the tonne from there on."""
    if kg is None:
        return NONE
    return number(kg / KG_PER_T, 3 if abs(kg) < 100 * KG_PER_T else 0)


def percent(share: float | None) -> str:
    """A share from 0 to 1 in per cent, to 0.1."""
    return NONE if share is None else f"{number(100 * share, 1)}%"


def day(value: date | str | None) -> str | Markup:
    """A day, as a `time` element; the services name some in ISO 8601."""
    if value is None:
        return NONE
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), _day_in_words(value))


def last_day(end: date | None) -> str | Markup:
    """The day before the first on which something no longer holds."""
    return day(end and end - timedelta(days=1))


def moment(value: datetime | None) -> str | Markup:
    """A moment in Asia/Shanghai to the minute, as a `time` element."""
    if value is None:
        return NONE
    local = value.astimezone(clock.LOCAL)
    shown = f"{_day_in_words(local.date())} {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="minutes"), shown)


def marked(words: str) -> str | Markup:
    """Words as they are, but marked as Chinese where they are and the page is in another language."""
    if language() == "zh" or not HAN.search(words):
        return words
    return Markup('<span lang="{}">{}</span>').format(HTML_LANGUAGE["zh"], words)


def device(said: str | None) -> str:
    """A browser and its system in two words, of what it said of itself; else the beginning of that."""
    words = said or ""
    found = [
        next((name for part, name in names.items() if part in words), None) for names in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(name for name in found if name) or words[:60]


def _day_in_words(value: date) -> str:
    if language() == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


CATEGORY = re.compile(r"(HW\d{2}|SW\d{2})|\d{3}-\d{3}-(S?)(\d{2})")
"""A category of the national catalogues, or a code that ends in the number of its category."""
LONGEST_IN_LIST = 24
"""Characters of a name that a phone shows in two lines. Our own choice."""


def waste(code: Any, whole: bool = False) -> str:
    """What a waste is called: in English by its category, as the national catalogues are in Chinese only, and
    so in Chinese where its name is too long for a list.

    Args:
        code: has a `code` and a `name`.
        whole: with the name of the catalogue in any case.
    """
    number, name = (code["code"], code["name"]) if isinstance(code, dict) else (code.code, code.name)
    found = CATEGORY.fullmatch(number)
    category = (found[1] or f"{found[2] or 'H'}W{found[3]}") if found else ""
    called = names()["waste_category"].get(category)
    if called is None:
        return str(name or "")
    if language() == "zh":
        return str(called["zh"] if name and not whole and len(name) > LONGEST_IN_LIST else name or "")
    return " · ".join(word for word in (called["en"], name if whole else "") if word)


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "tonnes": tonnes,
    "percent": percent,
    "day": day,
    "last_day": last_day,
    "moment": moment,
    "marked": marked,
    "device": device,
    "waste": waste,
}
