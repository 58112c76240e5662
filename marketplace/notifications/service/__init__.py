"""Telling each side of a match once, in the order of credit."""

from .cancellation import drop_for
from .deduplication import may_repeat
from .delivery import RELEASE_BATCH, release_due
from .inbox import find, inbox, mark_all_read, mark_read
from .instant import tell_key_expiring, tell_mutual
from .mailing import MAIL_HOURS, may_be_mailed, next_mail_time, plan_digests
from .planning import plan
from .preferences import describe_preferences, own_preferences, preferences_of, set_preferences
from .reranked import plan_news, tell_new
from .saved_search_matching import SEEK_BATCH, seek
from .saved_searches import (
    MOST_SEARCHES,
    change_search,
    create_search,
    delete_search,
    find_search,
    list_searches,
)
from .silencing import silence, unsilence

__all__ = [
    "MAIL_HOURS",
    "MOST_SEARCHES",
    "RELEASE_BATCH",
    "SEEK_BATCH",
    "change_search",
    "create_search",
    "delete_search",
    "describe_preferences",
    "drop_for",
    "find",
    "find_search",
    "inbox",
    "list_searches",
    "mark_all_read",
    "mark_read",
    "may_be_mailed",
    "may_repeat",
    "next_mail_time",
    "own_preferences",
    "plan",
    "plan_digests",
    "plan_news",
    "preferences_of",
    "release_due",
    "seek",
    "set_preferences",
    "silence",
    "tell_key_expiring",
    "tell_mutual",
    "tell_new",
    "unsilence",
]
