"""Waste codes, places, treatments and exemptions: looked up, resolved, shown, suggested and loaded."""

from .codes import (
    CERTAIN,
    all_code_ids,
    codes_by_id,
    codes_for_matching,
    find_code,
    ids_of_scheme,
    search_codes,
    tradable_codes,
)
from .crosswalk import Alias, aliases_of, codes_that_fit, codes_with_ancestors, ids_of_code
from .exemptions import exemption_exists, exemption_rows, treatments
from .loader import load
from .lookup_cache import cached_lookups
from .presentation import present_codes
from .regions import (
    find_region,
    last_below,
    location_notices,
    region_covers,
    region_with_ancestors,
    regions_by_code,
    search_regions,
    to_wgs84,
    within,
)
from .resolution import resolve
from .suggestions import suggest_codes

__all__ = [
    "CERTAIN", "Alias", "aliases_of", "all_code_ids", "cached_lookups", "codes_by_id", "codes_for_matching",
    "codes_that_fit", "codes_with_ancestors", "exemption_exists", "exemption_rows", "find_code",
    "find_region", "ids_of_code", "ids_of_scheme", "last_below", "load", "location_notices",
    "present_codes", "region_covers", "region_with_ancestors", "regions_by_code", "resolve", "search_codes",
    "search_regions", "suggest_codes", "to_wgs84", "tradable_codes", "treatments", "within",
]  # fmt: skip
