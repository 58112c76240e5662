"""Administrative divisions by GB/T 2260 code, with their seats."""

from __future__ import annotations

import re
from pathlib import Path

import prcoords

from seed.catalogue.files import REGIONS
from seed.catalogue.rows import RegionRow
from seed.table import Record, records

CHINA_LON, CHINA_LAT = (73.4, 135.2), (3.4, 53.7)
"""Degrees; mainland, islands and the coast, with a little room for the datum."""


ADCODE = re.compile(r"[1-9][0-9]{5}")


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
            raise record.error("adcode", f"{adcode} is listed above already")
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
