"""Cells of quantities and prices with the units that people write in them, read by a closed form."""

import re
from dataclasses import dataclass
from decimal import Decimal

from .number_cells import UNSIGNED, half_width, number_in

MASS = {
    **dict.fromkeys(("t", "吨", "公吨", "tonne", "tonnes", "ton", "tons", "metric ton", "metric tons"), "t"),
    **dict.fromkeys(("kg", "kgs", "公斤", "千克", "㎏", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("万吨",), "10kt"),
    **dict.fromkeys(("千吨", "kt"), "kt"),
    **dict.fromkeys(("g", "克", "gram", "grams"), "g"),
    **dict.fromkeys(("斤", "市斤"), "jin"),
}
VOLUME = {
    **dict.fromkeys(
        ("m3", "m³", "㎥", "立方米", "立方", "方", "cbm", "cubic metre", "cubic metres", "千升", "kl"), "m3"
    ),
    **dict.fromkeys(("l", "升", "公升", "litre", "litres", "liter", "liters"), "L"),
}
COUNTED = (
    *("桶", "铁桶", "塑料桶", "吨桶", "袋", "吨袋", "包", "箱", "罐", "只", "个", "件", "瓶", "托", "车"),
    *(
        "drum",
        "drums",
        "barrel",
        "barrels",
        "bag",
        "bags",
        "box",
        "boxes",
        "pallet",
        "pallets",
        "ibc",
        "ibcs",
    ),
    *("piece", "pieces"),
)
UNITS: dict[str, tuple[str, Decimal]] = {
    "t": ("mass", Decimal(1)), "10kt": ("mass", Decimal(10_000)), "kt": ("mass", Decimal(1000)),
    "kg": ("mass", Decimal("0.001")), "jin": ("mass", Decimal("0.0005")), "g": ("mass", Decimal("0.000001")),
    "m3": ("volume", Decimal(1)), "L": ("volume", Decimal("0.001")), "piece": ("count", Decimal(1)),
}  # fmt: skip
"""By unit: what it measures, and how many tonnes or cubic metres it is."""
PER_YEAR = re.compile(r"\s*(?:/|每)\s*(?:年|a|y|yr|year)$|\s*per year$", re.IGNORECASE)
_UNIT_BY_WORD = {**MASS, **VOLUME, **dict.fromkeys(COUNTED, "piece")}
_WORDS = "|".join(sorted(map(re.escape, {*MASS, *VOLUME}), key=len, reverse=True))
_PIECES = "|".join(sorted(map(re.escape, COUNTED), key=len, reverse=True))
_PIECE = rf"(?:{_PIECES})"
_NUMBER = rf"(?P<number>{UNSIGNED})"
_EACH = rf"(?P<each>{UNSIGNED}) ?(?P<each_unit>{_WORDS})"
_TIMES, _OPEN, _CLOSE = "[x×*✕]", r"[(\[,;、 ]? ?", r" ?[)\]]?"
LONGEST = 100
"""Characters of a cell that can be a quantity."""


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.ASCII | re.IGNORECASE) for pattern in patterns)


