"""Look-up of codes and places, and the loader that keeps them as the files say."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import prcoords
from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from matching.suggestion import Suggester

from ..errors import Invalid, NotFound, Notice, Unavailable
from ..events.work import Work, unit_of_work
from ..extensions import db
from .models import Crosswalk, ExemptionItem, Region, Treatment, WasteCode

UNLISTED_FORM = re.compile(r"\d{3}-\d{3}-S(\d{2})", re.ASCII)
CATEGORY_FACTOR = 0.9
"""Worth of a match by category, and by the category of a mapped national code (matching.md)."""
CERTAIN = ("official", "two_places", "three_places", "example")
NEAR_REGION_DEG = {"province": 9.0, "city": 2.0, "district": 1.0}


@dataclass(frozen=True, slots=True)
class Alias:
    """`alias_id` stands for `code_id` where a demand accepts it or a permit covers it, worth `factor`."""

    code_id: int
    alias_id: int
    factor: float


@dataclass(frozen=True, slots=True)
class Suggested:
    """Codes that words may mean, by falling confidence; `sure` is about the first."""

    items: list[dict[str, Any]]
    sure: bool
    notices: list[Notice]


# ---------------------------------------------------------------- many look-ups in one transaction


@dataclass(frozen=True, slots=True)
class _Memory:
    """What one transaction over many rows looks up again and again."""

    codes: dict[str, list[WasteCode]]
    by_id: dict[int, WasteCode]
    schemes: frozenset[str]
    regions: dict[int, Region]
    treatments: dict[str, str]
    exemptions: frozenset[int]

    def learn(self, row: WasteCode) -> None:
        self.codes[row.code].append(row)
        self.by_id[row.id] = row


_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering(codes: Iterable[str], regions: Iterable[int]) -> Iterator[None]:
    """Answer look-ups from memory while this lasts; `codes` and `regions` are all that will be asked for."""
    rows = db.session.scalars(select(WasteCode).where(WasteCode.code.in_(set(codes))))
    memory = _Memory(
        codes=defaultdict(list),
        by_id={},
        schemes=frozenset(db.session.scalars(select(WasteCode.scheme).distinct())),
        regions={row.adcode: row for row in db.session.scalars(_regions(regions))},
        treatments=treatments(),
        exemptions=frozenset(db.session.scalars(select(ExemptionItem.item))),
    )
    for row in rows:
        memory.learn(row)
    before = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(before)


def _regions(adcodes: Iterable[int]) -> Select[Region]:
    return select(Region).where(Region.adcode.in_(set(adcodes)))


def _called(code: str) -> Sequence[WasteCode]:
    """The codes that are written so, in all schemes."""
    memory = _memory.get()
    if memory is not None:
        return memory.codes[code]
    return db.session.scalars(select(WasteCode).where(WasteCode.code == code)).all()


def _scheme_exists(scheme: str) -> bool:
    memory = _memory.get()
    if memory is not None:
        return scheme in memory.schemes
    return db.session.scalar(select(WasteCode.id).filter_by(scheme=scheme).limit(1)) is not None


# ---------------------------------------------------------------- codes


def find_code(scheme: str, code: str) -> WasteCode:
    """The code as loaded. Raises: NotFound."""
    row = db.session.scalars(select(WasteCode).filter_by(scheme=scheme, code=code)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def resolve(scheme: str, code: str, at: str) -> tuple[WasteCode, list[Notice]]:
    """The code that a listing or permit names; field `at` is blamed for one that does not exist.

    A well-formed `cn-sw` code under a known category is taken, with a warning, though no table has it.

    Raises:
        Invalid: `unknown_scheme`, `wrong_scheme` (the code exists elsewhere) or `unknown_code`.
    """
    found = _called(code)
    row = next((one for one in found if one.scheme == scheme), None)
    row = row or _noted_unlisted(scheme, code)
    if row is not None:
        return row, _doubts(row, at)
    if not _scheme_exists(scheme):
        raise Invalid("unknown_scheme", at=_below(at, "scheme"), scheme=scheme)
    if found:
        raise Invalid("wrong_scheme", at=_below(at, "code"), code=code, scheme=scheme, right=found[0].scheme)
    raise Invalid("unknown_code", at=_below(at, "code"), code=code, scheme=scheme)


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _doubts(row: WasteCode, at: str) -> list[Notice]:
    if row.unlisted:
        return [Notice("code_not_in_catalogue", _below(at, "code"), {"code": row.code})]
    if row.evidence not in CERTAIN:
        return [Notice("code_provisional", _below(at, "code"), {"code": row.code, "evidence": row.evidence})]
    return []


def _noted_unlisted(scheme: str, code: str) -> WasteCode | None:
    form = UNLISTED_FORM.fullmatch(code)
    if scheme != "cn-sw" or form is None:
        return None
    category = db.session.scalars(
        select(WasteCode).filter_by(scheme=scheme, code=f"SW{form[1]}")
    ).one_or_none()
    if category is None:
        return None
    row = {
        "scheme": scheme,
        "code": code,
        "level": "code",
        "parent_id": category.id,
        "name_zh": category.name_zh,
        "name_en": category.name_en,
        "industry": "",
        "hazardous": category.hazardous,
        "hazard": "",
        "edition": category.edition,
        "evidence": "unlisted",
        "tradable": category.tradable,
        "unlisted": True,
    }
    with unit_of_work() as work:
        work.session.execute(insert(WasteCode).values(row).on_conflict_do_nothing())
    noted = db.session.scalars(select(WasteCode).filter_by(scheme=scheme, code=code)).one()
    if (memory := _memory.get()) is not None:
        memory.learn(noted)
    return noted


def codes_by_id(ids: Iterable[int]) -> dict[int, WasteCode]:
    """Those codes, by id, in one statement."""
    ids = set(ids)
    memory = _memory.get()
    if memory is not None and ids <= memory.by_id.keys():
        return {one: memory.by_id[one] for one in ids}
    return {row.id: row for row in db.session.scalars(select(WasteCode).where(WasteCode.id.in_(ids)))}


def ids_of_code(code: str) -> list[int]:
    """Ids of a code in whatever scheme, and, for a category, of all below it."""
    ids = set(db.session.scalars(select(WasteCode.id).where(WasteCode.code == code)))
    return sorted(_with_descendants(ids))


def names_over(code_ids: Iterable[int]) -> set[str]:
    """These codes and all above them, as text: the codes by which `ids_of_code` finds one of them."""
    given = set(code_ids)
    above = _above(given)
    return {row.code for row in codes_by_id(given.union(*above.values())).values()}


def search_codes(
    scheme: str | None, q: str | None, category: str | None, after: int, limit: int
) -> list[WasteCode]:
    """Codes by scheme, category and a substring of code or name, in the catalogue's own order."""
    parent = aliased(WasteCode)
    grandparent = aliased(WasteCode)
    query = select(WasteCode).where(WasteCode.id > after, ~WasteCode.unlisted)
    if scheme:
        query = query.where(WasteCode.scheme == scheme)
    if category:
        query = (
            query.outerjoin(parent, parent.id == WasteCode.parent_id)
            .outerjoin(grandparent, grandparent.id == parent.parent_id)
            .where(or_(WasteCode.code == category, parent.code == category, grandparent.code == category))
        )
    if q:
        query = query.where(
            or_(
                WasteCode.name_zh.contains(q, autoescape=True),
                WasteCode.name_en.icontains(q, autoescape=True),
                WasteCode.code.istartswith(q, autoescape=True),
            )
        )
    return list(db.session.scalars(query.order_by(WasteCode.id).limit(limit)))


