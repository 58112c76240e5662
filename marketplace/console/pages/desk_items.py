"""What an officer sees of an item beside its head: by kind, as the rooms show it to whoever decides."""

from collections.abc import Callable
from typing import Any

from ... import clock
from ...appeals import service as appeals
from ...appeals.models import Appeal, Repair, RepairStatus
from ...catalogue import service as catalogue
from ...credit import service as credit
from ...desk.models import DeskDecision, DeskKind
from ...early_warnings import service as early_warnings
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...evaluations import service as evaluations
from ...events.actor import Actor
from ...http.languages import language, render_warnings
from ...licences import service as licences
from ...licences.models import Licence, VerifiedExemption
from ...listings import service as listings
from ...registrations import service as registrations
from ...transporters import service as transporters
from ..listing_words import named_listings

Facts = dict[str, Any]
MOST = 20
CHECKED = ("name", "uscc", "region", "location", "contact")
"""What of a registration is looked at, by the fields that warnings name."""
DECIDED_BY_ANOTHER = (
    DeskDecision.UPHOLD, DeskDecision.OVERTURN, DeskDecision.GRANT, DeskDecision.REFUSE,
)  # fmt: skip
"""What whoever recorded the event, or checked the repair, leaves to another officer."""
ANY_EVALUATION = dict.fromkeys(("job_id", "status", "ends_by", "mine"))


def _registration(actor: Actor, row: Any) -> Facts:
    firm = enterprises.find_governed(actor, row.id)
    notices = enterprises.review_notices([firm])
    shown = enterprises.present(actor, firm, render_warnings(notices.get(firm.id, ())))
    return {"firm": shown, "version": firm.version, "checks": _checks(shown)}


def _checks(firm: Facts) -> list[Facts]:
    """What was looked at, each with what speaks against it."""
    against: dict[str, list[str]] = {}
    for warning in firm["warnings"]:
        against.setdefault((warning["field"] or "").partition(".")[0], []).append(warning["detail"])
    known = [{"field": name, "against": against.pop(name, [])} for name in CHECKED]
    return known + [{"field": "other", "against": each} for each in against.values()]


def _receiver_registration(actor: Actor, row: Any) -> Facts:
    return {"shown": registrations.present([registrations.find(actor, row.id)])[0]}


def _transporter_paper(actor: Actor, row: Any) -> Facts:
    return {"shown": transporters.present_one(actor, transporters.find_paper(actor, row.id))}


def _of_event(actor: Actor, row: Appeal | Repair) -> Facts:
    event = row.event
    return {
        "shown": row,
        "event": event,
        "citation": credit.citation_of(event, language()),
        "counts": credit.counts(event, clock.today()),
        "files": [credit.present_file(file, event) for file in credit.list_files(actor, event)],
        "barred": DECIDED_BY_ANOTHER if appeals.needs_another(actor, row) else (),
    }


def _appeal(actor: Actor, row: Any) -> Facts:
    return _of_event(actor, appeals.find_appeal(actor, row.id))


def _repair(actor: Actor, row: Any) -> Facts:
    repair = appeals.find_repair(actor, row.id)
    facts, is_checked = _of_event(actor, repair), repair.status == RepairStatus.CHECKED
    step = DeskDecision.CHECK if is_checked else DeskDecision.GRANT
    return {**facts, "unfit": (step,)}


def _provisional_block(actor: Actor, row: Any) -> Facts:
    block = credit.find_block(actor, row.id)
    barred = []
    if credit.needs_another_to_confirm(actor, block):
        barred.append(DeskDecision.CONFIRM)
    if credit.needs_another_to_lift(actor, block):
        barred.append(DeskDecision.LIFT)
    return {"shown": block, "barred": barred}


def _expiring_evaluation(actor: Actor, row: Any) -> Facts:
    evaluation = evaluations.find(actor, row.id)
    of_firm = {**ANY_EVALUATION, "enterprise_id": evaluation.enterprise_id}
    others = evaluations.search(actor, of_firm, None, MOST)
    return {
        "shown": evaluations.present(actor, evaluation),
        "previews": [each for each in others if each.published_on is None and each.id > evaluation.id],
    }


def _grade_change(actor: Actor, row: Any) -> Facts:
    firm = enterprises.find_governed(actor, row.enterprise_id)
    return {"shown": credit.explain(actor, firm, language()), **(row.facts or {})}


def _unmatched_entry(actor: Actor, row: Any) -> Facts:
    source, uscc = row.facts["source"], row.facts["uscc"]
    found = credit.search_unmatched(actor, uscc, source, None, MOST)
    entry = next((each for each in found if each.id == row.id), None)
    if entry is None:
        raise NotFound()
    return {"shown": entry}


def _early_warning(actor: Actor, row: Any) -> Facts:
    return {"shown": early_warnings.present(early_warnings.find(actor, row.enterprise_id))}


def _profile_change(actor: Actor, row: Any) -> Facts:
    shown = enterprises.present_change(actor, enterprises.find_change(actor, row.id))
    sides = (shown["before"], shown["proposed"])
    regions = catalogue.region_names({side["region"] for side in sides if "region" in side})
    return {"shown": shown, "regions": regions}


def _uscc_claim(actor: Actor, row: Any) -> Facts:
    claim = enterprises.find_claim(actor, row.id)
    return {"shown": claim, "contact": enterprises.claimant_contact(actor, claim)}


def _licence(actor: Actor, row: Any) -> Facts:
    return {"shown": licences.present([licences.find(actor, Licence, row.id)])[0]}


def _exemption_review(actor: Actor, row: Any) -> Facts:
    """The demand, and what of the exemption list is on record as verified for its enterprise."""
    listing = listings.find_shown(actor, row.id)
    (shown,) = named_listings(listings.present_shown(actor, [listing]))
    verified = licences.search(actor, VerifiedExemption, row.enterprise_id, None, None, MOST)
    return {
        "shown": shown,
        "item": listing.exemption_item,
        "version": listing.version,
        "verified": [each for each in verified if each.revoked_at is None],
    }


FACTS: dict[DeskKind, Callable[[Actor, Any], Facts]] = {
    DeskKind.REGISTRATION: _registration,
    DeskKind.RECEIVER_REGISTRATION: _receiver_registration,
    DeskKind.TRANSPORTER_PAPER: _transporter_paper,
    DeskKind.APPEAL: _appeal,
    DeskKind.REPAIR: _repair,
    DeskKind.PROVISIONAL_BLOCK: _provisional_block,
    DeskKind.EXPIRING_EVALUATION: _expiring_evaluation,
    DeskKind.GRADE_CHANGE: _grade_change,
    DeskKind.UNMATCHED_ENTRY: _unmatched_entry,
    DeskKind.EARLY_WARNING: _early_warning,
    DeskKind.PROFILE_CHANGE: _profile_change,
    DeskKind.USCC_CLAIM: _uscc_claim,
    DeskKind.LICENCE: _licence,
    DeskKind.EXEMPTION_REVIEW: _exemption_review,
}
"""Each kind but those that have a page of their own."""
