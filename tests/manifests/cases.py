"""Cases of the routes of manifests."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.deals.cases import DealSamples
from tests.manifests.trade import TRUCK, official_number, ok, with_papers
from tests.uploaded_files.made import PNG

ONE, CORRECTION = "/manifests/<uuid:manifest_id>", "/corrections/<uuid:correction_id>"
PICTURE = "/manifests/files/<uuid:file_id>"
OF_DEAL = "/deals/<uuid:deal_id>/manifests"
PLAN = {**TRUCK, "planned_at": "2026-12-02T01:00:00Z"}
PICKUP = {"weight_t": 0.2, **TRUCK}
RECEIPT = {"weight_t": 0.2}
OUTCOME = {"operation": "R5", "on": "2026-12-01", "quantity_t": 0.2, "product": "石膏"}
CHANGE = {"changes": {"weight_t": 0.21}, "reason": "磅单有误"}
MOVES = (
    "copy", "request", "schedule", "decline", "issue", "cancel", "pickup", "hand-over", "deliver", "receive",
    "refuse", "explain", "close", "outcome", "follow", "corrections",
)  # fmt: skip


class ManifestSamples(DealSamples):
    """The owner supplies, the partner receives, the carrier carries."""

    @cached_property
    def carrier(self):
        carrier = self.marketplace.enterprise("transporter", name="绍兴运输")
        with_papers(self.marketplace, carrier)
        return carrier

    @cached_property
    def next_carrier(self):
        return self.marketplace.enterprise("transporter", name="杭州运输")

    @cached_property
    def load(self):
        """What every load of the samples is."""
        return {"transporter_id": self.carrier.id, "planned_on": "2026-12-02"}

    @cached_property
    def manifest(self):
        """A draft."""
        return self.drafted()

    @cached_property
    def loaded_deal(self):
        return self.deal_of(self.marketplace.supply(self.owner))

    def drafted(self, deal=None):
        path = f"/deals/{(deal or self.loaded_deal)['id']}/manifests"
        return ok(self.owner.post(path, {**self.load, "quantity_t": 0.2}), 201)

    def moved(self, *moves, deal=None):
        """The path of a new manifest after these moves: (who, which, body)."""
        path = f"/manifests/{self.drafted(deal)['id']}"
        ok(self.owner.patch(path, {"official_number": official_number()}))
        for party, move, body in moves:
            ok(party.post(f"{path}/{move}", body))
        return path

    @property
    def issued(self):
        return self.moved((self.owner, "issue", {}))

    @property
    def moving(self):
        return self.moved((self.owner, "issue", {}), (self.carrier, "pickup", PICKUP))

    def received(self, **receipt):
        moves = ((self.owner, "issue", {}), (self.carrier, "pickup", PICKUP))
        return self.moved(*moves, (self.partner, "receive", {**RECEIPT, **receipt}))

    @property
    def closed(self):
        path = self.received()
        ok(self.partner.post(f"{path}/close", {}))
        return path

    @cached_property
    def picture(self):
        """Of an issued load."""
        response = self.carrier.call("POST", f"{self.issued}/files", data=PNG, content_type="image/png")
        return ok(response, 201)

    @cached_property
    def correction(self):
        return self.asked_correction()

    def asked_correction(self):
        return ok(self.partner.post(f"{self.received()}/corrections", CHANGE), 201)


def neighbours(samples):
    path, correction = f"/manifests/{samples.manifest['id']}", f"/corrections/{samples.correction['id']}"
    deal = f"/deals/{samples.loaded_deal['id']}/manifests"
    return {
        ("POST", OF_DEAL): (deal, HIDDEN, FORBIDDEN),
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("PATCH", ONE): (path, HIDDEN, FORBIDDEN),
        ("GET", f"{ONE}/versions"): (f"{path}/versions", HIDDEN, HIDDEN),
        ("GET", f"{ONE}/manifest.pdf"): (f"{path}/manifest.pdf", HIDDEN, HIDDEN),
        ("POST", f"{ONE}/files"): (f"{path}/files", HIDDEN, FORBIDDEN),
        ("GET", PICTURE): (f"/manifests/files/{samples.picture['id']}", HIDDEN, HIDDEN),
        ("GET", f"{ONE}/label.svg"): (f"{path}/label.svg", HIDDEN, HIDDEN),
        **{("POST", f"{ONE}/{move}"): (f"{path}/{move}", HIDDEN, FORBIDDEN) for move in MOVES},
        **{("POST", f"{CORRECTION}/{answer}"): (f"{correction}/{answer}", HIDDEN, FORBIDDEN)
           for answer in ("approve", "reject")},
    }  # fmt: skip


def writes(samples):
    owner, partner, carrier = samples.owner, samples.partner, samples.carrier
    requested = samples.moved((owner, "request", {}))
    declined = samples.moved((owner, "request", {}))
    line = {"deal_id": samples.loaded_deal["id"], "quantity_t": 0.1}
    next_leg = {
        "transporter_id": samples.next_carrier.id,
        "place": "绍兴服务区",
        "at": "2026-12-01T05:00:00Z",
    }
    bodies = {
        "copy": (owner, f"/manifests/{samples.manifest['id']}", None),
        "request": (owner, samples.moved(), {}),
        "schedule": (carrier, requested, PLAN),
        "decline": (carrier, declined, {"reason": "车辆检修"}),
        "issue": (owner, samples.moved(), {}),
        "cancel": (owner, samples.moved(), {"reason": "改期"}),
        "pickup": (carrier, samples.issued, PICKUP),
        "hand-over": (carrier, samples.moving, next_leg),
        "deliver": (carrier, samples.moving, {"lon": 120.58, "lat": 30.03}),
        "receive": (partner, samples.moving, RECEIPT),
        "refuse": (partner, samples.moving, {"reason": "成分不符"}),
        "explain": (owner, samples.received(weight_t=0.15), {"reason": "途中蒸发"}),
        "close": (partner, samples.received(), {}),
        "outcome": (partner, samples.closed, OUTCOME),
        "follow": (owner, samples.received(refused_t=0.2, reason="成分不符"), {"kind": "return"}),
        "corrections": (partner, samples.received(), CHANGE),
    }
    answers = {
        answer: f"/corrections/{samples.asked_correction()['id']}/{answer}"
        for answer in ("approve", "reject")
    }
    return {
        ("POST", OF_DEAL): (
            owner, f"/deals/{samples.loaded_deal['id']}/manifests", {**samples.load, "quantity_t": 0.1}),
        ("POST", "/manifests"): (owner, "/manifests", {**samples.load, "lines": [line]}),
        ("POST", f"{ONE}/files"): (carrier, f"{samples.issued}/files", PNG),
        ("PATCH", ONE): (owner, f"/manifests/{samples.manifest['id']}", {"quantity_t": 0.3}),
        **{("POST", f"{ONE}/{move}"): (who, f"{path}/{move}", body)
           for move, (who, path, body) in bodies.items()},
        **{("POST", f"{CORRECTION}/{answer}"): (owner, path, {}) for answer, path in answers.items()},
    }  # fmt: skip


CASES = Cases(
    samples=ManifestSamples,
    neighbours=neighbours,
    writes=writes,
    grow=lambda samples: samples.issued,
    statements={
        "/manifests": 4,
        "/manifests/export": 4,
        "/manifests/expected": 4,
        "/manifests/closing-rate": 3,
        "/manifests/rules": 3,
        ONE: 4,
        f"{ONE}/versions": 5,
        PICTURE: 2,
        f"{ONE}/manifest.pdf": 8,
        f"{ONE}/label.svg": 6,
    },
)
