"""Which characters the fonts of documents have, read from the fonts' own tables (OpenType, `cmap`)."""

import re
import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

from ...plain_text import shown

GETA = "〓"
"""What Chinese and Japanese typesetters put where they have no type."""
LONGEST_TEXT = 1000
ELLIPSIS = "…"
MOST_ACCENTS = 3
WINDOWS_UCS4 = (3, 10)
FORMAT_12 = 12


def printable(text: str) -> str:
    """A text as the fonts can set it: what they lack is one 〓, what is far too long is cut."""
    lines = (shown(line) for line in text.splitlines())
    text = _with_few_accents("\n".join(line for line in lines if line))
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + ELLIPSIS
    return re.sub(f"{GETA}+", GETA, "".join(letter if is_covered(letter) else GETA for letter in text))


def _with_few_accents(text: str) -> str:
    """A text in which no letter has more than MOST_ACCENTS marks on it: viewers refuse piles of them."""
    kept, accents = [], 0
    for letter in unicodedata.normalize("NFC", text):
        accents = accents + 1 if unicodedata.combining(letter) else 0
        if accents <= MOST_ACCENTS:
            kept.append(letter)
    return "".join(kept)


def is_covered(letter: str) -> bool:
    """Whether one of the fonts has a shape for a character; a line break needs none."""
    starts, ends = _ranges()
    place = bisect_right(starts, ord(letter)) - 1
    return letter == "\n" or (place >= 0 and ord(letter) <= ends[place])


def font_files() -> tuple[Path, Path]:
    """The fonts that documents are set in: serif for the text, sans for headings."""
    from pylopdf_fonts_zh_cn import sans_path, serif_path

    return serif_path(), sans_path()


@cache
def _ranges() -> tuple[list[int], list[int]]:
    """First and last code points of the runs that every font has, in order."""
    starts: list[int] = []
    ends: list[int] = []
    runs = [set(_code_points(path)) for path in font_files()]
    for code_point in sorted(set.intersection(*runs)):
        if ends and code_point == ends[-1] + 1:
            ends[-1] = code_point
        else:
            starts.append(code_point)
            ends.append(code_point)
    return starts, ends


def _code_points(path: Path) -> list[int]:
    """What the table of all planes of Unicode of a font maps to a glyph.

    Raises:
        ValueError: the font has no such table.
    """
    with path.open("rb") as font:
        count = struct.unpack(">4xH6x", font.read(12))[0]
        directory = [struct.unpack(">4s4xLL", font.read(16)) for _ in range(count)]
        offset, length = next((offset, length) for tag, offset, length in directory if tag == b"cmap")
        font.seek(offset)
        table = font.read(length)
    for number in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, start = struct.unpack_from(">HHL", table, 4 + 8 * number)
        if (platform, encoding) == WINDOWS_UCS4 and struct.unpack_from(">H", table, start)[0] == FORMAT_12:
            groups = struct.iter_unpack(">LLL", table[start + 16 : start + 16 + 12 * _groups(table, start)])
            return [point for first, last, glyph in groups for point in range(first + (glyph == 0), last + 1)]
    raise ValueError(f"{path.name} has no table of all planes of Unicode")


def _groups(table: bytes, start: int) -> int:
    number: int = struct.unpack_from(">L", table, start + 12)[0]
    return number
