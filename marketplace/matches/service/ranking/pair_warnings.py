"""The warnings of a pairing as notices: each cites the law of the day of the transfer."""

from datetime import date

from matching import Basis, Warn

from .... import clock
from ....errors import Notice

GENERAL = "general"
"""The variant of a warning whose rule is another one for general waste."""


def transfer_day(*first_days: date) -> date:
    """The first day on which what both sides offer from these days on can be moved: today at the earliest."""
    return max(clock.today(), *first_days)


def warning_notices(warn: Warn, basis: Basis, day: date) -> list[Notice]:
    """What the parties of a pairing must know.

    Args:
        basis: by what the pairing is lawful; general waste has rules of its own for crossing a province line.
        day: of the transfer, whose law counts.
    """
    return [Notice(name, None, {"law_of": day}, _variant(name, basis)) for name in warn.names]


def _variant(name: str, basis: Basis) -> str | None:
    is_approval = name == Warn.TRANSFER_APPROVAL_REQUIRED.names[0]
    return GENERAL if is_approval and basis == Basis.GENERAL else None
