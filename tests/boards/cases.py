"""Cases of the routes of boards."""

from functools import cached_property

from marketplace.boards import service as boards
from tests.boards.world import HONOUR, disgraced, record
from tests.cases import Cases, Samples


def disgrace_on_the_board(marketplace, name):
    """A firm of grade D whose reasons are entries of the board."""
    firm, _ = disgraced(marketplace, name)
    marketplace.settle()
    with marketplace.app.app_context():
        boards.update_entries()
    return firm


class BoardSamples(Samples):
    @cached_property
    def listed_firm(self):
        """A firm of grade D by final decisions, on the board."""
        return disgrace_on_the_board(self.marketplace, "柯桥旧染料厂")

    @cached_property
    def honoured_firm(self):
        firm = self.marketplace.enterprise("recycler", name="无废样板厂")
        record(self.marketplace, firm, HONOUR, effective_on="2026-06-05")
        return firm


def paths(samples):
    assert samples.listed_firm
    assert samples.honoured_firm
    return {
        "/credit/board": "/credit/board",
        "/credit/red-list": "/credit/red-list",
        "/credit/grades": "/credit/grades",
        "/credit/points": "/credit/points?by=district",
        "/credit/exposure": "/credit/exposure",
        "/cockpit": "/cockpit",
        "/credit/board/export": "/credit/board/export?since=2026-11-01",
    }


def grow(samples):
    disgrace_on_the_board(samples.marketplace, "又一家旧厂")
    record(samples.marketplace, samples.marketplace.enterprise("generator"), HONOUR)


CASES = Cases(
    samples=BoardSamples,
    paths=paths,
    grow=grow,
    statements={
        "/credit/board": 8,
        "/credit/red-list": 4,
        "/credit/grades": 2,
        "/credit/points": 2,
        "/credit/exposure": 4,
        "/cockpit": 1,
        "/credit/board/export": 8,
        "/figures": 0,
    },
    queries={"/credit/points": {"by": "district", "region": "330600"}},
)
