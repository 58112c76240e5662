"""Cases of the routes of transporters and their papers."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.transporters.papers import CREW, INSURANCE, PERMIT, VEHICLE, submit
from tests.uploaded_files.made import PDF

REGISTER = "/transporters/<uuid:enterprise_id>"
PAPER = "/transporter-papers/<uuid:paper_id>"
FILE = f"{PAPER}/files/<uuid:file_id>"


class TransporterSamples(Samples):
    @cached_property
    def permit(self):
        return self._submitted("permits", {**PERMIT, "number": "浙交9"})

    @cached_property
    def vehicle(self):
        return self._submitted("vehicles", {**VEHICLE, "plate": "浙D77777"})

    @cached_property
    def member(self):
        return self._submitted("crew", {**CREW, "name": "赵六"})

    @cached_property
    def paper_file(self):
        path = f"/transporter-papers/{self.member['id']}/files"
        sent = self.owner.call("POST", path, data=PDF, content_type="application/pdf")
        assert sent.status_code == 201, sent.json
        return f"{path}/{sent.json['id']}"

    def _submitted(self, path, body):
        return submit(self.owner, path, body)


def neighbours(samples):
    register, paper = f"/transporters/{samples.owner.id}", f"/transporter-papers/{samples.permit['id']}"
    return {
        ("GET", REGISTER): (register, HIDDEN, HIDDEN),
        ("PUT", REGISTER): (register, HIDDEN, FORBIDDEN),
        **{
            ("POST", f"{REGISTER}/{path}"): (f"{register}/{path}", HIDDEN, FORBIDDEN)
            for path in ("permits", "vehicles", "crew", "insurance")
        },
        ("GET", PAPER): (paper, HIDDEN, HIDDEN),
        ("POST", f"{PAPER}/verify"): (f"{paper}/verify", FORBIDDEN, HIDDEN),
        ("POST", f"{PAPER}/refuse"): (f"{paper}/refuse", FORBIDDEN, HIDDEN),
        ("POST", f"{PAPER}/end"): (f"{paper}/end", HIDDEN, FORBIDDEN),
        ("POST", f"{PAPER}/files"): (f"{paper}/files", HIDDEN, FORBIDDEN),
        ("GET", FILE): (samples.paper_file, HIDDEN, HIDDEN),
    }


def writes(samples):
    owner, regulator = samples.owner, samples.regulator
    register = f"/transporters/{owner.id}"
    permit, vehicle = (
        f"/transporter-papers/{samples.permit['id']}",
        f"/transporter-papers/{samples.vehicle['id']}",
    )
    member = f"/transporter-papers/{samples.member['id']}"
    facts = {"service_area": ["330600"], "hazardous": True, "duty_phone": "13800000001"}
    return {
        ("PUT", REGISTER): (owner, register, facts),
        ("POST", f"{REGISTER}/permits"): (owner, f"{register}/permits", {**PERMIT, "number": "浙交2"}),
        ("POST", f"{REGISTER}/vehicles"): (
            owner,
            f"{register}/vehicles",
            {**VEHICLE, "plate": "浙DF12345"},
        ),
        ("POST", f"{REGISTER}/crew"): (owner, f"{register}/crew", {**CREW, "name": "李四"}),
        ("POST", f"{REGISTER}/insurance"): (owner, f"{register}/insurance", INSURANCE),
        ("POST", f"{PAPER}/files"): (owner, f"{member}/files", PDF),
        ("POST", f"{PAPER}/verify"): (regulator, f"{permit}/verify", {}),
        ("POST", f"{PAPER}/refuse"): (samples.admin, f"{vehicle}/refuse", {"reason": "行驶证不清"}),
        ("POST", f"{PAPER}/end"): (owner, f"{member}/end", {"reason": "已离职"}),
    }


def grow(samples):
    number = samples.marketplace.enterprise("transporter").number
    submit(samples.owner, "permits", {**PERMIT, "number": number})


CASES = Cases(
    samples=TransporterSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/transporters": 4,
        REGISTER: 6,
        "/transporter-papers": 3,
        PAPER: 4,
        FILE: 5,
    },
    regulated=frozenset({("POST", f"{PAPER}/verify"), ("POST", f"{PAPER}/refuse")}),
    example_fields={("POST", f"{REGISTER}/permits"): {"number": "浙交运管许可绍字330600000001号"}},
)