(MEASURED,) = _patterns(rf"(?P<number>[-+]?{UNSIGNED}) ?(?P<unit>{_WORDS}|{_PIECE})?")
PIECES_OF = _patterns(
    rf"{_NUMBER} ?{_PIECE} ?{_OPEN}{_EACH} ?(?:/|每) ?{_PIECE}{_CLOSE}",  # 50桶（200kg/桶）
    rf"{_NUMBER} ?{_PIECE} ?{_OPEN}(?:每|单){_PIECE}?(?:净?重量?)?[:为]? ?{_EACH}{_CLOSE}",  # 50桶，每桶200kg
    rf"{_NUMBER} ?{_PIECE} ?{_OPEN}(?:of|at|@|each) ?{_EACH}(?: each)?{_CLOSE}",  # 50 drums of 200 kg
    rf"{_NUMBER} ?{_PIECE} ?{_OPEN}{_EACH} each{_CLOSE}",  # 50 drums, 200 kg each
    rf"{_NUMBER} ?{_PIECE}? ?{_TIMES} ?{_EACH}(?: ?(?:/|每) ?{_PIECE})?",  # 50桶×200kg
    rf"{_EACH} ?(?:/|每) ?{_PIECE} ?{_TIMES} ?{_NUMBER} ?{_PIECE}?",  # 200kg/桶×50桶
    rf"{_EACH} ?{_TIMES} ?{_NUMBER} ?{_PIECE}",  # 200kg×50桶
)
"""A number of pieces, and what each of them holds."""
(TOTAL,) = _patterns(
    rf"{UNSIGNED} ?{_PIECE} ?{_OPEN}(?:共|合计|总重|共计|total) ?{_NUMBER} ?(?P<unit>{_WORDS}){_CLOSE}"
)
(EACH_ONLY,) = _patterns(
    rf"(?:每{_PIECE} ?)?(?P<each>{UNSIGNED}) ?(?P<each_unit>{_WORDS})? ?(?:(?:/|每) ?{_PIECE})?"
)
(PRICE,) = _patterns(rf"(?:¥|￥|cny|rmb)? ?(?P<number>[-+]?{UNSIGNED}) ?(?P<unit>[^\d\s].{{0,30}})?")
PRICE_UNIT = re.compile(
    r"(?:(?:元|块|人民币|cny|rmb|¥|￥|yuan)(?:人民币)?)?\s*(?:(?:/|每|per)\s*(?P<unit>.+))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity as written.

    Attributes:
        value: in `unit`, a key of `UNITS`; None where the cell gives no unit.
        each: weight or volume of one piece, and its unit.
        is_per_year: the cell says "a year".
    """

    value: Decimal
    unit: str | None
    each: tuple[Decimal, str] | None = None
    is_per_year: bool = False


def unit_in(text: str) -> str | None:
    """The unit, a key of `UNITS`, that a word such as 吨, kg or 吨/年 means; None where it is unknown."""
    return _UNIT_BY_WORD.get(PER_YEAR.sub("", half_width(text).strip()).lower())


def measure_in(text: str) -> Measure:
    """The quantity in a cell such as `1,200.5`, `12吨`, `1.2万吨`, `50桶（200kg/桶）` or `20方`.

    Raises:
        ValueError: it is none, or not clearly one.
    """
    folded = half_width(text).strip()
    if len(folded) > LONGEST:
        raise ValueError(text)
    plain = PER_YEAR.sub("", folded)
    per_year = plain != folded
    if (found := MEASURED.fullmatch(plain) or TOTAL.fullmatch(plain)) is not None:
        unit = _UNIT_BY_WORD[found["unit"].lower()] if found["unit"] else None
        return Measure(number_in(found["number"]), unit, is_per_year=per_year)
    for pattern in PIECES_OF:
        if (found := pattern.fullmatch(plain)) is not None:
            each = number_in(found["each"]), _UNIT_BY_WORD[found["each_unit"].lower()]
            return Measure(number_in(found["number"]), "piece", each, per_year)
    raise ValueError(text)


def each_in(text: str) -> tuple[Decimal, str | None]:
    """Weight or volume of one piece in a cell such as `200kg/桶`, and its unit if it is given.

    Raises:
        ValueError: it is none.
    """
    found = EACH_ONLY.fullmatch(half_width(text).strip()) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(text)
    return number_in(found["each"]), _UNIT_BY_WORD[found["each_unit"].lower()] if found["each_unit"] else None


def price_unit(text: str) -> str | None:
    """The key of `UNITS` in a price's unit such as 元/吨, "t" for 元; None if it is unclear."""
    found = PRICE_UNIT.fullmatch(half_width(text).strip())
    if found is None:
        return None
    return unit_in(found["unit"]) if found["unit"] else "t"


def price_in(text: str) -> tuple[Decimal, str | None]:
    """(amount, unit of quantity if given) of a cell such as `150`, `¥150`, `150元/吨`, `0.15元/公斤`.

    Raises:
        ValueError: it is none, or in another currency or unit.
    """
    found = PRICE.fullmatch(half_width(text).strip()) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(text)
    unit = price_unit(found["unit"]) if found["unit"] else None
    if found["unit"] and (unit is None or UNITS[unit][0] != "mass"):
        raise ValueError(text)
    return number_in(found["number"]), unit if re.search("/|每|per", found["unit"] or "") else None
