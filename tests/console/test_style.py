"""The stylesheet: colours that can be read, light and dark (WCAG 2.2: 4.5 for words, 3 for edges)."""

import re

import pytest

from marketplace.console.page import STATIC

STYLE = (STATIC / "console.css").read_text(encoding="utf-8")
WORDS = [
    ("ink", "paper"), ("ink", "card"), ("ink", "brand-2"), ("ink", "sunk"), ("ink-2", "paper"),
    ("ink-2", "card"),
    ("brand", "paper"), ("brand", "card"), ("brand", "brand-2"), ("brand-ink", "brand"), ("warn", "warn-2"),
    ("bad", "bad-2"), ("bad", "card"), ("good", "good-2"),
    *((f"g-{grade}", "card") for grade in "abcde"),
]  # fmt: skip
EDGES = [("edge", "card"), ("edge", "paper"), *((f"c-{part}", "card") for part in (
    "code", "distance", "credit", "price", "quantity", "time"
))]  # fmt: skip


def tokens(dark):
    """The colours by name, of the light ground or the dark one."""
    light, night = re.findall(r":root \{(.*?)\n\s*\}", STYLE, re.DOTALL)[:2]
    found = {}
    for block in (light, night) if dark else (light,):
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    return found


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("pairs", "least"), [(WORDS, 4.5), (EDGES, 3.0)])
def test_colours_stand_out_from_their_ground(dark, pairs, least):
    colours = tokens(dark)
    faint = {
        (front, ground): round(contrast(colours[front], colours[ground]), 2)
        for front, ground in pairs
        if contrast(colours[front], colours[ground]) < least
    }
    assert not faint


def test_black_on_white_is_the_most():
    assert round(contrast("#000", "#ffffff"), 2) == 21
    assert tokens(dark=True)["paper"] != tokens(dark=False)["paper"]
