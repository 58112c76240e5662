"""Cases of the routes of credit."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, VISIBLE, Cases, Samples
from tests.marketplace import new_uscc
from tests.uploaded_files.made import PDF

WITHDRAW = ("POST", "/credit/events/<uuid:event_id>/withdraw")
SIMULATE = ("POST", "/credit/rules/simulate")
FEED_ROW = {
    "reference": "ZJ-2026-001834",
    "rule": "law.penalty_minor",
    "effective_on": "2026-11-01",
    "document": "绍环罚字〔2026〕9101号",
    "authority": "绍兴市生态环境局",
    "decided_on": "2026-10-30",
    "amount_cny": 20000,
}
FILES = "/credit/events/<uuid:event_id>/files"
IMPORT = "/credit/imports/<uuid:import_id>"
CONFIRM = ("POST", "/credit/blocks/<uuid:block_id>/confirm")


class CreditSamples(Samples):
    @cached_property
    def block(self):
        """Not yet confirmed, of an enterprise that nothing else is about."""
        return self.new_block()

    @cached_property
    def event(self):
        return self.marketplace.credit_event(self.marketplace.enterprise("generator"), "site.defect")

    @cached_property
    def event_file(self):
        """A file that proves an event of the owner."""
        event = self.marketplace.credit_event(self.owner, "site.defect")
        path = f"/credit/events/{event['id']}/files"
        response = self.admin.call("POST", path, data=PDF, content_type="application/pdf")
        assert response.status_code == 201, response.json
        return {**response.json, "event_id": event["id"]}

    @cached_property
    def feed(self):
        """Of one row, which nobody is known for."""
        return self.new_feed(new_uscc(), "A-1")

    def new_feed(self, uscc, reference):
        row = {
            "reference": reference,
            "uscc": uscc,
            "rule": "law.penalty_minor",
            "effective_on": "2026-11-01",
        }
        return self.create("/credit/imports?source=zj-enforcement", {"rows": [row]})

    def new_block(self):
        enterprise = self.marketplace.enterprise("generator")
        return self.create("/credit/blocks", {"enterprise_id": enterprise.id, "reason": "倾倒"})


def neighbours(samples):
    credit = f"/enterprises/{samples.owner.id}/credit"
    block = f"/credit/blocks/{samples.block['id']}"
    files = f"/credit/events/{samples.event_file['event_id']}/files"
    return {
        ("GET", "/enterprises/<uuid:enterprise_id>/credit"): (credit, VISIBLE, VISIBLE),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/events"): (f"{credit}/events", HIDDEN, HIDDEN),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/explanation"): (
            f"{credit}/explanation", HIDDEN, HIDDEN),
        ("GET", FILES): (files, HIDDEN, HIDDEN),
        ("POST", FILES): (files, FORBIDDEN, HIDDEN),
        ("GET", "/credit/files/<uuid:file_id>"): (
            f"/credit/files/{samples.event_file['id']}", HIDDEN, HIDDEN),
        ("GET", IMPORT): (f"/credit/imports/{samples.feed['id']}", FORBIDDEN, FORBIDDEN),
        ("GET", f"{IMPORT}/report"): (
            f"/credit/imports/{samples.feed['id']}/report", FORBIDDEN, FORBIDDEN),
        CONFIRM: (f"{block}/confirm", FORBIDDEN, FORBIDDEN),
        WITHDRAW: (f"/credit/events/{samples.event['id']}/withdraw", FORBIDDEN, FORBIDDEN),
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): (f"{block}/lift", FORBIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    owner, admin, marketplace = samples.owner, samples.admin, samples.marketplace
    to_block = marketplace.enterprise("generator")
    penalty = {"rule": "law.penalty_minor", "effective_on": "2026-11-01", "note": "x"}
    rules = admin.get("/credit/rules").json
    return {
        ("POST", "/credit/events"): (admin, "/credit/events", {"enterprise_id": owner.id, **penalty}),
        ("PUT", "/credit/rules"): (admin, "/credit/rules", rules),
        SIMULATE: (admin, "/credit/rules/simulate", rules),
        ("POST", "/credit/blocks"): (
            admin, "/credit/blocks", {"enterprise_id": to_block.id, "reason": "x"}),
        ("POST", FILES): (admin, f"/credit/events/{samples.event['id']}/files", PDF),
        ("POST", "/credit/imports"): (
            admin, "/credit/imports?source=zj-enforcement", {"rows": [FEED_ROW | {"uscc": owner.number}]}),
        CONFIRM: (marketplace.second_admin(), f"/credit/blocks/{samples.block['id']}/confirm", {}),
        WITHDRAW: (
            marketplace.second_admin(), f"/credit/events/{samples.event['id']}/withdraw", {"reason": "x"}),
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): (
            admin, f"/credit/blocks/{samples.new_block()['id']}/lift", {"reason": "x"}),
    }  # fmt: skip


def grow(samples):
    samples.marketplace.credit_event(samples.owner, "manifest.late_close")
    samples.new_feed(uscc := new_uscc(), f"A {uscc}")


CASES = Cases(
    samples=CreditSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    public={"/enterprises/<uuid:enterprise_id>/credit": {"grade", "score"}},
    without_fields=frozenset({CONFIRM}),
    questions=frozenset({SIMULATE}),
    regulated=frozenset({("POST", "/credit/events"), ("POST", FILES)}),
    statements={
        "/enterprises/<uuid:enterprise_id>/credit": 4,
        "/enterprises/<uuid:enterprise_id>/credit/explanation": 6,
        "/enterprises/<uuid:enterprise_id>/credit/events": 6,
        FILES: 3,
        "/credit/files/<uuid:file_id>": 2,
        "/credit/imports": 2,
        IMPORT: 3,
        f"{IMPORT}/report": 3,
        "/credit/imports/unmatched": 2,
        "/credit/imports/template.xlsx": 1,
        "/credit/rules": 2,
        "/credit/blocks": 3,
    },
    example_fields={
        ("POST", "/credit/events"): {
            "note": "台账记录不全，责令改正",
            "document": "绍环罚字〔2026〕9012号",
            "authority": "绍兴市生态环境局",
            "acted_on": "2026-08-20",
            "decided_on": "2026-10-30",
            "served_on": "2026-11-01",
            "amount_cny": 50000,
        },
        WITHDRAW: {"reason": "决定书所列当事人并非该企业"},
        ("POST", "/credit/blocks"): {"reason": "非法倾倒立案"},
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): {"reason": "案件撤销"},
    },
)
