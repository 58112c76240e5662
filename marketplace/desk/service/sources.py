"""Where the items of each kind come from: one row of `SOURCES` a kind, each read by an index of its own.

A further kind is a member of `DeskKind` and a `Source` here. Its table needs partial indexes on (`since`, id,
`firm`) and, if it has deadlines, on (`due`, id, `firm`) of the rows that wait, with the columns of
`elsewhere`: a page reads no more of it than it may show, and passes over other regions in the index. The
items of one enterprise are looked up by it.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, cast, func, literal_column, select
from sqlalchemy.orm import aliased

from ...appeals.models import UNDECIDED, Appeal, AppealStatus, Repair, RepairStatus
from ...catalogue.models import Region
from ...credit import service as credit
from ...credit.models import Block, CreditUnmatched, Evaluation
from ...early_warnings.models import EarlyWarning
from ...enterprises.models import (
    PENDING_DAY,
    PENDING_FOR,
    ChangeStatus,
    ClaimStatus,
    Enterprise,
    EnterpriseChange,
    EnterpriseStatus,
    UsccClaim,
)
from ...events.actor import ADMIN
from ...inspections.models import (
    Inspection,
    InspectionKind,
    InspectionResult,
    InspectionStatus,
    inspection_number,
)
from ...licences.models import Licence, LicenceStatus
from ...listings.models import Listing, ListingStatus
from ...messages import say
from ...messages.names import Name, name_of
from ...registrations.models import Registration, RegistrationStatus
from ...transfers.models import DAYS, TransferApplication, TransferStatus
from ...transporters.models import PaperKind, PaperStatus, TransporterPaper
from ..models import DeskKind, GradeChange
from .source import EXPIRING_DAYS, LATELY, SOON, TODAY, Elsewhere, Facts, Source, is_one_of


def _is_followed() -> ColumnElement[bool]:
    """Whether a published evaluation that ends later follows one.

    As a value: as a mere condition PostgreSQL may join it with all evaluations, of which a page shows few.
    """
    later = aliased(Evaluation)
    follows = (
        later.enterprise_id == Evaluation.enterprise_id,
        later.published_on.is_not(None),
        later.valid_until > Evaluation.valid_until,
    )
    return select(later.id).where(*follows).exists()


def _repair_title(facts: Facts, due: date | None, language: str) -> str:
    if facts["status"] == RepairStatus.CHECKED:
        return say("desk_repair_checked", language, title=facts["title"])
    return say("desk_repair", language, title=facts["title"])


def _inspection(facts: Facts) -> dict[str, Any]:
    """What a sentence says of an inspection: its number and its result."""
    number = inspection_number(date.fromisoformat(facts["begun_on"]), facts["no"])
    return {"number": number, "result": name_of(InspectionResult(facts["result"]))}


def _name_of_region(values: Any) -> Any:
    """The name of the region among the values of a profile, if it is among them."""
    return select(Region.name_zh).where(Region.adcode == values["region"].as_integer()).scalar_subquery()


def _profile_change(facts: Facts, due: date | None, language: str) -> str:
    """What is to change, old and new, so that the list says all there is; a place goes with its region."""
    changes = []
    for name, before in facts["before"].items():
        after = facts["proposed"][name]
        if name == "region":
            before, after = facts["region_before"] or before, facts["region"] or after
        elif name == "roles":
            before, after = ([Name("role", role) for role in roles] for roles in (before, after))
        field = Name("field", name)
        changes.append(say("desk_profile_field", language, field=field, before=before, after=after))
    return say("desk_profile_change", language, changes=changes)


_IS_BY_OFFICERS = is_one_of(Inspection.kind, InspectionKind.DISTRICT, InspectionKind.CITY)
_INSPECTION = {"begun_on": Inspection.begun_on, "no": Inspection.no, "result": Inspection.result}

SOURCES = (
    Source(
        DeskKind.REGISTRATION,
        Enterprise,
        (is_one_of(Enterprise.status, EnterpriseStatus.PENDING),),
        since=Enterprise.created_at,
        due=literal_column(PENDING_DAY.format("enterprise."), Date),
        due_days=PENDING_FOR.days,
        firm=Enterprise.id,
        title=lambda facts, due, language: say("desk_registration", language),
        path="/enterprises/{id}",
    ),
    Source(
        DeskKind.RECEIVER_REGISTRATION,
        Registration,
        (
            is_one_of(Registration.status, RegistrationStatus.SUBMITTED),
            Registration.revoked_at.is_(None),
        ),
        since=Registration.created_at,
        firm=Registration.enterprise_id,
        facts={"number": Registration.number},
        title=lambda facts, due, language: say(
            "desk_receiver_registration", language, number=facts["number"]
        ),
        path="/receiver-registrations/{id}",
    ),
    Source(
        DeskKind.TRANSPORTER_PAPER,
        TransporterPaper,
        (
            is_one_of(TransporterPaper.status, PaperStatus.SUBMITTED),
            TransporterPaper.ended_at.is_(None),
        ),
        since=TransporterPaper.created_at,
        firm=TransporterPaper.transporter_id,
        facts={"paper": TransporterPaper.kind},
        title=lambda facts, due, language: say(
            "desk_transporter_paper", language, paper=name_of(PaperKind(facts["paper"]))
        ),
        path="/transporter-papers/{id}",
    ),
    Source(
        DeskKind.APPEAL,
        Appeal,
        (is_one_of(Appeal.status, AppealStatus.OPEN),),
        since=Appeal.created_at,
        due=Appeal.due_on,
        firm=Appeal.enterprise_id,
        event=Appeal.event_id,
        title=lambda facts, due, language: say("desk_appeal", language, title=facts["title"]),
        path="/credit/appeals/{id}",
    ),
    Source(
        DeskKind.REPAIR,
        Repair,
        (is_one_of(Repair.status, *UNDECIDED),),
        since=Repair.created_at,
        due=Repair.due_on,
        firm=Repair.enterprise_id,
        facts={"status": Repair.status},
        event=Repair.event_id,
        title=_repair_title,
        path="/credit/repairs/{id}",
    ),
    Source(
        DeskKind.PROVISIONAL_BLOCK,
        Block,
        (Block.confirmed_at.is_(None), Block.lifted_at.is_(None)),
        since=Block.placed_at,
        firm=Block.enterprise_id,
        title=lambda facts, due, language: say("desk_provisional_block", language),
        path="/credit/blocks?enterprise_id={enterprise_id}",
    ),
    Source(
        DeskKind.EXPIRING_EVALUATION,
        Evaluation,
        (
            Evaluation.valid_until > TODAY,
            Evaluation.valid_until <= SOON,
            credit.is_published(),
            _is_followed().is_(False),
        ),
        since=Evaluation.valid_until,
        since_days=EXPIRING_DAYS,
        due=Evaluation.valid_until,
        firm=Evaluation.enterprise_id,
        title=lambda facts, due, language: say("desk_expiring_evaluation", language, day=due),
        path="/enterprises/{enterprise_id}/credit",
    ),
    Source(
        DeskKind.GRADE_CHANGE,
        GradeChange,
        (GradeChange.seen_at.is_(None), GradeChange.changed_at > LATELY),
        since=GradeChange.changed_at,
        firm=GradeChange.enterprise_id,
        facts={"before": GradeChange.grade_before, "after": GradeChange.grade},
        title=lambda facts, due, language: say(
            "desk_grade_change", language, before=facts["before"], after=facts["after"]
        ),
        path="/enterprises/{enterprise_id}/credit/explanation",
    ),
    Source(
        DeskKind.UNMATCHED_ENTRY,
        CreditUnmatched,
        (CreditUnmatched.settled_at.is_(None),),
        since=CreditUnmatched.created_at,
        region=credit.district_of_unmatched(),
        facts={"source": CreditUnmatched.source, "uscc": CreditUnmatched.uscc},
        title=lambda facts, due, language: say(
            "desk_unmatched_entry", language, source=facts["source"], uscc=facts["uscc"]
        ),
        path="/credit/imports/unmatched?uscc={uscc}",
    ),
    Source(
        DeskKind.OVERDUE_RECTIFICATION,
        Inspection,
        (is_one_of(Inspection.status, InspectionStatus.OVERDUE), _IS_BY_OFFICERS),
        since=Inspection.due_on,
        since_days=-1,
        due=Inspection.due_on,
        firm=Inspection.enterprise_id,
        facts=_INSPECTION,
        title=lambda facts, due, language: say("desk_overdue_rectification", language, **_inspection(facts)),
        path="/inspections/{id}",
    ),
    Source(
        DeskKind.RECHECK,
        Inspection,
        (is_one_of(Inspection.status, InspectionStatus.ANSWERED), _IS_BY_OFFICERS),
        since=Inspection.answered_at,
        firm=Inspection.enterprise_id,
        facts=_INSPECTION,
        title=lambda facts, due, language: say("desk_recheck", language, **_inspection(facts)),
        path="/inspections/{id}",
    ),
    Source(
        DeskKind.EARLY_WARNING,
        EarlyWarning,
        (),
        key=EarlyWarning.enterprise_id,
        since=EarlyWarning.warned_on,
        since_days=0,
        firm=EarlyWarning.enterprise_id,
        facts={"percent": cast(func.round(100 * EarlyWarning.risk), Integer)},
        title=lambda facts, due, language: say("desk_early_warning", language, percent=facts["percent"]),
        path="/credit/early-warnings",
    ),
    Source(
        DeskKind.PROFILE_CHANGE,
        EnterpriseChange,
        (is_one_of(EnterpriseChange.status, ChangeStatus.OPEN),),
        since=EnterpriseChange.created_at,
        firm=EnterpriseChange.enterprise_id,
        facts={
            "before": EnterpriseChange.before,
            "proposed": EnterpriseChange.proposed,
            "region_before": _name_of_region(EnterpriseChange.before),
            "region": _name_of_region(EnterpriseChange.proposed),
        },
        elsewhere=Elsewhere(region=EnterpriseChange.region_proposed),
        title=_profile_change,
        path="/enterprise-changes/{id}",
    ),
    Source(
        DeskKind.USCC_CLAIM,
        UsccClaim,
        (is_one_of(UsccClaim.status, ClaimStatus.OPEN),),
        since=UsccClaim.created_at,
        firm=UsccClaim.enterprise_id,
        facts={"uscc": Enterprise.uscc, "claimant": UsccClaim.name},
        title=lambda facts, due, language: say(
            "desk_uscc_claim", language, uscc=facts["uscc"], claimant=facts["claimant"]
        ),
        path="/uscc-claims/{id}",
        seen_by=(ADMIN,),
    ),
    Source(
        DeskKind.LICENCE,
        Licence,
        (is_one_of(Licence.status, LicenceStatus.SUBMITTED), Licence.revoked_at.is_(None)),
        since=Licence.created_at,
        firm=Licence.enterprise_id,
        facts={"number": Licence.number},
        title=lambda facts, due, language: say("desk_licence", language, number=facts["number"]),
        path="/licences/{id}",
    ),
    Source(
        DeskKind.TRANSFER_APPLICATION,
        TransferApplication,
        (is_one_of(TransferApplication.status, *DAYS),),
        since=TransferApplication.step_began_on,
        since_days=0,
        due=TransferApplication.due_on,
        firm=TransferApplication.generator_id,
        elsewhere=Elsewhere(
            firm=TransferApplication.receiver_id,
            when=is_one_of(TransferApplication.status, TransferStatus.AT_RECEIVER),
        ),
        facts={"status": TransferApplication.status},
        title=lambda facts, due, language: say(
            "desk_transfer_application", language, status=name_of(TransferStatus(facts["status"]))
        ),
        path="/transfer-applications/{id}",
    ),
    Source(
        DeskKind.EXEMPTION_REVIEW,
        Listing,
        (
            is_one_of(Listing.status, ListingStatus.OPEN),
            Listing.exemption_item.is_not(None),
            Listing.exemption_review.is_(None),
        ),
        since=Listing.published_at,
        firm=Listing.enterprise_id,
        facts={"item": Listing.exemption_item, "demand": Listing.title},
        title=lambda facts, due, language: say(
            "desk_exemption_review", language, item=facts["item"], demand=facts["demand"]
        ),
        path="/listings/{id}",
    ),
)
SOURCE_OF = {source.kind: source for source in SOURCES}
