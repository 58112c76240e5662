"""Codes of any scheme, and the tree that says which code belongs to which family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from matching.evaluate.exchange import ANY, NEUTRAL, ExchangeDemands, ExchangeSupplies
from matching.evaluate.sheets import Row, Sheet, short
from matching.model import CATEGORY_FACTOR, Code, Ints


@dataclass(slots=True)
class Codes:
    """Code texts, numbered in the order of their first use."""

    number: dict[str, int] = field(default_factory=dict)

    def of(self, text: str) -> int:
        """The number of a code; `ANY` of an empty text."""
        return self.number.setdefault(text, len(self.number)) if text else ANY


def parents_of(sheet: Sheet, codes: Codes) -> dict[int, int]:
    """The parent of each code of the tree; `ANY` for a root."""
    parents: dict[int, int] = {}
    lines: dict[int, Row] = {}
    for row in sheet.rows:
        code = codes.of(row.name("code"))
        if code != ANY and lines.setdefault(code, row) is not row:
            row.wrong("code", f"{short(row.text('code'))} is already on line {lines[code].line}")
        parents.setdefault(code, codes.of(row.text("parent")))
    parents.pop(ANY, None)
    for code, row in lines.items():
        if _is_own_ancestor(code, parents):
            row.wrong("parent", f"{short(row.text('code'))} would be its own ancestor")
    return parents


def _is_own_ancestor(code: int, parents: Mapping[int, int]) -> bool:
    return code in _above(code, parents)


def _above(code: int, parents: Mapping[int, int]) -> list[int]:
    """The codes above one, nearest first; in a circle each of them once."""
    chain: list[int] = []
    code = parents.get(code, ANY)
    while code != ANY and code not in chain:
        chain.append(code)
        code = parents.get(code, ANY)
    return chain


def book_of(codes: Codes, parents: Mapping[int, int], supplies: ExchangeSupplies) -> dict[int, Code]:
    """The codes of supplies by id, each with how well others fit it by the tree."""
    texts = list(codes.number)
    return {code: _code(texts, code, parents) for code in np.unique(supplies.code).tolist() if code != ANY}


def _code(texts: Sequence[str], code: int, parents: Mapping[int, int]) -> Code:
    above = _above(code, parents)
    return Code(
        scheme="",
        code=texts[code],
        category=texts[above[0]] if above else texts[code],
        hazardous=False,
        tradable=True,
        edition="",
        aliases={**dict.fromkeys(above, CATEGORY_FACTOR), ANY: NEUTRAL, code: 1.0},
    )


def families(codes: Codes, parents: Mapping[int, int]) -> Ints:
    """The parent of each code, the code itself where the tree has none; shape (codes,)."""
    above = (parents.get(code, ANY) for code in range(len(codes.number)))
    return np.array([code if parent == ANY else parent for code, parent in enumerate(above)], dtype=np.int64)


def codes_outside(
    codes: Codes, parents: Mapping[int, int], supplies: ExchangeSupplies, demands: ExchangeDemands
) -> list[str]:
    """A note on the codes that are not in the tree: each fits only itself."""
    known = {*parents, *parents.values()}
    used = {*supplies.code.tolist(), *demands.accepts.tolist()} - {ANY}
    texts = list(codes.number)
    strangers = sorted(texts[code] for code in used - known)
    if not strangers:
        return []
    named = ", ".join(map(short, strangers[:5])) + (", ..." if len(strangers) > 5 else "")
    return [f"codes outside the tree, each of which fits only itself: {len(strangers)} ({named})"]
