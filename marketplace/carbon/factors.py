"""Emission factors, read from the data files of `seed/data`; where each comes from is in their SOURCES.md.

No factor for China is at hand: the EPA's are of the United States, DESNZ's of the United Kingdom.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[2] / "seed" / "data"
KG_PER_T = 1000
EPA, WARM = "US EPA GHG Emission Factors Hub 2022, Table 9", "US EPA WARM v16"
DESNZ = "UK Government GHG conversion factors 2025 (DESNZ)"


@dataclass(frozen=True, slots=True)
class Range:
    """A factor with the bounds between which it may lie, in kg CO2e a tonne or a tonne-kilometre."""

    central: float
    low: float
    high: float
    source: str
    year: int

    def times(self, amount: float) -> dict[str, float]:
        """Kilograms of CO2e for an amount, rounded to whole ones."""
        return {
            "kg_co2e": round(self.central * amount),
            "low": round(self.low * amount),
            "high": round(self.high * amount),
        }


@cache
def freight() -> Range:
    """Of a tonne-kilometre by road: all lorries, between a full large one and a small one half empty."""
    rows = {(row["level_3"], row["load"]): float(row["kgco2e_per_tonne_km"])
            for row in _rows("uk_ghg_2025_freight_tonne_km.csv")
            if row["level_2"] == "HGV (all diesel)"}  # fmt: skip
    return Range(
        rows["All HGVs", "Average laden"],
        rows["Articulated (>33t)", "100% Laden"],
        rows["Rigid (>7.5 tonnes-17 tonnes)", "Average laden"],
        DESNZ,
        2025,
    )


@cache
def materials_of(scheme: str, code: str) -> tuple[str, ...]:
    """The materials that a code stands for, by itself or its category; our own table, none where unknown."""
    rows = list(_rows("waste_materials.csv"))
    for named in (code, category_of(scheme, code)):
        found = tuple(row["material"] for row in rows if (row["scheme"], row["code"]) == (scheme, named))
        if found:
            return found
    return ()


def category_of(scheme: str, code: str) -> str:
    """The category of a code of one of the two national schemes; other codes stand for themselves."""
    prefix = {"cn-hw": "HW", "cn-sw": "SW"}.get(scheme)
    return code if prefix is None or code.startswith(prefix) else prefix + code[-2:]


@cache
def treatment(materials: tuple[str, ...], route: str) -> Range | None:
    """Of collecting and treating a tonne by a route; of all materials where these have no figure."""
    known = _figures(route, "no_avoided")
    values = [known[name] for name in materials if name in known] or list(known.values())
    return _range(values, EPA, 2022) if values else None


@cache
def avoided(materials: tuple[str, ...]) -> Range | None:
    """What the use of a tonne avoids, as a positive figure; None where nothing is published for it."""
    net = _figures("recycle", "net_of_avoided_production")
    values = [-net[name] for name in materials if name in net]
    if values:
        return _range(values, WARM, 2023)
    saved = {
        row["material"]: row["primary_less_closed_loop"] for row in _rows("uk_ghg_2025_material_use.csv")
    }
    values = [float(saved[name]) for name in materials if saved.get(name)]
    return _range(values, DESNZ, 2025) if values else None


def _figures(route: str, basis: str) -> dict[str, float]:
    """By material: kg CO2e a tonne."""
    return {
        row["material"]: float(row["tco2e_per_tonne"]) * KG_PER_T
        for row in _rows("emission_factors.csv")
        if row["route"] == route and row["basis"] == basis
    }


def _range(values: list[float], source: str, year: int) -> Range:
    return Range(sum(values) / len(values), min(values), max(values), source, year)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
