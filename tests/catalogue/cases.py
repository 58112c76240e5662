"""Cases of the catalogue's routes."""

from tests.cases import Cases

SUGGEST = ("POST", "/waste-codes/suggest")


def writes(samples):
    return {SUGGEST: (samples.owner, "/waste-codes/suggest", {"text": "废机油"})}


CASES = Cases(
    writes=writes,
    questions=frozenset({SUGGEST}),
    paths=lambda samples: {"/waste-codes/<scheme>/<path:code>": "/waste-codes/cn-hw/900-349-34"},
    statements={"/waste-codes": 3, "/waste-codes/<scheme>/<path:code>": 2, "/regions": 2},
    queries={"/waste-codes": {"q": "废酸", "category": "HW34"}, "/regions": {"parent": "330600"}},
)
