"""The rules of a composition, whether by JSON or from a sheet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....errors import Invalid, Notice
from .names import component_of, is_component_name
from .ranges import least_share, over_whole, with_key
from .units import unit_of, unit_symbols, units_of_family


def check_components(components: Iterable[Mapping[str, Any]], at: str) -> None:
    """Hold components to the closed forms of names and units.

    Args:
        at: the field that they are in.
    Raises:
        Invalid: `component_name`, `unit_unknown` or `unit_not_of_component`.
    """
    for place, component in enumerate(components):
        if not is_component_name(component["component"]):
            raise Invalid("component_name", at=f"{at}.{place}.component", name=component["component"])
        _check_unit(component, f"{at}.{place}.unit")


def _check_unit(component: Mapping[str, Any], at: str) -> None:
    unit, known = unit_of(component["unit"]), component_of(component["component"])
    if unit is None:
        raise Invalid("unit_unknown", at=at, unit=component["unit"], known=tuple(unit_symbols()))
    if known and known.family and unit.family != known.family:
        raise Invalid(
            "unit_not_of_component",
            at=at,
            unit=component["unit"],
            component=component["component"],
            known=tuple(units_of_family(known.family)),
        )


def component_notices(components: Sequence[Mapping[str, Any]], at: str) -> list[Notice]:
    """What is possible on paper only: a share over 100 %, or shares whose least add up to more."""
    ranges = [with_key(component) for component in components]
    notices = [
        Notice("share_over_whole", f"{at}.{place}", {"component": components[place]["component"]})
        for place in over_whole(ranges)
    ]
    least = least_share(ranges)
    if not notices and least > 100:
        notices.append(Notice("shares_over_whole", at, {"least": f"{least.normalize():f}"}))
    return notices
