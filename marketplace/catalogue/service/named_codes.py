"""Codes that a description of waste names itself: looked up before anything is guessed from its words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from ...errors import Notice
from ..models import CatalogueCode, CodeLevel, WasteCode
from .codes import codes_by_id
from .lookup_cache import READ_CODES, read_codes
from .resolution import category_key, spelled
from .written_codes import CN_HW, CN_SW, EU_LOW, FoundCode, fold_scheme, read_code

NEGATED_CLAUSE = re.compile(
    r"(?:不是|并非|不属于|而非|(?<![a-z])(?:not|rather than|instead of)(?![a-z]))[^，,。；;.!！\n]*",
    re.IGNORECASE,
)
"""What the waste is said not to be, up to the end of the clause."""


@dataclass(slots=True)
class NamedCodes:
    """What a text names.

    Attributes:
        codes: the codes themselves, in the order of the text.
        categories: categories, chapters and subchapters without a code of theirs beside them.
        denied: keys of codes and categories that the waste is said not to be.
        words: the rest of the text.
        notices: what is odd about the codes.
    """

    codes: list[CatalogueCode] = field(default_factory=list)
    categories: list[CatalogueCode] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    words: str = ""
    notices: list[Notice] = field(default_factory=list)

    def denies(self, row: CatalogueCode) -> bool:
        """Whether the text says that the waste is not of this code."""
        return bool({row.key, category_key(row)} & self.denied) or any(
            row.scheme == EU_LOW and row.key.startswith(key) for key in self.denied
        )


def read_named_codes(text: str, scheme: str | None) -> NamedCodes:
    """The codes that a text names, of one `scheme` if given; what it says the waste is not is left out."""
    named = NamedCodes()
    written = read_code(text)
    rows = _rows_by_key({code.key for code in written.codes})
    above: list[tuple[FoundCode, CatalogueCode]] = []
    for code in written.codes:
        if code.is_negated:
            named.denied.add(code.key)
            continue
        for row in _rows_in_scheme(named, code, rows.get(code.key, []), scheme, bool(written.words)):
            if code.is_starred and not row.hazardous:
                named.notices.append(Notice("star_contradicts", "text", {"code": row.code}))
            if row.level == CodeLevel.CODE:
                named.codes.append(row)
            else:
                above.append((code, row))
    _place_categories(named, above)
    named.words = _words(text, written.words, bool(written.codes), named)
    return named


def _rows_by_key(keys: set[str]) -> dict[str, list[CatalogueCode]]:
    rows: dict[str, list[CatalogueCode]] = {}
    for row in read_codes(READ_CODES.where(WasteCode.key.in_(keys)).order_by(WasteCode.id)):
        rows.setdefault(row.key, []).append(row)
    return rows


def _rows_in_scheme(
    named: NamedCodes, code: FoundCode, rows: list[CatalogueCode], scheme: str | None, among_words: bool
) -> Iterator[CatalogueCode]:
    """The rows of a code that was found; a notice if there are none."""
    if code.is_plain and (not rows or (among_words and code.scheme == EU_LOW)):
        return
    if not rows:
        code_text = {"code": spelled(code.key)}
        named.notices.append(Notice("named_code_unknown", "text", code_text))
        return
    inside = [row for row in rows if scheme is None or row.scheme == fold_scheme(scheme)]
    if not inside:
        facts = {"code": rows[0].code, "scheme": fold_scheme(scheme or ""), "right": rows[0].scheme}
        named.notices.append(Notice("filter_other_scheme", "text", facts))
    yield from inside


def _place_categories(named: NamedCodes, above: list[tuple[FoundCode, CatalogueCode]]) -> None:
    """Keep the categories that no code of theirs follows; beside a code of another they contradict it."""
    own = {category_key(row): row for row in named.codes}
    for found, category in above:
        if category.key in own:
            continue
        if category.scheme in (CN_HW, CN_SW) and own:
            right, row = next(iter(own.items()))
            facts = {"category": found.key, "code": row.code, "right": right}
            named.notices.append(Notice("code_contradicts", "text", facts))
        elif not named.codes:
            named.categories.append(category)


def _words(text: str, beside: str, has_codes: bool, named: NamedCodes) -> str:
    """The words to guess from, without codes and without what the waste is said not to be."""
    whole = beside if has_codes else text
    said = NEGATED_CLAUSE.sub(" ", whole)
    if said == whole or not re.sub(r"[\W_]", "", said):
        return whole
    named.notices.append(Notice("negation_left_out", "text"))
    return said


def labels_of(categories: list[CatalogueCode]) -> set[tuple[str, str]]:
    """Categories as the model labels them; of the European list it knows chapters."""
    return {(row.scheme, row.code[:2] if row.scheme == EU_LOW else row.code) for row in categories}


def is_within(row: CatalogueCode, categories: list[CatalogueCode]) -> bool:
    """Whether a code is one of, or below, these categories."""
    return any(row.scheme == above.scheme and _begins(row, above) for above in categories)


def _begins(row: CatalogueCode, above: CatalogueCode) -> bool:
    return row.key.startswith(above.key) if row.scheme == EU_LOW else category_key(row) == above.key


def codes_below(categories: list[CatalogueCode], limit: int) -> list[CatalogueCode]:
    """Codes of these categories in the catalogue's sequence; a category without codes stands for itself."""
    ids = [row.id for row in categories]
    parents = select(WasteCode.id).where(WasteCode.parent_id.in_(ids)).scalar_subquery()
    below = READ_CODES.where(
        WasteCode.level == CodeLevel.CODE,
        ~WasteCode.unlisted,
        WasteCode.parent_id.in_(ids) | WasteCode.parent_id.in_(parents),
    )
    found = read_codes(below.order_by(WasteCode.id).limit(limit))
    with_codes = {row.parent_id for row in found}
    parents_of = codes_by_id(code_id for code_id in with_codes if code_id)
    with_codes |= {row.parent_id for row in parents_of.values()}
    return [*found, *(row for row in categories if row.id not in with_codes)][:limit]
