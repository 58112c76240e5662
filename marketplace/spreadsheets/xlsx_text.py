"""Rich text of a workbook: what is raised, lowered or struck out stays so in the text that is read."""

import re

from .bounds import LONGEST_TEXT

SUPERSCRIPTS = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
RAISED = {"superscript": SUPERSCRIPTS, "subscript": SUBSCRIPTS}
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class RichText:
    """Collects one text run by run; 1200 with a raised 1 behind it is `1200¹`, never 12001.

    Attributes:
        struck: whether a part of the text is struck out.
    """

    def __init__(self) -> None:
        self.struck = False
        self._parts: list[str] = []
        self._length = 0
        self._aside = 0
        self._within = False
        self._raised: dict[int, int] | None = None
        self._strikes = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "r":
            self._raised, self._strikes = None, False
        elif name == "vertAlign":
            self._raised = RAISED.get(attributes.get("val", ""))
        elif name == "strike":
            self._strikes = attributes.get("val", "1") not in ("0", "false")
        elif name == "rPh":
            self._aside += 1
        elif name in ("t", "v"):
            self._within = not self._aside

    def text(self, data: str) -> None:
        if self._within and self._length <= LONGEST_TEXT:
            self._length += len(data)
            self._parts.append(data.translate(self._raised) if self._raised else data)
            self.struck = self.struck or (self._strikes and not data.isspace())

    def end(self, name: str) -> None:
        self._within = False
        if name == "r":
            self._raised, self._strikes = None, False
        elif name == "rPh":
            self._aside -= 1

    def take(self) -> tuple[str, bool]:
        """(the text, whether a part is struck out); empty again for the next one."""
        taken = "".join(self._parts), self.struck
        self._parts.clear()
        self._length = 0
        self.struck, self._raised, self._strikes = False, None, False
        return taken


def unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as _xHHHH_."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
