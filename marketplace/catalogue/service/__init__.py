"""Waste codes, places, treatments and exemptions: looked up, resolved, shown, suggested and loaded."""

from .code_filters import CodeFilter, code_search_notices, codes_finding, read_code_filter, spelled_prefix
from .codes import (
    CERTAIN,
    all_code_ids,
    classes_of,
    codes_by_id,
    codes_for_matching,
    ids_of_scheme,
    is_specific,
    search_codes,
    tradable_codes,
)
from .components.checks import check_components, component_notices
from .components.names import is_component_name
from .components.ranges import default_unit, with_key
from .components.units import unit_of, unit_pattern
from .crosswalk import Alias, aliases_of, codes_fitting_each, codes_that_fit
from .exemptions import exemption_exists, exemption_rows, treatment_names, treatments
from .loader import load
from .lookup_cache import VERSION, cached_lookups, lookups_of_now, see_version, seen_version
from .outlines import Ring, load_outlines, outlines_of
from .places import (
    district_at,
    districts_near,
    is_other_province,
    locate,
    locate_rows,
    look_up_places,
    on_plane,
    region_notices,
)
from .presentation import present_codes
from .regions import (
    find_region,
    last_below,
    region_covers,
    region_names,
    region_with_ancestors,
    regions_by_code,
    search_regions,
    to_wgs84,
    within,
)
from .resolution import UNLISTED_SCHEME, add_to_catalogue, find_code, known_code, resolve, stand_in_of
from .suggestions import suggest_codes
from .written_codes import fold_scheme, form_scheme, read_code

__all__ = [
    "CERTAIN", "UNLISTED_SCHEME", "VERSION", "Alias", "CodeFilter", "Ring", "add_to_catalogue", "aliases_of",
    "all_code_ids", "cached_lookups", "check_components", "classes_of", "code_search_notices", "codes_by_id",
    "codes_finding", "codes_fitting_each",
    "codes_for_matching", "codes_that_fit", "component_notices", "default_unit", "district_at",
    "districts_near", "exemption_exists", "exemption_rows",
    "find_code", "find_region", "fold_scheme", "form_scheme",
    "ids_of_scheme", "is_component_name", "is_other_province", "is_specific", "known_code",
    "last_below", "load", "load_outlines", "locate", "locate_rows", "look_up_places", "lookups_of_now",
    "on_plane", "outlines_of",
    "present_codes", "read_code", "read_code_filter", "region_covers", "region_names", "region_notices",
    "region_with_ancestors",
    "regions_by_code", "resolve", "search_codes", "search_regions", "see_version", "seen_version",
    "spelled_prefix", "stand_in_of",
    "suggest_codes", "to_wgs84", "tradable_codes", "treatment_names", "treatments", "unit_of", "unit_pattern",
    "with_key", "within",
]  # fmt: skip
