"""What the score is made of: weights, half-distances and how strict the province line is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias

from matching.model.waste_codes import Code

COMPONENTS = ("code", "distance", "credit", "price", "quantity", "time")
WEIGHT_UNIT = 1_000_000
CrossProvince: TypeAlias = Literal["white_list", "with_approval"]


class PolicyError(ValueError):
    """A policy that cannot be: `field` is where, `message` why."""

    def __init__(self, field: str, message: str) -> None:
        """Name the field and say what is wrong with it."""
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the matching policy.

    `weights` are counts of 1e-6 in the order of `COMPONENTS`; `half_distance_km` has the key `default` and
    any of schemes and prefixes of codes or categories.

    Raises:
        PolicyError: the weights do not sum to 1, or a number or word is out of its range.
    """

    version: int
    weights: tuple[int, int, int, int, int, int]
    half_distance_km: Mapping[str, float]
    price_scale_cny_per_t: float
    cross_province: CrossProvince

    def __post_init__(self) -> None:
        _check_weights(self.weights)
        for key, km in self.half_distance_km.items():
            if not key:
                raise PolicyError("half_distance_km", "a key is empty")
            _positive(f"half_distance_km.{key}", km)
        if "default" not in self.half_distance_km:
            raise PolicyError("half_distance_km.default", "is missing")
        _positive("price_scale_cny_per_t", self.price_scale_cny_per_t)
        if self.cross_province not in ("white_list", "with_approval"):
            raise PolicyError("cross_province", "is neither white_list nor with_approval")
        object.__setattr__(self, "half_distance_km", MappingProxyType(dict(self.half_distance_km)))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any], version: int) -> Self:
        """Read a policy as people write it, with weights that sum to 1; keys that are not matching's are left
        alone.

        Raises:
            PolicyError: something is missing, is not a number, or is out of its range.
        """
        weights = _mapping(given, "weights")
        for name in weights:
            if name not in COMPONENTS:
                raise PolicyError(f"weights.{name}", "is not a component")
        code, distance, credit, price, quantity, time = (_weight(weights, name) for name in COMPONENTS)
        halves = _mapping(given, "half_distance_km")
        return cls(
            version=version,
            weights=(code, distance, credit, price, quantity, time),
            half_distance_km={str(key): _number(f"half_distance_km.{key}", km) for key, km in halves.items()},
            price_scale_cny_per_t=_number("price_scale_cny_per_t", _named(given, "price_scale_cny_per_t")),
            cross_province=_named(given, "cross_province"),
        )

    def half_distance_for(self, code: Code) -> float:
        """Half-distance in km: by the longest key that begins code or category, else scheme, else default."""
        prefixes = [
            key
            for key in self.half_distance_km
            if key != "default" and (code.code.startswith(key) or code.category.startswith(key))
        ]
        key = max(prefixes, key=len, default=code.scheme)
        return self.half_distance_km.get(key, self.half_distance_km["default"])


def _check_weights(weights: tuple[int, ...]) -> None:
    if len(weights) != len(COMPONENTS):
        raise PolicyError("weights", "are not six")
    for name, weight in zip(COMPONENTS, weights, strict=True):
        if weight < 0:
            raise PolicyError(f"weights.{name}", "is negative")
    if sum(weights) != WEIGHT_UNIT:
        raise PolicyError("weights", f"sum to {sum(weights) / WEIGHT_UNIT:g} instead of 1")


def _named(given: Mapping[str, Any], name: str) -> Any:
    if name not in given:
        raise PolicyError(name, "is missing")
    return given[name]


def _mapping(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = _named(given, name)
    if not isinstance(value, Mapping):
        raise PolicyError(name, "is not a mapping")
    return value


def _weight(weights: Mapping[str, Any], name: str) -> int:
    if name not in weights:
        raise PolicyError(f"weights.{name}", "is missing")
    weight = _number(f"weights.{name}", weights[name])
    if weight < 0:
        raise PolicyError(f"weights.{name}", "is negative")
    return round(weight * WEIGHT_UNIT)


def _number(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PolicyError(field, "is not a finite number")
    return float(value)


def _positive(field: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise PolicyError(field, "is not a finite number above 0")


DEFAULT = Policy(
    version=1,
    weights=(250_000, 250_000, 250_000, 120_000, 80_000, 50_000),
    half_distance_km={"default": 100.0},
    price_scale_cny_per_t=300.0,
    cross_province="white_list",
)

COST_FIRST = Policy(
    version=1,
    weights=(200_000, 200_000, 150_000, 350_000, 50_000, 50_000),
    half_distance_km={"default": 100.0},
    price_scale_cny_per_t=300.0,
    cross_province="white_list",
)
