"""The official catalogues as checked rows: one `read_...` function a file, the first bad row refused.

Every reader takes a path, so that an operator can load another edition or a fuller table in place of the
file that ships; `SeedError` then says which line of that file to mend.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import prcoords

from seed.table import Record, SeedError, records

__all__ = [
    "Catalogue",
    "CodeRow",
    "CrosswalkRow",
    "ExemptionRow",
    "RegionRow",
    "SeedError",
    "TreatmentRow",
    "read_catalogue",
    "read_crosswalks",
    "read_eu",
    "read_exemptions",
    "read_hazardous",
    "read_local",
    "read_regions",
    "read_solid",
    "read_treatments",
]

DATA = Path(__file__).parent / "data"
HAZARDOUS = DATA / "cn_hazardous_waste.csv"
EXEMPTIONS = DATA / "cn_hazardous_waste_exemptions.csv"
SOLID = DATA / "cn_solid_waste.csv"
EU = DATA / "eu_list_of_waste.csv"
LOCAL = DATA / "isw_example.csv"
OPERATIONS = DATA / "eu_recovery_disposal_operations.csv"
OPERATIONS_ZH = DATA / "treatments_zh.csv"
REGIONS = DATA / "cn_regions.csv"

EVIDENCE = ("official", "three_places", "two_places", "one_place", "name_only", "unverified", "example")
"""How far a row can be trusted; SOURCES.md beside the data says what each word means."""

NEVER_TRADED = "HW01"
STAGES = {"收集": "collect", "运输": "transport", "利用": "use", "处置": "dispose", "全部环节": "all"}
CHINA_LON, CHINA_LAT = (73.4, 135.2), (3.4, 53.7)
"""Degrees; mainland, islands and the coast, with a little room for the datum."""

HW_CATEGORY = re.compile(r"HW[0-9]{2}")
HW_CODE = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{2}")
SW_CATEGORY = re.compile(r"SW[0-9]{2}")
SW_CODE = re.compile(r"[0-9]{3}-[0-9]{3}-S[0-9]{2}")
ISW_CODE = re.compile(r"ISW(-[0-9]{2}){3}")
HAZARD = re.compile(r"(T|C|I|R|In)([,/](T|C|I|R|In))*")
ADCODE = re.compile(r"[1-9][0-9]{5}")
OPERATION = re.compile(r"R([1-9]|1[0-3])|D([1-9]|1[0-5])")


@dataclass(frozen=True)
class CodeRow:
    """A code or a heading of a scheme; `level` is category, code, chapter or subchapter."""

    scheme: str
    code: str
    level: str
    parent: str | None
    name_zh: str
    name_en: str
    industry: str
    hazardous: bool
    hazard: str
    edition: str
    evidence: str
    tradable: bool


@dataclass(frozen=True)
class CrosswalkRow:
    """A local code and one national code it stands for; confidence in (0, 1]."""

    scheme: str
    code: str
    national_scheme: str
    national_code: str
    confidence: float


@dataclass(frozen=True)
class ExemptionRow:
    """One waste of an exemption item; `codes` is empty where the list speaks in words."""

    item: int
    codes: tuple[str, ...]
    waste_zh: str
    stages: frozenset[str]
    condition_zh: str
    content_zh: str
    edition: str


@dataclass(frozen=True)
class TreatmentRow:
    """An R or D operation; `kind` is recovery or disposal, `mode` the licence mode it needs."""

    code: str
    kind: str
    mode: str
    name_en: str
    name_zh: str
    interim: bool


@dataclass(frozen=True)
class RegionRow:
    """A GB/T 2260 division with a point in WGS-84 degrees."""

    adcode: int
    name_zh: str
    level: str
    parent: int | None
    lon: float
    lat: float
    coord_source: str


@dataclass(frozen=True)
class Catalogue:
    """All that ships, each part with parents before children."""

    codes: tuple[CodeRow, ...]
    crosswalks: tuple[CrosswalkRow, ...]
    exemptions: tuple[ExemptionRow, ...]
    treatments: tuple[TreatmentRow, ...]
    regions: tuple[RegionRow, ...]


def read_catalogue() -> Catalogue:
    """Everything that ships, checked file by file and against one another."""
    hazardous = read_hazardous()
    national = hazardous + read_solid()
    return Catalogue(
        codes=national + read_eu() + read_local(national=national),
        crosswalks=read_crosswalks(national=national),
        exemptions=read_exemptions(known=hazardous),
        treatments=read_treatments(),
        regions=read_regions(),
    )


# National catalogue of hazardous wastes


def read_hazardous(path: Path | str = HAZARDOUS, edition: str = "2021") -> tuple[CodeRow, ...]:
    """Scheme `cn-hw`: categories HWnn and their codes. Medical waste (HW01) is not tradable.

    Raises:
        SeedError: the first malformed row.
    """
    header = ("category", "category_name", "industry", "code", "name_zh", "hazard", "hazard_official")
    rows = _Unique()
    for record in records(Path(path), header):
        category = record.matching("category", HW_CATEGORY, "a category HWnn")
        tradable = category != NEVER_TRADED
        rows.heading(record, "category", _hazardous_category(record, category, edition, tradable))
        code = record.matching("code", HW_CODE, "a code NNN-NNN-NN")
        if code[-2:] != category[-2:]:
            raise record.error("code", f"{code} does not end in the digits of {category}")
        hazard = record.matching("hazard_official", HAZARD, "letters T, C, I, R, In joined by , or /")
        if record.text("hazard") != hazard.replace("/", ","):
            raise record.error("hazard", f"does not list the letters of {hazard!r}")
        name, industry = record.text("name_zh"), record.text("industry")
        rows.add(
            record,
            "code",
            CodeRow(
                "cn-hw",
                code,
                "code",
                category,
                name,
                "",
                industry,
                True,
                hazard,
                edition,
                "official",
                tradable,
            ),
        )
    return rows.all()


def _hazardous_category(record: Record, category: str, edition: str, tradable: bool) -> CodeRow:
    name = record.text("category_name")
    return CodeRow("cn-hw", category, "category", None, name, "", "", True, "", edition, "official", tradable)


# National catalogue of solid wastes


def read_solid(path: Path | str = SOLID, edition: str = "2024") -> tuple[CodeRow, ...]:
    """Scheme `cn-sw`: categories SWnn (class1 in `industry`), and codes where the file has any.

    The file that ships has categories only; the official table, one row a code, loads the same way.

    Raises:
        SeedError: the first malformed row.
    """
    header = ("class1", "category", "category_name", "industry", "code", "name_zh", "description", "evidence")
    rows = _Unique()
    for record in records(Path(path), header):
        category = record.matching("category", SW_CATEGORY, "a category SWnn")
        heading = _solid_row(record, category, "category", None, "category_name", "class1", edition)
        if not record.optional("code"):
            rows.add(record, "category", heading)
            continue
        rows.heading(record, "category", heading)
        code = record.matching("code", SW_CODE, "a code NNN-NNN-SNN")
        if code[-2:] != category[-2:]:
            raise record.error("code", f"{code} does not end in the digits of {category}")
        rows.add(record, "code", _solid_row(record, code, "code", category, "name_zh", "industry", edition))
    return rows.all()


def _solid_row(
    record: Record, code: str, level: str, parent: str | None, name: str, industry: str, edition: str
) -> CodeRow:
    evidence = record.one_of("evidence", EVIDENCE)
    return CodeRow(
        scheme="cn-sw",
        code=code,
        level=level,
        parent=parent,
        name_zh=record.text(name),
        name_en="",
        industry=record.text(industry),
        hazardous=False,
        hazard="",
        edition=edition,
        evidence=evidence,
        tradable=True,
    )


# European List of Waste

_EU_CODES = ("chapter", "subchapter", "code", "hazardous", "name_en")


def read_eu(path: Path | str = EU, edition: str = "2014/955/EU") -> tuple[CodeRow, ...]:
    """Scheme `eu-low`: chapters, subchapters and codes, spaces kept ("01 01 01").

    Raises:
        SeedError: the first malformed row.
    """
    header = (*_EU_CODES, "chapter_name", "subchapter_name", "entry_type")
    kinds = [
        f"{kind} {hazard}" for kind in ("absolute", "mirror") for hazard in ("hazardous", "non-hazardous")
    ]
    rows = _Unique()
    for record in records(Path(path), header):
        chapter = record.matching("chapter", re.compile("[0-9]{2}"), "a chapter NN")
        subchapter = record.matching(
            "subchapter", re.compile(f"{chapter} [0-9]{{2}}"), f"a subchapter of {chapter}"
        )
        code = record.matching("code", re.compile(f"{subchapter} [0-9]{{2}}"), f"a code of {subchapter}")
        hazardous = record.boolean("hazardous")
        if record.one_of("entry_type", kinds).endswith("non-hazardous") == hazardous:
            raise record.error("entry_type", f"contradicts hazardous = {str(hazardous).lower()}")
        rows.heading(record, "chapter", _eu_row(record, chapter, "chapter", None, "chapter_name", edition))
        rows.heading(
            record,
            "subchapter",
            _eu_row(record, subchapter, "subchapter", chapter, "subchapter_name", edition),
        )
        rows.add(record, "code", _eu_row(record, code, "code", subchapter, "name_en", edition, hazardous))
    return rows.all()


def _eu_row(
    record: Record,
    code: str,
    level: str,
    parent: str | None,
    name: str,
    edition: str,
    hazardous: bool = False,
) -> CodeRow:
    return CodeRow(
        scheme="eu-low",
        code=code,
        level=level,
        parent=parent,
        name_zh="",
        name_en=record.text(name),
        industry="",
        hazardous=hazardous,
        hazard="",
        edition=edition,
        evidence="three_places",
        tradable=True,
    )


# A local scheme that maps to the national ones

_LOCAL_HEADER = ("code", "name_zh", "name_en", "category", "national_scheme", "national_code", "confidence")


def read_local(
    path: Path | str = LOCAL, edition: str = "example", *, national: Iterable[CodeRow] | None = None
) -> tuple[CodeRow, ...]:
    """Scheme `isw`: codes only, the local class in `industry`; hazardous if any code it maps to is.

    A code that maps to several national codes has a row for each, with the same names.

    Args:
        national: rows of `cn-hw` and `cn-sw` to map to; those that ship, if not given.
    Raises:
        SeedError: the first malformed row, or one mapping to a code that is not there.
    """
    known = _by_key(national)
    found: dict[str, CodeRow] = {}
    for record, link in _local_records(Path(path), known):
        target = known[link.national_scheme, link.national_code]
        before = found.get(link.code)
        row = CodeRow(
            scheme="isw",
            code=link.code,
            level="code",
            parent=None,
            name_zh=record.text("name_zh"),
            name_en=record.text("name_en"),
            industry=record.text("category"),
            hazardous=target.hazardous or (before is not None and before.hazardous),
            hazard="",
            edition=edition,
            evidence="example",
            tradable=target.tradable and (before is None or before.tradable),
        )
        if before and (before.name_zh, before.name_en, before.industry) != (
            row.name_zh,
            row.name_en,
            row.industry,
        ):
            raise record.error("code", f"{row.code} had other names or another category above")
        found[row.code] = row
    return tuple(found.values())


def read_crosswalks(
    path: Path | str = LOCAL, *, national: Iterable[CodeRow] | None = None
) -> tuple[CrosswalkRow, ...]:
    """Where each local code leads; `national` as in `read_local`.

    Raises:
        SeedError: the first malformed row.
    """
    return tuple(link for _, link in _local_records(Path(path), _by_key(national)))


def _by_key(national: Iterable[CodeRow] | None) -> dict[tuple[str, str], CodeRow]:
    rows = read_hazardous() + read_solid() if national is None else national
    return {(row.scheme, row.code): row for row in rows}


def _local_records(
    path: Path, known: dict[tuple[str, str], CodeRow]
) -> Iterator[tuple[Record, CrosswalkRow]]:
    seen: set[tuple[str, str, str]] = set()
    for record in records(path, _LOCAL_HEADER):
        code = record.matching("code", ISW_CODE, "a code ISW-NN-NN-NN")
        scheme = record.one_of("national_scheme", ("cn-hw", "cn-sw"))
        target = record.text("national_code")
        if (scheme, target) not in known:
            raise record.error("national_code", f"{target!r} is not in {scheme}")
        if (code, scheme, target) in seen:
            raise record.error("national_code", f"{code} maps to {target} twice")
        seen.add((code, scheme, target))
        confidence = record.number("confidence", 0, 1)
        if confidence == 0:
            raise record.error("confidence", "must be greater than 0")
        yield record, CrosswalkRow("isw", code, scheme, target, confidence)


# Exemption list


def read_exemptions(
    path: Path | str = EXEMPTIONS, edition: str = "2021", *, known: Iterable[CodeRow] | None = None
) -> tuple[ExemptionRow, ...]:
    """The exemption list of the hazardous catalogue, one row an item, waste and stage.

    Args:
        known: rows of `cn-hw` that the codes must be among; not checked, if not given.
    Raises:
        SeedError: the first malformed row.
    """
    header = ("item", "codes", "waste_zh", "stage_zh", "condition_zh", "content_zh")
    catalogue = None if known is None else frozenset(row.code for row in known)
    found: dict[ExemptionRow, None] = {}
    for record in records(Path(path), header):
        row = ExemptionRow(
            item=int(record.matching("item", re.compile("[1-9][0-9]?"), "an item number")),
            codes=_exempt_codes(record, catalogue),
            waste_zh=record.text("waste_zh"),
            stages=frozenset(_stages(record)),
            condition_zh=record.text("condition_zh"),
            content_zh=record.text("content_zh"),
            edition=edition,
        )
        if row in found:
            raise record.error("item", f"the same row of item {row.item} stands above")
        found[row] = None
    return tuple(found)


def _exempt_codes(record: Record, catalogue: frozenset[str] | None) -> tuple[str, ...]:
    parts = [part for part in record.optional("codes").split(";") if part.isascii() and part]
    for code in parts:
        if not (HW_CODE.fullmatch(code) or HW_CATEGORY.fullmatch(code)):
            raise record.error("codes", f"{code!r} is neither a code NNN-NNN-NN nor a category HWnn")
        if catalogue is not None and code not in catalogue:
            raise record.error("codes", f"{code} is not in cn-hw")
    return tuple(parts)


def _stages(record: Record) -> list[str]:
    words = record.text("stage_zh").split("、")
    unknown = [word for word in words if word not in STAGES]
    if unknown:
        raise record.error("stage_zh", f"{unknown[0]!r} is not one of {', '.join(STAGES)}")
    return [STAGES[word] for word in words]


# Recovery and disposal operations


def read_treatments(
    path: Path | str = OPERATIONS, names_path: Path | str = OPERATIONS_ZH
) -> tuple[TreatmentRow, ...]:
    """R1 to R13 and D1 to D15 with the licence mode each needs; Chinese names from their own file.

    Raises:
        SeedError: the first malformed row, or an operation without a Chinese name.
    """
    names = _names_zh(Path(names_path))
    found: dict[str, TreatmentRow] = {}
    for record in records(Path(path), ("code", "kind", "name_en", "interim")):
        code = record.matching("code", OPERATION, "an operation R1-R13 or D1-D15")
        kind = "recovery" if code.startswith("R") else "disposal"
        if record.text("kind") != kind:
            raise record.error("kind", f"{code} is {kind}")
        if code in found:
            raise record.error("code", f"{code} stands above already")
        if code not in names:
            raise record.error("code", f"{code} has no name in {names_path}")
        name, interim = record.text("name_en"), record.boolean("interim")
        found[code] = TreatmentRow(code, kind, _mode(code), name, names[code], interim)
    return tuple(found.values())


def _mode(code: str) -> str:
    if code in {"R13", "D13", "D14", "D15"}:
        return "store"
    return "use" if code.startswith("R") else "dispose"


def _names_zh(path: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for record in records(path, ("code", "name_zh")):
        code = record.matching("code", OPERATION, "an operation R1-R13 or D1-D15")
        if code in names:
            raise record.error("code", f"{code} stands above already")
        names[code] = record.text("name_zh")
    return names


# Administrative divisions


def read_regions(path: Path | str = REGIONS) -> tuple[RegionRow, ...]:
    """Provinces, cities and districts, points converted from GCJ-02 to WGS-84 (to 1e-6 degrees).

    A division without a point takes its parent's, and says so: `coord_source` is `parent`.

    Raises:
        SeedError: the first malformed row; a parent must stand above its children.
    """
    header = ("adcode", "name_zh", "level", "parent_adcode", "longitude", "latitude", "coord_source")
    found: dict[int, RegionRow] = {}
    for record in records(Path(path), header):
        adcode = int(record.matching("adcode", ADCODE, "a six-digit adcode"))
        if adcode in found:
            raise record.error("adcode", f"{adcode} stands above already")
        level = record.one_of("level", ("province", "city", "district"))
        if level != _level(adcode):
            raise record.error("level", f"{adcode} reads as a {_level(adcode)}")
        parent = _parent(record, adcode, level, found)
        lon, lat, source = _point(record, parent)
        above = parent.adcode if parent else None
        found[adcode] = RegionRow(adcode, record.text("name_zh"), level, above, lon, lat, source)
    return tuple(found.values())


def _level(adcode: int) -> str:
    if adcode % 10000 == 0:
        return "province"
    return "city" if adcode % 100 == 0 else "district"


def _parent(record: Record, adcode: int, level: str, found: dict[int, RegionRow]) -> RegionRow | None:
    if level == "province":
        if record.optional("parent_adcode"):
            raise record.error("parent_adcode", "a province has no parent")
        return None
    parent = int(record.matching("parent_adcode", ADCODE, "a six-digit adcode"))
    if parent not in found:
        raise record.error("parent_adcode", f"{parent} does not stand above")
    if parent // 10000 != adcode // 10000:
        raise record.error("parent_adcode", f"{parent} is in another province than {adcode}")
    if found[parent].level == level or found[parent].level == "district":
        raise record.error("parent_adcode", f"{parent} is a {found[parent].level}, not above a {level}")
    return found[parent]


def _point(record: Record, parent: RegionRow | None) -> tuple[float, float, str]:
    source = record.one_of("coord_source", ("seat", "predecessor_seat", "polygon", "none"))
    if source == "none":
        if parent is None:
            raise record.error("coord_source", "a province needs a point")
        if record.optional("longitude") or record.optional("latitude"):
            raise record.error("coord_source", "is none, yet there is a point")
        return parent.lon, parent.lat, "parent"
    lon, lat = record.number("longitude", *CHINA_LON), record.number("latitude", *CHINA_LAT)
    point = prcoords.gcj_wgs_bored(prcoords.Coords(lat, lon))
    return round(point.lon, 6), round(point.lat, 6), source


class _Unique:
    """Code rows in order, each code once; headings may be met again, unchanged."""

    def __init__(self) -> None:
        self._rows: dict[str, CodeRow] = {}

    def add(self, record: Record, column: str, row: CodeRow) -> None:
        if row.code in self._rows:
            raise record.error(column, f"{row.code} stands above already")
        self._rows[row.code] = row

    def heading(self, record: Record, column: str, row: CodeRow) -> None:
        before = self._rows.setdefault(row.code, row)
        if (before.name_zh, before.name_en, before.industry) != (row.name_zh, row.name_en, row.industry):
            raise record.error(column, f"{row.code} had another name above")

    def all(self) -> tuple[CodeRow, ...]:
        return tuple(self._rows.values())
