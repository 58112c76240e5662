"""What officials decide about one enterprise: its class of reporting, an evaluation, papers, its contact."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ... import clock
from ...credit import service as credit
from ...enterprises import service as enterprises
from ...evaluations import service as evaluations
from ...events.actor import ADMIN
from ...http.authentication import STAFF
from ...http.fields import Day, Lines, OneOf, Text
from ...http.schemas import InOrderSchema, Schema
from ...persons.service import Acting
from ...privacy import service as privacy
from ...reporting import service as reporting
from ...reporting.models import ReportingClass
from ...transporters import service as transporters
from ...transporters.models import PaperStatus
from ..forms import Errors, change_or_show, once_by, over_the_form, typed
from ..page import pages
from ..visitor import members_only, private
from .enterprises import story_page

MOST_PAPERS = 200


class ClassForm(InOrderSchema):
    """By the names of the API."""

    management_class = fields.String(required=True, validate=OneOf(ReportingClass))
    valid_from = Day(required=True)
    valid_until = Day(load_default=None)
    source = Text(300, required=True)


class EvaluationForm(Schema):
    """With the day of an evaluation that was made elsewhere it is published at once, else previewed."""

    published_on = Day(load_default=None)
    note = Lines(1000, load_default="")


class GivenReasonForm(Schema):
    reason = Lines(500, required=True)


class ReasonForm(Schema):
    reason = Lines(500, load_default=None)


CLASS, EVALUATION, GIVEN_REASON, REASON = ClassForm(), EvaluationForm(), GivenReasonForm(), ReasonForm()


# ---------------------------------------------------------------- the class by which it reports


@pages.get("/enterprises/<uuid:enterprise_id>/reporting-class")
@members_only(kinds=STAFF)
def show_class(who: Acting, enterprise_id: UUID) -> Response:
    """The class of an enterprise today, why, and every decision about it."""
    return _class(who, enterprise_id)


def _class(
    who: Acting, enterprise_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    firm = enterprises.find_governed(actor, enterprise_id)
    return private(
        "reporting_class.html",
        http_status,
        firm=firm,
        shown=reporting.present_class(firm.id),
        may_decide=reporting.may_decide(actor),
        classes=list(ReportingClass),
        values=typed() if errors else {"valid_from": clock.today().isoformat()},
        errors=errors or {},
        api=f"/api/v1/enterprises/{enterprise_id}/reporting-class",
    )


@pages.post("/enterprises/<uuid:enterprise_id>/reporting-class")
@members_only(kinds=STAFF)
def decide_class(who: Acting, enterprise_id: UUID) -> Any:
    """Put an enterprise into a class from a day on."""
    actor = who.actor
    reporting.find_decidable(actor, enterprise_id)

    def decide(data: dict[str, Any]) -> str:
        reporting.decide_class(actor, enterprise_id, data)
        return url_for("console.show_class", enterprise_id=enterprise_id)

    return change_or_show(CLASS, partial(_class, who, enterprise_id), once_by(actor, decide))


# ---------------------------------------------------------------- an evaluation


@pages.post("/enterprises/<uuid:enterprise_id>/evaluations")
@members_only("admin", kinds=(ADMIN,))
def evaluate_enterprise(who: Acting, enterprise_id: UUID) -> Any:
    """Have a preview made, or record an evaluation of a day."""
    actor = who.actor
    enterprises.find_governed(actor, enterprise_id)

    def evaluate(data: dict[str, Any]) -> str:
        about = {**data, "enterprise_id": enterprise_id}
        if data["published_on"] is not None:
            credit.publish_evaluation(actor, about)
            return url_for("console.show_enterprise", enterprise_id=enterprise_id, part="credit")
        return url_for("console.show_evaluations", job_id=evaluations.start(actor, about).id)

    show = partial(story_page, who, enterprise_id, "credit")
    return change_or_show(EVALUATION, show, once_by(actor, evaluate))


# ---------------------------------------------------------------- the contact


@pages.get("/enterprises/<uuid:enterprise_id>/erase-contact")
@members_only(kinds=(ADMIN,))
def show_contact_erasure(who: Acting, enterprise_id: UUID) -> Response:
    """What goes and what stays when the contact is erased, before it is."""
    return _contact_erasure(who, enterprise_id)


def _contact_erasure(
    who: Acting, enterprise_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    return private(
        "erase_contact.html",
        http_status,
        firm=enterprises.find_governed(who.actor, enterprise_id),
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/enterprises/{enterprise_id}",
    )


@pages.post("/enterprises/<uuid:enterprise_id>/erase-contact")
@members_only("admin", kinds=(ADMIN,))
def erase_contact(who: Acting, enterprise_id: UUID) -> Any:
    """Erase the contact for good."""
    actor = who.actor
    enterprises.find_governed(actor, enterprise_id)
    return change_or_show(
        GIVEN_REASON,
        partial(_contact_erasure, who, enterprise_id),
        lambda data: privacy.erase_contact(actor, enterprise_id, data["reason"]),
        url_for("console.show_enterprise", enterprise_id=enterprise_id),
    )


# ---------------------------------------------------------------- papers of a transporter


@pages.get("/enterprises/<uuid:enterprise_id>/papers")
@members_only(kinds=STAFF)
def show_carriage(who: Acting, enterprise_id: UUID) -> Response:
    """The papers of a transporter: those to be decided first, then those in force."""
    return _carriage(who, enterprise_id)


def _carriage(
    who: Acting, enterprise_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    firm = enterprises.find_governed(actor, enterprise_id)
    asked = {"status": None, "paper": None, "transporter_id": enterprise_id}
    papers = transporters.present_papers(actor, transporters.search_papers(actor, asked, None, MOST_PAPERS))
    return private(
        "carriage.html",
        http_status,
        firm=firm,
        papers=sorted(papers, key=lambda paper: paper["status"] != PaperStatus.SUBMITTED),
        today=clock.today(),
        errors=errors or {},
        api=f"/api/v1/transporter-papers?transporter_id={enterprise_id}",
    )


@pages.post("/enterprises/papers/<uuid:carriage_id>/end")
@members_only("admin", kinds=(ADMIN,))
def end_carriage(who: Acting, carriage_id: UUID) -> Any:
    """End a paper now; it stays on record."""
    actor = who.actor
    enterprise_id = transporters.find_paper(actor, carriage_id).transporter_id
    return change_or_show(
        REASON,
        lambda http_status, errors: _carriage(who, enterprise_id, http_status, over_the_form(errors)),
        lambda data: transporters.end_paper(actor, carriage_id, data["reason"]),
        url_for("console.show_carriage", enterprise_id=enterprise_id),
    )