def describe(rows: Sequence[WasteCode]) -> list[dict[str, Any]]:
    """Codes as the API shows them, with parents and mappings fetched together."""
    parents = codes_by_id({row.parent_id for row in rows if row.parent_id})
    national = aliased(WasteCode)
    mappings = db.session.execute(
        select(Crosswalk.local_id, national.scheme, national.code, Crosswalk.confidence)
        .join(national, national.id == Crosswalk.national_id)
        .where(Crosswalk.local_id.in_([row.id for row in rows]))
        .order_by(Crosswalk.confidence.desc(), national.code)
    ).all()
    return [
        {
            **{name: getattr(row, name) for name in _PLAIN},
            "name": row.name_zh or row.name_en,
            "category": parents[row.parent_id].code if row.parent_id else None,
            "provisional": row.unlisted or row.evidence not in CERTAIN,
            "maps_to": [
                {"scheme": one.scheme, "code": one.code, "confidence": one.confidence}
                for one in mappings
                if one.local_id == row.id
            ],
        }
        for row in rows
    ]


_PLAIN = (
    "scheme", "code", "level", "name_zh", "name_en", "industry", "hazardous", "hazard", "edition",
    "evidence", "tradable",
)  # fmt: skip


def suggest_codes(text: str, limit: int, scheme: str | None) -> Suggested:
    """Codes of the catalogue that `text` may mean, at most `limit`, of one `scheme` if given.

    Raises:
        Invalid: codes of that scheme are not suggested (`scheme_not_suggested`).
        Unavailable: the model is not there (`suggestions_missing`).
    """
    model = _suggester(current_app.config["SETTINGS"].suggestion_model)
    if scheme not in (None, *model.schemes):
        raise Invalid("scheme_not_suggested", at="scheme", schemes=", ".join(model.schemes))
    found = model.suggest(text, limit, scheme)
    rows = db.session.scalars(
        select(WasteCode).where(
            tuple_(WasteCode.scheme, WasteCode.code).in_([(one.scheme, one.code) for one in found.items])
        )
    )
    known = {(row.scheme, row.code): row for row in rows}
    items = [
        {
            "scheme": one.scheme,
            "code": one.code,
            "name": row.name_zh or row.name_en,
            "hazardous": row.hazardous,
            "confidence": one.confidence,
        }
        for one in found.items
        if (row := known.get((one.scheme, one.code)))
    ]
    sure = found.sure and items[:1] != [] and items[0]["code"] == found.items[0].code
    return Suggested(items, sure, [Notice(code, "text") for code in found.warnings])


