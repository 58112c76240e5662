"""From where on a track is remarkable: a table of figures, each with its reason."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("thresholds.csv")
SECONDS_PER_MIN = 60


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The figures of `thresholds.csv`; `_s` are seconds, `_km` kilometres, `_kmh` kilometres an hour."""

    near_km: float
    detour_factor: float
    detour_extra_km: float
    stop_radius_km: float
    stop_s: float
    silence_s: float
    fastest_kmh: float
    jump_km: float
    clock_ahead_s: float
    before_pickup_s: float
    after_delivery_s: float


@cache
def thresholds() -> Thresholds:
    """The figures in force."""
    with FILE.open(encoding="utf-8", newline="") as source:
        rows = {row["figure"]: float(row["value"]) for row in csv.DictReader(source)}
    minutes = ("stop", "silence", "clock_ahead", "before_pickup", "after_delivery")
    kilometres = ("near", "detour_extra", "stop_radius", "jump")
    return Thresholds(
        detour_factor=rows["detour_factor"],
        fastest_kmh=rows["fastest"],
        **{f"{name}_s": rows[name] * SECONDS_PER_MIN for name in minutes},
        **{f"{name}_km": rows[name] for name in kilometres},
    )
