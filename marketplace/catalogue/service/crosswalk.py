"""What stands for what: codes above and below each other, and local codes mapped to national ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import aliased

from matching import CATEGORY_FACTOR

from ...database import db, is_among
from ..models import CatalogueCode, Crosswalk, WasteCode
from .codes import codes_by_id
from .lookup_cache import LookupCache, lookup_cache

STARTS = text("""
SELECT start.code_id, code.id, start.factor, code.parent_id, parent.parent_id
FROM (SELECT id AS code_id, id AS alias_id, 1::float8 AS factor FROM unnest(CAST(:ids AS int[])) AS id
      UNION ALL
      SELECT local_id, national_id, confidence FROM crosswalk WHERE local_id = ANY(CAST(:ids AS int[]))
     ) AS start
JOIN waste_code code ON code.id = start.alias_id LEFT JOIN waste_code parent ON parent.id = code.parent_id
""")
"""Codes themselves and what they map to, each with the ids above it, nearest first: a scheme has at most two
levels above a code."""


@dataclass(frozen=True, slots=True)
class Alias:
    """`alias_id` stands for `code_id` where a demand accepts it or a permit covers it, worth `factor`."""

    code_id: int
    alias_id: int
    factor: float


def aliases_of(code_ids: Iterable[int]) -> list[Alias]:
    """Everything that stands for these supply codes: themselves, what is above, what they map to.

    A code above is worth `matching.CATEGORY_FACTOR`, a mapped one its confidence, one above a mapped one the
    product of both.
    """
    cache, aliases = lookup_cache(), []
    if cache is not None:
        starts: Iterable[Any] = _starts(cache, codes_by_id(code_ids).values())
    else:
        starts = db.session.execute(STARTS, {"ids": list(set(code_ids))})
    for code_id, start, factor, *above in starts:
        aliases.append(Alias(code_id, start, factor))
        aliases += [
            Alias(code_id, ancestor, CATEGORY_FACTOR * factor) for ancestor in above if ancestor is not None
        ]
    return aliases


def _starts(cache: LookupCache, codes: Iterable[CatalogueCode]) -> Iterator[tuple[Any, ...]]:
    """The rows of `STARTS`, from memory."""
    for code in codes:
        mapped = [(cache.by_id[national], factor) for national, factor in cache.mapped.get(code.id, ())]
        for start, factor in [(code, 1.0), *mapped]:
            above = start.parent_id
            yield code.id, start.id, factor, above, None if above is None else cache.by_id[above].parent_id


def codes_that_fit(accepted: Iterable[int]) -> set[int]:
    """Ids of every supply code that a demand for `accepted` can take: the reverse of `aliases_of`."""
    return set().union(*codes_fitting_each(accepted).values())


def codes_fitting_each(accepted: Iterable[int]) -> dict[int, set[int]]:
    """By accepted code, the ids of every supply code that it takes; two statements, however many they are."""
    below = {code_id: {code_id} for code_id in accepted}
    child, grandchild = aliased(WasteCode), aliased(WasteCode)
    rows: Iterable[Any] = db.session.execute(
        select(child.parent_id, child.id, grandchild.id)
        .outerjoin(grandchild, grandchild.parent_id == child.id)
        .where(child.parent_id.in_(below))
    )
    for above, *descendants in rows:
        below[above].update(code_id for code_id in descendants if code_id is not None)
    local: dict[int, set[int]] = defaultdict(set)
    mapped = is_among(Crosswalk.national_id, set().union(*below.values()))
    for national_id, local_id in db.session.execute(
        select(Crosswalk.national_id, Crosswalk.local_id).where(mapped)
    ):
        local[national_id].add(local_id)
    return {code_id: codes.union(*(local[one] for one in codes)) for code_id, codes in below.items()}
