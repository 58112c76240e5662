"""How hard the tests of properties try: `make test` asks a part of what `make thorough` (EFFORT) asks."""

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

Case = TypeVar("Case")
EFFORT = float(os.environ.get("EFFORT", 0.25))


def tries(full: int) -> int:
    """How many of `full` examples, worlds or changes are tried now; at full effort all."""
    return max(1, round(full * EFFORT))


def some(cases: Sequence[Case], fewest: int) -> list[Case]:
    """The cases that are tried now: at full effort all, else `fewest` of them, evenly spread."""
    if EFFORT >= 1 or fewest >= len(cases):
        return list(cases)
    step = (len(cases) - 1) / max(1, fewest - 1)
    return [cases[round(number * step)] for number in range(fewest)]


def set_profile() -> None:
    """Have Hypothesis try the same examples in each `make test`, others in each `make thorough`.

    None fails for being slow: that would be the machine's fault.
    """
    settings.register_profile(
        "ours",
        max_examples=tries(100),
        derandomize=EFFORT < 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("ours")
