"""Points and amounts, as they are written and as they are kept."""

from typing import Any

from ...enterprises.models import MILLI_PER_POINT
from ...http.fields import FEN_PER_CNY, Scaled

MAX_AMOUNT_CNY = 100_000_000_000
"""More than any fine: a bound on typing errors."""


class Points(Scaled):
    """Credit points to 0.001, kept as whole thousandths."""

    per_unit = MILLI_PER_POINT

    def __init__(self, minimum: float = -100, maximum: float = 100, **kwargs: Any) -> None:
        super().__init__(minimum, maximum, **kwargs)


class Amount(Scaled):
    """CNY to 0.01, kept as whole fen."""

    per_unit = FEN_PER_CNY

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, MAX_AMOUNT_CNY, **kwargs)


class Total(Points):
    """The sum of the points of any number of events."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(minimum=-1e6, maximum=1e6, **kwargs)
