"""Telling each side of a match once, in the order of credit."""

from .dropping import drop_for
from .mailing import may_be_mailed, next_mail_time, plan_digests
from .once import tell_again
from .planning import plan
from .reading import find, inbox, mark_all_read, mark_read
from .releasing import RELEASE_BATCH, release_due
from .telling import tell_key_expiring, tell_mutual
from .wishes import describe_preferences, preferences, preferences_of, set_preferences

__all__ = [
    "RELEASE_BATCH",
    "describe_preferences",
    "drop_for",
    "find",
    "inbox",
    "mark_all_read",
    "mark_read",
    "may_be_mailed",
    "next_mail_time",
    "plan",
    "plan_digests",
    "preferences",
    "preferences_of",
    "release_due",
    "set_preferences",
    "tell_again",
    "tell_key_expiring",
    "tell_mutual",
]
