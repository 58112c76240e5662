"""Previews as tests make them, and enterprises of which both halves are known."""

from datetime import date
from uuid import UUID

from marketplace.catalogue import service as catalogue
from marketplace.evaluations import jobs
from marketplace.reporting.models import DeclarationVersion, VersionAction
from tests.inspections.site import answers
from tests.reporting.world import ACID, declaration_of, ok, writing

ROOT = "/credit/evaluations"
BALANCED = {
    "opening_kg": 0, "generated_kg": 10_000, "received_kg": 0, "own_kg": 4000, "outside_kg": 0,
    "closing_kg": 6000,
}  # fmt: skip


def start(marketplace, **body):
    """The job that a request for previews begins."""
    response = marketplace.admin.post(ROOT, body)
    job = ok(response, 202)
    assert response.headers["Location"].endswith(f"/credit/evaluation-jobs/{job['id']}")
    return job


def run(marketplace, job):
    """Make the next batch of a job, as its task would."""
    with marketplace.app.app_context():
        jobs.make_previews(job["id"])


def previews_of(marketplace, job, party=None):
    """What a party sees in the list of what a job made."""
    return ok((party or marketplace.admin).get(ROOT, job_id=job["id"], limit=100))["items"]


def preview_of(marketplace, party):
    """A new preview of an enterprise, as an admin sees it."""
    job = start(marketplace, enterprise_id=party.id)
    run(marketplace, job)
    (head,) = previews_of(marketplace, job)
    return show(marketplace.admin, head)


def show(party, evaluation):
    return ok(party.get(f"{ROOT}/{evaluation['id']}"))


def publish(marketplace, evaluation, by=None):
    return (by or marketplace.admin).post(f"{ROOT}/{evaluation['id']}/publish")


def published_at_once(marketplace, party, day):
    """An evaluation by the body that names its day."""
    return ok(marketplace.admin.post(ROOT, {"enterprise_id": party.id, "published_on": day}), 201)


def declared(marketplace, party, confirmed=True, **figures):
    """The declaration of the third quarter, due in October, with a line that balances unless said so."""
    about = {"status": "confirmed", "confirmed_on": date(2026, 10, 8)} if confirmed else {}
    with writing(marketplace) as work:
        row = declaration_of(
            work, party, "quarter", date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 15), **about
        )
        if confirmed:
            code_id = catalogue.find_code("cn-hw", ACID).id
            line = {"code_id": code_id, "scheme": "cn-hw", "code": ACID, **BALANCED, **figures}
            work.add(
                DeclarationVersion(declaration_id=row.id, no=1, action=VersionAction.CONFIRM, lines=[line])
            )
        return UUID(str(row.id))


def inspected(marketplace, party, kind="city", **points):
    """A finished inspection."""
    body = {"enterprise_id": party.id, "checklist": "hazardous_generator", "kind": kind}
    inspector = party if kind == "self" else marketplace.admin
    made = ok(inspector.post("/inspections", body), 201)
    ok(inspector.post(f"/inspections/{made['id']}/items", answers(made, **points)))
    return ok(inspector.post(f"/inspections/{made['id']}/finish", {}))