@cache
def _suggester(path: Path) -> Suggester:
    try:
        return Suggester.load(path)
    except (OSError, ValueError) as error:
        raise Unavailable("suggestions_missing") from error


def aliases_of(code_ids: Iterable[int]) -> list[Alias]:
    """Everything that stands for these supply codes: themselves, what is above, what they map to."""
    given = set(code_ids)
    mapped = db.session.execute(
        select(Crosswalk.local_id, Crosswalk.national_id, Crosswalk.confidence).where(
            Crosswalk.local_id.in_(given)
        )
    ).all()
    starts = [(one, one, 1.0) for one in given] + [(local, there, worth) for local, there, worth in mapped]
    above = _above({start for _, start, _ in starts})
    found = []
    for code_id, start, worth in starts:
        found.append(Alias(code_id, start, worth))
        found += [Alias(code_id, higher, CATEGORY_FACTOR * worth) for higher in above[start]]
    return found


def _above(code_ids: set[int]) -> dict[int, list[int]]:
    """Ancestors of each code, nearest first."""
    parent = aliased(WasteCode)
    rows = db.session.execute(
        select(WasteCode.id, WasteCode.parent_id, parent.parent_id)
        .outerjoin(parent, parent.id == WasteCode.parent_id)
        .where(WasteCode.id.in_(code_ids))
    ).all()
    return {code: [one for one in (first, second) if one is not None] for code, first, second in rows}


def codes_that_fit(accepted: Iterable[int]) -> set[int]:
    """Every supply code that a demand for `accepted` can take."""
    below = _with_descendants(set(accepted))
    local = db.session.scalars(select(Crosswalk.local_id).where(Crosswalk.national_id.in_(below)))
    return below | set(local)


def _with_descendants(code_ids: set[int]) -> set[int]:
    child, grandchild = aliased(WasteCode), aliased(WasteCode)
    rows = db.session.execute(
        select(child.id, grandchild.id)
        .outerjoin(grandchild, grandchild.parent_id == child.id)
        .where(child.parent_id.in_(code_ids))
    ).all()
    return code_ids | {one for row in rows for one in row if one is not None}


def treatments() -> dict[str, str]:
    """Mode ("use", "dispose", "store") by treatment code."""
    if (memory := _memory.get()) is not None:
        return memory.treatments
    return dict(db.session.execute(select(Treatment.code, Treatment.mode)).all())


def exemption_rows(code_ids: Iterable[int]) -> Sequence[ExemptionItem]:
    """Rows of the exemption list that name one of these codes."""
    return db.session.scalars(select(ExemptionItem).where(ExemptionItem.code_id.in_(set(code_ids)))).all()


def exemption_exists(item: int) -> bool:
    if (memory := _memory.get()) is not None:
        return item in memory.exemptions
    return db.session.scalar(select(ExemptionItem.id).filter_by(item=item).limit(1)) is not None


# ---------------------------------------------------------------- places


def find_region(adcode: int, at: str = "region") -> Region:
    """The region. Raises: Invalid: there is none by that code (`unknown_region`)."""
    memory = _memory.get()
    row = memory.regions.get(adcode) if memory is not None else db.session.get(Region, adcode)
    if row is None:
        raise Invalid("unknown_region", at=at, region=f"{adcode:06d}")
    return row


def search_regions(parent: int | None, q: str | None, after: int, limit: int) -> list[Region]:
    """Regions directly below `parent` (provinces, without one or a text), by code."""
    query = select(Region).where(Region.adcode > after)
    if parent is not None or q is None:
        query = query.where(Region.parent.is_not_distinct_from(parent))
    if q:
        query = query.where(Region.name_zh.contains(q, autoescape=True))
    return list(db.session.scalars(query.order_by(Region.adcode).limit(limit)))


def within(column: Any, adcode: int) -> ColumnElement[bool]:
    """Condition that `column` holds `adcode` or a region below it: codes nest by their digits."""
    width = 10_000 if adcode % 10_000 == 0 else 100 if adcode % 100 == 0 else 1
    return and_(column >= adcode, column < adcode + width)


