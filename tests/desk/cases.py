"""Cases of the routes of the desk."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.desk.world import Desk

ASSIGN = "/desk/<kind>/<uuid:subject_id>/assign"
OFFICERS = "/desk/officers"
STORY = "/enterprises/<uuid:enterprise_id>/story"


class DeskSamples(Samples):
    @cached_property
    def desk(self):
        return Desk(self.marketplace)

    @cached_property
    def waiting_firm(self):
        return self.desk.make("registration")

    @cached_property
    def taken_appeal(self):
        return self.desk.make("appeal")

    @cached_property
    def desk_with_all(self):
        self.desk.make_all()
        return self.desk


def neighbours(samples):
    assign = f"/desk/registration/{samples.waiting_firm}/assign"
    return {
        ("POST", ASSIGN): (assign, FORBIDDEN, HIDDEN),
        ("GET", STORY): (f"/enterprises/{samples.owner.id}/story", FORBIDDEN, HIDDEN),
    }


def paths(samples):
    assert samples.desk_with_all
    return {"/desk": "/desk?sort=due", "/desk/export": "/desk/export", OFFICERS: OFFICERS}


def writes(samples):
    decision = {"kind": "registration", "id": samples.desk.make("registration"), "decision": "approve"}
    return {
        ("POST", ASSIGN): (
            samples.regulator,
            f"/desk/appeal/{samples.taken_appeal}/assign",
            {"to": samples.regulator.id},
        ),
        ("POST", "/operations/replay"): (
            samples.admin,
            "/operations/replay",
            {"tasks": [samples.desk.park()]},
        ),
        ("POST", "/desk/decisions"): (samples.admin, "/desk/decisions", {"items": [decision]}),
    }


def grow(samples):
    samples.desk.make_all()
    samples.marketplace.regulator("330602")


CASES = Cases(
    samples=DeskSamples,
    neighbours=neighbours,
    paths=paths,
    writes=writes,
    grow=grow,
    regulated=frozenset({("POST", ASSIGN), ("POST", "/desk/decisions")}),
    statements={"/desk": 5, "/desk/export": 4, OFFICERS: 2, STORY: 13, "/operations": 6},
)
