"""The refusal of tonnes that are not there: of a listing, a deal, or a permit in a calendar year."""

from matching import KG_PER_T

from .errors import Conflict
from .messages.names import Name


def not_enough_left(left_kg: int, of: Name, *, year: int | None = None, at: str | None = None) -> Conflict:
    """The refusal `not_enough_left`.

    Args:
        left_kg: what is left, 0 or more; programs read it as `left_t`.
        of: of what, by its name, such as Name("subject", "deal").
        year: the calendar year in which it is counted, if it is counted by year.
    """
    left_t, period = left_kg / KG_PER_T, f" ({year})" if year else ""
    shown = f"{left_t:,.3f}".rstrip("0").rstrip(".")
    return Conflict(
        "not_enough_left", at=at, of=of, shown=shown, period=period, left_t=left_t, year=year or None
    )
