"""All life cycles, and who makes their moves when they are overdue."""

from dataclasses import dataclass
from typing import Any

from .allocations import models as allocations
from .appeals import models as appeals
from .credit import models as credit
from .deals import models as deals
from .deals import service as deals_service
from .enterprises import models as enterprises
from .enterprises import service as enterprises_service
from .evaluations import models as evaluations
from .events import models as events
from .events.lifecycle import LifeCycle
from .events.timeouts import Overdue, TimeOut
from .inspections import models as inspections
from .inspections import service as inspections_service
from .licences import models as licences
from .licences import service as licences_service
from .listings import models as listings
from .listings import service as listings_service
from .manifests import models as manifests
from .matches import models as matches
from .notifications import models as notifications
from .persons import models as persons
from .persons import service as persons_service
from .receivers import models as receivers
from .receivers import service as receivers_service
from .registrations import models as registrations
from .reporting import models as reporting
from .reporting import service as reporting_service
from .transfers import models as transfers
from .transfers import service as transfers_service
from .transporters import models as transporters
from .webhooks import models as webhooks


@dataclass(frozen=True, slots=True)
class Life:
    """A life cycle, its table, and its title in the documentation."""

    title: str
    model: Any
    table: LifeCycle


LIVES = (
    Life("An enterprise", enterprises.Enterprise, enterprises.LIFE),
    Life("A proposed change of an enterprise", enterprises.EnterpriseChange, enterprises.CHANGE_LIFE),
    Life("A second claim on a USCC", enterprises.UsccClaim, enterprises.CLAIM_LIFE),
    Life("An invitation of a person", persons.Invitation, persons.INVITATION_LIFE),
    Life("A lost password or second factor", persons.AccessReset, persons.RESET_LIFE),
    Life("A licence", licences.Licence, licences.LIFE),
    Life("A paper of a transporter", transporters.TransporterPaper, transporters.LIFE),
    Life("A channel", licences.Channel, licences.CHANNEL_LIFE),
    Life("An application for a transfer approval", transfers.TransferApplication, transfers.LIFE),
    Life("A registration of a receiver", registrations.Registration, registrations.LIFE),
    Life("A listing", listings.Listing, listings.LIFE),
    Life("An import of listings", listings.ListingImport, listings.IMPORT_LIFE),
    Life("A training of the learned ranking", matches.RankingModel, matches.MODEL_LIFE),
    Life("A ranking of all supplies", matches.RerankRun, matches.RUN_LIFE),
    Life("A request for contact to a receiver", receivers.ReceiverRequest, receivers.LIFE),
    Life("An offer", deals.Offer, deals.OFFER_LIFE),
    Life("A deal", deals.Deal, deals.DEAL_LIFE),
    Life("The invoice of a deal", deals.Deal, deals.INVOICE_LIFE),
    Life("A manifest", manifests.Manifest, manifests.LIFE),
    Life("A correction of a manifest", manifests.ManifestCorrection, manifests.CORRECTION_LIFE),
    Life("A declaration", reporting.Declaration, reporting.DECLARATION_LIFE),
    Life("A management plan", reporting.ManagementPlan, reporting.PLAN_LIFE),
    Life("A plan for a region", allocations.Allocation, allocations.LIFE),
    Life("A credit event", credit.CreditEvent, credit.EVENT_LIFE),
    Life("An appeal against a credit event", appeals.Appeal, appeals.APPEAL_LIFE),
    Life("A repair of a credit event", appeals.Repair, appeals.REPAIR_LIFE),
    Life("An evaluation", credit.Evaluation, credit.EVALUATION_LIFE),
    Life("A job that makes evaluations", evaluations.EvaluationJob, evaluations.JOB_LIFE),
    Life("A feed of credit events", credit.CreditImport, credit.FEED_LIFE),
    Life("An entry of the blocked list", credit.Block, credit.BLOCK_LIFE),
    Life("An inspection", inspections.Inspection, inspections.LIFE),
    Life("A notification", notifications.Notification, notifications.LIFE),
    Life("A delivery to an endpoint", webhooks.WebhookDelivery, webhooks.LIFE),
    Life("A task", events.Task, events.LIFE),
)
"""A new life cycle is one line here; `flask lives` draws it in docs/lives.md."""

TIMEOUTS = (
    TimeOut(enterprises.Enterprise, enterprises.LIFE, "lapse", enterprises_service.lapse),
    TimeOut(enterprises.UsccClaim, enterprises.CLAIM_LIFE, "lapse", enterprises_service.lapse_claim),
    TimeOut(persons.Invitation, persons.INVITATION_LIFE, "lapse", persons_service.lapse_invitation),
    TimeOut(persons.AccessReset, persons.RESET_LIFE, "lapse", persons_service.lapse_reset),
    TimeOut(licences.Channel, licences.CHANNEL_LIFE, "pause", licences_service.pause_untested),
    TimeOut(
        transfers.TransferApplication, transfers.LIFE, "accept_papers", transfers_service.accept_silently
    ),
    TimeOut(listings.Listing, listings.LIFE, "expire", listings_service.expire),
    TimeOut(deals.Offer, deals.OFFER_LIFE, "lapse", deals_service.lapse_offer),
    TimeOut(
        deals.Deal,
        deals.DEAL_LIFE,
        "lapse",
        deals_service.lapse_deal,
        only=deals_service.nothing_in_flight(),
        batch=1,
    ),
    TimeOut(receivers.ReceiverRequest, receivers.LIFE, "lapse", receivers_service.lapse),
    TimeOut(inspections.Inspection, inspections.LIFE, "miss", inspections_service.miss),
    TimeOut(inspections.Inspection, inspections.LIFE, "abandon", inspections_service.abandon),
    TimeOut(reporting.Declaration, reporting.DECLARATION_LIFE, "pass_term", reporting_service.pass_term),
    TimeOut(reporting.Declaration, reporting.DECLARATION_LIFE, "give_up", reporting_service.give_up),
    TimeOut(reporting.ManagementPlan, reporting.PLAN_LIFE, "pass_term", reporting_service.pass_plan_term),
)
"""A new move with `after=` is one line here."""
OVERDUE = Overdue(TIMEOUTS)

HEAD = """\
# Life cycles

Each is a table in the `models.py` of its room and enforced: rows change their state through `LIFE.move`
only, the 409 responses name the states that the table allows, and the scheduler makes the moves that have a
time-out. `flask --app wsgi lives` writes this page from the tables. An arrow shows the move, who may make it
(`clock` is the scheduler, `system` a task of the platform), and the event that is emitted.
"""


def make_overdue_moves() -> None:
    """Make every move that is overdue. The failure of one time-out delays no other.

    Raises:
        ExceptionGroup: some failed.
    """
    failures = []
    for timeout in OVERDUE():
        try:
            timeout.make_overdue()
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("overdue moves failed", failures)


def page() -> str:
    """The text of docs/lives.md."""
    sections = [f"\n## {life.title}\n\n```mermaid\n{life.table.diagram()}\n```\n" for life in LIVES]
    return HEAD + "".join(sections)
