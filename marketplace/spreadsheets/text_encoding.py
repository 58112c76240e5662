"""The text of a CSV file, in an encoding that is certain: nothing is decoded by a guess.

Big5, Shift-JIS, EUC-KR and Latin-1 are often valid GB 18030 byte by byte and become Chinese that nobody
wrote. So text that is not UTF-8 is taken for GB 18030 only where it shows that it is: by headings that we
know, or by consisting of characters that people write of waste.
"""

from collections.abc import Set
from functools import cache
from pathlib import Path

from ..errors import Invalid

MARKED = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", None),
    (b"\x00\x00\xfe\xff", None),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
"""Byte order marks; UTF-32 has the longer ones and is not read."""
JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b$)")
"""ISO 2022, in which all bytes are ASCII."""
LEAST_COMMON = 0.75
"""Share of a text's Chinese characters that must be common ones. Our own choice: names of wastes, firms and
places have over 0.95, what another encoding makes of random pairs about 0.3."""
LOST = "\ufffd"
"""What a program writes for a character that it could not read."""
MOJIBAKE = ("锟斤拷", "烫烫烫", "屯屯屯")
"""U+FFFD in UTF-8 read as GBK, and unfilled memory: text that was lost before it came to us."""
FIRST_HANGUL, LAST_HANGUL = "가", "힣"
_COMMON_FILE = Path(__file__).with_name("common_characters.txt")


def decoded(data: bytes, heading_words: Set[str]) -> str:
    """The text of a file in UTF-8, UTF-16 with a byte order mark, or GB 18030 (GBK, GB 2312).

    Args:
        heading_words: the Chinese headings that are known, of which two show that the text is GB 18030.

    Raises:
        Invalid: the encoding is another or not certain (`sheet_encoding`), or the file is no text
            (`sheet_unreadable`).
    """
    text = _strictly_decoded(data, heading_words)
    if "\0" in text:
        raise Invalid("sheet_unreadable", at="file")
    if LOST in text or any(sequence in text for sequence in MOJIBAKE):
        raise Invalid("sheet_encoding", at="file")
    return text.lstrip("\ufeff")


def _strictly_decoded(data: bytes, heading_words: Set[str]) -> str:
    mark, encoding = next((known for known in MARKED if data.startswith(known[0])), (b"", "utf-8"))
    try:
        if encoding is None:
            raise Invalid("sheet_encoding", at="file")
        if not mark and any(escape in data for escape in JAPANESE_ESCAPES):
            raise Invalid("sheet_encoding", at="file")
        if not mark and b"\0" in data:
            raise Invalid("sheet_encoding" if _looks_like_utf_16(data) else "sheet_unreadable", at="file")
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if mark:
            raise Invalid("sheet_encoding", at="file") from error
    return _from_gb18030(data, heading_words)


def _looks_like_utf_16(data: bytes) -> bool:
    """Whether every second byte of the first line breaks and commas is zero: UTF-16 without its mark."""
    head = data[:4000]
    return (
        any(sign in head for sign in (b",\0", b"\0,", b"\t\0", b"\0\t", b"\n\0", b"\0\n"))
        and len(data) % 2 == 0
    )


def _from_gb18030(data: bytes, heading_words: Set[str]) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise Invalid("sheet_encoding", at="file") from error
    if not (_has_known_headings(text, heading_words) or _is_common_chinese(text)):
        raise Invalid("sheet_encoding", at="file")
    return text


def _has_known_headings(text: str, heading_words: Set[str]) -> bool:
    """Two headings in Chinese that we know: no other encoding spells them by chance."""
    cells = (cell.strip() for line in text.split("\n", 40)[:40] for cell in line.split(",", 100)[:100])
    return sum(1 for cell in cells if cell in heading_words) >= 2


def _is_common_chinese(text: str) -> bool:
    """Whether the characters are those that people write of waste; all of them, where they may be Korean."""
    letters = [letter for letter in text[:200_000] if not letter.isascii()]
    frequent, others = _common_characters()
    if _may_be_korean("".join(letters)):
        return all(letter in frequent for letter in letters)
    known = sum(1 for letter in letters if letter in frequent or letter in others)
    return known >= LEAST_COMMON * len(letters)


def _may_be_korean(letters: str) -> bool:
    """Whether the bytes are Hangul as well: EUC-KR has it where GB 2312 has its commonest characters."""
    try:
        korean = letters.encode("gb18030").decode("euc_kr")
    except UnicodeDecodeError:
        return False
    return all(FIRST_HANGUL <= letter <= LAST_HANGUL for letter in korean)


@cache
def _common_characters() -> tuple[frozenset[str], frozenset[str]]:
    """(frequent, other) common characters."""
    _, frequent, others, *_ = _COMMON_FILE.read_text(encoding="utf-8").split("\n")
    return frozenset(frequent), frozenset(others)
