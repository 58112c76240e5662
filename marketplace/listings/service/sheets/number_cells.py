"""Numbers as people write them in cells: a closed form, so that no part of a cell is left unread or guessed.

Only width is folded. Superscripts, circled digits, fractions and digits of other scripts are marks or numbers
of their own: they stay what they are, and a cell that holds one is no number.
"""

import re
import unicodedata
from decimal import Decimal

OF_WIDTH = {"<wide>", "<narrow>", "<small>", "<noBreak>"}
"""Decompositions of Unicode that change a character's width and nothing else."""
SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?:\.\d{1,40})?"
"""Thousands apart by commas or blanks: 1,200.5 and 1 200.5."""
DECIMAL_COMMA = r"(?:0,\d{1,40}|[1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+),\d{1,2}|\d{1,40},\d{1,2})"
"""0,125 and 12,5 and 1.200,5. After another whole part than 0, three digits are thousands, more unclear."""
POWER = r"(?:[eE][-+]?\d{1,3}| ?[x×*·⋅] ?10(?:\^[-+]?\d{1,3}|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))"
UNSIGNED = rf"(?:10\^[-+]?\d{{1,3}}|(?:{GROUPED}|{DECIMAL_COMMA}|\d{{1,40}}(?:\.\d{{1,40}})?){POWER}?)"
"""The pattern of a number without a sign, in half-width text; a longer number must not be cut short."""
NUMBER = re.compile(rf"[-+]?{UNSIGNED}", re.ASCII)
_PARTS = re.compile(rf"(?P<plain>.*?)(?P<power>{POWER})?", re.ASCII)


def half_width(text: str) -> str:
    """`text` with full-width characters made half-width and every kind of blank made a space.

    Unlike NFKC this makes no digit of a mark: `1200¹` does not become 12001.
    """
    return text if text.isascii() else text.translate(_WIDTHS)


def _half_width(character: str) -> str:
    if character == "−":
        return "-"
    tag = unicodedata.decomposition(character).partition(" ")[0]
    is_blank = unicodedata.category(character) == "Zs"
    return unicodedata.normalize("NFKC", character) if is_blank or tag in OF_WIDTH else character


class _Widths(dict[int, str]):
    """By character what it is half-width; each is looked up in Unicode once."""

    def __missing__(self, code: int) -> str:
        self[code] = _half_width(chr(code))
        return self[code]


_WIDTHS = _Widths()


def number_in(text: str) -> Decimal:
    """The number that a whole cell holds, such as 1200, 1,200.5, 0,5, 1.2e3 or 1.2×10³.

    Raises:
        ValueError: it is not a number, or not clearly one.
    """
    folded = half_width(text).strip()
    if not NUMBER.fullmatch(folded):
        raise ValueError(text)
    sign = -1 if folded.startswith("-") else 1
    return sign * unsigned(folded.lstrip("+-"))


def unsigned(text: str) -> Decimal:
    """The value of a half-width text that matches `UNSIGNED`."""
    if text.startswith("10^"):
        return Decimal(f"1e{text.removeprefix('10^')}")
    found = _PARTS.fullmatch(text)
    plain, power = (found["plain"], found["power"] or "") if found else (text, "")
    return Decimal(_with_point(plain.strip()) + _exponent(power))


def _with_point(plain: str) -> str:
    """Digits with a decimal point and nothing between thousands."""
    if re.fullmatch(DECIMAL_COMMA, plain, re.ASCII):
        plain = plain.replace(".", "").replace(",", ".")
    return plain.replace(",", "").replace(" ", "")


def _exponent(power: str) -> str:
    """A power as Python writes it: e3 for ×10³."""
    if not power or power[0] in "eE":
        return power
    return "e" + power.translate(SUPERSCRIPTS).partition("10")[2].removeprefix("^")
