"""Cases of the routes of appeals and repairs."""

from functools import cached_property

from tests.appeals.course import WHY
from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.uploaded_files.made import PDF

EVENT = "/credit/events/<uuid:event_id>"
APPEAL = "/credit/appeals/<uuid:appeal_id>"
REPAIR = "/credit/repairs/<uuid:repair_id>"
PROMISE = {"promise": "已完成整改，今后严格遵守"}
CHECK = {"note": "现场复核，已整改"}
UPHOLD, GRANT = {"decision": "uphold", **WHY}, {"decision": "grant", **WHY}


class AppealSamples(Samples):
    @cached_property
    def appeal(self):
        return self.new_appeal()

    @cached_property
    def repair(self):
        return self.new_repair()

    @cached_property
    def appealable(self):
        """An event that nobody has appealed against or asked to repair."""
        return self.new_event()

    @cached_property
    def checking_admin(self):
        return self.marketplace.second_admin()

    @cached_property
    def deciding_admin(self):
        return self.marketplace.second_admin()

    def new_event(self):
        return f"/credit/events/{self.marketplace.credit_event(self.owner, 'law.minor_corrected')['id']}"

    def new_appeal(self):
        sent = self.owner.post(f"{self.new_event()}/appeal", WHY)
        assert sent.status_code == 201, sent.json
        return f"/credit/appeals/{sent.json['id']}"

    def new_repair(self):
        sent = self.owner.post(f"{self.new_event()}/repair", PROMISE)
        assert sent.status_code == 201, sent.json
        return f"/credit/repairs/{sent.json['id']}"

    def checked_repair(self):
        path = self.new_repair()
        assert self.checking_admin.post(f"{path}/check", CHECK).status_code == 200
        return path


def neighbours(samples):
    event, appeal, repair = samples.appealable, samples.appeal, samples.repair
    return {
        ("POST", f"{EVENT}/appeal"): (f"{event}/appeal", HIDDEN, FORBIDDEN),
        ("POST", f"{EVENT}/repair"): (f"{event}/repair", HIDDEN, FORBIDDEN),
        ("GET", APPEAL): (appeal, HIDDEN, HIDDEN),
        ("GET", f"{APPEAL}/history"): (f"{appeal}/history", HIDDEN, HIDDEN),
        ("POST", f"{APPEAL}/files"): (f"{appeal}/files", HIDDEN, FORBIDDEN),
        ("POST", f"{APPEAL}/decide"): (f"{appeal}/decide", FORBIDDEN, FORBIDDEN),
        ("POST", f"{APPEAL}/withdraw"): (f"{appeal}/withdraw", HIDDEN, FORBIDDEN),
        ("GET", REPAIR): (repair, HIDDEN, HIDDEN),
        ("GET", f"{REPAIR}/history"): (f"{repair}/history", HIDDEN, HIDDEN),
        ("POST", f"{REPAIR}/check"): (f"{repair}/check", FORBIDDEN, HIDDEN),
        ("POST", f"{REPAIR}/extend"): (f"{repair}/extend", FORBIDDEN, FORBIDDEN),
        ("POST", f"{REPAIR}/decide"): (f"{repair}/decide", FORBIDDEN, FORBIDDEN),
        ("POST", f"{REPAIR}/withdraw"): (f"{repair}/withdraw", HIDDEN, FORBIDDEN),
    }


def writes(samples):
    owner, admin, decider = samples.owner, samples.admin, samples.deciding_admin
    return {
        ("POST", f"{EVENT}/appeal"): (owner, f"{samples.new_event()}/appeal", WHY),
        ("POST", f"{EVENT}/repair"): (owner, f"{samples.new_event()}/repair", PROMISE),
        ("POST", f"{APPEAL}/files"): (owner, f"{samples.new_appeal()}/files", PDF),
        ("POST", f"{APPEAL}/decide"): (decider, f"{samples.new_appeal()}/decide", UPHOLD),
        ("POST", f"{APPEAL}/withdraw"): (owner, f"{samples.new_appeal()}/withdraw", {}),
        ("POST", f"{REPAIR}/check"): (samples.regulator, f"{samples.new_repair()}/check", CHECK),
        ("POST", f"{REPAIR}/extend"): (admin, f"{samples.new_repair()}/extend", WHY),
        ("POST", f"{REPAIR}/decide"): (decider, f"{samples.checked_repair()}/decide", GRANT),
        ("POST", f"{REPAIR}/withdraw"): (owner, f"{samples.new_repair()}/withdraw", {}),
    }


def grow(samples):
    samples.new_appeal()
    samples.new_repair()


CASES = Cases(
    samples=AppealSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    without_fields=frozenset({("POST", f"{APPEAL}/withdraw"), ("POST", f"{REPAIR}/withdraw")}),
    regulated=frozenset({("POST", f"{REPAIR}/check")}),
    statements={
        "/credit/appeals": 2,
        "/credit/repairs": 2,
        APPEAL: 2,
        REPAIR: 2,
        f"{APPEAL}/history": 3,
        f"{REPAIR}/history": 3,
    },
    example_fields={
        ("POST", f"{EVENT}/appeal"): {"reason": "该决定已于 2026-11-20 被复议机关撤销，见复议决定书"},
        ("POST", f"{APPEAL}/decide"): {"reason": "复议申请未获支持，原决定有效"},
        ("POST", f"{REPAIR}/extend"): {"reason": "需两次现场复核"},
        ("POST", f"{REPAIR}/decide"): {"reason": "整改到位，信用承诺已公开"},
    },
)
