"""What is known of the receivers in the head of a ranking, as a learned ranking reads it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

import matching

from ....database import db
from ....listings.models import Listing
from ....numpy_columns import read_columns
from .hits import Hit
from .page_cursor import CODE, CREDIT, QUANTITY

if TYPE_CHECKING:
    from matching.learning import Facing, Record

RECORD_AGE = timedelta(days=730)
"""Transfers older than this are nobody's track record."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRACK_RECORD_TYPES = {
    "place": "i8", "published_us": "i8", "remaining_kg": "i8", "family": "i8",
    "supplier": "i8", "code": "i8", "its_family": "i8", "lat": "f8", "lon": "f8",
    "transfers": "i8", "last_day": "i8",
}  # fmt: skip
TRACK_RECORD = """
SELECT w.place - 1, (extract(epoch FROM coalesce(l.published_at, l.created_at)) * 1000000)::int8,
       l.remaining_kg,
       (SELECT coalesce(parent_id, id)::int8 FROM waste_code WHERE id = %(code)s),
       coalesce(s.no, -1), coalesce(c.id, -1)::int8, coalesce(c.parent_id, c.id, -1)::int8,
       coalesce(r.lat, 'NaN'), coalesce(r.lon, 'NaN'), coalesce(r.transfers, 0), coalesce(r.last_day, 0)::int8
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, place)
JOIN listing l ON l.id = w.id
LEFT JOIN LATERAL (
    SELECT supplier_id, code_id, avg(lat) AS lat, avg(lon) AS lon, count(*) AS transfers,
           (max(at) AT TIME ZONE 'Asia/Shanghai')::date - DATE '1970-01-01' AS last_day
    FROM pairing_outcome
    WHERE outcome = 'closed' AND receiver_id = l.enterprise_id AND at >= %(since)s AND at <= %(as_of)s
    GROUP BY supplier_id, code_id
) r ON true
LEFT JOIN enterprise s ON s.id = r.supplier_id
LEFT JOIN waste_code c ON c.id = r.code_id
ORDER BY 1
"""


def read_track_record(listing: Listing, hits: Sequence[Hit], as_of: int) -> dict[str, np.ndarray]:
    """For each hit, by its place, a row for each supplier and code in its owner's record, or one empty row.

    Args:
        as_of: microseconds since 1970; what was recorded later does not count.
    """
    until = moment_of(as_of)
    ids = [hit.listing_id for hit in hits]
    params = {"ids": ids, "code": listing.code_id, "since": until - RECORD_AGE, "as_of": until}
    return read_columns(db.session(), TRACK_RECORD, params, TRACK_RECORD_TYPES)


def record_of(known: dict[str, np.ndarray], published: np.ndarray) -> "Record":
    """The track record of the published hits, numbered from 0.

    Args:
        known: rows of `read_track_record` of published hits.
        published: which hits were published (n,).
    """
    from matching.learning import Record  # only here: it loads scipy

    rows = known["supplier"] >= 0
    number = np.cumsum(published) - 1
    supplier, code, family, lat, lon, transfers, last_day = (
        known[name][rows]
        for name in ("supplier", "code", "its_family", "lat", "lon", "transfers", "last_day")
    )
    return Record(supplier, number[known["place"][rows]], code, family, lat, lon, transfers, last_day)


def facing_of(listing: Listing, hits: Sequence[Hit], family: int, remaining_kg: np.ndarray) -> "Facing":
    """A supply facing the receivers of these hits; `remaining_kg` (n,) is what each demand still takes."""
    from matching.learning import Facing  # only here: it loads scipy

    values = np.array([hit.values for hit in hits], np.float64).reshape(-1, len(matching.COMPONENTS))
    values /= matching.VALUE_UNIT
    return Facing(
        code=listing.code_id or 0,
        family=int(family),
        lat=matching.coarse([listing.lat]),
        lon=matching.coarse([listing.lon]),
        receivers=np.arange(len(hits)),
        km=np.array([[hit.distance_km for hit in hits]]),
        fit=values[:, CODE],
        credit=values[:, CREDIT],
        quantity=values[None, :, QUANTITY],
        capacity_t=remaining_kg / matching.KG_PER_T,
    )


def moment_of(microseconds: int) -> datetime:
    """The moment so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)
