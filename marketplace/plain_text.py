"""Text that people type, paste and read: what does not show in it, or steers what does, is folded or refused.

Every door uses these functions, and nothing else decides what a text may hold:

- `one_line` for titles, names and search words: a line break is a blank, marks where a line may break are
  dropped, other hidden marks are refused. `lines`, the same line by line, for notes and reasons.
- `identifier` for codes, numbers and addresses; `identifiers`, line by line, for lists of them. Every hidden
  mark and line break in the middle is refused, so that none changes its meaning unseen.
- `shown` for what was stored before these rules, wherever it is shown in a line. It refuses nothing.

Blanks of every kind count as one blank, outer ones are dropped, and so are the marks that copying from web
pages, Word and WeChat leaves at the ends. What belongs to an emoji stays. The rules are our own; the
categories are those of the Unicode Character Database.
"""

import re
import unicodedata
from collections.abc import Iterator

BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""Line breaks, as `str.splitlines` knows them."""
BREAK_HINTS = "\u00ad\u200b\u2060\ufeff"
"""Where a line may or may not break: soft hyphen, zero-width space, word joiner, byte order mark."""
PASTED_MARKS = BREAK_HINTS + "\u061c\u200c-\u200f\u202a-\u202c\u2066-\u2069"
"""What copying leaves at the ends: marks of direction too, but none that turns the order of letters."""
BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00016fe4\U0001d159"
"""Letters, signs and accents without any ink."""
SELECTORS = "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""They choose among the shapes of the character before them."""
LOST = "\ufffc\ufffd"
"""What stands in the place of something that was lost."""
LATER_LETTERS = (range(0x20000, 0x2FFFE), range(0x30000, 0x3FFFE), range(0x1F000, 0x1FB00))
"""Planes of Han characters and emoji: a newer Unicode may have given a character to what ours has not."""

_PICTURE = (
    "(?:[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001faff][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?)"
)
EMOJI = (
    "[#*0-9]\ufe0f?\u20e3"
    "|\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
    f"|{_PICTURE}(?:\u200d{_PICTURE})*"
)
HAN_VARIANT = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd][\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
_OUTER = "".join(re.findall(rf"[\s{BREAKS}{PASTED_MARKS}]", "".join(map(chr, range(0x10000)))))
"""What is dropped at the ends, by `str.strip`: a pattern for the end of a text would start at every blank."""
_ODD = re.compile(f"[{BLANK_LETTERS}{SELECTORS}{LOST}]")
_PIECE = re.compile(f"(?P<emoji>{EMOJI})|(?P<han>{HAN_VARIANT})|(?P<one>.)", re.DOTALL)


class BadText(ValueError):
    """A text with a character that it must not hold.

    Attributes:
        code: `hidden_character`, `line_break` or `bad_character` in messages/fields.toml.
        character: its code point and name, such as "U+200B ZERO WIDTH SPACE".
        place: which character of the text it is, counted from 1.
    """

    def __init__(self, code: str, character: str, place: int) -> None:
        super().__init__(code, character, place)
        self.code = code
        self.character = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        self.place = place

    @property
    def facts(self) -> dict[str, str | int]:
        return {"character": self.character, "place": self.place}


def one_line(text: str) -> str:
    """`text` as one line, folded. Raises: BadText."""
    return lines(text).replace("\n", " ")


def identifier(text: str) -> str:
    """`text` as one line in which nothing is dropped but at its ends. Raises: BadText."""
    inner, before = _inner(text)
    return _folded(inner, before, strict=True)


def lines(text: str) -> str:
    """`text` folded line by line; line breaks of every kind become "\n". Raises: BadText."""
    return _line_by_line(text, strict=False)


def identifiers(text: str) -> str:
    """`text` as one identifier a line. Raises: BadText."""
    return _line_by_line(text, strict=True)


def _line_by_line(text: str, *, strict: bool) -> str:
    folded, before = [], 0
    for line in text.splitlines(keepends=True):
        inner, start = _inner(line)
        folded.append(_folded(inner, before + start, strict=strict))
        before += len(line)
    return "\n".join(folded).strip("\n")


def shown(text: str) -> str:
    """`text` as one line to be shown: what would be refused today is dropped, a line break is a blank."""
    if is_plain(text):
        return _without_blanks(text)
    return _without_blanks("".join(_shown_pieces(text)))


def _shown_pieces(text: str) -> Iterator[str]:
    for found in _PIECE.finditer(text):
        if found["emoji"]:
            yield found["emoji"]
        elif found["han"]:
            yield found["han"][0]
        elif found["one"] in BREAKS or found["one"].isspace():
            yield " "
        elif _fault(found["one"]) is None:
            yield found["one"]


def _without_blanks(text: str) -> str:
    """Without outer blanks, and with one for each run of them."""
    return " ".join(text.split())


def _inner(text: str) -> tuple[str, int]:
    """`text` without blanks and pasted marks at its ends, and the place before its first character."""
    inner = text.lstrip(_OUTER)
    return inner.rstrip(_OUTER), len(text) - len(inner)


def is_plain(text: str) -> bool:
    """Whether all of it can be printed; `str.isprintable` knows no letter without ink."""
    return text.isprintable() and _ODD.search(text) is None


def _folded(text: str, before: int, *, strict: bool) -> str:
    """`text` with plain blanks and its emoji kept; its first character has the place `before` + 1."""
    return _without_blanks(text if is_plain(text) else "".join(_folded_pieces(text, before, strict)))


def _folded_pieces(text: str, before: int, strict: bool) -> Iterator[str]:
    for found in _PIECE.finditer(text):
        place, character = before + found.start() + 1, found["one"]
        if found["emoji"]:
            yield found["emoji"]
        elif found["han"] and strict:
            raise BadText("hidden_character", found["han"][1], place + 1)
        elif found["han"]:
            yield found["han"][0]
        elif character == "\t" or unicodedata.category(character) == "Zs":
            yield " "
        elif character in BREAK_HINTS and not strict:
            continue
        elif (fault := _fault(character, place)) is not None:
            raise fault
        else:
            yield character


def _fault(character: str, place: int = 0) -> BadText | None:
    """What is wrong with a single character that is no blank and part of no emoji."""
    if character in BREAKS:
        return BadText("line_break", character, place)
    category = unicodedata.category(character)
    if character in LOST or character == "\0" or category in ("Cs", "Co") or _is_nothing(character, category):
        return BadText("bad_character", character, place)
    if category in ("Cc", "Cf") or _ODD.match(character):
        return BadText("hidden_character", character, place)
    return None


def _is_nothing(character: str, category: str) -> bool:
    """Whether no character has this code point, nor may have in a newer Unicode than ours."""
    return category == "Cn" and not any(ord(character) in letters for letters in LATER_LETTERS)
