"""The kinds of messages: a new kind is a member of `NotificationKind`, a row here, and its sentences.

A message of a kind whose data name a `counterpart_id` is about a listing; such messages are deduplicated by
counterpart and code (`planning/deduplication.py`).
"""

from dataclasses import replace

from ...licences.models import PauseCause
from ..models import EmailPreference, NotificationKind
from .delivery import email_lines, lapsing, validity
from .message_kind import MessageKind, about_oneself, ending
from .saved_searches import preferences_of_searches

PERMIT_DATA = ("permit_id", "name", "deals")
OFFER_DATA = ("offer_id", "name", "title", "quantity_t", "price_cny_per_t", "expires_at")
ORDER_DATA = ("inspection_id", "name", "last_day")
DEAL_DATA = ("deal_id", "number", "name", "reason")
APPEAL_DATA = ("appeal_id", "event_id", "name")
REPAIR_DATA = ("repair_id", "event_id", "name")
REPORT_DATA = ("report_id", "name", "last_day")
MATCH_DATA = frozenset({"listing_id", "counterpart_id", "score", "rank"})

KINDS: dict[str, MessageKind] = {
    NotificationKind.MATCH_MUTUAL: MessageKind(
        data_fields=MATCH_DATA,
        is_capped=False,
        mails_a_day=20,
        invites_feedback=True,
        holding=validity.contacts_released,
        email_line=email_lines.match_mutual,
        email_line_codes=("mail_line_match_mutual", "mail_line_match_mutual_without_contact"),
    ),
    NotificationKind.MATCH_INTEREST: MessageKind(
        data_fields=MATCH_DATA,
        is_capped=False,
        is_capped_by_sender=True,
        mails_a_day=10,
        invites_feedback=True,
        lapsed_at_release=lapsing.lapsed_interests,
        holding=validity.interests_open_and_welcome,
        email_line=email_lines.match_interest,
        email_line_codes=("mail_line_match_interest",),
    ),
    NotificationKind.MATCH_FOUND: MessageKind(
        data_fields=MATCH_DATA | {"grade"},
        is_capped=True,
        is_capped_by_sender=True,
        is_shown_pairing=True,
        invites_feedback=True,
        lapsed_at_release=lapsing.lapsed_matches,
        holding=validity.open_and_welcome,
        email_line=email_lines.match_found,
        email_line_codes=("mail_line_match_found_supply", "mail_line_match_found_demand"),
    ),
    NotificationKind.SEARCH_HIT: MessageKind(
        data_fields=frozenset({"saved_search_id", "name", "counterpart_id"}),
        is_capped=True,
        is_capped_by_sender=True,
        invites_feedback=False,
        lapsed_at_release=lapsing.lapsed_search_hits,
        holding=validity.open_and_welcome,
        email_line=email_lines.search_found,
        email_line_codes=("mail_line_search_found",),
        own_preferences=preferences_of_searches,
    ),
    NotificationKind.KEY_EXPIRING: ending("key_expiring", "key_id", "name", "expires_at"),
    NotificationKind.WEBHOOK_STOPPED: about_oneself("webhook_stopped", "webhook_endpoint_id", "name"),
    NotificationKind.EMAIL_REFUSED: MessageKind(
        data_fields=frozenset({"address", "reply"}),
        default_delivery=EmailPreference.OFF,
        is_capped=False,
        invites_feedback=False,
        email_line_codes=("mail_line_email_refused",),
    ),
    NotificationKind.CREDIT_WITHDRAWN: MessageKind(
        data_fields=frozenset({"event_id", "name", "reason"}),
        is_capped=False,
        invites_feedback=False,
        email_line_codes=("mail_line_credit_withdrawn",),
    ),
    NotificationKind.APPEAL_OPENED: about_oneself("appeal_opened", *APPEAL_DATA, "last_day"),
    NotificationKind.APPEAL_UPHELD: about_oneself("appeal_upheld", *APPEAL_DATA, "reason"),
    NotificationKind.APPEAL_OVERTURNED: about_oneself("appeal_overturned", *APPEAL_DATA, "reason"),
    NotificationKind.APPEAL_ENDED: about_oneself("appeal_ended", *APPEAL_DATA, "reason"),
    NotificationKind.REPAIR_OPENED: about_oneself("repair_opened", *REPAIR_DATA, "last_day"),
    NotificationKind.REPAIR_CHECKED: about_oneself("repair_checked", *REPAIR_DATA, "last_day"),
    NotificationKind.REPAIR_EXTENDED: about_oneself("repair_extended", *REPAIR_DATA, "last_day"),
    NotificationKind.REPAIR_GRANTED: about_oneself("repair_granted", *REPAIR_DATA, "reason"),
    NotificationKind.REPAIR_REFUSED: about_oneself("repair_refused", *REPAIR_DATA, "reason"),
    NotificationKind.REPAIR_ENDED: about_oneself("repair_ended", *REPAIR_DATA, "reason"),
    NotificationKind.MATCH_WITHDRAWN: MessageKind(
        data_fields=frozenset({"listing_id", "counterpart_id"}),
        is_capped=False,
        is_capped_by_sender=True,
        invites_feedback=False,
        outlives_listing=True,
        email_line=email_lines.match_withdrawn,
        email_line_codes=("mail_line_match_withdrawn",),
    ),
    NotificationKind.LISTING_ENDING: ending("listing_ending", "listing_id", "name", "last_day"),
    NotificationKind.LICENCE_ENDING: ending("licence_ending", "licence_id", "name", "last_day"),
    NotificationKind.LICENCE_CONFIRMED: about_oneself("licence_confirmed", "licence_id", "name"),
    NotificationKind.LICENCE_REFUSED: about_oneself("licence_refused", "licence_id", "name", "reason"),
    NotificationKind.TRANSPORTER_EXPIRING: ending(
        "transporter_expiring", "paper_id", "paper", "name", "last_day"
    ),
    NotificationKind.TRANSPORTER_VERIFIED: about_oneself("transporter_verified", "paper_id", "paper", "name"),
    NotificationKind.TRANSPORTER_REFUSED: about_oneself(
        "transporter_refused", "paper_id", "paper", "name", "reason"
    ),
    NotificationKind.DEAL_VERIFY_RECEIVER: about_oneself("deal_verify_receiver", "deal_id", "number", "name"),
    NotificationKind.RECEIVER_REQUESTED: about_oneself(
        "receiver_requested", "request_id", "name", "code", "tonnes"
    ),
    NotificationKind.RECEIVER_ACCEPTED: about_oneself("receiver_accepted", "request_id", "name", "code"),
    NotificationKind.RECEIVER_DECLINED: about_oneself(
        "receiver_declined", "request_id", "name", "code", "reason"
    ),
    NotificationKind.REGISTRATION_CONFIRMED: about_oneself(
        "registration_confirmed", "registration_id", "name"
    ),
    NotificationKind.REGISTRATION_REFUSED: about_oneself(
        "registration_refused", "registration_id", "name", "reason"
    ),
    NotificationKind.PERMIT_SUSPENDED: about_oneself("permit_suspended", *PERMIT_DATA, "reason"),
    NotificationKind.PERMIT_RESUMED: about_oneself("permit_resumed", *PERMIT_DATA, "reason"),
    NotificationKind.PERMIT_EXPIRED: about_oneself("permit_expired", *PERMIT_DATA),
    NotificationKind.PERMIT_REVOKED: about_oneself("permit_revoked", *PERMIT_DATA),
    NotificationKind.PERMIT_PAUSED: replace(
        about_oneself("permit_paused", *PERMIT_DATA, "cause", "reason"),
        email_line=email_lines.permit_paused,
        email_line_codes=tuple(f"mail_line_permit_paused_{cause}" for cause in PauseCause),
    ),
    NotificationKind.TEST_DUE: ending("permit_test_due", "permit_id", "name", "last_day"),
    NotificationKind.DECLARATION_DUE: ending("declaration_due", *REPORT_DATA),
    NotificationKind.DECLARATION_LATE: about_oneself("declaration_late", *REPORT_DATA),
    NotificationKind.PLAN_DUE: ending("plan_due", *REPORT_DATA),
    NotificationKind.PLAN_LATE: about_oneself("plan_late", *REPORT_DATA),
    NotificationKind.GRADE_CHANGED: about_oneself("grade_changed", "grade", "grade_before"),
    NotificationKind.EVALUATION_PUBLISHED: about_oneself(
        "evaluation_published", "evaluation_id", "grade", "last_day"
    ),
    NotificationKind.EVALUATION_ENDING: ending("evaluation_ending", "evaluation_id", "last_day"),
    NotificationKind.OFFER_RECEIVED: about_oneself("offer_received", *OFFER_DATA),
    NotificationKind.OFFER_COUNTERED: about_oneself("offer_countered", *OFFER_DATA),
    NotificationKind.OFFER_ACCEPTED: about_oneself("offer_accepted", *OFFER_DATA),
    NotificationKind.OFFER_REJECTED: about_oneself("offer_rejected", *OFFER_DATA),
    NotificationKind.OFFER_WITHDRAWN: about_oneself("offer_withdrawn", *OFFER_DATA),
    NotificationKind.OFFER_LAPSED: about_oneself("offer_lapsed", *OFFER_DATA),
    NotificationKind.DEAL_COMPLETED: about_oneself("deal_completed", *DEAL_DATA),
    NotificationKind.DEAL_CANCELLED: about_oneself("deal_cancelled", *DEAL_DATA),
    NotificationKind.DEAL_DISPUTED: about_oneself("deal_disputed", *DEAL_DATA),
    NotificationKind.DEAL_SETTLED: about_oneself("deal_settled", *DEAL_DATA),
    NotificationKind.DEAL_LAPSED: about_oneself("deal_lapsed", *DEAL_DATA),
    NotificationKind.ENTERPRISE_APPROVED: about_oneself("enterprise_approved"),
    NotificationKind.ENTERPRISE_REJECTED: about_oneself("enterprise_rejected", "reason"),
    NotificationKind.ENTERPRISE_LAPSED: about_oneself("enterprise_lapsed"),
    NotificationKind.CHANGE_CONFIRMED: about_oneself("enterprise_change_confirmed", "change_id"),
    NotificationKind.CHANGE_REFUSED: about_oneself("enterprise_change_refused", "change_id", "reason"),
    NotificationKind.ENTERPRISE_SUSPENDED: MessageKind(
        data_fields=frozenset({"reason"}),
        is_capped=False,
        invites_feedback=False,
        email_line=email_lines.enterprise_suspended,
        email_line_codes=("mail_line_enterprise_suspended", "mail_line_enterprise_suspended_unexplained"),
    ),
    NotificationKind.MANIFEST_REQUESTED: about_oneself("manifest_requested", "manifest_id", "name"),
    NotificationKind.MANIFEST_DECLINED: about_oneself("manifest_declined", "manifest_id", "name", "reason"),
    NotificationKind.MANIFEST_ISSUED: about_oneself("manifest_issued", "manifest_id", "name"),
    NotificationKind.MANIFEST_CANCELLED: about_oneself("manifest_cancelled", "manifest_id", "name", "reason"),
    NotificationKind.MANIFEST_RECEIVED: about_oneself("manifest_received", "manifest_id", "name"),
    NotificationKind.MANIFEST_REFUSED: about_oneself("manifest_refused", "manifest_id", "name", "reason"),
    NotificationKind.MANIFEST_DIFFERED: about_oneself("manifest_differed", "manifest_id", "name"),
    NotificationKind.MANIFEST_OVERDUE: replace(
        about_oneself("manifest_overdue", "manifest_id", "name", "step"),
        email_line=email_lines.manifest_overdue,
    ),
    NotificationKind.MANIFEST_TREATED: about_oneself("manifest_treated", "manifest_id", "name"),
    NotificationKind.MANIFEST_CORRECTION: about_oneself(
        "manifest_correction_asked", "manifest_id", "name", "reason"
    ),
    NotificationKind.INSPECTION_FINISHED: about_oneself("inspection_finished", "inspection_id", "name"),
    NotificationKind.INSPECTION_ORDERED: about_oneself("inspection_ordered", *ORDER_DATA),
    NotificationKind.INSPECTION_OVERDUE: about_oneself("inspection_overdue", *ORDER_DATA),
    NotificationKind.INSPECTION_CORRECTED: about_oneself("inspection_corrected", "inspection_id", "name"),
    NotificationKind.INSPECTION_RETURNED: about_oneself("inspection_returned", *ORDER_DATA),
}
"""In the order in which a digest has its sections."""


def heading_codes(kind: str) -> dict[str, str]:
    """The codes of a kind's subjects and section in `messages/mail.toml`, by their use."""
    name = kind.replace(".", "_")
    return {
        "subject": f"mail_subject_single_{name}",
        "digest_subject": f"mail_subject_digest_{name}",
        "section": f"mail_section_{name}",
    }
