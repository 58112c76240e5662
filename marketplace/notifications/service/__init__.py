"""Telling each side of a match once, in the order of credit."""

from .dropping import drop_for
from .mailing import may_be_mailed, next_mail_time, plan_digests
from .once import tell_again
from .planning import plan
from .reading import find, inbox, mark_all_read, mark_read
from .releasing import RELEASE_BATCH, release_due
from .reranked import plan_news, tell_new
from .searches import (
    MOST_SEARCHES,
    change_search,
    create_search,
    delete_search,
    find_search,
    list_searches,
)
from .seeking import SEEK_BATCH, seek
from .silencing import silence, unsilence
from .telling import tell_key_expiring, tell_mutual
from .wishes import describe_preferences, preferences, preferences_of, set_preferences

__all__ = [
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
    "next_mail_time",
    "plan",
    "plan_digests",
    "plan_news",
    "preferences",
    "preferences_of",
    "release_due",
    "seek",
    "set_preferences",
    "silence",
    "tell_again",
    "tell_key_expiring",
    "tell_mutual",
    "tell_new",
    "unsilence",
]
