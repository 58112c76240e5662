"""Spellings made alike before they are compared: width, sub- and superscripts, dashes, dots and blanks."""

import unicodedata

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
ALIKE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣⁃", "-"),
        **dict.fromkeys("•∙⋅・‧･", "·"),
        **dict.fromkeys("′’‘`´", "'"),
        **dict.fromkeys("【〔［", "["),
        **dict.fromkeys("】〕］", "]"),
    }
)
GREEK = {ord(letter): unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικλμνξοπρστυφχψω"}


def alike(text: str) -> str:
    """`text` half-width, with subscripts and superscripts as digits, plain dashes and single blanks."""
    folded = unicodedata.normalize("NFKC", text.translate(ALIKE)).translate(ALIKE)
    return " ".join(folded.split())
