"""What a transfer emits and avoids: kilograms of CO2e with their range and source, verified by nobody."""

import re
from typing import Any

from . import factors
from .factors import Range

DETOUR = 1.3
"""Kilometres by road for each as the crow flies; our own choice."""
ENERGY = {"R1"}
INCINERATED = {"D10", "D11"}
INTERIM = {"R12", "R13", "D13", "D14", "D15"}
"""Operations after which the waste is still to be treated."""


def estimate(scheme: str, code: str, operation: str | None, tonnes: float, km: float) -> dict[str, Any]:
    """What moving and treating so many tonnes emits, and apart from it what their use avoids.

    Args:
        operation: an R or D operation, None where it is not known.
        km: as the crow flies.
    Returns:
        `inventory` and `avoided` are never to be added: their factors have different bases.
    """
    materials, route = factors.materials_of(scheme, code), route_of(operation)
    parts = [_part("transport", factors.freight(), tonnes * km * DETOUR, "kg CO2e/t km")]
    treated = factors.treatment(materials, route) if route else None
    if treated:
        parts.append(_part("treatment", treated, tonnes, "kg CO2e/t"))
    saved = factors.avoided(materials) if route == "recycle" else None
    return {
        "tonnes": tonnes,
        "materials": list(materials),
        "inventory": {name: sum(part[name] for part in parts) for name in ("kg_co2e", "low", "high")},
        "parts": parts,
        "avoided": _part("avoided", saved, tonnes, "kg CO2e/t") if saved else None,
        "verified": False,
    }


def route_of(operation: str | None) -> str | None:
    """The route of the factors that an operation takes; None where it only prepares another."""
    if operation is None or operation in INTERIM or not re.fullmatch(r"[RD]\d+", operation):
        return None
    if operation in ENERGY | INCINERATED:
        return "incinerate"
    return "recycle" if operation.startswith("R") else "landfill"


def _part(what: str, factor: Range, amount: float, unit: str) -> dict[str, Any]:
    return {
        "what": what,
        **factor.times(amount),
        "factor": round(factor.central, 5),
        "factor_low": round(factor.low, 5),
        "factor_high": round(factor.high, 5),
        "unit": unit,
        "source": factor.source,
        "year": factor.year,
    }
