"""Enterprises that may be able to take a waste, each as a demand for exactly that waste.

What is lawful is not judged here: matching holds each against the gates, as it holds every demand.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import matching
from matching import Demands, Review, Tables

from ... import clock
from ...database import db
from ...enterprises.models import EnterpriseStatus
from ...licences import service as licences
from ...listings.models import Kind, ListingStatus
from ...matches import service as matches
from ...numpy_columns import read_columns
from ...registrations.models import RegistrationStatus
from .asker import Asker

ANY_QUANTITY_KG = 10**12
"""What a candidate would take as far as nothing limits it."""
PLACE_TYPES = licences.HOLDER_TYPES | {"modes": "i2", "item": "i2", "kg": "i8"}
"""A row for each way in which an enterprise may take the waste at a place."""
STANDING = "e.credit_milli, (ascii(e.grade) - 65)::int2, e.blocked"
APPROVED = f"e.status = '{EnterpriseStatus.APPROVED}'"
REGISTERED = f"""
SELECT e.no, e.id, (s.region / 10000)::int2, s.lat, s.lon, {STANDING}, s.modes, 0::int2, s.capacity_kg
FROM registration_site s JOIN receiver_registration r ON r.id = s.registration_id
JOIN enterprise e ON e.id = r.enterprise_id
WHERE r.revoked_at IS NULL AND r.status = '{RegistrationStatus.CONFIRMED}' AND {APPROVED}
  AND r.valid_from <= %(today)s AND r.valid_until >= %(today)s
  AND EXISTS (SELECT FROM registration_site_code c WHERE c.site_id = s.id AND c.code_id = ANY(%(codes)s))
UNION ALL
SELECT e.no, e.id, (coalesce(l.place_region, l.region) / 10000)::int2, l.lat, l.lon, {STANDING},
       (1 << l.mode)::int2, 0::int2, l.remaining_kg
FROM listing l JOIN enterprise e ON e.id = l.enterprise_id
WHERE l.kind = '{Kind.DEMAND}' AND l.status = '{ListingStatus.OPEN}' AND {APPROVED}
  AND EXISTS (SELECT FROM listing_accept a WHERE a.listing_id = l.id AND a.code_id = ANY(%(codes)s))
"""  # noqa: S608 - fragments are constants, values are bound


@dataclass(frozen=True, slots=True)
class Candidates:
    """Demands of the candidates, and the tables that say what is lawful.

    Attributes:
        kg: how much each row may take as far as its own entry goes, in kilograms.
    """

    demands: Demands
    tables: Tables
    kg: np.ndarray = field(repr=False)


def candidates_for(asker: Asker) -> Candidates:
    """Everybody who holds something on the code of the asker's waste, or of general waste takes it."""
    book = matches.book_of([asker.code.id])
    covering = sorted(book[asker.code.id].aliases)
    today = clock.today()
    if asker.code.hazardous:
        permit_tables, holders = licences.permit_tables_on(covering, today)
        tables = matches.tables_of(permit_tables, book)
        rows = _ways(tables, holders, matches.day_number(today))
    else:
        tables = matches.tables_of(None, book)
        rows = read_columns(db.session(), REGISTERED, {"codes": covering, "today": today}, PLACE_TYPES)
    wanted = _with_mode(asker, rows)
    return Candidates(_demands(asker, wanted), tables, wanted["kg"])


def _ways(tables: Tables, holders: dict[str, np.ndarray], today: int) -> dict[str, np.ndarray]:
    """A row for each holder, the modes that it may have today, and the item of its exemption (0: none)."""
    permits, verified, listed = tables.permits, tables.verified, tables.exemptions
    valid = (permits.first_day <= today) & (permits.last_day >= today)
    freed = (verified.first_day <= today) & (verified.last_day >= today)
    stages = [int(np.bitwise_or.reduce(listed.modes[listed.item == item], initial=0))
              for item in verified.item[freed]]  # fmt: skip
    numbers = np.concatenate([permits.receiver[valid], verified.receiver[freed]])
    modes = np.concatenate([permits.modes[valid], np.array(stages, np.uint8)])
    items = np.concatenate([np.zeros(int(valid.sum()), np.int16), verified.item[freed]])
    ways = np.unique(np.stack([numbers, items.astype(np.int64), modes.astype(np.int64)]), axis=1)
    ways = ways[:, np.isin(ways[0], holders["enterprise"])]
    by_number = np.argsort(holders["enterprise"])
    row = by_number[np.searchsorted(holders["enterprise"][by_number], ways[0])]
    return {
        **{name: column[row] for name, column in holders.items()},
        "modes": ways[2].astype(np.int16),
        "item": ways[1].astype(np.int16),
        "kg": np.full(len(row), ANY_QUANTITY_KG),
    }


def _with_mode(asker: Asker, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows in which a mode that was asked for is allowed."""
    wanted = sum(1 << mode for mode in asker.modes)
    allowed = np.flatnonzero(rows["modes"].astype(np.int64) & wanted)
    return {name: column[allowed] for name, column in rows.items()}


def _demands(asker: Asker, rows: dict[str, np.ndarray]) -> Demands:
    """A demand for each row."""
    count, today = len(rows["enterprise"]), matches.day_number(clock.today())
    constant: dict[str, Any] = {
        "remaining_kg": ANY_QUANTITY_KG, "min_lot_kg": 1, "price_fen": matching.NO_PRICE, "max_km": np.inf,
        "first_day": today, "last_day": today, "accepts": asker.code.id, "exemption_review": Review.ACCEPTED,
    }  # fmt: skip
    same = ("id_hi", "id_lo", "enterprise", "province", "lat", "lon", "credit_milli", "grade", "blocked")
    return Demands(
        key=np.arange(count),
        **{name: rows[name] for name in same},
        **{name: np.full(count, value) for name, value in constant.items()},
        mode=_first_mode(asker, rows["modes"]),
        exemption_item=rows["item"],
    )


def _first_mode(asker: Asker, masks: np.ndarray) -> np.ndarray:
    """For each mask of modes the first mode that was asked for and is in it."""
    chosen = np.zeros(len(masks), np.int8)
    for mode in reversed(asker.modes):
        chosen[(masks.astype(np.int64) >> mode) & 1 == 1] = mode
    return chosen
