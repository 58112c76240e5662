"""Cases of the routes of declarations and plans."""

from datetime import date
from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.reporting.world import declaration_of, line, ok, writing

ONE, PLAN = "/declarations/<uuid:declaration_id>", "/plans/<uuid:plan_id>/versions"
CLASS = "/enterprises/<uuid:enterprise_id>/reporting-class"
LINE = {**line(generated=3.2, closing=3.2), "opening_t": 0}
CONFIRMATION = {"lines": [LINE], "reason": "盘点核实"}
CORRECTION = {"lines": [LINE], "reason": "漏报一桶"}
RECEIPT = {"receipt": "3306-2026-000123", "filed_on": "2026-12-01"}
CODE = {"scheme": "cn-hw", "code": "900-349-34"}
NEW_PLAN = {
    "generation": [{**CODE, "planned_t": 40.0}],
    "transfers": [{**CODE, "planned_t": 38.0, "treatment": "R5"}],
    "storage": [],
    "own_treatment": [],
    "facilities": "危废仓库一座",
    "reduction": "改进清洗工序",
}
DECISION = {"management_class": "simplified", "valid_from": "2026-12-01", "source": "绍环函〔2026〕12号"}


class ReportingSamples(Samples):
    @cached_property
    def declaration(self):
        return self.declared_for(2025)

    @cached_property
    def management_plan(self):
        return ok(self.owner.post("/plans", {**NEW_PLAN, "reason": "补充"}), 201)

    def declared_for(self, year):
        """The path of a declaration of a year that nobody has confirmed."""
        with writing(self.marketplace) as work:
            due_on = date(2027, 12, 31)
            row = declaration_of(work, self.owner, "year", date(year, 1, 1), date(year, 12, 31), due_on)
            return f"/declarations/{row.id}"

    def confirmed_for(self, year):
        path = self.declared_for(year)
        ok(self.owner.post(f"{path}/confirm", CONFIRMATION))
        return path


def neighbours(samples):
    path, plan = samples.declaration, f"/plans/{samples.management_plan['id']}/versions"
    own_class = f"/enterprises/{samples.owner.id}/reporting-class"
    return {
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("GET", f"{ONE}/versions"): (f"{path}/versions", HIDDEN, HIDDEN),
        **{
            ("POST", f"{ONE}/{move}"): (f"{path}/{move}", HIDDEN, FORBIDDEN)
            for move in ("confirm", "correct", "receipt")
        },
        ("GET", PLAN): (plan, HIDDEN, HIDDEN),
        ("GET", CLASS): (own_class, HIDDEN, HIDDEN),
        ("POST", CLASS): (own_class, FORBIDDEN, HIDDEN),
    }


def writes(samples):
    owner = samples.owner
    return {
        ("POST", f"{ONE}/confirm"): (owner, f"{samples.declared_for(2020)}/confirm", CONFIRMATION),
        ("POST", f"{ONE}/correct"): (owner, f"{samples.confirmed_for(2021)}/correct", CORRECTION),
        ("POST", f"{ONE}/receipt"): (owner, f"{samples.confirmed_for(2022)}/receipt", RECEIPT),
        ("POST", "/plans"): (owner, "/plans", {**NEW_PLAN, "year": 2027, "reason": "扩产"}),
        ("POST", CLASS): (samples.admin, f"/enterprises/{owner.id}/reporting-class", DECISION),
    }


def grow(samples):
    samples.declared_years = getattr(samples, "declared_years", 1990) + 2
    samples.confirmed_for(samples.declared_years)
    samples.declared_for(samples.declared_years + 1)
    ok(samples.owner.post("/plans", {**NEW_PLAN, "reason": "补充"}), 201)


CASES = Cases(
    samples=ReportingSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    regulated=frozenset({("POST", CLASS)}),
    statements={
        "/declarations": 2,
        ONE: 5,
        f"{ONE}/versions": 3,
        "/plans": 6,
        PLAN: 3,
        CLASS: 8,
    },
)
