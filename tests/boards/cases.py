"""Cases of the routes of boards."""

from functools import cached_property

from tests.boards.world import HONOUR, record
from tests.cases import Cases, Samples


class BoardSamples(Samples):
    @cached_property
    def honoured_firm(self):
        firm = self.marketplace.enterprise("recycler", name="无废样板厂")
        record(self.marketplace, firm, HONOUR, effective_on="2026-06-05")
        return firm


def paths(samples):
    assert samples.honoured_firm
    return {
        "/credit/red-list": "/credit/red-list",
        "/credit/grades": "/credit/grades",
        "/credit/points": "/credit/points?by=district",
        "/credit/exposure": "/credit/exposure",
    }


def grow(samples):
    record(samples.marketplace, samples.marketplace.enterprise("generator"), HONOUR)


CASES = Cases(
    samples=BoardSamples,
    paths=paths,
    grow=grow,
    statements={
        "/credit/red-list": 3,
        "/credit/grades": 2,
        "/credit/points": 2,
        "/credit/exposure": 4,
    },
    queries={"/credit/points": {"by": "district", "region": "330600"}},
)
