"""Shaoxing's point-to-point channels for directed use: waste acid, salt solution and esterification residue.

With the channel of the showcase they are 14 enterprises and the city's published figures: 208,700 t of waste
acid, 18,000 t of salt solution and 50,000 t of residue a year. The enterprises themselves are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from seed.industries import Range, Waste

SHOWCASE_CHANNEL_T = 6000.0
"""Tonnes a year of the channel between the maker and a receiver of the showcase."""


@dataclass(frozen=True)
class DirectedUse:
    """A generator that is in the city already, and a receiver that is there for this channel alone."""

    generator_key: str
    park: str
    trade: str
    use: str
    treatment: str
    tonnes_per_year: float
    price: Range
    waste: Waste


_LIQUID, _TANKED_SLUDGE = ("liquid", "tank"), ("sludge", "tank")


def _acid(title: str, generator: str, park: str, trade: str, use: str, tonnes: float) -> DirectedUse:
    waste = Waste("900-349-34", title, (2000, 9000), (-160, -60), _LIQUID)
    return DirectedUse(generator, park, trade, use, "R5", tonnes, (-60, -10), waste)


DIRECTED_USES = (
    _acid(
        "副产废硫酸 定向利用", "dyechem-001", "binhai", "印染集团", "替代新硫酸，中和碱性印染废水", 62_000.0
    ),
    _acid(
        "磺化废硫酸 定向利用",
        "dyechem-002",
        "hangzhouwan",
        "水务处理",
        "替代新硫酸，调节园区污水酸碱度",
        54_000.0,
    ),
    _acid(
        "硝化废硫酸 定向利用",
        "dyechem-003",
        "paojiang",
        "无机化工",
        "替代新硫酸，生产硫酸铵肥料原料",
        48_000.0,
    ),
    _acid(
        "酸析废硫酸 定向利用", "dyechem-004", "qianqing", "纺织染整", "替代新硫酸，中和碱减量废水", 38_700.0
    ),
    DirectedUse(
        "dyechem-005",
        "hangzhouwan",
        "氯碱化工",
        "精制后替代原盐，生产离子膜烧碱",
        "R5",
        18_000.0,
        (-420, -200),
        Waste("264-011-12", "染料废盐溶液 定向利用", (800, 3000), (-600, -420), _LIQUID),
    ),
    DirectedUse(
        "dyechem-006",
        "caoe",
        "增塑剂",
        "替代部分醇类原料，生产工业增塑剂",
        "R3",
        50_000.0,
        (-380, -120),
        Waste("900-013-11", "酯化残渣 定向利用", (1500, 6000), (-700, -400), _TANKED_SLUDGE),
    ),
)
