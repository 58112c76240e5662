"""Administrative regions, and coordinates in and near them."""

from collections.abc import Iterable, Mapping
from typing import Any

import prcoords
from sqlalchemy import ColumnElement, and_, func

from ...errors import Invalid
from ..models import CatalogueRegion, Region
from .lookup_cache import READ_REGIONS, lookup_cache, read_regions


def find_region(adcode: int, at: str = "region") -> CatalogueRegion:
    """The region. Raises: Invalid: there is none by that code (`unknown_region`), says field `at`."""
    region = regions_by_code([adcode]).get(adcode)
    if region is None:
        raise Invalid("unknown_region", at=at, region=f"{adcode:06d}")
    return region


def regions_by_code(adcodes: Iterable[int]) -> dict[int, CatalogueRegion]:
    """Those regions, by code, in one statement at most."""
    wanted, cache = set(adcodes), lookup_cache()
    if cache is not None:
        return {adcode: cache.regions[adcode] for adcode in wanted & cache.regions.keys()}
    return {row.adcode: row for row in read_regions(READ_REGIONS.where(Region.adcode.in_(wanted)))}


def region_names(adcodes: Iterable[int]) -> dict[int, str]:
    """Those regions with the names of all in which they lie before their own: 浙江省绍兴市越城区."""
    wanted = set(adcodes)
    rows = regions_by_code(upper for adcode in wanted for upper in region_with_ancestors(adcode))
    return {
        adcode: "".join(
            rows[upper].name_zh for upper in sorted(region_with_ancestors(adcode)) if upper in rows
        )
        for adcode in wanted
    }


def search_regions(parent: int | None, q: str | None, after: int, limit: int) -> list[CatalogueRegion]:
    """Regions directly below `parent` (provinces, without parent and text), by code.

    Args:
        q: a part of the name, in regions at any level if there is no `parent`.
        after: the adcode of the last region of the page before, 0 at the start.
    """
    query = READ_REGIONS.where(Region.adcode > after)
    if parent is not None or q is None:
        query = query.where(Region.parent.is_not_distinct_from(parent))
    if q:
        query = query.where(func.strpos(func.fold_text(Region.name_zh), func.fold_text(q)) > 0)
    return read_regions(query.order_by(Region.adcode).limit(limit))


def within(column: Any, adcode: int) -> ColumnElement[bool]:
    """The condition that `column` holds `adcode` or a region below it: codes nest by their digits."""
    return and_(column >= adcode, column <= last_below(adcode))


def region_covers(above: int, below: int) -> bool:
    """Whether region `below` is `above` or lies in it."""
    return above <= below <= last_below(above)


def last_below(adcode: int) -> int:
    """The greatest code that a region below this one can have."""
    return adcode + _codes_in(adcode) - 1


def _codes_in(adcode: int) -> int:
    """How many codes a region has: a province ends in four zeros, a city in two."""
    return 10_000 if adcode % 10_000 == 0 else 100 if adcode % 100 == 0 else 1


def region_with_ancestors(adcode: int) -> set[int]:
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
