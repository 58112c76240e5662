"""What the scheduler and the workers run for notifications."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from .. import clock
from ..due_diligence import service as due_diligence
from ..enterprises.models import MailPurpose
from ..listings.models import ListingStatus
from ..matches import service as matches
from ..receivers import service as receivers
from . import service
from .models import NotificationKind


def plan_listing_push(listing_id: str) -> None:
    """A listing was published or changed."""
    service.plan_listing_pushes([UUID(listing_id)])


def plan_listing_pushes(payloads: Sequence[dict[str, Any]]) -> None:
    """Many listings were published or changed: `plan_listing_push` of each payload, in turn."""
    service.plan_listing_pushes([UUID(payload["listing_id"]) for payload in payloads])


def prepare_for_pushes(count: int) -> None:
    """So many listings are to be matched by this process."""
    matches.hold_index_for(count)


def match_saved_searches(listing_id: str, since: str, after: str | None = None) -> None:
    """A listing is to be compared with saved searches."""
    match_many_saved_searches([{"listing_id": listing_id, "since": since, "after": after}])


def match_many_saved_searches(payloads: Sequence[dict[str, Any]]) -> None:
    """Many listings are to be compared with saved searches: `match_saved_searches` of each, in turn."""
    service.match_saved_searches([_errand(**payload) for payload in payloads])


def _errand(listing_id: str, since: str, after: str | None = None) -> service.Errand:
    return service.Errand(UUID(listing_id), datetime.fromisoformat(since), UUID(after) if after else None)


def cancel_for_listing(listing_id: str, status: str) -> None:
    """A listing closed."""
    service.cancel_for_listing(UUID(listing_id))


def schedule_rerank_news(run_id: int) -> None:
    """All supplies were ranked again."""
    service.schedule_rerank_news(run_id)


def plan_rerank_news(run_id: int, grade: str) -> None:
    """Enterprises of a grade are to be notified of what the re-rank found."""
    service.plan_rerank_news(run_id, grade)


def plan_mutual_interest(listing_id: str, other_id: str) -> None:
    """Both sides of a pairing are interested."""
    service.plan_mutual_interest(UUID(listing_id), UUID(other_id))


def plan_interest(listing_id: str, other_id: str) -> None:
    """One side of a pairing is interested."""
    service.plan_interest(UUID(listing_id), UUID(other_id))


def plan_keys_expiring(enterprise_id: str, keys: list[dict[str, str]]) -> None:
    """Keys of an enterprise end soon."""
    service.plan_keys_expiring(UUID(enterprise_id), keys)


def plan_credit_withdrawn(
    enterprise_id: str, event_id: str, name: str, reason: str, appeal_id: str | None = None
) -> None:
    """A credit event was withdrawn; of one that an appeal overturned the news of the appeal tell."""
    if appeal_id is not None:
        return
    data = {"event_id": event_id, "name": name, "reason": reason}
    service.plan_message(UUID(enterprise_id), NotificationKind.CREDIT_WITHDRAWN, data)


def plan_appeal_news(
    happened: str, appeal_id: str, event_id: str, enterprise_id: str, name: str, due_on: str, reason: str
) -> None:
    """An appeal was opened, decided or ended."""
    facts = {"appeal_id": appeal_id, "event_id": event_id, "name": name, "last_day": due_on, "reason": reason}
    service.plan_credit_news(UUID(enterprise_id), NotificationKind(f"appeal.{happened}"), facts)


def plan_repair_news(
    happened: str, repair_id: str, event_id: str, enterprise_id: str, name: str, due_on: str, reason: str
) -> None:
    """The repair of a credit event was asked for, checked, extended, decided or ended."""
    facts = {"repair_id": repair_id, "event_id": event_id, "name": name, "last_day": due_on, "reason": reason}
    service.plan_credit_news(UUID(enterprise_id), NotificationKind(f"repair.{happened}"), facts)


def plan_withdrawal(listing_id: str, status: str) -> None:
    """A listing closed; those who are interested are told if its owner withdrew it."""
    if status == ListingStatus.WITHDRAWN:
        service.plan_withdrawal(UUID(listing_id))


def plan_grade_changed(
    enterprise_id: str, score: float, grade: str, grade_before: str, blocked: bool
) -> None:
    """The credit standing of an enterprise changed."""
    if grade != grade_before:
        data = {"grade": grade, "grade_before": grade_before}
        service.plan_message(UUID(enterprise_id), NotificationKind.GRADE_CHANGED, data)


def plan_evaluation_published(enterprise_id: str, evaluation_id: str, grade: str, valid_until: str) -> None:
    """The evaluation of an enterprise was published."""
    data = {"evaluation_id": evaluation_id, "grade": grade, "last_day": _last_day(valid_until)}
    service.plan_message(UUID(enterprise_id), NotificationKind.EVALUATION_PUBLISHED, data)


def plan_evaluation_ending(enterprise_id: str, evaluation_id: str, valid_until: str, days: int) -> None:
    """The evaluation of an enterprise ends soon."""
    data = {"evaluation_id": evaluation_id, "last_day": _last_day(valid_until)}
    service.plan_message(UUID(enterprise_id), NotificationKind.EVALUATION_ENDING, data)


def _last_day(valid_until: str) -> str:
    """The last day on which something counts that no longer does on `valid_until`."""
    return (date.fromisoformat(valid_until) - timedelta(days=1)).isoformat()


def plan_licence_confirmed(enterprise_id: str, licence_id: str, number: str, reason: str) -> None:
    """A licence that was handed in was confirmed."""
    data = {"licence_id": licence_id, "name": number}
    service.plan_message(UUID(enterprise_id), NotificationKind.LICENCE_CONFIRMED, data)


def plan_licence_refused(enterprise_id: str, licence_id: str, number: str, reason: str) -> None:
    """A licence that was handed in was refused."""
    data = {"licence_id": licence_id, "name": number, "reason": reason}
    service.plan_message(UUID(enterprise_id), NotificationKind.LICENCE_REFUSED, data)


def plan_papers_expiring(enterprise_id: str, papers: list[dict[str, str]]) -> None:
    """Papers of a transporter end soon."""
    service.plan_about_papers(UUID(enterprise_id), NotificationKind.TRANSPORTER_EXPIRING, papers)


def plan_paper_verified(enterprise_id: str, paper_id: str, paper: str, reason: str) -> None:
    """A paper of a transporter was verified."""
    data = {"paper_id": paper_id, "paper": paper}
    service.plan_about_papers(UUID(enterprise_id), NotificationKind.TRANSPORTER_VERIFIED, [data])


def plan_paper_refused(enterprise_id: str, paper_id: str, paper: str, reason: str) -> None:
    """A paper of a transporter was refused."""
    data = {"paper_id": paper_id, "paper": paper, "reason": reason}
    service.plan_about_papers(UUID(enterprise_id), NotificationKind.TRANSPORTER_REFUSED, [data])


def plan_verify_receiver(
    deal_id: str, by: str, status: str, fault: str | None,
    supply_id: str, demand_id: str, supplier_id: str, receiver_id: str,
) -> None:  # fmt: skip
    """A deal was agreed: its generator is to verify receiver and carrier."""
    generator_id, data = due_diligence.reminder_facts(UUID(deal_id))
    service.plan_message(generator_id, NotificationKind.DEAL_VERIFY_RECEIVER, data)


def plan_receiver_requested(request_id: str) -> None:
    """An enterprise asks another whether it would take a waste."""
    request, facts = receivers.message_facts(UUID(request_id))
    service.plan_message(request.receiver_id, NotificationKind.RECEIVER_REQUESTED, facts["receiver"])


def plan_receiver_accepted(request_id: str) -> None:
    """A receiver accepted a request for contact."""
    request, facts = receivers.message_facts(UUID(request_id))
    service.plan_message(request.supplier_id, NotificationKind.RECEIVER_ACCEPTED, facts["supplier"])


def plan_receiver_declined(request_id: str) -> None:
    """A receiver declined a request for contact."""
    request, facts = receivers.message_facts(UUID(request_id))
    data = {**facts["supplier"], "reason": request.reason or ""}
    service.plan_message(request.supplier_id, NotificationKind.RECEIVER_DECLINED, data)


def plan_registration_confirmed(enterprise_id: str, registration_id: str, number: str, reason: str) -> None:
    """A registration that was handed in counts now."""
    data = {"registration_id": registration_id, "name": number}
    service.plan_message(UUID(enterprise_id), NotificationKind.REGISTRATION_CONFIRMED, data)


def plan_registration_refused(enterprise_id: str, registration_id: str, number: str, reason: str) -> None:
    """A registration that was handed in was refused."""
    data = {"registration_id": registration_id, "name": number, "reason": reason}
    service.plan_message(UUID(enterprise_id), NotificationKind.REGISTRATION_REFUSED, data)


def plan_permit_suspended(kind: str, id: str, number: str, reason: str) -> None:
    """A permit was suspended."""
    service.plan_permit_news(NotificationKind.PERMIT_SUSPENDED, kind, UUID(id), number, reason)


def plan_permit_resumed(kind: str, id: str, number: str, reason: str) -> None:
    """A suspended permit counts again."""
    service.plan_permit_news(NotificationKind.PERMIT_RESUMED, kind, UUID(id), number, reason)


def plan_permit_paused(kind: str, id: str, number: str, reason: str, cause: str) -> None:
    """A channel was paused."""
    service.plan_permit_news(NotificationKind.PERMIT_PAUSED, kind, UUID(id), number, reason, cause=cause)


def plan_permit_expired(kind: str, id: str, number: str, reason: str) -> None:
    """A permit has ended."""
    service.plan_permit_news(NotificationKind.PERMIT_EXPIRED, kind, UUID(id), number, None)


def plan_permit_revoked(kind: str, id: str, number: str, reason: str) -> None:
    """A permit was revoked."""
    service.plan_permit_news(NotificationKind.PERMIT_REVOKED, kind, UUID(id), number, None)


def plan_enterprise_approved(enterprise_id: str, reason: str) -> None:
    """An enterprise was approved."""
    service.plan_message(UUID(enterprise_id), NotificationKind.ENTERPRISE_APPROVED, {})


def plan_enterprise_rejected(enterprise_id: str, reason: str) -> None:
    """A registration was turned away."""
    service.plan_message(UUID(enterprise_id), NotificationKind.ENTERPRISE_REJECTED, {"reason": reason})


def plan_enterprise_lapsed(enterprise_id: str) -> None:
    """A registration ended that nobody approved in time."""
    service.plan_message(UUID(enterprise_id), NotificationKind.ENTERPRISE_LAPSED, {})


def plan_change_confirmed(enterprise_id: str, change_id: str) -> None:
    """A proposed change of an enterprise was confirmed."""
    service.plan_message(UUID(enterprise_id), NotificationKind.CHANGE_CONFIRMED, {"change_id": change_id})


def plan_change_refused(enterprise_id: str, change_id: str, reason: str) -> None:
    """A proposed change of an enterprise was refused."""
    data = {"change_id": change_id, "reason": reason}
    service.plan_message(UUID(enterprise_id), NotificationKind.CHANGE_REFUSED, data)


def plan_enterprise_suspended(enterprise_id: str, reason: str) -> None:
    """An enterprise was suspended."""
    service.plan_message(UUID(enterprise_id), NotificationKind.ENTERPRISE_SUSPENDED, {"reason": reason})


def plan_manifest_news(
    happened: str, manifest_id: str, number: str, status: str, is_known: bool, reason: str,
    sender_id: str, receiver_id: str, transporter_id: str, deal_ids: list[str],
    step: str | None, enterprise_id: str | None,
) -> None:  # fmt: skip
    """Something happened to a manifest that some of its parties have to know."""
    parties = {
        "sender": sender_id, "receiver": receiver_id, "transporter": transporter_id, "named": enterprise_id
    }  # fmt: skip
    facts = {"manifest_id": manifest_id, "name": number, "reason": reason, "step": step}
    service.plan_manifest_news(happened, status, is_known, parties, facts)


def plan_inspection_news(
    happened: str, inspection_id: str, number: str, kind: str, enterprise_id: str, result: str,
    due_on: str | None,
) -> None:  # fmt: skip
    """Something happened to an inspection; of its self-check an enterprise is told what is overdue only."""
    facts = {"inspection_id": inspection_id, "name": number, "last_day": due_on}
    service.plan_inspection_news(UUID(enterprise_id), happened, kind, facts)


def plan_declaration_due(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """A declaration is due soon."""
    _plan_report_news(NotificationKind.DECLARATION_DUE, enterprise_id, report_id, name, due_on)


def plan_declaration_late(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """A declaration was not confirmed in time, or is missing long after."""
    _plan_report_news(NotificationKind.DECLARATION_LATE, enterprise_id, report_id, name, due_on)


def plan_management_plan_due(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """The management plan of a year is due soon."""
    _plan_report_news(NotificationKind.PLAN_DUE, enterprise_id, report_id, name, due_on)


def plan_management_plan_late(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """The management plan of a year was not submitted in time."""
    _plan_report_news(NotificationKind.PLAN_LATE, enterprise_id, report_id, name, due_on)


def _plan_report_news(
    message: NotificationKind, enterprise_id: str, report_id: str, name: str, due_on: str
) -> None:
    data = {"report_id": report_id, "name": name, "last_day": due_on}
    service.plan_message(UUID(enterprise_id), message, data)


def plan_offer_made(offer_id: str, by: str, **_: Any) -> None:
    """An offer was made."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_RECEIVED, by)


