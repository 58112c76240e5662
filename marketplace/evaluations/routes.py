"""Evaluations over HTTP."""

from functools import partial

from flask import Response, jsonify, url_for

from ..credit import service as credit
from ..credit.models import Evaluation
from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, no_body, subject
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, each, page
from . import service
from .models import EvaluationJob
from .schemas import (
    EvaluationJobPage,
    EvaluationJobQuery,
    EvaluationJobSchema,
    EvaluationPage,
    EvaluationQuery,
    EvaluationSchema,
    NewEvaluationSchema,
)

blueprint = Blueprint("evaluations", __name__, description="Evaluations: previewed, published, in force.")

ONE = "/credit/evaluations/<uuid:evaluation_id>"


@blueprint.post("/credit/evaluations")
@allow(ADMIN, scope="admin")
@blueprint.body(NewEvaluationSchema)
@blueprint.response(201, EvaluationSchema, description="With `published_on`: it is published.")
@blueprint.alt_response(
    202,
    schema=EvaluationJobSchema,
    description="Previews are made by a job: `Location` is where to follow its progress.",
)
def evaluate(body: Body) -> tuple[Json, int] | tuple[Response, int, dict[str, str]]:
    """Make previews of one enterprise or of a region; with `published_on`, publish at once.

    A preview freezes both halves (reports, inspection) and the credit with its grade. It counts for nothing
    until it is published, and nobody edits it: what is wrong in it is put right by events, then a new one is
    made.
    """
    if "published_on" in body:
        return service.present(actor(), credit.publish_evaluation(actor(), body)), 201
    job = service.start(actor(), body)
    shown = jsonify(EvaluationJobSchema().dump(service.present_job(job)))
    return shown, 202, {"Location": url_for("evaluations.show_job", job_id=job.id)}


@blueprint.get("/credit/evaluation-jobs")
@allow(*STAFF)
@blueprint.query(EvaluationJobQuery)
@blueprint.response(200, EvaluationJobPage)
def list_jobs(query: Query) -> Page:
    """Jobs that make previews, newest first; a regulator sees those that lie in its region."""
    return page(query, partial(service.search_jobs, actor(), query), present=each(service.present_job))


@blueprint.get("/credit/evaluation-jobs/<uuid:job_id>")
@allow(*STAFF)
@subject(service.find_job)
@blueprint.response(200, EvaluationJobSchema)
def show_job(job: EvaluationJob) -> Json:
    """A job that makes previews, and how far it is; GET /credit/evaluations?job_id= has what it made."""
    return service.present_job(job)


@blueprint.get("/credit/evaluations")
@allow(*EVERY_KEY)
@blueprint.query(EvaluationQuery)
@blueprint.response(200, EvaluationPage)
def list_evaluations(query: Query) -> Page:
    """Evaluations, newest first: of others the grade and the end of what is published; your own in full.

    Admins see all of them with previews, regulators those of their region.
    """
    rows = partial(service.search, actor(), query)
    return page(query, rows, present=partial(service.present_heads, actor()))


@blueprint.get(ONE)
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, EvaluationSchema)
def show_evaluation(evaluation: Evaluation) -> Json:
    """An evaluation with what it was made of; others see the grade and the end of what is published."""
    return service.present(actor(), evaluation)


@blueprint.post(f"{ONE}/publish")
@allow(ADMIN, scope="admin")
@subject(service.find)
@may_conflict
@no_body
@blueprint.response(200, EvaluationSchema)
def publish_evaluation(evaluation: Evaluation) -> Json:
    """Publish a preview as it was frozen, valid for two years; all members see its grade and end.

    Refused if what is known of the enterprise has changed since (`evaluation_outdated`): make a new one.
    """
    return service.present(actor(), service.publish(actor(), evaluation.id))
