"""The figures of the town: what is open, agreed, moved and closed, and the latest listings without names.

They are sums over all enterprises; of a single listing anybody is shown its code, weight and district. A
process keeps them for a minute.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...deals import service as deals
from ...http import recent
from ...http.languages import language
from ...listings import service as listings
from ...listings.models import Kind
from ...manifests import service as manifests

KEPT_S = 60
"""How old the figures may be, in seconds."""
DAYS = 365
"""Of deals and loads those of as many days count, today included; our own choice, as is the next:"""
MOST_LATEST = 8


@dataclass(frozen=True, slots=True)
class ClassSum:
    """Open supplies of a category or chapter; weights in whole kilograms."""

    code: CatalogueCode
    listings: int
    remaining_kg: int


@dataclass(frozen=True, slots=True)
class LatestListing:
    """An open listing as anybody may see it: of a demand the codes that it accepts."""

    kind: Kind
    codes: Sequence[CatalogueCode]
    remaining_kg: int
    region: int
    region_name: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures as they were at `as_of`; `classes` by weight, the largest first."""

    as_of: datetime
    since: date
    open: Mapping[Kind, tuple[int, int]]
    classes: Sequence[ClassSum]
    deals: int
    carried: Mapping[str, Any]
    latest: Sequence[LatestListing]


def town_figures() -> dict[str, Any]:
    """The figures of the town with their names in the caller's language, at most a minute old."""
    figures: Figures = recent.kept_for("town_figures", KEPT_S, _read)
    return {
        "as_of": figures.as_of,
        "since": figures.since,
        "supplies": figures.open[Kind.SUPPLY][0],
        "supply_kg": figures.open[Kind.SUPPLY][1],
        "demands": figures.open[Kind.DEMAND][0],
        "demand_kg": figures.open[Kind.DEMAND][1],
        "classes": [
            {**_described(each.code), "listings": each.listings, "quantity_kg": each.remaining_kg}
            for each in figures.classes
        ],
        "deals": figures.deals,
        **figures.carried,
        "latest": [
            {
                "kind": each.kind,
                "codes": [_described(code) for code in each.codes],
                "quantity_kg": each.remaining_kg,
                "region": each.region,
                "region_name": each.region_name,
                "published_on": each.published_at.astimezone(clock.LOCAL).date(),
            }
            for each in figures.latest
        ],
    }


def _described(code: CatalogueCode) -> dict[str, Any]:
    names = (code.name_zh, code.name_en) if language() == "zh" else (code.name_en, code.name_zh)
    name = next(filter(None, names), code.code)
    return {"scheme": code.scheme, "code": code.code, "name": name, "hazardous": code.hazardous}


def _read() -> Figures:
    since = clock.today() - timedelta(days=DAYS - 1)
    sums = listings.open_sums()
    return Figures(
        as_of=clock.now(),
        since=since,
        open={kind: _total(each for each in sums if each.kind == kind) for kind in Kind},
        classes=_by_class(sums),
        deals=deals.count_agreed(since),
        carried=manifests.carried_in_all(since),
        latest=_latest(),
    )


def _total(sums: Iterable[listings.OpenSum]) -> tuple[int, int]:
    """How many listings, and their kilograms."""
    found = list(sums)
    return sum(each.listings for each in found), sum(each.remaining_kg for each in found)


def _by_class(sums: Iterable[listings.OpenSum]) -> list[ClassSum]:
    coded = [(each.code_id, each) for each in sums if each.code_id is not None]
    classes = catalogue.classes_of(code_id for code_id, _ in coded)
    grouped: dict[CatalogueCode, list[listings.OpenSum]] = defaultdict(list)
    for code_id, each in coded:
        grouped[classes[code_id]].append(each)
    found = [ClassSum(code, *_total(each)) for code, each in grouped.items()]
    return sorted(found, key=lambda each: (-each.remaining_kg, each.code.code))


def _latest() -> list[LatestListing]:
    rows = listings.latest_open(MOST_LATEST)
    codes = catalogue.codes_by_id(code_id for row in rows for code_id in _codes_of(row))
    regions = catalogue.regions_by_code(row.region for row in rows)
    return [
        LatestListing(
            Kind(row.kind),
            [codes[code_id] for code_id in _codes_of(row)],
            row.remaining_kg,
            row.region,
            regions[row.region].name_zh,
            row.published_at,
        )
        for row in rows
    ]


def _codes_of(row: Any) -> list[int]:
    """The code that a supply has, or those that a demand accepts."""
    return [code_id for code_id, _ in row.accepted] if row.accepted else [row.code_id]
