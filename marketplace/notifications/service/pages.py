"""The page of the console that a message is about: where the link of its e-mail leads.

A page asks whoever has not logged in to do so, and then comes back; what it shows and does is its own matter.
A link carries no secret and changes nothing.
"""

from ..models import Notification, NotificationKind

LISTING, OTHER_LISTING = "/listings/{listing_id}", "/listings/{counterpart_id}"
OFFER, DEAL, LOAD = "/offers/{offer_id}", "/deals/{deal_id}", "/loads/{manifest_id}"
INSPECTIONS = "/inspections"
CREDIT, EVENT = "/credit", "/credit/events/{event_id}"
DECLARATION = "/declarations/{report_id}"
LICENCE, CHANNEL = "/licences/{licence_id}", "/channels/{permit_id}"
PAPERS, KEYS, OWN, PLANS = "/settings/papers", "/settings/keys", "/settings/enterprise", "/declarations"
REGISTRATIONS, REQUEST = "/receivers/registrations", "/receivers/requests/{request_id}"
TODAY = "/today"
"""Where everything else is that waits."""

PAGES: dict[str, str] = {
    NotificationKind.MATCH_MUTUAL: LISTING,
    NotificationKind.MATCH_INTEREST: LISTING,
    NotificationKind.MATCH_FOUND: LISTING,
    NotificationKind.MATCH_WITHDRAWN: LISTING,
    NotificationKind.SEARCH_HIT: OTHER_LISTING,
    NotificationKind.LISTING_ENDING: LISTING,
    NotificationKind.KEY_EXPIRING: KEYS,
    NotificationKind.EMAIL_REFUSED: OWN,
    NotificationKind.WEBHOOK_STOPPED: "/settings/webhooks/{webhook_endpoint_id}",
    NotificationKind.CREDIT_WITHDRAWN: EVENT,
    NotificationKind.APPEAL_OPENED: EVENT,
    NotificationKind.APPEAL_UPHELD: EVENT,
    NotificationKind.APPEAL_OVERTURNED: EVENT,
    NotificationKind.APPEAL_ENDED: EVENT,
    NotificationKind.REPAIR_OPENED: EVENT,
    NotificationKind.REPAIR_CHECKED: EVENT,
    NotificationKind.REPAIR_EXTENDED: EVENT,
    NotificationKind.REPAIR_GRANTED: EVENT,
    NotificationKind.REPAIR_REFUSED: EVENT,
    NotificationKind.REPAIR_ENDED: EVENT,
    NotificationKind.GRADE_CHANGED: CREDIT,
    NotificationKind.EVALUATION_PUBLISHED: CREDIT,
    NotificationKind.EVALUATION_ENDING: CREDIT,
    NotificationKind.LICENCE_ENDING: LICENCE,
    NotificationKind.LICENCE_CONFIRMED: LICENCE,
    NotificationKind.LICENCE_REFUSED: LICENCE,
    NotificationKind.TRANSPORTER_EXPIRING: PAPERS,
    NotificationKind.TRANSPORTER_VERIFIED: PAPERS,
    NotificationKind.TRANSPORTER_REFUSED: PAPERS,
    NotificationKind.REGISTRATION_CONFIRMED: REGISTRATIONS,
    NotificationKind.REGISTRATION_REFUSED: REGISTRATIONS,
    NotificationKind.PERMIT_SUSPENDED: PAPERS,
    NotificationKind.PERMIT_RESUMED: PAPERS,
    NotificationKind.PERMIT_EXPIRED: PAPERS,
    NotificationKind.PERMIT_REVOKED: PAPERS,
    NotificationKind.PERMIT_PAUSED: CHANNEL,
    NotificationKind.TEST_DUE: CHANNEL,
    NotificationKind.RECEIVER_REQUESTED: REQUEST,
    NotificationKind.RECEIVER_ACCEPTED: REQUEST,
    NotificationKind.RECEIVER_DECLINED: REQUEST,
    NotificationKind.DECLARATION_DUE: DECLARATION,
    NotificationKind.DECLARATION_LATE: DECLARATION,
    NotificationKind.PLAN_DUE: PLANS,
    NotificationKind.PLAN_LATE: PLANS,
    NotificationKind.OFFER_RECEIVED: OFFER,
    NotificationKind.OFFER_COUNTERED: OFFER,
    NotificationKind.OFFER_ACCEPTED: OFFER,
    NotificationKind.OFFER_REJECTED: OFFER,
    NotificationKind.OFFER_WITHDRAWN: OFFER,
    NotificationKind.OFFER_LAPSED: OFFER,
    NotificationKind.DEAL_VERIFY_RECEIVER: DEAL + "/due-diligence",
    NotificationKind.DEAL_COMPLETED: DEAL,
    NotificationKind.DEAL_CANCELLED: DEAL,
    NotificationKind.DEAL_DISPUTED: DEAL,
    NotificationKind.DEAL_SETTLED: DEAL,
    NotificationKind.DEAL_LAPSED: DEAL,
    NotificationKind.MANIFEST_REQUESTED: LOAD,
    NotificationKind.MANIFEST_DECLINED: LOAD,
    NotificationKind.MANIFEST_ISSUED: LOAD,
    NotificationKind.MANIFEST_CANCELLED: LOAD,
    NotificationKind.MANIFEST_RECEIVED: LOAD,
    NotificationKind.MANIFEST_REFUSED: LOAD,
    NotificationKind.MANIFEST_DIFFERED: LOAD,
    NotificationKind.MANIFEST_OVERDUE: LOAD,
    NotificationKind.MANIFEST_TREATED: LOAD,
    NotificationKind.MANIFEST_CORRECTION: LOAD,
    NotificationKind.ENTERPRISE_APPROVED: TODAY,
    NotificationKind.ENTERPRISE_REJECTED: OWN,
    NotificationKind.ENTERPRISE_LAPSED: OWN,
    NotificationKind.ENTERPRISE_SUSPENDED: OWN,
    NotificationKind.CHANGE_CONFIRMED: OWN,
    NotificationKind.CHANGE_REFUSED: OWN,
    NotificationKind.INSPECTION_FINISHED: CREDIT,
    NotificationKind.INSPECTION_ORDERED: INSPECTIONS,
    NotificationKind.INSPECTION_OVERDUE: INSPECTIONS,
    NotificationKind.INSPECTION_CORRECTED: CREDIT,
    NotificationKind.INSPECTION_RETURNED: INSPECTIONS,
}
"""By kind of message; what is in braces is of the message's data."""


def page_of(message: Notification) -> str:
    """The path of the page that a message is about."""
    listings = {"listing_id": message.listing_id, "counterpart_id": message.counterpart_id}
    return PAGES[message.kind].format_map({**listings, **message.data})
