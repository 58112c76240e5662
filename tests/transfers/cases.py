"""Cases of the routes of applications for transfer approvals."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.licences.bodies import APPROVAL
from tests.licences.cases import PermitSamples
from tests.uploaded_files.made import PDF

ROOT = "/transfer-applications"
ONE = f"{ROOT}/<uuid:application_id>"
STEPS_OF_ADMIN = ("accept-papers", "ask-papers", "forward", "agree", "refuse", "grant")
WHY = {"reason": "缺接收单位说明"}


class TransferSamples(PermitSamples):
    @cached_property
    def application(self):
        return self.applied_to(self.partner)

    @cached_property
    def paper_of_application(self):
        path = f"{ROOT}/{self.application['id']}/papers"
        sent = self.owner.call("POST", f"{path}?kind=form", data=PDF, content_type="application/pdf")
        assert sent.status_code == 201, sent.json
        return f"{path}/{sent.json['id']}"

    def applied_to(self, receiver, *steps):
        """An application of the owner's, after these steps of an admin or its own."""
        sent = self.owner.post(ROOT, {**APPROVAL, "receiver_id": receiver.id})
        assert sent.status_code == 201, sent.json
        for step in steps:
            taken = self.admin.post(f"{ROOT}/{sent.json['id']}/{step}", WHY)
            assert taken.status_code == 200, taken.json
        return sent.json

    def application_after(self, *steps):
        return f"{ROOT}/{self.applied_to(self.marketplace.enterprise('recycler'), *steps)['id']}"


def neighbours(samples):
    path = f"{ROOT}/{samples.application['id']}"
    own = {
        ("POST", f"{ONE}/{step}"): (f"{path}/{step}", HIDDEN, FORBIDDEN)
        for step in ("supplement", "withdraw", "papers")
    }
    of_admin = {
        ("POST", f"{ONE}/{step}"): (f"{path}/{step}", FORBIDDEN, FORBIDDEN) for step in STEPS_OF_ADMIN
    }
    return {
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("GET", f"{ONE}/history"): (f"{path}/history", HIDDEN, HIDDEN),
        ("GET", f"{ONE}/papers/<uuid:file_id>"): (samples.paper_of_application, HIDDEN, HIDDEN),
        **own,
        **of_admin,
    }


def writes(samples):
    admin, owner, after = samples.admin, samples.owner, samples.application_after
    receiver = samples.marketplace.enterprise("recycler")
    accepted = ("accept-papers",)
    decided = ("accept-papers", "forward", "agree")
    return {
        ("POST", ROOT): (owner, ROOT, {**APPROVAL, "receiver_id": receiver.id}),
        ("POST", f"{ONE}/papers"): (owner, f"{ROOT}/{samples.application['id']}/papers?kind=form", PDF),
        ("POST", f"{ONE}/accept-papers"): (admin, f"{after()}/accept-papers", {"reason": "材料齐全"}),
        ("POST", f"{ONE}/ask-papers"): (admin, f"{after()}/ask-papers", WHY),
        ("POST", f"{ONE}/supplement"): (owner, f"{after('ask-papers')}/supplement", {"reason": "已补交"}),
        ("POST", f"{ONE}/forward"): (admin, f"{after(*accepted)}/forward", {"reason": "同意移出"}),
        ("POST", f"{ONE}/agree"): (admin, f"{after(*accepted, 'forward')}/agree", {"reason": "同意接收"}),
        ("POST", f"{ONE}/refuse"): (admin, f"{after(*accepted)}/refuse", WHY),
        ("POST", f"{ONE}/grant"): (admin, f"{after(*decided)}/grant", {"number": "浙环固转〔2026〕第19号"}),
        ("POST", f"{ONE}/withdraw"): (owner, f"{after()}/withdraw", {"reason": "改由他厂接收"}),
    }


def grow(samples):
    samples.application_after()
    samples.application_after("ask-papers")


CASES = Cases(
    samples=TransferSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={ROOT: 4, ONE: 4, f"{ONE}/history": 5, f"{ONE}/papers/<uuid:file_id>": 5},
)