def covers(above: int, below: int) -> bool:
    """Whether region `below` is `above` or lies in it."""
    width = 10_000 if above % 10_000 == 0 else 100 if above % 100 == 0 else 1
    return above <= below < above + width


def regions_over(adcode: int) -> set[int]:
    """A region and those in which it lies."""
    return {adcode, adcode // 100 * 100, adcode // 10_000 * 10_000}


def to_wgs84(location: Mapping[str, Any]) -> tuple[float, float]:
    """(lon, lat) in WGS-84 of a location given in `wgs84`, `gcj02` or `bd09`.

    The offset systems are defined inside China only; a place elsewhere is taken as it is.
    """
    lon, lat, crs = location["lon"], location["lat"], location["crs"]
    if crs == "wgs84":
        return lon, lat
    given = prcoords.Coords(lat, lon)
    if not prcoords.sanity_in_china_p(given):
        return lon, lat
    point = prcoords.gcj_wgs_bored(given) if crs == "gcj02" else prcoords.bd_wgs_bored(given)
    return point.lon, point.lat


def far_from(region: Region, lon: float, lat: float, at: str) -> list[Notice]:
    """A warning when a place lies far outside its stated region."""
    allowed = NEAR_REGION_DEG[region.level]
    if abs(lon - region.lon) <= allowed and abs(lat - region.lat) <= allowed:
        return []
    return [Notice("location_far_from_region", at, {"region": region.name_zh})]


# ---------------------------------------------------------------- loading


def load(catalogue: Any) -> dict[str, int]:
    """Make the tables say what the files say; loading twice changes nothing. Returns rows by table.

    `catalogue` is what `seed.catalogue.read_catalogue()` returns. Codes that a newer edition no longer
    has stay with the edition that last had them, so that old listings keep their meaning.
    """
    with unit_of_work() as work:
        _load_codes(work, catalogue.codes)
        _load_crosswalks(work, catalogue.crosswalks)
        _upsert(work, Region, [_region(row) for row in catalogue.regions], ["adcode"])
        _upsert(work, Treatment, [_treatment(row) for row in catalogue.treatments], ["code"])
        _load_exemptions(work, catalogue.exemptions)
        counts = {
            model.__tablename__: work.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (WasteCode, Crosswalk, Region, Treatment, ExemptionItem)
        }
    return counts


def _upsert(work: Work, model: Any, rows: list[dict[str, Any]], key: list[str]) -> None:
    for start in range(0, len(rows), 1000):
        statement = insert(model).values(rows[start : start + 1000])
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        work.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))


def _load_codes(work: Work, rows: Sequence[Any]) -> None:
    for level in ("category", "chapter", "subchapter", "code"):
        ids = {(row.scheme, row.code): row.id for row in work.session.scalars(select(WasteCode))}
        chosen = [
            {
                "scheme": row.scheme,
                "code": row.code,
                "level": row.level,
                "parent_id": ids[row.scheme, row.parent] if row.parent else None,
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "industry": row.industry,
                "hazardous": row.hazardous,
                "hazard": row.hazard,
                "edition": row.edition,
                "evidence": row.evidence,
                "tradable": row.tradable,
                "unlisted": False,
            }
            for row in rows
            if row.level == level
        ]
        if chosen:
            _upsert(work, WasteCode, chosen, ["scheme", "code"])


def _load_crosswalks(work: Work, rows: Sequence[Any]) -> None:
    ids = {(row.scheme, row.code): row.id for row in work.session.scalars(select(WasteCode))}
    work.session.execute(delete(Crosswalk))
    for row in rows:
        work.session.execute(
            insert(Crosswalk).values(
                local_id=ids[row.scheme, row.code],
                national_id=ids[row.national_scheme, row.national_code],
                confidence=row.confidence,
            )
        )


def _load_exemptions(work: Work, rows: Sequence[Any]) -> None:
    ids = {row.code: row.id for row in work.session.scalars(select(WasteCode).filter_by(scheme="cn-hw"))}
    work.session.execute(delete(ExemptionItem))
    for row in rows:
        for code in row.codes or (None,):
            work.session.add(
                ExemptionItem(
                    item=row.item,
                    code_id=ids[code] if code else None,
                    stages=",".join(sorted(row.stages)),
                    waste_zh=row.waste_zh,
                    condition_zh=row.condition_zh,
                    content_zh=row.content_zh,
                    edition=row.edition,
                )
            )


def _region(row: Any) -> dict[str, Any]:
    names = ("adcode", "name_zh", "level", "parent", "lon", "lat", "coord_source")
    return {name: getattr(row, name) for name in names}


def _treatment(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("code", "kind", "mode", "name_en", "name_zh", "interim")}
