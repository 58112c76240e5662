"""Ranges of components as they are compared: one key for one component and kind of unit, ends in one unit."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .names import component_key, component_of
from .spelling import alike
from .units import MASS_SHARE, WHOLE, unit_of

COMPARED = ("key", "low", "high")
"""What is kept of a range beside what its owner wrote; all that the matching reads."""


def with_key(component: Mapping[str, Any]) -> dict[str, Any]:
    """`{"component", "min", "max", "unit"}` with the `key`, `low` and `high` that are compared.

    Ends are in the first unit of the unit's family, exactly converted: 1 % and 10,000 mg/kg are the same
    number. A unit that the table does not have stands for itself, so that older rows still meet their kind.
    """
    unit = unit_of(component["unit"])
    family = alike(component["unit"]).casefold() if unit is None else unit.family
    factor = Decimal(1) if unit is None else unit.factor
    ends = {"low": _converted(component["min"], factor), "high": _converted(component["max"], factor)}
    return {**component, "key": f"{component_key(component['component'])}|{family}", **ends}


def _converted(amount: float | None, factor: Decimal) -> float | None:
    return None if amount is None else float(Decimal(str(amount)) * factor)


def over_whole(components: Sequence[Mapping[str, Any]]) -> list[int]:
    """Places of the shares of mass that exceed 100 % by themselves; components as of `with_key`."""
    return [
        place
        for place, component in enumerate(components)
        if _is_share(component) and max(component["low"] or 0, component["high"] or 0) > WHOLE
    ]


def least_share(components: Sequence[Mapping[str, Any]]) -> Decimal:
    """What the least shares of mass add up to, in per cent."""
    least = (Decimal(str(component["low"] or 0)) for component in components if _is_share(component))
    return sum(least, Decimal(0)) / WHOLE * 100


def _is_share(component: Mapping[str, Any]) -> bool:
    return bool(component["key"].endswith(f"|{MASS_SHARE}"))


def default_unit(name: str) -> str:
    """The unit that is meant where none is written: that of the component, such as pH, or per cent."""
    component = component_of(name)
    return (component and component.unit) or "%"