def plan_offer_countered(offer_id: str, by: str, **_: Any) -> None:
    """An offer was countered."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_COUNTERED, by)


def plan_offer_accepted(offer_id: str, by: str, **_: Any) -> None:
    """An offer was accepted."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_ACCEPTED, by)


def plan_offer_rejected(offer_id: str, by: str, **_: Any) -> None:
    """An offer was rejected."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_REJECTED, by)


def plan_offer_withdrawn(offer_id: str, by: str, **_: Any) -> None:
    """An offer was withdrawn."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_WITHDRAWN, by)


def plan_offer_lapsed(offer_id: str, by: str, **_: Any) -> None:
    """An offer has lapsed."""
    service.plan_offer_news(UUID(offer_id), NotificationKind.OFFER_LAPSED, by)


def plan_deal_completed(deal_id: str, by: str, **_: Any) -> None:
    """A deal was completed."""
    service.plan_deal_news(UUID(deal_id), NotificationKind.DEAL_COMPLETED, by)


def plan_deal_cancelled(deal_id: str, by: str, **_: Any) -> None:
    """A deal was cancelled."""
    service.plan_deal_news(UUID(deal_id), NotificationKind.DEAL_CANCELLED, by)


def plan_deal_disputed(deal_id: str, by: str, **_: Any) -> None:
    """A deal was disputed."""
    service.plan_deal_news(UUID(deal_id), NotificationKind.DEAL_DISPUTED, by)


