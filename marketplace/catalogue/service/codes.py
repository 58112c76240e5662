"""Waste codes looked up by scheme and code, by id, and by words."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import aliased

from ...database import db
from ...errors import Invalid
from ..models import CatalogueCode, CodeLevel, WasteCode
from .lookup_cache import READ_CODES, lookup_cache, read_codes
from .written_codes import CN_SW, fold_scheme, key_beginning, key_of, read_code

CERTAIN = ("official", "two_places", "three_places", "example")
"""Evidence with which a row is shown as it is; with any other it is provisional."""
UNLISTED_EVIDENCE = "unlisted"
"""Of a well-formed code that no loaded table has."""
EVIDENCE = (*CERTAIN, "one_place", "name_only", "unverified", UNLISTED_EVIDENCE)


FOR_MATCHING = text("""
SELECT coalesce(parent.code, code.code) AS category,
       code.id, code.scheme, code.code, code.hazardous, code.tradable, code.edition
FROM waste_code code LEFT JOIN waste_code parent ON parent.id = code.parent_id
WHERE code.id = ANY(CAST(:ids AS int[]))
""")
"""Built once: it is asked with every pairing that is judged."""


def codes_by_id(ids: Iterable[int]) -> dict[int, CatalogueCode]:
    """Those codes, by id, in one statement at most."""
    cache, missing, found = lookup_cache(), set(ids), {}
    if cache is not None:
        found = {code_id: code for code_id in missing if (code := cache.by_id.get(code_id))}
        missing -= found.keys()
    if missing:
        rows = read_codes(READ_CODES.where(WasteCode.id.in_(missing)))
        found |= {row.id: row for row in rows}
        if cache is not None:
            cache.keep(rows)
    return found


def classes_of(ids: Iterable[int]) -> dict[int, CatalogueCode]:
    """The uppermost category or chapter of each of those codes, by id; a statement a level at most."""
    found = codes_by_id(ids)
    while upper := {code.parent_id for code in found.values() if code.parent_id is not None}:
        parents = codes_by_id(upper)
        found = {
            code_id: code if code.parent_id is None else parents[code.parent_id]
            for code_id, code in found.items()
        }
    return found


class CodeForMatching(NamedTuple):
    """What matching must know of a code; `category` is the code above it, or its own."""

    category: str
    id: int
    scheme: str
    code: str
    hazardous: bool
    tradable: bool
    edition: str


def codes_for_matching(ids: Iterable[int]) -> list[CodeForMatching]:
    """Those codes as matching needs them."""
    if (cache := lookup_cache()) is None:
        return [CodeForMatching(*row) for row in db.session.execute(FOR_MATCHING, {"ids": list(ids)})]
    return [
        CodeForMatching(
            code.code if code.parent_id is None else cache.by_id[code.parent_id].code,
            code.id, code.scheme, code.code, code.hazardous, code.tradable, code.edition,
        )
        for code in codes_by_id(ids).values()
    ]  # fmt: skip


def all_code_ids() -> Sequence[int]:
    """Ids of every code, unlisted ones too."""
    return db.session.scalars(select(WasteCode.id)).all()


def ids_of_scheme(scheme: str, at: str) -> list[int]:
    """Ids of all codes of a scheme. Raises: Invalid: there is none (`unknown_scheme`)."""
    ids = db.session.scalars(
        select(WasteCode.id).where(WasteCode.scheme == fold_scheme(scheme)).order_by(WasteCode.id)
    ).all()
    if not ids:
        raise Invalid("unknown_scheme", at=at, scheme=scheme)
    return list(ids)


def search_codes(
    scheme: str | None, q: str | None, category: str | None, after: int, limit: int
) -> list[CatalogueCode]:
    """Codes by scheme, category and a substring of code or name, in the catalogue's own sequence.

    Args:
        after: the id of the last code of the page before, 0 at the start.
    """
    query = READ_CODES.where(WasteCode.id > after, ~WasteCode.unlisted)
    if scheme:
        query = query.where(WasteCode.scheme == fold_scheme(scheme))
    if category:
        keys = [code.key for code in read_code(category).codes] or [key_of(category)]
        parent, grandparent = aliased(WasteCode), aliased(WasteCode)
        query = (
            query.outerjoin(parent, parent.id == WasteCode.parent_id)
            .outerjoin(grandparent, grandparent.id == parent.parent_id)
            .where(or_(*(code.key.in_(keys) for code in (WasteCode, parent, grandparent))))
        )
    if q:
        query = query.where(or_(*_ways_to_find(q)))
    return read_codes(query.order_by(WasteCode.id).limit(limit))


def _ways_to_find(q: str) -> Iterator[ColumnElement[bool]]:
    """By a part of the name, by the beginning of the code, and by the codes that are named."""
    for name in (WasteCode.name_zh, WasteCode.name_en):
        yield func.strpos(func.fold_text(name), func.fold_text(unicodedata.normalize("NFKC", q))) > 0
    beginning = key_beginning(q)
    if beginning is not None:
        yield WasteCode.key.startswith(beginning, autoescape=True)
    yield WasteCode.key.in_([code.key for code in read_code(q).codes])


def is_specific(row: CatalogueCode) -> bool:
    """Whether a supply of this code meets all that accept or are licensed for it.

    That of a category does not meet those of single codes in it; of `cn-sw` the categories are all there is.
    """
    return row.level == CodeLevel.CODE or row.scheme == CN_SW


def tradable_codes() -> Sequence[CatalogueCode]:
    """All codes of the loaded tables that may be traded."""
    tradable = READ_CODES.where(WasteCode.tradable, ~WasteCode.unlisted)
    return read_codes(tradable.order_by(WasteCode.scheme, WasteCode.code))
