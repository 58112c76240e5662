"""Supply and demand: posted, changed, closed, found and shown."""

from .life import (
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
from .reading import (
    by_id,
    find_any,
    find_governed,
    find_open,
    find_own,
    find_publishable,
    find_visible,
    lock_if_open,
    present,
)
from .searching import conditions, filter_from, search

__all__ = [
    "EXPIRE_BATCH",
    "by_id",
    "change",
    "check_change",
    "check_posting",
    "conditions",
    "create",
    "expire_due",
    "filter_from",
    "find_any",
    "find_governed",
    "find_open",
    "find_own",
    "find_publishable",
    "find_visible",
    "lock_if_open",
    "present",
    "publish",
    "review_exemption",
    "search",
    "withdraw",
]
