"""Which functions tasks run on which queue, and which events enqueue them."""

from collections.abc import Callable

from .allocations import jobs as allocations
from .appeals import jobs as appeals
from .credit import jobs as credit
from .deals import jobs as deals
from .events import registry
from .events.registry import TaskType
from .haulage import jobs as haulage
from .listings import jobs as listings
from .manifests import jobs as manifests
from .matches import jobs as matches
from .notifications import jobs as notifications

MATCHING = "matching"
DELIVERY = "delivery"
BULK = "bulk"
RERANK = "rerank"

TASKS_PER_JOB = {MATCHING: 100, DELIVERY: 20}
"""How many tasks a job carries at most. Each of the other queues' tasks may take minutes and has a job to
itself; those of `delivery` wait for a mail relay, and several workers share them."""

TASKS = (
    TaskType(
        notifications.plan_listing_push,
        MATCHING,
        many=notifications.plan_listing_pushes,
        prepare=notifications.prepare_for_pushes,
    ),
    TaskType(notifications.match_saved_searches, MATCHING, many=notifications.match_many_saved_searches),
    TaskType(notifications.cancel_for_listing, MATCHING),
    TaskType(notifications.schedule_rerank_news, BULK),
    TaskType(notifications.plan_rerank_news, BULK),
    TaskType(notifications.plan_mutual_interest, MATCHING),
    TaskType(notifications.plan_interest, MATCHING),
    TaskType(notifications.plan_keys_expiring, MATCHING),
    TaskType(notifications.plan_credit_withdrawn, MATCHING),
    TaskType(notifications.plan_appeal_news, MATCHING),
    TaskType(notifications.plan_repair_news, MATCHING),
    TaskType(notifications.plan_withdrawal, MATCHING),
    TaskType(notifications.plan_grade_changed, MATCHING),
    TaskType(notifications.plan_licence_confirmed, MATCHING),
    TaskType(notifications.plan_licence_refused, MATCHING),
    TaskType(notifications.plan_papers_expiring, MATCHING),
    TaskType(notifications.plan_paper_verified, MATCHING),
    TaskType(notifications.plan_paper_refused, MATCHING),
    TaskType(notifications.plan_verify_receiver, MATCHING),
    TaskType(notifications.plan_receiver_requested, MATCHING),
    TaskType(notifications.plan_receiver_accepted, MATCHING),
    TaskType(notifications.plan_receiver_declined, MATCHING),
    TaskType(notifications.plan_registration_confirmed, MATCHING),
    TaskType(notifications.plan_registration_refused, MATCHING),
    TaskType(notifications.plan_permit_suspended, MATCHING),
    TaskType(notifications.plan_permit_paused, MATCHING),
    TaskType(notifications.plan_permit_resumed, MATCHING),
    TaskType(notifications.plan_permit_expired, MATCHING),
    TaskType(notifications.plan_permit_revoked, MATCHING),
    TaskType(notifications.plan_enterprise_approved, MATCHING),
    TaskType(notifications.plan_enterprise_rejected, MATCHING),
    TaskType(notifications.plan_enterprise_lapsed, MATCHING),
    TaskType(notifications.plan_change_confirmed, MATCHING),
    TaskType(notifications.plan_change_refused, MATCHING),
    TaskType(notifications.plan_enterprise_suspended, MATCHING),
    TaskType(notifications.plan_manifest_news, MATCHING),
    TaskType(manifests.void_unissued, MATCHING),
    TaskType(notifications.plan_offer_made, MATCHING),
    TaskType(notifications.plan_offer_countered, MATCHING),
    TaskType(notifications.plan_offer_accepted, MATCHING),
    TaskType(notifications.plan_offer_rejected, MATCHING),
    TaskType(notifications.plan_offer_withdrawn, MATCHING),
    TaskType(notifications.plan_offer_lapsed, MATCHING),
    TaskType(notifications.plan_deal_completed, MATCHING),
    TaskType(notifications.plan_deal_cancelled, MATCHING),
    TaskType(notifications.plan_deal_disputed, MATCHING),
    TaskType(notifications.plan_deal_settled, MATCHING),
    TaskType(notifications.plan_deal_lapsed, MATCHING),
    TaskType(notifications.send_proof, DELIVERY),
    TaskType(notifications.send_recovery, DELIVERY),
    TaskType(notifications.send_email, DELIVERY),
    TaskType(notifications.send_digest, DELIVERY),
    TaskType(listings.run_import, BULK),
    TaskType(matches.rerank, BULK),
    TaskType(matches.rerank_for_policy, BULK),
    TaskType(matches.rerank_part, RERANK),
    TaskType(matches.train, BULK),
    TaskType(deals.lapse_offers, MATCHING),
    TaskType(deals.record_offered, MATCHING),
    TaskType(deals.record_dealt, MATCHING),
    TaskType(deals.report_end, MATCHING),
    TaskType(deals.confirm_fault, MATCHING),
    TaskType(deals.judge_ratings, MATCHING),
    TaskType(deals.judge_shown_ratings, MATCHING),
    TaskType(haulage.report_missing_track, MATCHING),
    TaskType(credit.record_fulfilled, MATCHING),
    TaskType(credit.record_fault, MATCHING),
    TaskType(credit.record_late, MATCHING),
    TaskType(credit.record_withdrawal, MATCHING),
    TaskType(credit.record_missing_track, MATCHING),
    TaskType(credit.record_low_rating, MATCHING),
    TaskType(appeals.end_for_event, MATCHING),
    TaskType(allocations.run, BULK),
)
"""A new kind of task is one line here; `work.enqueue` writes one by its name."""

