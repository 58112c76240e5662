# ruff: noqa: E501 - a table of pieces reads best in few lines
"""Every pattern is linear in what it is given: no text of a stranger makes one look through it again and again.

Two ways lead to work that grows with the square: a repetition that can share a text with what follows it, and a
search that begins anew at each place. Both show when a text of one piece, repeated, is four times as long. Each
pattern of the source is tried with pieces made of its own signs, as long as the text may be that reaches it.
"""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import marketplace
import matching
from marketplace.listings.service.sheets import headings, quantity_cells
from marketplace.listings.service.sheets.sheet_rows import MOST_TEXT, MOST_WORD
from marketplace.spreadsheets import xlsx_formats
from marketplace.spreadsheets.bounds import LONGEST_FORMAT
from tests.cost import cost_of

LONGEST_LINE = 5000
"""A text that no bound is stated for: longer than any that reaches a pattern, but for whole files."""
BOUNDED = {
    "quantity_cells": MOST_WORD, "number_cells": MOST_WORD, "day_cells": MOST_WORD, "price_cells": MOST_WORD,
    "headings": headings.LONGEST, "xlsx_formats": LONGEST_FORMAT, "left_out": headings.LONGEST, "vocabulary": MOST_WORD,
    "composition_cells": MOST_TEXT, "waste_code_cells": MOST_TEXT, "row_to_listing": MOST_WORD,
    "written_codes": MOST_TEXT, "named_codes": 4000, "names": 200, "units": 200, "identity": 300, "fields": 4000,
    "observability": 8190, "article_numbers": 100, "documents": 300, "code_filters": 4000, "suggester": 4000,
    "quotation": 4000, "resolution": 4000, "schemas": 1_000_000, "json_text": 1_000_000,
}  # fmt: skip
"""By module: characters of the longest text that its patterns are given, as its callers hold it to them."""
OURS = {
    "address",
    "server",
    "document",
    "error_pages",
    "compile",
    "marketplace.messages",
    "messages",
    "settings",
}
"""Modules whose patterns read nothing but what we wrote ourselves."""
MOST_S = 0.04
STEPS = (300, 1200, LONGEST_LINE)
SIGNS = (
    " ",
    "0",
    "9",
    "a",
    "A",
    "(",
    "[",
    '"',
    "-",
    ".",
    ",",
    ";",
    "酸",
    "\n",
    "<",
    "=",
    "每",
    "单位:",
    "1 ",
    "a.",
    "<c ",
    "/",
)


EVERYWHERE = {"search", "finditer", "sub", "findall", "split"}
"""The methods that begin anew at each place of a text."""


def patterns():
    """(module, pattern, whether it is looked for everywhere) of each compiled pattern of the source.

    Patterns given as a text where they are used are among them.
    """
    found = {}
    for package in (marketplace, matching):
        for about in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if about.name.endswith(("__main__", "compile")):
                continue
            module, name = importlib.import_module(about.name), about.name.rpartition(".")[2]
            tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
            searched = {called for called, method in _calls(tree) if method in EVERYWHERE}
            for called, value in vars(module).items():
                for pattern in value if isinstance(value, tuple | list) else (value,):
                    if isinstance(pattern, re.Pattern):
                        found[name, pattern, bool({called, "pattern"} & searched)] = None
            for pattern in _inline(tree):
                found[name, pattern, True] = None
    return list(found)


def _calls(tree):
    """(variable, method) of each call of a method of a variable."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            yield called.value.id, called.attr


def _inline(tree):
    """Patterns given to `re.sub` and its like as a text."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if (
            isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id == "re"
        ):
            given = node.args[0] if node.args else None
            if called.attr in EVERYWHERE and isinstance(given, ast.Constant):
                yield re.compile(given.value)


def pieces_of(pattern):
    """What a text against this pattern may be made of: its literal signs, alone and in pairs, and common ones."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode()
    own = list(dict.fromkeys(sign for sign in source if sign not in "\\|?*+{}^$"))[:6]
    words = re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", source)[:4]
    pairs = [one + other for one in own[:3] for other in own[:3] if one != other]
    return list(dict.fromkeys((*SIGNS, *own, *words, *pairs)))


def cost(pattern, text, everywhere):
    """Seconds to look for a pattern in a text, at its beginning or everywhere."""
    if isinstance(pattern.pattern, bytes):
        text = text.encode()

    def look():
        pattern.fullmatch(text)
        pattern.match(text)
        for _ in pattern.finditer(text) if everywhere else ():
            pass

    return cost_of(look, MOST_S, tries=4)[0]


def too_slow(pattern, longest, everywhere=True):
    """The piece that costs a pattern more than it may; None where there is none."""
    for piece in pieces_of(pattern):
        for length in (*(step for step in STEPS if step < longest), longest):
            text = piece * (length // len(piece)) + "\x01"
            if cost(pattern, text, everywhere) > MOST_S:
                return piece
    return None


def test_every_pattern_is_linear_in_what_it_may_be_given():
    found = patterns()
    assert len(found) > 80
    slow = {}
    for module, pattern, everywhere in found:
        if module in OURS:
            continue
        piece = too_slow(pattern, min(BOUNDED.get(module, LONGEST_LINE), LONGEST_LINE), everywhere)
        if piece is not None:
            slow[f"{module}: {pattern.pattern[:60]!r}"] = piece
    assert slow == {}, "\n".join(f"{name}: {piece!r}" for name, piece in slow.items())


@pytest.mark.parametrize("source", [r"\s+$", pytest.param(r"a*a*b", marks=pytest.mark.slow), r".*\d.*\d.*x"])
def test_a_pattern_that_is_not_linear_is_found(source):
    assert too_slow(re.compile(source), LONGEST_LINE) is not None


def test_the_bounds_are_those_that_the_cells_are_held_to():
    assert quantity_cells.LONGEST <= MOST_WORD
    with pytest.raises(ValueError, match="x"):
        quantity_cells.measure_in("x" * (quantity_cells.LONGEST + 1))
    assert xlsx_formats.number_format(200, "[" * LONGEST_FORMAT).kind == "number"
