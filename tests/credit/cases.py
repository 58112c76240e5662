"""Cases of the routes of credit."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, VISIBLE, Cases, Samples

WITHDRAW = ("POST", "/credit/events/<uuid:event_id>/withdraw")
SIMULATE = ("POST", "/credit/rules/simulate")
CONFIRM = ("POST", "/credit/blocks/<uuid:block_id>/confirm")


class CreditSamples(Samples):
    @cached_property
    def block(self):
        """Not yet confirmed, of an enterprise that nothing else is about."""
        return self.new_block()

    @cached_property
    def event(self):
        return self.marketplace.credit_event(self.marketplace.enterprise("generator"), "site.defect")

    def new_block(self):
        enterprise = self.marketplace.enterprise("generator")
        return self.create("/credit/blocks", {"enterprise_id": enterprise.id, "reason": "倾倒"})


def neighbours(samples):
    credit = f"/enterprises/{samples.owner.id}/credit"
    block = f"/credit/blocks/{samples.block['id']}"
    return {
        ("GET", "/enterprises/<uuid:enterprise_id>/credit"): (credit, VISIBLE, VISIBLE),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/events"): (f"{credit}/events", HIDDEN, HIDDEN),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/explanation"): (
            f"{credit}/explanation", HIDDEN, HIDDEN),
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
        ("POST", "/credit/evaluations"): (
            admin, "/credit/evaluations", {"enterprise_id": owner.id, "published_on": "2026-11-01"}),
        ("POST", "/credit/blocks"): (
            admin, "/credit/blocks", {"enterprise_id": to_block.id, "reason": "x"}),
        CONFIRM: (marketplace.second_admin(), f"/credit/blocks/{samples.block['id']}/confirm", {}),
        WITHDRAW: (
            marketplace.second_admin(), f"/credit/events/{samples.event['id']}/withdraw", {"reason": "x"}),
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): (
            admin, f"/credit/blocks/{samples.new_block()['id']}/lift", {"reason": "x"}),
    }  # fmt: skip


CASES = Cases(
    samples=CreditSamples,
    neighbours=neighbours,
    writes=writes,
    grow=lambda samples: samples.marketplace.credit_event(samples.owner, "manifest.late_close"),
    public={"/enterprises/<uuid:enterprise_id>/credit": {"grade", "score"}},
    without_fields=frozenset({CONFIRM}),
    questions=frozenset({SIMULATE}),
    regulated=frozenset({("POST", "/credit/events")}),
    statements={
        "/enterprises/<uuid:enterprise_id>/credit": 4,
        "/enterprises/<uuid:enterprise_id>/credit/explanation": 5,
        "/enterprises/<uuid:enterprise_id>/credit/events": 3,
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
