"""Evaluations of a region: previews asked for, how far their making is, what they say, their publication."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ...catalogue import service as catalogue
from ...desk.models import DeskKind
from ...enterprises import service as enterprises
from ...evaluations import service as evaluations
from ...events.actor import ADMIN
from ...http.authentication import STAFF
from ...http.fields import Adcode, Lines
from ...http.paging import Page, PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ..desk_queue import STEP_TAKEN, desk_query, next_of, row_of
from ..forms import Errors, change_or_show, once_by, over_the_form, typed
from ..page import pages, read_query
from ..visitor import members_only, private

MOST_JOBS = 20
ANY_JOB = {"status": None, "region": None}
ANY_EVALUATION = dict.fromkeys(("enterprise_id", "status", "ends_by", "mine"))


class JobQuery(PageQuery):
    """Which job's previews are shown; without one the jobs alone."""

    job_id = fields.UUID(load_default=None)


class RegionForm(Schema):
    region = Adcode(required=True)
    note = Lines(1000, load_default="")


class PublicationForm(Schema):
    """`expiring_id` names the item of the desk on which the preview was published."""

    expiring_id = fields.UUID(load_default=None)


JOB, REGION, PUBLICATION = JobQuery(), RegionForm(), PublicationForm()


@pages.get("/desk/evaluations")
@members_only(kinds=STAFF)
def show_evaluations(who: Acting) -> Response:
    """The jobs that made previews, newest first, and the previews of one of them."""
    query, _ = read_query(JOB)
    return _evaluations(who, query["job_id"])


def _evaluations(
    who: Acting, job_id: UUID | None, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    query, _ = read_query(JOB)
    found: Page = {"items": [], "next": None}
    job = None
    if job_id is not None:
        job = evaluations.find_job(actor, job_id)
        asked = {**ANY_EVALUATION, "job_id": job_id}
        found = page_of_rows(query, lambda after, limit: evaluations.search(actor, asked, after, limit))
    jobs = evaluations.search_jobs(actor, ANY_JOB, None, MOST_JOBS)
    about = [row for row in (*jobs, job) if row is not None]
    return private(
        "evaluations.html",
        http_status,
        job=job,
        previews=evaluations.present_heads(actor, found["items"]),
        next=found["next"],
        jobs=jobs,
        regions=catalogue.region_names({row.region for row in about if row.region is not None}),
        firms=enterprises.references({row.enterprise_id for row in about if row.enterprise_id is not None}),
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/credit/evaluations?job_id={job_id}" if job_id else "/api/v1/credit/evaluation-jobs",
    )


@pages.post("/desk/evaluations")
@members_only("admin", kinds=(ADMIN,))
def evaluate_region(who: Acting) -> Any:
    """Have previews made of all approved enterprises of a region."""
    actor = who.actor

    def evaluate(data: dict[str, Any]) -> str:
        return url_for("console.show_evaluations", job_id=evaluations.start(actor, data).id)

    return change_or_show(REGION, partial(_evaluations, who, None), once_by(actor, evaluate))


@pages.post("/desk/expiring_evaluation/<uuid:evaluation_id>/preview")
@members_only("admin", kinds=(ADMIN,))
def preview_evaluation(who: Acting, evaluation_id: UUID) -> Any:
    """Have the next evaluation of the same enterprise made, to be looked at."""
    actor = who.actor
    firm = evaluations.find(actor, evaluation_id).enterprise_id

    def preview(_: dict[str, Any]) -> str:
        evaluations.start(actor, {"enterprise_id": firm, "note": ""})
        kind = DeskKind.EXPIRING_EVALUATION.value
        return url_for("console.show_desk_item", kind=kind, subject_id=evaluation_id) + desk_query()

    return change_or_show(None, partial(_evaluations, who, None), once_by(actor, preview))


@pages.post("/desk/evaluations/<uuid:evaluation_id>/publish")
@members_only("admin", kinds=(ADMIN,))
def publish_evaluation(who: Acting, evaluation_id: UUID) -> Any:
    """Publish a preview as it was frozen, or say beside the others of its job why that is refused.

    From the desk it leads on to the next item.
    """
    actor = who.actor
    job_id = evaluations.find(actor, evaluation_id).job_id

    def publish(data: dict[str, Any]) -> str:
        ending = data["expiring_id"]
        item = row_of(actor, DeskKind.EXPIRING_EVALUATION, ending) if ending else None
        evaluations.publish(actor, evaluation_id)
        if ending:
            return next_of(actor, item, STEP_TAKEN)
        return url_for("console.show_evaluations", job_id=job_id)

    return change_or_show(
        PUBLICATION,
        lambda http_status, errors: _evaluations(who, job_id, http_status, over_the_form(errors)),
        publish,
    )
