"""Supply and demand: posted, changed, closed, found and shown."""

from .closing import expire, withdraw
from .drafting import change, copy, create
from .exemption_review import review_exemption
from .for_everybody import DistrictSum, OpenSum, latest_open, open_by_district, open_sums
from .history import others_see, stated_terms, with_codes
from .listing_place import left_behind, locate_listings
from .listing_search.filter_notices import saved_filter_notices
from .listing_search.filters import conditions
from .listing_search.prices import open_prices
from .listing_search.saved_filter import filter_from
from .listing_search.search import position_kinds, search
from .lookup import (
    by_id,
    ending,
    find_any,
    find_governed,
    find_of_trading,
    find_own,
    find_own_shown,
    find_publishable,
    find_ranked,
    find_shown,
    find_visible,
    governed,
    lock_if_open,
    lock_open,
    open_of,
    outlines,
    owner_of,
    owners_of,
    select_outlines,
    shown_by_id,
    whole_by_id,
)
from .photos import (
    add_photo,
    attach_waiting_photo,
    delete_waiting_photos,
    find_own_photo,
    find_photo,
    find_waiting_photo,
    forget_photos,
    forget_photos_of_ended,
    keep_waiting_photo,
    list_photos,
    remove_photo,
)
from .posting_rights import check_change, check_posting, check_publishing, may_post
from .presentation import governs, present, present_shown
from .publishing import Posted, pause, publish, publish_many, resume
from .quotas import set_open_limits
from .reservations import lock_pair, release_pair, require_left, reserve_locked, reserve_pair
from .sheets.composition_cells import components_of, written_components
from .sheets.exporting import MEDIA_TYPES, export
from .sheets.importing import delete_old_imports, find_import, import_sheet, marked_import, run_import
from .sheets.reading import mark_sheet
from .sheets.template import template
from .sheets.vocabulary import sheet_heading

__all__ = [
    "MEDIA_TYPES", "DistrictSum", "OpenSum", "Posted", "add_photo", "attach_waiting_photo", "by_id", "change",
    "check_change", "check_posting", "check_publishing", "components_of", "conditions", "copy", "create",
    "delete_old_imports", "delete_waiting_photos", "ending", "expire", "export", "filter_from", "find_any",
    "find_governed", "find_import", "find_of_trading", "find_own", "find_own_photo", "find_own_shown",
    "find_photo", "find_publishable", "find_ranked", "find_shown", "find_visible", "find_waiting_photo",
    "forget_photos", "forget_photos_of_ended", "governed", "governs", "import_sheet", "keep_waiting_photo",
    "latest_open", "left_behind", "list_photos", "locate_listings", "lock_if_open", "lock_open", "lock_pair",
    "mark_sheet", "marked_import", "may_post", "open_by_district", "open_of", "open_prices", "open_sums",
    "others_see", "outlines", "owner_of", "owners_of", "pause", "position_kinds", "present", "present_shown",
    "publish", "publish_many", "release_pair", "remove_photo", "require_left", "reserve_locked",
    "reserve_pair", "resume", "review_exemption", "run_import", "saved_filter_notices", "search",
    "select_outlines", "set_open_limits", "sheet_heading", "shown_by_id", "stated_terms", "template",
    "whole_by_id",
    "with_codes", "withdraw", "written_components",
]  # fmt: skip
