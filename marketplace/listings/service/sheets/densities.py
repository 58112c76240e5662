"""Densities for wastes measured by volume whose sheet gives none: a table of our own choice."""

import csv
from functools import cache
from pathlib import Path

from ....catalogue import service as catalogue

_FILE = Path(__file__).with_name("densities.csv")


def category_of(code: str) -> str | None:
    """HW34 for 900-349-34, SW17 for 900-001-S17; None for codes of other schemes."""
    found = catalogue.read_code(code).codes
    if not found or found[-1].scheme not in ("cn-hw", "cn-sw"):
        return None
    return ("HW" if found[-1].scheme == "cn-hw" else "SW") + found[-1].key[-2:]


def assumed_density(code: str) -> float | None:
    """t/m3 that is taken for a waste of that code; None where its category is too mixed to say."""
    return _table().get(category_of(code) or "")


@cache
def _table() -> dict[str, float]:
    with _FILE.open(encoding="utf-8", newline="") as source:
        return {row["category"]: float(row["t_per_m3"]) for row in csv.DictReader(source)}
