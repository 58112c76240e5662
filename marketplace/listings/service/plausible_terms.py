"""Terms of a listing that are allowed but hardly meant."""

from ... import clock, plausibility
from ...catalogue import service as catalogue
from ...errors import Notice
from ..models import Listing


def implausible_notices(row: Listing) -> list[Notice]:
    """A notice of each figure and day of a listing outside the bounds of `plausibility.csv`."""
    days = ("available_from", "available_until")
    return [
        *_quantity_notices(row),
        *plausibility.lot_notices(row.min_lot_kg, row.quantity_kg, "min_lot_t"),
        *plausibility.price_notices(row.price_fen, "price_cny_per_t"),
        *plausibility.distance_notices(row.max_distance_km, "max_distance_km"),
        *plausibility.period_notices(
            row.available_from, row.available_until, clock.today(), days, plausibility.WINDOW
        ),
    ]


def _quantity_notices(row: Listing) -> list[Notice]:
    """Only what hazardous waste alone could not be needs to know the codes."""
    notices = plausibility.quantity_notices(row.quantity_kg, "quantity_t", hazardous=True)
    if not notices or _is_hazardous(row):
        return notices
    return plausibility.quantity_notices(row.quantity_kg, "quantity_t", hazardous=False)


def _is_hazardous(row: Listing) -> bool:
    ids = [row.code_id] if row.code_id else [accept.code_id for accept in row.accepts]
    return all(code.hazardous for code in catalogue.codes_by_id(ids).values())
