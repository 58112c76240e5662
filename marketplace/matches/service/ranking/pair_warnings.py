"""The warnings of a pairing as notices: each cites the law of the day of the transfer."""

from datetime import date

from matching import Basis, Warn

from .... import clock
from ....errors import Notice

VERIFY = Warn.VERIFY_RECEIVER.names[0]
GENERAL = "general"
"""The variant of a warning whose rule is another one for general waste."""
REGISTERED, UNREGISTERED = "registered", "unregistered"
"""The variants of the duty to verify a receiver: whether a registration of it is on file."""
VARIANTS = (GENERAL, REGISTERED, UNREGISTERED)


def transfer_day(*first_days: date) -> date:
    """The first day on which what both sides offer from these days on can be moved: today at the earliest."""
    return max(clock.today(), *first_days)


def warning_notices(
    warn: Warn, basis: Basis, day: date, *, is_registered: bool | None = None
) -> list[Notice]:
    """What the parties of a pairing must know.

    Args:
        basis: by what the pairing is lawful; general waste has rules of its own for crossing a province line.
        day: of the transfer, whose law counts.
        is_registered: whether a registration of the receiver for general waste is on file; None: not known.
    """
    return [Notice(name, None, {"law_of": day}, _variant(name, basis, is_registered)) for name in warn.names]


def _variant(name: str, basis: Basis, is_registered: bool | None) -> str | None:
    if name == VERIFY and is_registered is not None:
        return REGISTERED if is_registered else UNREGISTERED
    is_approval = name == Warn.TRANSFER_APPROVAL_REQUIRED.names[0]
    return GENERAL if is_approval and basis == Basis.GENERAL else None
