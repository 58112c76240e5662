"""Cases of the routes of a transporter's desk and of tracks."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.manifests.cases import ManifestSamples
from tests.manifests.trade import ok

REGISTER, TRACK = "/transporters/<uuid:enterprise_id>", "/manifests/<uuid:manifest_id>/track"
POINTS = [{"at": "2026-12-01T04:00:00Z", "lon": 120.58, "lat": 30.03, "speed": 0.0}]


class HaulageSamples(ManifestSamples):
    @cached_property
    def tracked(self):
        """A manifest on its way that has points."""
        path = self.moving
        ok(self.carrier.post(f"{path}/track", POINTS))
        return path

    @cached_property
    def asked(self):
        """A request to the owner, who carries for itself."""
        return self.ask_to_carry()

    def ask_to_carry(self):
        body = {**self.load, "transporter_id": self.owner.id, "quantity_t": 0.1}
        deal = self.deal_of(self.marketplace.supply(self.owner))
        drafted = ok(self.owner.post(f"/deals/{deal['id']}/manifests", body), 201)
        ok(self.owner.post(f"/manifests/{drafted['id']}/request", {}))
        return drafted


def neighbours(samples):
    assert samples.asked
    desk, track = f"/transporters/{samples.owner.id}", f"{samples.tracked}/track"
    return {
        ("GET", f"{REGISTER}/requests"): (f"{desk}/requests", HIDDEN, HIDDEN),
        ("GET", f"{REGISTER}/day-plan"): (f"{desk}/day-plan", HIDDEN, HIDDEN),
        ("GET", TRACK): (track, HIDDEN, HIDDEN),
        ("POST", TRACK): (track, HIDDEN, FORBIDDEN),
    }


def writes(samples):
    return {("POST", TRACK): (samples.carrier, f"{samples.moving}/track", POINTS)}


def grow(samples):
    samples.ask_to_carry()


CASES = Cases(
    samples=HaulageSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={f"{REGISTER}/requests": 11, f"{REGISTER}/day-plan": 8, TRACK: 12},
    unaudited=frozenset({("POST", TRACK)}),
    without_fields=frozenset({("POST", TRACK)}),
    queries={f"{REGISTER}/day-plan": {"day": "2026-12-02"}},
)
