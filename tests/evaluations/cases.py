"""Cases of the routes of evaluations."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, VISIBLE, Cases, Samples
from tests.evaluations.previews import ROOT, preview_of, published_at_once, start

ONE = f"{ROOT}/<uuid:evaluation_id>"
JOBS = "/credit/evaluation-jobs"
JOB = f"{JOBS}/<uuid:job_id>"
PUBLISH = ("POST", f"{ONE}/publish")


class EvaluationSamples(Samples):
    @cached_property
    def evaluation(self):
        """Published, of the owner."""
        return published_at_once(self.marketplace, self.owner, "2026-11-01")

    @cached_property
    def evaluation_job(self):
        return start(self.marketplace, enterprise_id=self.partner.id)

    @cached_property
    def preview(self):
        return preview_of(self.marketplace, self.marketplace.enterprise("generator"))


def neighbours(samples):
    one = f"{ROOT}/{samples.evaluation['id']}"
    return {
        ("GET", ONE): (one, VISIBLE, VISIBLE),
        PUBLISH: (f"{one}/publish", FORBIDDEN, FORBIDDEN),
        ("GET", JOB): (f"/credit/evaluation-jobs/{samples.evaluation_job['id']}", FORBIDDEN, HIDDEN),
    }


def paths(samples):
    assert samples.evaluation_job
    return {JOBS: JOBS}


def writes(samples):
    admin = samples.admin
    return {
        ("POST", ROOT): (admin, ROOT, {"enterprise_id": samples.owner.id, "note": "年度评价"}),
        PUBLISH: (admin, f"{ROOT}/{samples.preview['id']}/publish", {}),
    }


def grow(samples):
    firm = samples.marketplace.enterprise("generator")
    published_at_once(samples.marketplace, firm, "2026-11-01")
    preview_of(samples.marketplace, firm)
    start(samples.marketplace, enterprise_id=firm.id)


CASES = Cases(
    samples=EvaluationSamples,
    neighbours=neighbours,
    paths=paths,
    writes=writes,
    grow=grow,
    public={ONE: {"id", "enterprise_id", "name", "grade", "valid_until"}},
    without_fields=frozenset({PUBLISH}),
    statements={ROOT: 3, ONE: 3, JOBS: 2, JOB: 2},
)
