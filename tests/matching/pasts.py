"""Made histories of pairings whose mechanism is known: receivers of very different pull, and haulage."""

from __future__ import annotations

import numpy as np

from matching.learning.history import CLOSED, DAY_S, DEALT, INTERESTED, SHOWN, History
from matching.model import sphere_km
from matching.rules import distance_value

FIRST_DAY = 20_000
DAYS = 400


def a_past(
    suppliers: int = 60,
    supplies: int = 300,
    receivers: int = 30,
    shown: int = 12,
    pull: float = 2.0,
    haul_km: float = 100.0,
    seed: int = 1,
) -> History:
    """Each supply is shown some receivers near it and deals with one, by pull and distance.

    With `haul_km` small and `pull` 0 the formula, which goes by distance here, cannot be beaten.
    """
    chance = np.random.default_rng(seed)
    homes = np.column_stack([chance.uniform(29, 31, suppliers), chance.uniform(119, 122, suppliers)])
    sites = np.column_stack([chance.uniform(29, 31, receivers), chance.uniform(119, 122, receivers)])
    worth = pull * chance.normal(size=receivers)
    rows = []
    for supply in range(supplies):
        supplier = int(chance.integers(suppliers))
        lat, lon = homes[supplier]
        km = sphere_km(lat, lon, sites[:, 0], sites[:, 1])
        faced = np.argsort(km)[:shown]
        second = (FIRST_DAY + DAYS * supply // supplies) * DAY_S + int(chance.integers(DAY_S))
        chosen = faced[np.argmax(worth[faced] - km[faced] / haul_km + chance.gumbel(size=len(faced)) / 2)]
        for receiver in faced.tolist():
            score = round(distance_value(km[receiver : receiver + 1], np.full(1, 100.0))[0] * 1e15)
            about = (lat, lon, km[receiver], score)
            told = [(SHOWN, 0)]
            if receiver == chosen:
                told += [(INTERESTED, 1), (DEALT, 3), (CLOSED, 10)]
            rows += [
                (supply, receiver, supplier, receiver, outcome, second + days * DAY_S, *about)
                for outcome, days in told
            ]
    supply, demand, supplier, receiver, outcome, second, lat, lon, km, score = map(
        np.array, zip(*rows, strict=True)
    )
    n = len(rows)
    same = np.ones(n, np.int64)
    return History(
        supply, demand, supplier, receiver, same, same, outcome, second, km, np.ones(n), np.full(n, 0.5),
        np.full(n, 0.8), np.full(n, 900.0), score, lat, lon,
    )  # fmt: skip
