"""Notifies each side of a match once, best credit first."""

from .delivery.account_mail import send_link
from .delivery.address_caps import forget_sent_mail
from .delivery.digests import plan_digests
from .delivery.email import send_digest, send_email
from .delivery.mail_hours import MAIL_HOURS, next_mail_time
from .delivery.person_mail import send_email_code, send_evaluations_ending, send_invitation, send_reset
from .delivery.release import release_due
from .forgetting import forget_key_names, forget_people
from .inbox import find, inbox, mark_all_read, mark_read, present
from .kinds import KINDS
from .pages import page_of
from .planning.cancellation import cancel_for_listing
from .planning.credit_news import plan_credit_news
from .planning.deduplication import may_repeat
from .planning.endings import announce_endings
from .planning.inspection_news import plan_inspection_news
from .planning.instant import (
    plan_about_papers,
    plan_interest,
    plan_keys_expiring,
    plan_message,
    plan_messages,
    plan_mutual_interest,
    plan_withdrawal,
)
from .planning.manifest_news import plan_manifest_news
from .planning.new_listing_push import plan_listing_pushes
from .planning.permit_news import plan_permit_news
from .planning.rerank_news import plan_rerank_news, schedule_rerank_news
from .planning.saved_search_matching import SEARCH_BATCH
from .planning.saved_search_push import Errand, match_saved_searches
from .planning.trade_news import plan_deal_news, plan_offer_news
from .preferences.delivery_preferences import (
    describe_preferences,
    own_preferences,
    preferences_of,
    set_preferences,
)
from .preferences.silencing import silence, silenced, unsilence
from .preferences.unsubscribing import ALL as ALL_KINDS
from .preferences.unsubscribing import Unsubscribed, find_unsubscribed, unsubscribe
from .saved_searches import (
    change_search,
    create_search,
    delete_search,
    find_search,
    list_searches,
)

__all__ = [
    "ALL_KINDS",
    "KINDS",
    "MAIL_HOURS",
    "SEARCH_BATCH",
    "Errand",
    "Unsubscribed",
    "announce_endings",
    "cancel_for_listing",
    "change_search",
    "create_search",
    "delete_search",
    "describe_preferences",
    "find",
    "find_search",
    "find_unsubscribed",
    "forget_key_names",
    "forget_people",
    "forget_sent_mail",
    "inbox",
    "list_searches",
    "mark_all_read",
    "mark_read",
    "match_saved_searches",
    "may_repeat",
    "next_mail_time",
    "own_preferences",
    "page_of",
    "plan_about_papers",
    "plan_credit_news",
    "plan_deal_news",
    "plan_digests",
    "plan_inspection_news",
    "plan_interest",
    "plan_keys_expiring",
    "plan_listing_pushes",
    "plan_manifest_news",
    "plan_message",
    "plan_messages",
    "plan_mutual_interest",
    "plan_offer_news",
    "plan_permit_news",
    "plan_rerank_news",
    "plan_withdrawal",
    "preferences_of",
    "present",
    "release_due",
    "schedule_rerank_news",
    "send_digest",
    "send_email",
    "send_email_code",
    "send_evaluations_ending",
    "send_invitation",
    "send_link",
    "send_reset",
    "set_preferences",
    "silence",
    "silenced",
    "unsilence",
    "unsubscribe",
]
