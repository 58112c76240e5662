"""Supply and demand: posted, changed, closed, found and shown."""

from .closing import expire, withdraw
from .drafting import change, create
from .exemption_review import review_exemption
from .listing_place import left_behind, locate_listings
from .listing_search.filter_notices import saved_filter_notices
from .listing_search.filters import conditions
from .listing_search.saved_filter import filter_from
from .listing_search.search import search
from .lookup import (
    by_id,
    find_any,
    find_governed,
    find_of_trading,
    find_own,
    find_publishable,
    find_visible,
    governed,
    lock_if_open,
    open_of,
    outlines,
    owners_of,
)
from .posting_rights import check_change, check_posting
from .presentation import present
from .publishing import publish
from .sheets.exporting import MEDIA_TYPES, export
from .sheets.importing import delete_old_imports, find_import, import_sheet, marked_import, run_import
from .sheets.marking import marked_sheet
from .sheets.template import template

__all__ = [
    "MEDIA_TYPES", "by_id", "change", "check_change", "check_posting", "conditions", "create",
    "delete_old_imports", "expire", "export", "filter_from", "find_any", "find_governed", "find_import",
    "find_of_trading", "find_own", "find_publishable", "find_visible", "governed", "import_sheet",
    "left_behind", "locate_listings", "lock_if_open", "marked_import", "marked_sheet", "open_of",
    "outlines", "owners_of", "present", "publish", "review_exemption", "run_import", "saved_filter_notices",
    "search", "template", "withdraw",
]  # fmt: skip
