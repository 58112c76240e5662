"""Cases of the routes of allocations."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples

PLAN = ("POST", "/allocations")
PARTS = ("", "/placements", "/unplaced", "/gaps", "/export")


class AllocationSamples(Samples):
    @cached_property
    def allocation(self):
        december = {"region": "330600", "from": "2026-12-01", "until": "2026-12-31"}
        return self.admin.post("/allocations", december).json


def neighbours(samples):
    allocation = f"/allocations/{samples.allocation['id']}"
    return {
        ("GET", f"/allocations/<uuid:allocation_id>{part}"): (f"{allocation}{part}", FORBIDDEN, HIDDEN)
        for part in PARTS
    }


def writes(samples):
    winter = {"region": "330000", "from": "2026-12-01", "until": "2027-03-31"}
    return {PLAN: (samples.admin, "/allocations", winter)}


CASES = Cases(
    samples=AllocationSamples,
    neighbours=neighbours,
    writes=writes,
    regulated=frozenset({PLAN}),
    statements={
        "/allocations": 2,
        "/allocations/<uuid:allocation_id>": 3,
        "/allocations/<uuid:allocation_id>/placements": 7,
        "/allocations/<uuid:allocation_id>/unplaced": 6,
        "/allocations/<uuid:allocation_id>/gaps": 3,
        "/allocations/<uuid:allocation_id>/export": 7,
    },
)
