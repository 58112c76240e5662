"""Many seekers asked at once: in the order of place, on all cores, some at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from matching.index import kernel_arguments as questions
from matching.index.blocks import place_on_curve
from matching.index.kernel_arguments import Asked
from matching.index.search_plan import Plan, codes_of
from matching.model import Demands, Floats, Groups, Ints, Supplies

CORES = os.cpu_count() or 1
AT_A_TIME = 1024
"""Questions of a batch whose answers are held whole before they are boiled down: a few MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best listings for each of many seekers: of row i the first `size[i]`, best first.

    `key` (n, k) names the listings, `score` (n, k) counts 1e-15; what stands behind `size` (n,) has no
    meaning.
    """

    key: Ints
    score: Ints
    size: Ints

    @classmethod
    def none(cls, seekers: int, k: int) -> Self:
        """Room for answers; a `size` below 0 says that there is none yet."""
        room = np.empty((2, seekers, k), np.int64)
        return cls(room[0], room[1], np.full(seekers, -1, np.int64))


def search_each(
    state: Any,
    kernel: Any,
    asked: Asked,
    each: Sequence[Ints],
    keep: Callable[[Ints, Ints, Floats, Ints], None],
) -> None:
    """Search the first page for each seeker, those of like code and place one after the other, on all cores.

    Some at a time are handed to `keep`: their numbers in `each`, and what the kernel wrote of them.

    Args:
        state: a `State` of the index.
        asked: the question, with the rows of all seekers.
        each: row numbers of each seeker.
    """
    if not each:
        return
    asks, route = _asks(state, kernel, asked, each)
    order = np.lexsort((place_on_curve(asks["lat"], asks["lon"]), asks["province"], asks["visit_start"]))
    asks = asks[order]
    asking, views = questions.lines_of(asked.ranges), state.views(kernel)

    def search(some: slice) -> None:
        found, km, size = questions.answers_for(kernel, some.stop - some.start, int(asks["k"][0]))
        kernel.run(asks[some], route, state.rules.law, *views, asking, found, km, size)
        keep(order[some], found, km, size)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(search, _slices(len(asks), max(CORES, -(-len(asks) // AT_A_TIME)))))


def _asks(state: Any, kernel: Any, asked: Asked, each: Sequence[Ints]) -> tuple[Any, Plan]:
    """A question for each listing, and the plans of all of them, each once."""
    which, distinct = _codes_of_each(asked.seeker, each)
    plans = state.rules.plans
    route, start, stop = questions.route_of([plans.by_codes(asked.policy, it) for it in distinct])
    first_rows = asked.seeker.take(np.array([it[0] for it in each], np.int64))
    most = min(asked.k, sum(len(part) for part in state.parts) + 1)
    asks = questions.asks_of(kernel, asked.policy, first_rows, asked.today, most)
    asks["visit_start"], asks["visit_stop"] = start[which], stop[which]
    return asks, route


def listings_of(rows: Supplies | Demands) -> list[Ints]:
    """Row numbers of each listing, in the order of their first rows."""
    if isinstance(rows, Supplies):
        return list(np.arange(len(rows))[:, None])
    groups = Groups.of(rows.key)
    found = np.split(groups.order, groups.start[1:]) if len(rows) else []
    return sorted(found, key=lambda it: int(it[0]))


def _codes_of_each(
    seekers: Supplies | Demands, each: Sequence[Ints]
) -> tuple[Ints, list[int | tuple[int, ...]]]:
    """By which of the distinct codes each listing asks, and these."""
    if isinstance(seekers, Supplies):
        codes, which = np.unique(seekers.code, return_inverse=True)
        return which.astype(np.int64), [int(it) for it in codes]
    asked = [codes_of(seekers, it) for it in each]
    number = {it: at for at, it in enumerate(dict.fromkeys(asked))}
    return np.array([number[it] for it in asked], np.int64), list(number)


def _slices(size: int, count: int) -> list[slice]:
    """`size` things in at most `count` runs of about the same length."""
    edges = np.linspace(0, size, min(count, size) + 1).astype(int).tolist()
    return [slice(start, stop) for start, stop in pairwise(edges)]
