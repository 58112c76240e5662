"""Telling each side of a match once, in the order of credit."""

from .delivery.digests import MAIL_HOURS, may_be_mailed, next_mail_time, plan_digests
from .delivery.email import mail_digest, mail_one
from .delivery.release import RELEASE_BATCH, release_due
from .inbox import find, inbox, mark_all_read, mark_read
from .planning.cancellation import drop_for
from .planning.deduplication import may_repeat
from .planning.instant import tell_key_expiring, tell_mutual
from .planning.new_listing_push import plan
from .planning.rerank_news import plan_news, tell_new
from .planning.saved_search_matching import SEEK_BATCH, seek
from .preferences.delivery_preferences import (
    describe_preferences,
    own_preferences,
    preferences_of,
    set_preferences,
)
from .preferences.silencing import silence, unsilence
from .saved_searches import (
    MOST_SEARCHES,
    change_search,
    create_search,
    delete_search,
    find_search,
    list_searches,
)

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
    "mail_digest",
    "mail_one",
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
