"""The supply that the demo plays, dilute waste sulphuric acid, and the receivers cast for it.

The cast makes every legal basis and the commonest refusals appear by construction, whatever the rest of
the city looks like: each lawful receiver passes all gates, each refused one fails exactly the gate named.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from seed.city import Component
from seed.identities import DONE, FAULT, MINOR

SHOWCASE_OWNER = "acid-maker"
"""Key of the enterprise whose supply it is."""
DEALER = "cast-regen"
"""Key of the receiver that the demo deals with."""
LATE_RECEIVER = "cast-dear"
"""Key of the receiver that has not received a load in time."""

SHOWCASE: dict[str, Any] = {
    "kind": "supply",
    "title": "稀硫酸 20%",
    "waste": {"scheme": "cn-hw", "code": "900-349-34"},
    "quantity_t": 1200.0,
    "min_lot_t": 20.0,
    "price_cny_per_t": -150.0,
    "location": {"lon": 120.87, "lat": 30.12, "crs": "wgs84"},
    "max_distance_km": 200,
    "form": "liquid",
    "packaging": "tank",
    "composition": [{"component": "H2SO4", "min": 18, "max": 22, "unit": "%"}],
}
"""The body of `POST /listings`, but for its two dates; `showcase` adds them. Not stored in the city."""

FROM_DAY, UNTIL_DAY = 0, 180
"""Days after today on which the showcase supply opens and closes."""


def showcase(today: date) -> dict[str, Any]:
    """A fresh, complete body of `POST /listings` for the showcase supply, to be published at once."""
    return deepcopy(SHOWCASE) | {
        "available_from": (today + timedelta(days=FROM_DAY)).isoformat(),
        "available_until": (today + timedelta(days=UNTIL_DAY)).isoformat(),
        "publish": True,
    }


@dataclass(frozen=True)
class Part:
    """One receiver of the cast: where, of which grade, what it asks, what it is licensed for.

    `why` is the legal basis of a lawful receiver, and of a refused one the only gate it fails.
    `record` is whether it is established, and its credit events; without one it is drawn for the grade.
    `licence` is the code or category it is licensed for, empty for none, until `licence_until` days on.
    """

    key: str
    name: str
    why: str
    region: int
    lon: float
    lat: float
    grade: str
    price: float | None
    accepts: str = "HW34"
    treatment: str = "R6"
    quantity_t: float = 3000.0
    min_lot_t: float = 10.0
    max_distance_km: int | None = None
    from_day: int = 0
    until_day: int = 300
    licence: str = "HW34"
    licence_t: float = 8000.0
    licence_until: int = 900
    exemption_item: int | None = None
    white_listed: bool = False
    requires: tuple[Component, ...] = ()
    record: tuple[bool, tuple[tuple[str, int], ...]] | None = None


_NEARLY_A = True, ((DONE, 31), (DONE, 96), (MINOR, 188), (DONE, 240), (MINOR, 302))
"""Established, 89.5 points: one completed deal more makes it grade A."""
_BARELY_A = True, ((DONE, 41), (FAULT, 77), (MINOR, 150), (DONE, 222))
"""Established, 91 points: one late load makes it grade B."""
_EXEMPT: dict[str, Any] = {"licence": "", "exemption_item": 20, "treatment": "R5"}
_STRONG = (Component("H2SO4", 60.0, None, "%"),)

CHANNEL_RECEIVER = "cast-channel"

LAWFUL = (
    Part("cast-regen", "上虞澄岳酸再生", "licence", 330604, 120.905, 30.145, "B", -115.0, record=_NEARLY_A),
    Part(
        "cast-salts", "柯桥砚湖无机盐", "licence", 330603, 120.660, 30.160, "B", -90.0, licence="900-349-34"
    ),
    Part("cast-bay", "杭州霁舟硫酸", "licence", 330114, 120.490, 30.300, "C", -60.0, accepts="900-349-34"),
    Part("cast-east", "宁波沅屿化工回收", "licence", 330211, 121.610, 29.985, "A", -120.0),
    Part("cast-north", "海盐栩原酸再生", "licence", 330424, 120.920, 30.520, "B", None),
    Part("cast-hill", "诸暨翊谷环境", "licence", 330681, 120.290, 29.910, "D", -40.0),
    Part(
        "cast-coast", "上海旻洲综合利用", "licence", 310116, 121.310, 30.740, "B", -100.0, white_listed=True
    ),
    Part(
        CHANNEL_RECEIVER,
        "柯桥滨海汀桐染整",
        "channel",
        330603,
        120.732,
        30.230,
        "B",
        -30.0,
        accepts="900-349-34",
        treatment="R5",
        licence="",
    ),
    Part("cast-water", "袍江淳溪污水处理", "exempt", 330602, 120.640, 30.065, "A", -80.0, **_EXEMPT),
    Part("cast-gypsum", "嵊州芃石石膏制品", "exempt", 330683, 120.805, 29.620, "C", -50.0, **_EXEMPT),
)

REFUSED = (
    Part("cast-bare", "上虞峤野建材", "licence", 330604, 120.850, 30.030, "A", -70.0, licence=""),
    Part(
        "cast-lapsed", "越城瑄陵化工回收", "licence", 330602, 120.675, 30.005, "B", -90.0, licence_until=-40
    ),
    Part("cast-tiny", "新昌琰塘环保", "licence", 330624, 120.890, 29.505, "B", -60.0, licence_t=12.0),
    Part("cast-province", "苏州昀松酸再生", "region", 320509, 120.640, 31.120, "A", -95.0),
    Part("cast-dumper", "柯桥曜川固废", "credit", 330603, 120.415, 30.115, "E", -20.0),
    Part(LATE_RECEIVER, "宁波璟庭危废处置", "price", 330206, 121.830, 29.920, "A", -260.0, record=_BARELY_A),
    Part(
        "cast-near", "杭州禾峰水处理剂", "distance", 330111, 119.970, 30.060, "A", -70.0, max_distance_km=30
    ),
    Part(
        "cast-sample", "上虞钰林中试基地", "quantity", 330604, 120.880, 30.130, "B", -100.0, quantity_t=15.0
    ),
    Part(
        "cast-strong", "平湖衡桥浓硫酸", "composition", 330482, 121.030, 30.660, "B", 20.0, requires=_STRONG
    ),
    Part(
        "cast-later",
        "余姚朗源水处理剂",
        "time",
        330281,
        121.160,
        30.060,
        "B",
        -90.0,
        from_day=220,
        until_day=400,
        **_EXEMPT,
    ),
)

CAST = LAWFUL + REFUSED
