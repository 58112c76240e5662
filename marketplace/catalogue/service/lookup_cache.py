"""Look-ups answered from memory, for a transaction over many rows that repeats the same ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import select

from ...database import db
from ..models import ExemptionItem, Mode, Region, Treatment, WasteCode
from .written_codes import read_code, stand_in_key


@dataclass(frozen=True, slots=True)
class LookupCache:
    """The codes, places, treatments and exemption items that one transaction looks up."""

    codes: dict[str, list[WasteCode]]
    """By `key`."""
    by_id: dict[int, WasteCode]
    schemes: frozenset[str]
    regions: dict[int, Region]
    treatments: dict[str, Mode]
    exemptions: frozenset[int]
    near: dict[tuple[float, float], tuple[int, ...]]

    def add(self, code: WasteCode) -> None:
        """Answer from now on with this code too."""
        self.codes[code.key].append(code)
        self.by_id[code.id] = code


_cache: ContextVar[LookupCache | None] = ContextVar("lookup_cache", default=None)


def lookup_cache() -> LookupCache | None:
    """The cache of this transaction, None if it has none."""
    return _cache.get()


@contextmanager
def cached_lookups(codes: Iterable[str], regions: Iterable[int]) -> Iterator[None]:
    """Answer look-ups from memory within the block.

    Args:
        codes: all codes that the block will ask for, as they are written; others do not exist within it.
        regions: all adcodes that it will ask for, likewise.
    """
    cache = _read_cache(codes, regions)
    before = _cache.set(cache)
    try:
        yield
    finally:
        _cache.reset(before)


def _read_cache(codes: Iterable[str], regions: Iterable[int]) -> LookupCache:
    keys = {key for code in set(codes) for key in read_code(code).keys}
    categories = {f"SW{key[-2:]}" for key in keys}
    keys |= categories | {stand_in_key(category) for category in categories}
    rows = db.session.scalars(select(WasteCode).where(WasteCode.key.in_(keys)))
    places = db.session.scalars(select(Region).where(Region.adcode.in_(set(regions))))
    cache = LookupCache(
        codes=defaultdict(list),
        by_id={},
        schemes=frozenset(db.session.scalars(select(WasteCode.scheme).distinct())),
        regions={region.adcode: region for region in places},
        treatments=dict(db.session.execute(select(Treatment.code, Treatment.mode)).all()),
        exemptions=frozenset(db.session.scalars(select(ExemptionItem.item))),
        near={},
    )
    for row in rows:
        cache.add(row)
    return cache
