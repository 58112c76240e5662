"""Checked rows of the catalogues."""

from __future__ import annotations

from dataclasses import dataclass

EVIDENCE = ("official", "three_places", "two_places", "one_place", "name_only", "unverified", "example")
"""How far a row can be trusted; SOURCES.md beside the data says what each word means."""


NEVER_TRADED = "HW01"


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
class SchemeRow:
    """A scheme; `waste` is what it is declared to be about: hazardous, general or both."""

    scheme: str
    name_zh: str
    name_en: str
    waste: str


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

    schemes: tuple[SchemeRow, ...]
    codes: tuple[CodeRow, ...]
    crosswalks: tuple[CrosswalkRow, ...]
    exemptions: tuple[ExemptionRow, ...]
    treatments: tuple[TreatmentRow, ...]
    regions: tuple[RegionRow, ...]
