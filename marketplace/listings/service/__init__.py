"""Supply and demand: posted, changed, closed, found and shown."""

from .listing_search.search import conditions, filter_from, search
from .lookup import (
    by_id,
    find_any,
    find_governed,
    find_open,
    find_own,
    find_publishable,
    find_visible,
    lock_if_open,
    outlines,
    present,
)
from .publishing import (
    EXPIRE_BATCH,
    change,
    check_change,
    check_posting,
    create,
    expire_due,
    publish,
    review_exemption,
    withdraw,
)
from .sheets.exporting import MEDIA_TYPES, export
from .sheets.importing import find_import, forget_old_imports, import_sheet, run_import
from .sheets.template import template

__all__ = [
    "EXPIRE_BATCH",
    "MEDIA_TYPES",
    "by_id",
    "change",
    "check_change",
    "check_posting",
    "conditions",
    "create",
    "expire_due",
    "export",
    "filter_from",
    "find_any",
    "find_governed",
    "find_import",
    "find_open",
    "find_own",
    "find_publishable",
    "find_visible",
    "forget_old_imports",
    "import_sheet",
    "lock_if_open",
    "outlines",
    "present",
    "publish",
    "review_exemption",
    "run_import",
    "search",
    "template",
    "withdraw",
]
