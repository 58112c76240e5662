"""Look-up of codes and places, suggestions, and the loader that keeps them as the files say."""

from .codes import (
    CERTAIN,
    Alias,
    aliases_of,
    all_code_ids,
    codes_by_id,
    codes_that_fit,
    describe,
    editions,
    exemption_exists,
    exemption_rows,
    find_code,
    ids_of_code,
    meanings,
    names_over,
    resolve,
    search_codes,
    tradable_codes,
    treatments,
)
from .loading import load
from .memory import remembering
from .places import covers, far_from, find_region, regions_over, search_regions, to_wgs84, within
from .suggesting import suggest_codes

__all__ = [
    "CERTAIN",
    "Alias",
    "aliases_of",
    "all_code_ids",
    "codes_by_id",
    "codes_that_fit",
    "covers",
    "describe",
    "editions",
    "exemption_exists",
    "exemption_rows",
    "far_from",
    "find_code",
    "find_region",
    "ids_of_code",
    "load",
    "meanings",
    "names_over",
    "regions_over",
    "remembering",
    "resolve",
    "search_codes",
    "search_regions",
    "suggest_codes",
    "to_wgs84",
    "tradable_codes",
    "treatments",
    "within",
]
