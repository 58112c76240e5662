"""Reference data answered from memory, as fresh as the database.

A process keeps the tables under the number of their state (`ReferenceVersion`). A request reads the number in
the statement that checks its key (`see_version`), so that what it looks up reflects every commit before it;
where the number is another one, the tables are read anew. Without a key, and outside requests, the database
is asked, but within `cached_lookups`.

Codes that no table has are rows like others, but each publishing may add one: their adding makes no new
state. They are kept by id, which never means another code, and never by key.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any

from flask import current_app, has_request_context
from sqlalchemy import Select, select

from ...database import db
from ..models import (
    CatalogueCode,
    CatalogueRegion,
    CodeLevel,
    Crosswalk,
    ExemptionItem,
    Mode,
    ReferenceVersion,
    Region,
    Treatment,
    WasteCode,
)
from .written_codes import read_code

VERSION = select(ReferenceVersion.no).scalar_subquery()
"""For the statement that checks a key."""
SEEN = "reference_version"
READ_CODES = select(*(getattr(WasteCode, column.name) for column in fields(CatalogueCode)))
READ_REGIONS = select(*(getattr(Region, column.name) for column in fields(CatalogueRegion)))
READ_EXEMPTIONS = select(ExemptionItem.item, ExemptionItem.code_id, ExemptionItem.stages)
MOST_FOUND = 20_000
"""Unlisted codes and places that a process keeps; beyond, it begins anew. Each takes some 500 bytes."""


@dataclass(frozen=True, slots=True)
class LookupCache:
    """The codes, regions, treatments and exemption items of one state, and what was looked up by them.

    Threads share it. What was looked up (`by_id`, `near`) changes at any moment: it is asked by key, once for
    each, and never walked through.
    """

    version: int | None
    codes: Mapping[str, list[CatalogueCode]]
    """Those of the loaded tables and the stand-ins, by `key`, each list by id."""
    by_id: dict[int, CatalogueCode]
    """Those and the unlisted ones that were asked for."""
    mapped: Mapping[int, list[tuple[int, float]]]
    """What a local code maps to, with the confidence."""
    schemes: frozenset[str]
    """Names of all schemes with codes."""
    regions: Mapping[int, CatalogueRegion]
    treatments: Mapping[str, Mode]
    treatment_names: Mapping[str, Mapping[str, str]]
    """By language, what each treatment is called."""
    exemptions: Mapping[int | None, list[Any]]
    """Rows of the exemption list (`item`, `code_id`, `stages`), by code."""
    near: dict[tuple[float, float], tuple[int, ...]]
    """Districts that a place may be in."""
    unlisted: dict[str, list[CatalogueCode]] | None = None
    """Within `cached_lookups`, the unlisted codes that there are, by `key`."""

    def keep(self, found: Iterable[CatalogueCode]) -> None:
        """Answer for the ids of these codes too."""
        if len(self.by_id) > len(self.codes) + MOST_FOUND:
            for code in [code for code in list(self.by_id.values()) if code.key not in self.codes]:
                self.by_id.pop(code.id, None)  # the others are there at any moment, for other threads
        self.by_id.update((code.id, code) for code in found)

    def keep_near(self, found: Mapping[tuple[float, float], tuple[int, ...]]) -> None:
        """Answer for these places too."""
        if len(self.near) > MOST_FOUND:
            self.near.clear()
        self.near.update(found)


_block: ContextVar[LookupCache | None] = ContextVar("lookup_cache", default=None)
_asks_database: ContextVar[bool] = ContextVar("asks_database", default=False)


def see_version(version: int | None) -> None:
    """Answer look-ups of this request from memory, by what was committed up to this version."""
    db.session.info[SEEN] = version


def seen_version() -> int | None:
    """The number of the state that this request has to reflect; None outside requests with a key."""
    version: int | None = db.session.info.get(SEEN) if has_request_context() else None
    return version


def lookup_cache() -> LookupCache | None:
    """What is kept, as fresh as the caller needs it; None where the database has to be asked."""
    if _asks_database.get():
        return None
    block = _block.get()
    if block is not None:
        return block
    version = seen_version()
    return None if version is None else _kept(version)


@contextmanager
def lookups_of_now() -> Iterator[None]:
    """Ask the database within the block, for what outlives the request: it must not be of an older state."""
    token = _asks_database.set(True)
    try:
        yield
    finally:
        _asks_database.reset(token)


@contextmanager
def cached_lookups(codes: Iterable[str]) -> Iterator[None]:
    """Answer look-ups from memory within the block, as of now or of this request.

    Args:
        codes: all codes that the block will ask for, as they are written; of unlisted ones no others exist
            within it.
    """
    version = seen_version()
    kept = _kept(db.session.scalar(select(VERSION)) if version is None else version)
    keys = {key for code in set(codes) for key in read_code(code).keys} - kept.codes.keys()
    unlisted = defaultdict(list)
    for row in read_codes(READ_CODES.where(WasteCode.key.in_(keys))):
        unlisted[row.key].append(row)
        kept.keep([row])
    before = _block.set(replace(kept, unlisted=unlisted))
    try:
        yield
    finally:
        _block.reset(before)


def read_codes(query: Select[Any]) -> list[CatalogueCode]:
    """The rows of a query made from `READ_CODES`."""
    return [CatalogueCode(*row) for row in db.session.execute(query)]


def read_regions(query: Select[Any]) -> list[CatalogueRegion]:
    """The rows of a query made from `READ_REGIONS`."""
    return [CatalogueRegion(*row) for row in db.session.execute(query)]


def _kept(version: int | None) -> LookupCache:
    """What this process keeps, read anew if it is of another state. The caller's transaction has changed
    nothing of the tables."""
    kept: LookupCache | None = current_app.extensions.get("lookup_cache")
    if kept is None or kept.version != version:
        kept = current_app.extensions["lookup_cache"] = _read()
    return kept


def _read() -> LookupCache:
    """The tables as they are. The number is read first: what changes meanwhile counts as not read."""
    version = db.session.scalar(select(VERSION))
    is_loaded = ~(WasteCode.unlisted & (WasteCode.level == CodeLevel.CODE))
    loaded = read_codes(READ_CODES.where(is_loaded).order_by(WasteCode.id))
    codes: dict[str, list[CatalogueCode]] = {}
    for code in loaded:
        codes.setdefault(code.key, []).append(code)
    mapped: dict[int, list[tuple[int, float]]] = {}
    crosswalk = select(Crosswalk.local_id, Crosswalk.national_id, Crosswalk.confidence)
    for local_id, national_id, confidence in db.session.execute(crosswalk):
        mapped.setdefault(local_id, []).append((national_id, confidence))
    exemptions: dict[int | None, list[Any]] = {}
    for row in db.session.execute(READ_EXEMPTIONS):
        exemptions.setdefault(row.code_id, []).append(row)
    named = select(Treatment.code, Treatment.mode, Treatment.name_zh, Treatment.name_en)
    treatments = db.session.execute(named).all()
    return LookupCache(
        version=version,
        codes=codes,
        by_id={code.id: code for code in loaded},
        mapped=mapped,
        schemes=frozenset(code.scheme for code in loaded),
        regions={region.adcode: region for region in read_regions(READ_REGIONS)},
        treatments={row.code: row.mode for row in treatments},
        treatment_names={
            "zh": {row.code: row.name_zh for row in treatments},
            "en": {row.code: row.name_en for row in treatments},
        },
        exemptions=exemptions,
        near={},
    )
