"""The open listings of a region and period that a plan is made of: counted, then read as columns."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from matching.allocation import Region

from ...catalogue import service as catalogue
from ...database import db
from ...errors import Invalid
from ...matches.service.ranking.listing_columns import OPEN
from ...matches.service.ranking.match_input import day_number, read_where
from ...numpy_columns import read_columns

MOST_SUPPLIES = 3_000
MOST_DEMANDS = 3_000
OWNER = "JOIN enterprise e ON e.id = l.enterprise_id"
IN_PERIOD = f"{OPEN} AND l.available_from <= %(last)s AND l.available_until >= %(first)s"
IN_REGION = "coalesce(l.place_region, l.region) BETWEEN %(region)s AND %(last_region)s"
SUPPLIES = f"{IN_REGION} AND {IN_PERIOD} AND (%(codes)s::int4[] IS NULL OR l.code_id = ANY(%(codes)s))"
DEMANDS = f"{IN_PERIOD} AND a.code_id = ANY(%(accepted)s) AND (%(anywhere)s OR {IN_REGION})"
SUPPLIES_BY_CODE = f"""
SELECT l.code_id, count(*) FROM listing l {OWNER} WHERE l.kind = 'supply' AND {SUPPLIES} GROUP BY 1
"""  # noqa: S608 - fragments are constants, values are bound
DEMANDS_COUNTED = f"""
SELECT count(DISTINCT l.id) FROM listing_accept a JOIN listing l ON l.id = a.listing_id {OWNER}
WHERE {DEMANDS}
"""  # noqa: S608 - fragments are constants, values are bound


@dataclass(frozen=True, slots=True)
class Extent:
    """What a plan is asked for: supplies in a region and receivers there or anywhere, in a period, both days
    included; of the codes `code_ids` only, if they are given."""

    region: int
    first_day: date
    last_day: date
    anywhere: bool
    code_ids: list[int] | None

    @property
    def params(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "last_region": catalogue.last_below(self.region),
            "first": self.first_day,
            "last": self.last_day,
            "anywhere": self.anywhere,
            "codes": self.code_ids,
        }

    @property
    def facts(self) -> dict[str, str]:
        """For sentences that name the place and the days."""
        row = catalogue.find_region(self.region)
        return {
            "region": f"{row.name_zh} {row.adcode:06d}",
            "first": str(self.first_day),
            "last": str(self.last_day),
        }


def read_region(extent: Extent) -> Region:
    """Both sides as they are now, with the tables that say what is lawful.

    Raises:
        Invalid: there is nothing to plan, or too much (`allocation_no_supplies`, `allocation_no_demands`,
            `allocation_too_large`).
    """
    params = require_some(extent)
    sides = read_where(SUPPLIES, DEMANDS, params, alive_on=extent.first_day)
    return Region(*sides, day_number(extent.first_day), day_number(extent.last_day))


def require_some(extent: Extent) -> dict[str, Any]:
    """Parameters by which both sides are read, with the codes that receivers accept.

    Raises:
        Invalid: as `read_region`.
    """
    types = {"code": "i4", "count": "i8"}
    by_code = read_columns(db.session(), SUPPLIES_BY_CODE, extent.params, types)
    supplies = int(by_code["count"].sum())
    if not supplies:
        raise Invalid("allocation_no_supplies", at="region", **extent.facts)
    aliases = catalogue.aliases_of(by_code["code"].tolist())
    params = {**extent.params, "accepted": sorted({alias.alias_id for alias in aliases})}
    demands = int(read_columns(db.session(), DEMANDS_COUNTED, params, {"count": "i8"})["count"][0])
    if not demands:
        raise Invalid("allocation_no_demands", at="receivers", supplies=supplies, **extent.facts)
    if supplies > MOST_SUPPLIES or demands > MOST_DEMANDS:
        most = {"most_supplies": MOST_SUPPLIES, "most_demands": MOST_DEMANDS}
        raise Invalid("allocation_too_large", at="region", supplies=supplies, demands=demands, **most)
    return params
