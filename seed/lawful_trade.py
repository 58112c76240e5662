"""Which pairs of the demo city may certainly trade, for drawing its past; the platform judges it again."""

from __future__ import annotations

from collections import defaultdict
from math import cos, hypot, radians

from seed.city import City, DemoListing, LicenceLine

FARTHEST_KM = 110.0
MOST_OF_A_LINE = 0.5
"""How much of what a licence line or a channel allows in a year the past may use."""
KM_OF_A_DEGREE = 111.2


class LawfulTrade:
    """Judges pairs more strictly than the platform: what it lets through is lawful there too."""

    def __init__(self, city: City) -> None:
        self._who = {enterprise.key: enterprise for enterprise in city.enterprises}
        self._lines: dict[str, list[LicenceLine]] = defaultdict(list)
        for licence in city.licences:
            if (licence.from_day < -365 and licence.until_day > 200) or licence.kind == "collection":
                self._lines[licence.enterprise_key] += licence.lines
        self._left = {
            (receiver, line.code): line.tonnes_per_year * MOST_OF_A_LINE
            for receiver, lines in self._lines.items()
            for line in lines
        }
        self._channels = {(one.generator_key, one.receiver_key, one.code) for one in city.channels}

    def may(self, supply: DemoListing, demand: DemoListing) -> bool:
        """Whether the two may trade, with papers that hold since a year and for half another."""
        return (
            self._accepts(supply, demand)
            and self._is_near(supply, demand)
            and self._has_papers(supply, demand)
        )

    def has_channel(self, supply: DemoListing) -> bool:
        """Whether it is a supply for directed use."""
        return (supply.enterprise_key, supply.code) in {(one, code) for one, _, code in self._channels}

    def take(self, supply: DemoListing, demand: DemoListing, tonnes: float) -> bool:
        """Take tonnes from the papers that a pair trades by; false where they do not suffice."""
        line = self._line(supply, demand)
        if line is None:
            return True
        key = demand.enterprise_key, line.code
        if self._left[key] < tonnes:
            return False
        self._left[key] -= tonnes
        return True

    def _accepts(self, supply: DemoListing, demand: DemoListing) -> bool:
        return any(_covers(code, str(supply.code)) for _, code in demand.accepts) and not demand.requires

    def _is_near(self, supply: DemoListing, demand: DemoListing) -> bool:
        one, other = self._who[supply.enterprise_key], self._who[demand.enterprise_key]
        east = (one.lon - other.lon) * cos(radians(one.lat))
        within = hypot(east, one.lat - other.lat) * KM_OF_A_DEGREE < FARTHEST_KM
        return within and one.region // 10000 == other.region // 10000

    def _has_papers(self, supply: DemoListing, demand: DemoListing) -> bool:
        collects = "collector" in self._who[demand.enterprise_key].roles
        if collects != self._who[supply.enterprise_key].small_generator:
            return False
        by_channel = (supply.enterprise_key, demand.enterprise_key, supply.code) in self._channels
        return supply.scheme == "cn-sw" or by_channel or self._line(supply, demand) is not None

    def _line(self, supply: DemoListing, demand: DemoListing) -> LicenceLine | None:
        """The line of a licence that covers the waste and how it is treated."""
        mode = {"R": "use", "D": "dispose"}[str(demand.treatment)[0]]
        mode = "store" if demand.treatment in ("R13", "D15") else mode
        for line in self._lines[demand.enterprise_key]:
            if mode in line.modes and _covers(line.code, str(supply.code)):
                return line
        return None


def _covers(wide: str, code: str) -> bool:
    """Whether a code or category covers a code."""
    return wide == code or (
        wide[:2] in ("HW", "SW") and code[-2:] == wide[2:] and ("S" in code) == (wide[0] == "S")
    )
