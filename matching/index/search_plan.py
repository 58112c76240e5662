"""What a seeker has to visit: the codes that fit, how well, and how value falls with distance for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.index.blocks import CHORD_PAD, chord_km
from matching.model import EARTH_RADIUS_KM, Code, Demands, Floats, Ints, Policy, Supplies
from matching.rules import Records, distance_value

STEPS = 2048
HALVINGS = 20
"""A table of the value of distance ends after so many halvings; what lies farther counts as its end."""

VISIT = np.dtype(
    [
        ("code", "i4"), ("accepted", "i4"), ("table", "i4"), ("hazardous", "?"), ("alias_start", "i4"),
        ("alias_stop", "i4"), ("fit", "f8"), ("half_km", "f8"),
    ],
    align=True,
)  # fmt: skip


class SearchPlan(NamedTuple):
    """Codes of the field to visit, ascending, none of them twice.

    A visit has the field's `code`, the `accepted` one by which it fits and how well (`fit`), and
    `aliases[alias_start:alias_stop]`, the codes that a permit for the supply may name. `worth[table]` bounds
    the value of distance: entry i holds for chords from i / `steps_per_radius[table]` on.
    """

    visits: Records
    aliases: NDArray[np.int32]
    worth: NDArray[np.float32]
    steps: Floats
    weights: Ints


class SearchPlans:
    """Plans by seeker's codes, remembered for the policy used last."""

    def __init__(self, book: Mapping[int, Code]) -> None:
        """Look up which supplies each code of `book` stands for."""
        self._book = book
        self._supplies_of: dict[int, list[int]] = {}
        for code_id, code in book.items():
            for alias in code.aliases:
                self._supplies_of.setdefault(alias, []).append(code_id)
        self._known: tuple[Policy | None, dict[Any, SearchPlan]] = (None, {})

    def plan(self, policy: Policy, seeker: Supplies | Demands) -> SearchPlan:
        """What one listing, given as its rows, has to visit.

        Raises:
            ValueError: a supply's code is not in the book.
        """
        return self.by_codes(policy, codes_of(seeker, np.arange(len(seeker))))

    def by_codes(self, policy: Policy, codes: int | tuple[int, ...]) -> SearchPlan:
        """`plan` for a supply of a code, or for a demand that accepts some.

        Raises:
            ValueError: a supply's code is not in the book.
        """
        of, known = self._known
        if of is not policy and of != policy:
            known = {}
            self._known = policy, known
        plan = known.get(codes)
        if plan is None:
            plan = known[codes] = self._make(policy, codes)
        return plan

    def _make(self, policy: Policy, codes: int | tuple[int, ...]) -> SearchPlan:
        if isinstance(codes, int):
            if codes not in self._book:
                raise ValueError(f"column code: {codes} is not in the book")
            code = self._book[codes]
            found = [(alias, alias, factor, code) for alias, factor in code.aliases.items()]
        else:
            found = [
                (code_id, *self._best(code_id, codes), self._book[code_id])
                for code_id in self._fitting(codes)
            ]
        return search_plan_of(
            policy, sorted((visit for visit in found if visit[3].tradable), key=lambda visit: visit[0])
        )

    def _fitting(self, accepts: tuple[int, ...]) -> set[int]:
        return {supply for accepted in accepts for supply in self._supplies_of.get(accepted, ())}

    def _best(self, supply: int, accepts: tuple[int, ...]) -> tuple[int, float]:
        """The accepted code that fits a supply's best, the first among equals, and how well."""
        factors = self._book[supply].aliases
        best = max(accepts, key=lambda accepted: factors.get(accepted, 0.0))
        return best, factors[best]


def codes_of(seekers: Supplies | Demands, rows: Ints) -> int | tuple[int, ...]:
    """A supply's code, or all codes that a demand accepts in the order given.

    Args:
        rows: row numbers of one listing, shape (n,).
    """
    if isinstance(seekers, Supplies):
        return int(seekers.code[rows[0]])
    return tuple(seekers.accepts[rows].tolist())


def search_plan_of(policy: Policy, found: list[tuple[int, int, float, Code]]) -> SearchPlan:
    """A plan to visit codes of the field, each with the accepted one, how well it fits, and the supply's."""
    visits = np.zeros(len(found), VISIT)
    aliases: list[int] = []
    halves: list[float] = []
    for number, (field_code, accepted, fit, supply) in enumerate(found):
        half_km = policy.half_distance_for(supply)
        if half_km not in halves:
            halves.append(half_km)
        start = len(aliases)
        aliases += supply.aliases
        visits[number] = (
            field_code, accepted, halves.index(half_km), supply.hazardous, start, len(aliases), fit, half_km,
        )  # fmt: skip
    steps = np.array([_steps_per_radius(half_km) for half_km in halves], np.float64)
    worth = np.array(
        [_worth(half_km, step) for half_km, step in zip(halves, steps, strict=True)], np.float32
    ).reshape(len(halves), STEPS)
    return SearchPlan(visits, np.array(aliases, np.int32), worth, steps, np.array(policy.weights, np.int64))


def _steps_per_radius(half_km: float) -> float:
    farthest = min(HALVINGS * half_km / EARTH_RADIUS_KM, np.pi)
    return STEPS / (2 * float(np.sin(farthest / 2)) + 2 * CHORD_PAD)


def _worth(half_km: float, steps_per_radius: float) -> NDArray[np.float32]:
    chords = np.arange(STEPS) / steps_per_radius
    value = distance_value(chord_km(chords), np.full(STEPS, half_km))
    return np.nextafter(value.astype(np.float32), np.float32(2))
