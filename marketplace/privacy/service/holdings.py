"""Which tables hold something of an enterprise or its people, and which rows of them are whose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from ...appeals.models import Appeal, Repair
from ...boards.models import BoardEntry
from ...credit.models import Block, CreditEvent, CreditFile, Evaluation
from ...database import Base
from ...deals.models import Deal, Offer, OfferRound, Rating, Side
from ...desk.models import GradeChange
from ...due_diligence.models import DueDiligence
from ...enterprises.models import ApiKey, Enterprise, EnterpriseChange, MailToken
from ...events.models import Audit
from ...haulage.models import Track, TrackPoint
from ...inspections.models import Inspection, InspectionAnswer, InspectionPhoto
from ...licences.models import (
    Channel,
    ChannelFile,
    ChannelTest,
    Licence,
    LicenceFile,
    LicenceLine,
    PermitUse,
    SecondaryWaste,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
)
from ...listings.models import Accept, Listing, ListingImport, ListingPhoto
from ...manifests.models import (
    Manifest,
    ManifestCorrection,
    ManifestDelay,
    ManifestFile,
    ManifestLeg,
    ManifestLine,
    ManifestMismatch,
    ManifestOutcome,
    ManifestVersion,
)
from ...matches.models import Feedback, MutualInterest
from ...notifications.models import Notification, NotificationStatus, Preferences, SavedSearch, Silence
from ...persons.models import Invitation, LinkedAccount, Membership, Passkey, Person
from ...receivers.models import ReceiverRequest
from ...registrations.models import Registration, Site
from ...reporting.models import (
    ClassDecision,
    Declaration,
    DeclarationVersion,
    ManagementPlan,
    PlanVersion,
)
from ...transfers.models import TransferApplication, TransferPaper, TransferStep
from ...transporters.models import CrewCard, PaperFile, TransporterPaper, TransporterRegister
from ...webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

Condition = Callable[[UUID], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Holding:
    """A table of which an enterprise gets a copy of its rows.

    Attributes:
        of: the condition of an enterprise's rows.
        hidden: columns left out: secrets, the bytes of files, numbers of the inside, ids of staff.
    """

    model: type[Base]
    of: Condition
    hidden: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)


def _by(*columns: Any) -> Condition:
    return lambda enterprise_id: or_(*(column == enterprise_id for column in columns))


def _through(column: Any, parent: Any, owner: Any) -> Condition:
    """Rows whose `column` names a row `parent` of the enterprise."""
    return lambda enterprise_id: column.in_(select(parent).where(owner == enterprise_id))


def _either(*conditions: Condition) -> Condition:
    return lambda enterprise_id: or_(*(condition(enterprise_id) for condition in conditions))


def _of_channels(model: Any) -> Condition:
    """Rows of channels of which the enterprise is a party."""
    return _either(
        _through(model.channel_id, Channel.id, Channel.generator_id),
        _through(model.channel_id, Channel.id, Channel.receiver_id),
    )


def _of_manifests(model: Any) -> Condition:
    """Rows of manifests of which the enterprise is a party."""
    parties = (Manifest.sender_id, Manifest.receiver_id, Manifest.transporter_id)
    return _either(*(_through(model.manifest_id, Manifest.id, party) for party in parties))


def _of_applications(model: Any) -> Condition:
    """Rows of applications for transfer approvals of which the enterprise is a party."""
    parent = TransferApplication.id
    return _either(
        _through(model.application_id, parent, TransferApplication.generator_id),
        _through(model.application_id, parent, TransferApplication.receiver_id),
    )


def _of_deliveries(enterprise_id: UUID) -> ColumnElement[bool]:
    """Tries of deliveries to endpoints of the enterprise."""
    deliveries = select(WebhookDelivery.id).join(
        WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id
    )
    own = deliveries.where(WebhookEndpoint.enterprise_id == enterprise_id)
    return WebhookAttempt.delivery_id.in_(own)


def _about(kind: str) -> Condition:
    return lambda enterprise_id: and_(Audit.subject_kind == kind, Audit.subject_id == str(enterprise_id))


def _released(enterprise_id: UUID) -> ColumnElement[bool]:
    """What was told: a message that waits for its hour by credit is not for its receiver yet."""
    return and_(
        Notification.enterprise_id == enterprise_id, Notification.status == NotificationStatus.RELEASED
    )


def _published(enterprise_id: UUID) -> ColumnElement[bool]:
    """Evaluations that are no previews: those count for nothing, and are deleted or published."""
    return and_(Evaluation.enterprise_id == enterprise_id, Evaluation.published_on.is_not(None))


def _given(enterprise_id: UUID) -> ColumnElement[bool]:
    """The ratings that it gave; those that it got are shown with the deal once both have rated."""
    deal_ids = {Side.SUPPLIER: Deal.supplier_id, Side.RECEIVER: Deal.receiver_id}
    return or_(
        *(
            and_(Rating.by == side, Rating.deal_id.in_(select(Deal.id).where(column == enterprise_id)))
            for side, column in deal_ids.items()
        )
    )


_OWN_LINES = select(LicenceLine.id).join(Licence, Licence.id == LicenceLine.licence_id)

HOLDINGS = (
    Holding(Enterprise, _by(Enterprise.id), frozenset({"no"})),
    Holding(EnterpriseChange, _by(EnterpriseChange.enterprise_id)),
    Holding(ApiKey, _by(ApiKey.enterprise_id), frozenset({"digest"})),
    Holding(MailToken, _by(MailToken.enterprise_id), frozenset({"digest"})),
    Holding(Licence, _by(Licence.enterprise_id), frozenset({"number_key"})),
    Holding(
        LicenceFile,
        _through(LicenceFile.licence_id, Licence.id, Licence.enterprise_id),
        frozenset({"content"}),
    ),
    Holding(
        LicenceLine, _through(LicenceLine.licence_id, Licence.id, Licence.enterprise_id), frozenset({"no"})
    ),
    Holding(
        PermitUse,
        _either(
            lambda enterprise_id: PermitUse.permit_id.in_(
                _OWN_LINES.where(Licence.enterprise_id == enterprise_id)
            ),
            _through(PermitUse.permit_id, Channel.id, Channel.receiver_id),
        ),
    ),
    Holding(Channel, _by(Channel.generator_id, Channel.receiver_id), frozenset({"no", "number_key"})),
    Holding(ChannelTest, _of_channels(ChannelTest)),
    Holding(ChannelFile, _of_channels(ChannelFile), frozenset({"content"})),
    Holding(SecondaryWaste, _of_channels(SecondaryWaste)),
    Holding(
        TransferApproval,
        _by(TransferApproval.generator_id, TransferApproval.receiver_id),
        frozenset({"no", "number_key"}),
    ),
    Holding(TransferApplication, _by(TransferApplication.generator_id, TransferApplication.receiver_id)),
    Holding(TransferStep, _of_applications(TransferStep)),
    Holding(TransferPaper, _of_applications(TransferPaper), frozenset({"content"})),
    Holding(WhiteListEntry, _by(WhiteListEntry.receiver_id)),
    Holding(VerifiedExemption, _by(VerifiedExemption.enterprise_id), frozenset({"number_key"})),
    Holding(TransporterRegister, _by(TransporterRegister.enterprise_id)),
    Holding(TransporterPaper, _by(TransporterPaper.transporter_id), frozenset({"key"})),
    Holding(CrewCard, _through(CrewCard.paper_id, TransporterPaper.id, TransporterPaper.transporter_id)),
    Holding(
        PaperFile,
        _through(PaperFile.paper_id, TransporterPaper.id, TransporterPaper.transporter_id),
        frozenset({"content"}),
    ),
    Holding(Track, _through(Track.manifest_id, Manifest.id, Manifest.transporter_id)),
    Holding(TrackPoint, _through(TrackPoint.manifest_id, Manifest.id, Manifest.transporter_id)),
    Holding(Listing, _by(Listing.enterprise_id), frozenset({"no"})),
    Holding(Accept, _through(Accept.listing_id, Listing.id, Listing.enterprise_id)),
    Holding(ListingPhoto, _by(ListingPhoto.enterprise_id), frozenset({"added_by"})),
    Holding(ListingImport, _by(ListingImport.enterprise_id), frozenset({"digest", "upload"})),
    Holding(Feedback, _through(Feedback.listing_id, Listing.id, Listing.enterprise_id)),
    Holding(
        MutualInterest,
        _either(
            _through(MutualInterest.supply_id, Listing.id, Listing.enterprise_id),
            _through(MutualInterest.demand_id, Listing.id, Listing.enterprise_id),
        ),
    ),
    Holding(Manifest, _by(Manifest.sender_id, Manifest.receiver_id, Manifest.transporter_id)),
    Holding(ManifestLine, _of_manifests(ManifestLine)),
    Holding(ManifestLeg, _either(_of_manifests(ManifestLeg), _by(ManifestLeg.transporter_id))),
    Holding(ManifestVersion, _of_manifests(ManifestVersion), frozenset({"signed_by", "content"})),
    Holding(ManifestFile, _of_manifests(ManifestFile), frozenset({"added_by"})),
    Holding(ManifestCorrection, _of_manifests(ManifestCorrection), frozenset({"asked_by"})),
    Holding(ManifestMismatch, _of_manifests(ManifestMismatch), frozenset({"explained_by"})),
    Holding(ManifestOutcome, _of_manifests(ManifestOutcome)),
    Holding(ManifestDelay, _by(ManifestDelay.enterprise_id)),
    Holding(Declaration, _by(Declaration.enterprise_id)),
    Holding(
        DeclarationVersion,
        _through(DeclarationVersion.declaration_id, Declaration.id, Declaration.enterprise_id),
        frozenset({"made_by"}),
    ),
    Holding(ManagementPlan, _by(ManagementPlan.enterprise_id)),
    Holding(
        PlanVersion,
        _through(PlanVersion.plan_id, ManagementPlan.id, ManagementPlan.enterprise_id),
        frozenset({"made_by"}),
    ),
    Holding(ClassDecision, _by(ClassDecision.enterprise_id), frozenset({"decided_by"})),
    Holding(Offer, _by(Offer.supplier_id, Offer.receiver_id)),
    Holding(
        OfferRound,
        _either(
            _through(OfferRound.offer_id, Offer.id, Offer.supplier_id),
            _through(OfferRound.offer_id, Offer.id, Offer.receiver_id),
        ),
    ),
    Holding(
        Deal,
        _by(Deal.supplier_id, Deal.receiver_id),
        frozenset({"terms", "permit_kind", "permit_id", "permit_year", "approval_id"}),
    ),
    Holding(Rating, _given),
    Holding(
        DueDiligence,
        _either(_by(DueDiligence.enterprise_id), _through(DueDiligence.deal_id, Deal.id, Deal.supplier_id)),
        frozenset({"confirmed_by"}),
    ),
    Holding(ReceiverRequest, _by(ReceiverRequest.supplier_id, ReceiverRequest.receiver_id)),
    Holding(Registration, _by(Registration.enterprise_id), frozenset({"number_key"})),
    Holding(
        Site,
        _through(Site.registration_id, Registration.id, Registration.enterprise_id),
    ),
    Holding(Notification, _released, frozenset({"release_no"})),
    Holding(Preferences, _by(Preferences.enterprise_id)),
    Holding(SavedSearch, _by(SavedSearch.enterprise_id)),
    Holding(Silence, _by(Silence.receiver_id)),
    Holding(
        WebhookEndpoint,
        _by(WebhookEndpoint.enterprise_id),
        frozenset({"secret", "old_secret", "old_secret_until", "notified_no", "asked_until"}),
    ),
    Holding(
        WebhookDelivery,
        _through(WebhookDelivery.endpoint_id, WebhookEndpoint.id, WebhookEndpoint.enterprise_id),
    ),
    Holding(WebhookAttempt, _of_deliveries),
    Holding(
        CreditEvent, _by(CreditEvent.enterprise_id), frozenset({"recorded_by", "found_by", "document_key"})
    ),
    Holding(Appeal, _by(Appeal.enterprise_id), frozenset({"decided_by", "reminded_of"})),
    Holding(Repair, _by(Repair.enterprise_id), frozenset({"checked_by", "decided_by", "reminded_of"})),
    Holding(
        CreditFile,
        _through(CreditFile.event_id, CreditEvent.id, CreditEvent.enterprise_id),
        frozenset({"added_by"}),
    ),
    Holding(Evaluation, _published, frozenset({"recorded_by", "job_id"})),
    Holding(Block, _by(Block.enterprise_id), frozenset({"placed_by", "confirmed_by", "lifted_by"})),
    Holding(Inspection, _by(Inspection.enterprise_id), frozenset({"no", "begun_by", "finished_by"})),
    Holding(
        InspectionAnswer,
        _through(InspectionAnswer.inspection_id, Inspection.id, Inspection.enterprise_id),
        frozenset({"answered_by"}),
    ),
    Holding(
        InspectionPhoto,
        _through(InspectionPhoto.inspection_id, Inspection.id, Inspection.enterprise_id),
        frozenset({"added_by"}),
    ),
    Holding(BoardEntry, _by(BoardEntry.enterprise_id)),
    Holding(GradeChange, _by(GradeChange.enterprise_id), frozenset({"seen_by"})),
    Holding(
        Person,
        _through(Person.id, Membership.person_id, Membership.enterprise_id),
        frozenset({"no", "password_hash", "totp_secret", "totp_step"}),
    ),
    Holding(
        Passkey,
        _through(Passkey.person_id, Membership.person_id, Membership.enterprise_id),
        frozenset({"credential_id", "public_key", "sign_count"}),
    ),
    Holding(LinkedAccount, _through(LinkedAccount.person_id, Membership.person_id, Membership.enterprise_id)),
    Holding(Membership, _by(Membership.enterprise_id)),
    Holding(Invitation, _by(Invitation.enterprise_id), frozenset({"digest"})),
    Holding(
        Audit,
        _about("enterprise"),
        frozenset({"actor_id", "key_id", "address", "request_id", "person_id"}),
    ),
)
"""What an export holds, in this order: what staff read and changed of an enterprise stands at the end."""

NOT_EXPORTED = {
    "credit_unmatched": "what feeds say of codes that nobody has; once somebody has, it is a credit event",
    "uscc_claim": "who else claims its credit code: a case for staff, with the contact of others",
    "pairing_outcome": "what the order learns from, of both sides together; each side's answers are exported",
    "last_notification": "which message went out last about whom; the messages are exported",
    "repeated_notification": "on which days better terms were told again; the messages are exported",
    "evaluation_job": "that officers asked for evaluations; what is published is exported",
    "early_warning": "a hint for staff computed from credit events, which are exported; it decides nothing",
    "credit_ledger": "the sealed history of events, blocks and evaluations, which are exported",
    "feed_reader": "who may know of which event, for a month; what it was about is exported",
    "sent_mail": "how many e-mails went to a mailbox, by its digest, for two days",
}
"""Tables that name an enterprise and are left out of exports, with the reason."""