def plan_deal_settled(deal_id: str, by: str, **_: Any) -> None:
    """A dispute was settled."""
    service.plan_deal_news(UUID(deal_id), NotificationKind.DEAL_SETTLED, by)


def plan_deal_lapsed(deal_id: str, by: str, **_: Any) -> None:
    """A deal has lapsed."""
    service.plan_deal_news(UUID(deal_id), NotificationKind.DEAL_LAPSED, by)


def send_proof(enterprise_id: str) -> None:
    """An enterprise registered, or the e-mail address of its contact changed."""
    service.send_link(UUID(enterprise_id), MailPurpose.PROOF)


def send_recovery(enterprise_id: str) -> None:
    """Somebody asks for a new key in place of a lost one."""
    service.send_link(UUID(enterprise_id), MailPurpose.RECOVERY)


def send_invitation(invitation_id: str) -> None:
    """Somebody was invited by e-mail."""
    service.send_invitation(UUID(invitation_id))


def send_reset(person_id: str) -> None:
    """A person has forgotten the password."""
    service.send_reset(UUID(person_id))


def send_email_code(email_change_id: str) -> None:
    """A person asked for another address."""
    service.send_email_code(UUID(email_change_id))


def send_evaluations_ending(person_id: str, count: int) -> None:
    """An officer is reminded of evaluations that end soon."""
    service.send_evaluations_ending(UUID(person_id), count)


def announce_endings() -> None:
    """Tell owners of listings and licences that end soon."""
    service.announce_endings(clock.today())


def send_email(notification_id: str) -> None:
    """A released message is to be mailed."""
    service.send_email(UUID(notification_id))


def send_digest(enterprise_id: str, digest_at: str) -> None:
    """A digest is to be mailed."""
    service.send_digest(UUID(enterprise_id), digest_at)


def release() -> bool:
    """Release what is due, and say whether anything was: then more may be."""
    return service.release_due() > 0


def forget_sent_mail() -> None:
    """Delete the records of e-mails that no cap looks at any more."""
    service.forget_sent_mail()


def plan_digests() -> None:
    """Enqueue the digests of this day."""
    service.plan_digests()
