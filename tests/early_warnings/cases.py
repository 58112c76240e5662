"""Cases of the routes of early warnings."""

from functools import cached_property

from tests.cases import Cases, Samples
from tests.early_warnings.world import score, store_model


class EarlyWarningSamples(Samples):
    @cached_property
    def warned_firm(self):
        """A firm of grade C that a model warns of."""
        firm = self.marketplace.enterprise("generator", name="柯桥丙厂", grade="C")
        store_model(self.marketplace)
        score(self.marketplace)
        return firm


def paths(samples):
    assert samples.warned_firm
    return {
        "/credit/early-warnings": "/credit/early-warnings",
        "/credit/early-warnings/model": "/credit/early-warnings/model",
    }


def grow(samples):
    samples.marketplace.enterprise("generator", grade="C")
    score(samples.marketplace)


CASES = Cases(
    samples=EarlyWarningSamples,
    paths=paths,
    grow=grow,
    statements={"/credit/early-warnings": 3, "/credit/early-warnings/model": 4},
)
