"""Whoever calls, and whatever they send: every response is one that the OpenAPI document allows.

`make test` sends a little, the same each time; `make fuzz` as much as it is asked to, different each time.
"""

import logging
import os

import pytest

from tests.effort import EFFORT
from tests.fuzz import BOUNDS, DEALT, IN_SEQUENCE, IN_TURN, ROLES, WHOLE, Tally, World, fuzz

CASES = int(os.environ.get("FUZZ_CASES", 0))
"""How many `make fuzz` shall ask; 0 in `make test`."""
SEQUENCES = {"enterprise", "admin"}
"""Who asks in sequences in `make test` too: those whose requests follow from one another."""
SHARED = ("pending enterprise", "collector", "nobody")
"""Who is mostly refused, alike on every route: in `make test` each asks a ninth of them. Of all others, each
route is asked by one who may enter it."""
EXAMPLES = 15
"""Requests to each route, and sequences, that one marketplace sees."""


@pytest.fixture(scope="module")
def total():
    """What all roles asked and found together; said at the end of `make fuzz`."""
    tally = Tally()
    yield tally
    if CASES:
        print(f"\n{tally}")


@pytest.fixture(autouse=True)
def quiet():
    """Without a log line for each request."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("role", ROLES)
def test_every_response_conforms_to_the_document(everything, role, total):
    tally = Tally()
    if CASES:
        fuzz_long(everything, role, tally)
    else:
        part = WHOLE
        if EFFORT < 1:
            part = (SHARED.index(role), 9) if role in SHARED else DEALT
        with everything() as samples:
            world = World(samples)
            fuzz(world, role, IN_TURN, tally, examples=1, seed=1, part=part)
            if role in SEQUENCES or EFFORT >= 1:
                fuzz(world, role, IN_SEQUENCE, tally, examples=1, seed=1)
    total.join(tally)
    assert not tally.findings, str(tally)


def fuzz_long(everything, role, tally):
    """Ask a role's share of CASES, in a new marketplace every so often; every bound once beside them."""
    share = CASES / len(ROLES)
    while tally.cases < share:
        with everything() as samples:
            world = World(samples)
            for how in (IN_TURN, IN_SEQUENCE):
                fuzz(world, role, how, tally, examples=EXAMPLES, seed=None)
    if role in ("admin", "enterprise"):
        with everything() as samples:
            fuzz(World(samples), role, BOUNDS, tally, examples=0, seed=None)
    print(f"\n{role}: {tally}")
