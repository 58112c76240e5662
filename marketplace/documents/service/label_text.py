"""Lines of a label: how wide a text is, where it breaks, and in which size it fits its field."""

import unicodedata
from collections.abc import Sequence

FULL_WIDTH = ("W", "F", "A")
HALF = 0.56
"""Width of a Latin letter or digit in parts of the size, of the common sans fonts at their widest."""
HANGING = "，、。；：）》"
"""Marks that never begin a line."""
LEADING = 1.25
SHRINK = 0.92
SMALLEST_MM = 1.8
"""Smaller than that nobody reads; what then has no room is cut."""


def width(text: str) -> float:
    """The width of a text in parts of its size."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in FULL_WIDTH else HALF for letter in text)


def broken(text: str, most: float) -> list[str]:
    """A text in lines of at most `most` widths, broken between any two characters as Chinese is."""
    lines, line, used = [], "", 0.0
    for letter in text:
        step = width(letter)
        if line and used + step > most and letter not in HANGING:
            lines.append(line)
            line, used = "", 0.0
        line, used = line + letter, used + step
    return [*lines, line]


def fitted(text: str, size_mm: float, width_mm: float, height_mm: float) -> tuple[float, Sequence[str]]:
    """The size in which a text fits a field, and its lines; in the smallest size it is cut."""
    while True:
        lines = broken(text, width_mm / size_mm)
        room = max(1, int(height_mm / (size_mm * LEADING) + 1e-6))
        if len(lines) <= room:
            return size_mm, lines
        if size_mm * SHRINK < SMALLEST_MM:
            return size_mm, [*lines[: room - 1], f"{lines[room - 1][:-1]}…"]
        size_mm *= SHRINK
