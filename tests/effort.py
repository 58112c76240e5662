"""How hard the tests of properties try: `make test` asks a part of what `make thorough` (EFFORT) asks."""

import os

EFFORT = float(os.environ.get("EFFORT", 0.4))


def tries(full: int) -> int:
    """How many of `full` examples, worlds or changes are tried now; at full effort all."""
    return max(1, round(full * EFFORT))
