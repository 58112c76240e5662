"""A desk with items of every kind, each made as people make it."""

from datetime import date, timedelta
from functools import cached_property
from itertools import count
from uuid import UUID

from marketplace.database import db
from marketplace.early_warnings.models import EarlyWarning, EarlyWarningModel
from marketplace.events.models import Task, TaskStatus
from marketplace.events.work import unit_of_work
from marketplace.inspections import service as inspections
from marketplace.inspections.models import Inspection
from tests.http.cursors import walked
from tests.inspections.site import Site
from tests.licences.bodies import ACID_PERMIT, APPROVAL, LINE, VALIDITY
from tests.marketplace import new_uscc
from tests.registrations.entries import terms
from tests.transporters.papers import PERMIT, submit

WHY = {"reason": "已核实"}
CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}
KINDS = (
    "registration", "receiver_registration", "transporter_paper", "appeal", "repair", "provisional_block",
    "expiring_evaluation", "grade_change", "unmatched_entry", "early_warning",
    "overdue_rectification", "recheck", "profile_change", "uscc_claim", "licence", "transfer_application",
    "exemption_review",
)  # fmt: skip
OF_ADMINS = ("uscc_claim",)
_numbers = count(1)


class Desk:
    """`make(kind)` adds an item and returns its id; `admin` recorded what is recorded, `second` did not."""

    def __init__(self, marketplace):
        self.marketplace, self.admin = marketplace, marketplace.admin

    @cached_property
    def second(self):
        return self.marketplace.second_admin()

    @cached_property
    def regulator(self):
        return self.marketplace.regulator("330600")

    @cached_property
    def stranger(self):
        return self.marketplace.regulator("310000")

    def make(self, kind, **about):
        return getattr(self, f"make_{kind}")(**about)

    def make_all(self):
        """{kind: id} of one item of each kind."""
        made = {kind: self.make(kind) for kind in KINDS}
        self.marketplace.settle()
        return made

    def make_registration(self, **about):
        return self.marketplace.enterprise("generator", approved=False, **about).id

    def make_receiver_registration(self, **about):
        firm = self.marketplace.enterprise("recycler", **about)
        return created(firm.post("/receiver-registrations", terms(f"备案{next(_numbers)}")))["id"]

    def make_transporter_paper(self, **about):
        firm = self.marketplace.enterprise("transporter", **about)
        return submit(firm, "permits", {**PERMIT, "number": f"浙交运管许可绍字{next(_numbers)}号"})["id"]

    def make_appeal(self, **about):
        firm, event = self.event(**about)
        return created(firm.post(f"/credit/events/{event['id']}/appeal", WHY))["id"]

    def make_repair(self, **about):
        firm, event = self.event(**about)
        return created(firm.post(f"/credit/events/{event['id']}/repair", {"promise": "已整改"}))["id"]

    def make_provisional_block(self, **about):
        firm = self.marketplace.enterprise("generator", **about)
        return created(self.admin.post("/credit/blocks", {"enterprise_id": firm.id, **WHY}))["id"]

    def make_expiring_evaluation(self, published_on="2024-12-20", firm=None, **about):
        firm = firm or self.marketplace.enterprise("generator", **about)
        body = {"enterprise_id": firm.id, "published_on": published_on}
        return created(self.admin.post("/credit/evaluations", body))["id"]

    def make_grade_change(self, firm=None, **about):
        firm = firm or self.marketplace.enterprise("generator", **about)
        self.marketplace.credit_event(firm, "law.penalty_major")
        self.marketplace.settle()
        return self.of_firm(firm, "grade_change")["id"]

    def make_unmatched_entry(self, uscc=None):
        number = next(_numbers)
        row = {
            "reference": f"A-{number}",
            "uscc": uscc or new_uscc(),
            "rule": "law.penalty_minor",
            "effective_on": "2026-11-02",
            "document": f"绍环罚字〔2026〕导{number}号",
        }
        query = {"source": "浙江环境执法"}
        sent = self.admin.call("POST", "/credit/imports", json={"rows": [row]}, query_string=query)
        assert sent.json["unmatched"] == 1, sent.json
        return self.admin.get("/credit/imports/unmatched").json["items"][0]["id"]

    def make_early_warning(self, **about):
        firm, day = self.marketplace.enterprise("generator", **about), self.marketplace.now.date()
        with self.marketplace.app.app_context():
            model = EarlyWarningModel(
                month=date(1000 + next(_numbers), 1, 1), verdict="in_use", card={}, parameters={}, digest="",
                is_simulated=True,
            )  # fmt: skip
            db.session.add(model)
            db.session.flush()
            db.session.add(
                EarlyWarning(
                    enterprise_id=UUID(firm.id), risk=0.187, parts=[], others=0.0, model_id=model.id,
                    warned_on=day, computed_on=day,
                )
            )  # fmt: skip
            db.session.commit()
        return firm.id

    def make_overdue_rectification(self, kind="district"):
        site = Site(self.marketplace)
        made = site.ordered(kind)
        with self.marketplace.app.app_context(), unit_of_work() as work:
            row = work.lock(Inspection, Inspection.id == made["id"])
            row.due_on = self.marketplace.now.date() - timedelta(days=3)
            inspections.miss(work, row)
        return made["id"]

    def make_recheck(self, kind="district"):
        site = Site(self.marketplace)
        made = site.ordered(kind)
        site.rectified(made)
        return made["id"]

    def make_profile_change(self, proposed=None, **about):
        firm = self.marketplace.enterprise("generator", **about)
        sent = firm.patch(f"/enterprises/{firm.id}", proposed or {"name": f"新名厂{next(_numbers)}"})
        assert sent.status_code == 202, sent.json
        return sent.json["proposal"]["id"]

    def make_uscc_claim(self, holder=None, **about):
        holder = holder or self.marketplace.enterprise("generator", approved=False, **about)
        body = {"uscc": holder.number, "name": "真主", "roles": ["generator"], "region": "330602",
                "contact": CONTACT}  # fmt: skip
        assert self.marketplace.client.post("/api/v1/enterprises", json=body).status_code == 409
        claims = self.admin.get("/uscc-claims", enterprise_id=holder.id).json["items"]
        return claims[-1]["id"]

    def make_licence(self, **about):
        firm = self.marketplace.enterprise("recycler", **about)
        body = {"number": f"浙危废经第 {next(_numbers)} 号", **VALIDITY, "lines": [LINE]}
        return created(firm.post("/licences", body))["id"]

    def make_transfer_application(self, receiver=None, **about):
        firm = self.marketplace.enterprise("generator", **about)
        receiver = receiver or self.marketplace.enterprise("recycler", **about)
        return created(firm.post("/transfer-applications", {**APPROVAL, "receiver_id": receiver.id}))["id"]

    def make_exemption_review(self, **about):
        firm = self.marketplace.enterprise("recycler", **about)
        created(self.admin.post("/exemptions", {"enterprise_id": firm.id, "item": 1, **ACID_PERMIT}))
        return self.marketplace.demand(firm, exemption_item=1)["id"]

    def event(self, **about):
        """A firm and an event of it, by a rule that may be repaired at once."""
        firm = self.marketplace.enterprise("recycler", **about)
        return firm, self.marketplace.credit_event(firm, "law.minor_corrected")

    def park(self):
        """The number of a task that was given up."""
        now = self.marketplace.now
        given_up = {"status": TaskStatus.PARKED, "reason": "Timeout", "due_at": now, "ended_at": now}
        with self.marketplace.app.app_context(), unit_of_work() as work:
            task = work.add(Task(subscriber="<b>x</b>", queue="default", payload={}, **given_up))
            work.session.flush()
            return task.id

    # ------------------------------------------------------------ what the desk says

    def page(self, by=None, **query):
        response = (by or self.admin).get("/desk", **query)
        assert response.status_code == 200, response.json
        return response.json

    def items(self, by=None, **query):
        return self.page(by, **{"limit": 100, **query})["items"]

    def ids(self, by=None, **query):
        """(kind, id) of the items, in their order."""
        return [(item["kind"], item["id"]) for item in self.items(by, **query)]

    def of_firm(self, firm, kind):
        (item,) = [item for item in self.items(kind=kind) if item["enterprise"]["id"] == firm.id]
        return item

    def walked(self, limit, **query):
        """(kind, id) of the items of all pages of this length."""
        return [(item["kind"], item["id"]) for item in walked(self.admin, "/desk", limit=limit, **query)]

    def counts(self, by=None, **query):
        """{kind: count} of those that are not 0."""
        counts = self.page(by, **query)["counts"]
        return {each["kind"]: each["count"] for each in counts if each["count"]}

    def assign(self, kind, subject_id, to, by=None):
        return (by or self.admin).post(f"/desk/{kind}/{subject_id}/assign", {"to": to})

    def decide(self, *decisions, by=None):
        """(status, code) of each decision: (kind, id, decision) and maybe a reason."""
        names = ("kind", "id", "decision", "reason")
        items = [dict(zip(names, decision, strict=False)) for decision in decisions]
        response = (by or self.admin).post("/desk/decisions", {"items": items})
        assert response.status_code == 200, response.json
        return [(item["status"], item["code"]) for item in response.json["items"]]


def created(response):
    assert response.status_code == 201, response.json
    return response.json