SUBSCRIPTIONS: dict[str, tuple[Callable[..., None], ...]] = {
    "listing.published": (notifications.plan_listing_push,),
    "listing.changed": (notifications.plan_listing_push,),
    "listing.closed": (notifications.cancel_for_listing, notifications.plan_withdrawal, deals.lapse_offers),
    "listing.fulfilled": (notifications.cancel_for_listing, deals.lapse_offers),
    "listing.reopened": (notifications.plan_listing_push,),
    "deal.agreed": (deals.record_dealt, notifications.plan_verify_receiver),
    "deal.fulfilled": (credit.record_fulfilled,),
    "deal.at_fault": (credit.record_fault,),
    "deal.rated": (deals.judge_ratings,),
    "deal.rated_low": (credit.record_low_rating,),
    "offer.made": (notifications.plan_offer_made, deals.record_offered),
    "offer.countered": (notifications.plan_offer_countered,),
    "offer.accepted": (notifications.plan_offer_accepted,),
    "offer.rejected": (notifications.plan_offer_rejected,),
    "offer.withdrawn": (notifications.plan_offer_withdrawn,),
    "offer.lapsed": (notifications.plan_offer_lapsed,),
    "deal.completed": (notifications.plan_deal_completed, manifests.void_unissued, deals.report_end),
    "deal.cancelled": (notifications.plan_deal_cancelled, manifests.void_unissued, deals.report_end),
    "deal.disputed": (notifications.plan_deal_disputed,),
    "deal.settled": (notifications.plan_deal_settled, manifests.void_unissued, deals.report_end),
    "deal.lapsed": (notifications.plan_deal_lapsed, manifests.void_unissued),
    "match.interested": (notifications.plan_interest,),
    "match.mutual": (notifications.plan_mutual_interest,),
    "policy.changed": (matches.rerank_for_policy,),
    "matches.reranked": (notifications.schedule_rerank_news,),
    "key.expiring": (notifications.plan_keys_expiring,),
    "credit.withdrawn": (notifications.plan_credit_withdrawn, appeals.end_for_event),
    "credit.repaired": (appeals.end_for_event,),
    "appeal.opened": (notifications.plan_appeal_news,),
    "appeal.upheld": (notifications.plan_appeal_news,),
    "appeal.overturned": (notifications.plan_appeal_news,),
    "appeal.ended": (notifications.plan_appeal_news,),
    "repair.opened": (notifications.plan_repair_news,),
    "repair.checked": (notifications.plan_repair_news,),
    "repair.extended": (notifications.plan_repair_news,),
    "repair.granted": (notifications.plan_repair_news,),
    "repair.refused": (notifications.plan_repair_news,),
    "repair.ended": (notifications.plan_repair_news,),
    "credit.changed": (notifications.plan_grade_changed,),
    "licence.confirmed": (notifications.plan_licence_confirmed,),
    "licence.refused": (notifications.plan_licence_refused,),
    "transporter.expiring": (notifications.plan_papers_expiring,),
    "transporter.verified": (notifications.plan_paper_verified,),
    "transporter.refused": (notifications.plan_paper_refused,),
    "receiver_request.made": (notifications.plan_receiver_requested,),
    "receiver_request.accepted": (notifications.plan_receiver_accepted,),
    "receiver_request.declined": (notifications.plan_receiver_declined,),
    "registration.confirmed": (notifications.plan_registration_confirmed,),
    "registration.refused": (notifications.plan_registration_refused,),
    "permit.paused": (notifications.plan_permit_paused,),
    "permit.suspended": (notifications.plan_permit_suspended,),
    "permit.resumed": (notifications.plan_permit_resumed,),
    "permit.expired": (notifications.plan_permit_expired,),
    "permit.revoked": (notifications.plan_permit_revoked,),
    "enterprise.approved": (notifications.plan_enterprise_approved,),
    "enterprise.rejected": (notifications.plan_enterprise_rejected,),
    "enterprise.lapsed": (notifications.plan_enterprise_lapsed,),
    "enterprise.change_confirmed": (notifications.plan_change_confirmed,),
    "enterprise.change_refused": (notifications.plan_change_refused,),
    "enterprise.suspended": (notifications.plan_enterprise_suspended,),
    "manifest.requested": (notifications.plan_manifest_news,),
    "manifest.carrier_changed": (notifications.plan_manifest_news,),
    "manifest.declined": (notifications.plan_manifest_news,),
    "manifest.issued": (notifications.plan_manifest_news,),
    "manifest.cancelled": (notifications.plan_manifest_news,),
    "manifest.received": (notifications.plan_manifest_news,),
    "manifest.refused": (notifications.plan_manifest_news,),
    "manifest.differed": (notifications.plan_manifest_news,),
    "manifest.overdue": (notifications.plan_manifest_news,),
    "manifest.late": (credit.record_late,),
    "manifest.carrier_withdrew": (credit.record_withdrawal,),
    "manifest.closed": (haulage.report_missing_track,),
    "manifest.track_missing": (credit.record_missing_track,),
    "manifest.treated": (notifications.plan_manifest_news,),
    "manifest.correction_asked": (notifications.plan_manifest_news,),
    "enterprise.registered": (notifications.send_proof,),
    "enterprise.email_changed": (notifications.send_proof,),
    "enterprise.proof_requested": (notifications.send_proof,),
    "enterprise.recovery_requested": (notifications.send_recovery,),
}
"""By event: the tasks that `work.emit` writes along with it. The event's payload is theirs."""


def install() -> None:
    """Make the tables known to `work` and to the relay."""
    registry.install(TASKS, SUBSCRIPTIONS, TASKS_PER_JOB)
