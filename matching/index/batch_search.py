"""Many seekers searched for at once: sorted by place, on all cores, in batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from matching.index import kernel_arguments
from matching.index.blocks import place_on_curve
from matching.index.kernel_arguments import Query
from matching.index.search_plan import SearchPlan, codes_of
from matching.model import Demands, Floats, Groups, Ints, Supplies

CORES = os.cpu_count() or 1
AT_A_TIME = 1024
"""Queries whose full results are held at a time before they are reduced: a few MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best listings for each of many seekers: of row i the first `size[i]`, best first.

    `key` (n, k) names the listings, `score` (n, k) counts 1e-15; entries beyond `size` (n,) have no
    meaning.
    """

    key: Ints
    score: Ints
    size: Ints

    @classmethod
    def none(cls, seekers: int, k: int) -> Self:
        """Empty results; a `size` below 0 means that there is none yet."""
        key, score = np.empty((2, seekers, k), np.int64)
        return cls(key, score, np.full(seekers, -1, np.int64))


def search_each(
    state: Any,
    kernel: Any,
    query: Query,
    each: Sequence[Ints],
    keep: Callable[[Ints, Ints, Floats, Ints], None],
) -> None:
    """Search the first page for each seeker, those of like code and place one after the other, on all cores.

    Args:
        state: a `State` of the index.
        query: the query, with the rows of all seekers.
        each: row numbers of each seeker, shape (rows of the seeker,).
        keep: called with some seekers at a time: their numbers in `each`, shape (s,), and what the kernel
            wrote for them: rows found, shape (s, k, WIDTH), distances in km, shape (s, k), and sizes, shape
            (s,).
    """
    if not each:
        return
    queries, plan = _queries(state, kernel, query, each)
    order = np.lexsort(
        (place_on_curve(queries["lat"], queries["lon"]), queries["province"], queries["visit_start"])
    )
    queries = queries[order]
    seeker_ranges, views = kernel_arguments.lines_of(query.ranges), state.views(kernel)

    def search(some: slice) -> None:
        found, km, size = kernel_arguments.result_arrays(kernel, some.stop - some.start, int(queries["k"][0]))
        kernel.run(queries[some], plan, state.rules.side_tables, *views, seeker_ranges, found, km, size)
        keep(order[some], found, km, size)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(search, _slices(len(queries), max(CORES, -(-len(queries) // AT_A_TIME)))))


def _queries(state: Any, kernel: Any, query: Query, each: Sequence[Ints]) -> tuple[Any, SearchPlan]:
    """A question for each listing, and the plans of all of them, each once."""
    which, distinct = _codes_of_each(query.seeker, each)
    plans = state.rules.plans
    plan, start, stop = kernel_arguments.merged_plan(
        [plans.by_codes(query.policy, codes) for codes in distinct]
    )
    first_rows = query.seeker.take(np.array([rows[0] for rows in each], np.int64))
    most = min(query.k, sum(len(segment) for segment in state.segments) + 1)
    queries = kernel_arguments.query_records(kernel, query.policy, first_rows, query.today, most)
    queries["visit_start"], queries["visit_stop"] = start[which], stop[which]
    return queries, plan


def listings_of(rows: Supplies | Demands) -> list[Ints]:
    """Row numbers of each listing, in the order of their first rows."""
    if isinstance(rows, Supplies):
        return list(np.arange(len(rows))[:, None])
    groups = Groups.of(rows.key)
    found = np.split(groups.rows, groups.start[1:]) if len(rows) else []
    return sorted(found, key=lambda rows: int(rows[0]))


def _codes_of_each(
    seekers: Supplies | Demands, each: Sequence[Ints]
) -> tuple[Ints, list[int | tuple[int, ...]]]:
    """Which of the distinct codes each listing has, and the distinct codes."""
    if isinstance(seekers, Supplies):
        codes, which = np.unique(seekers.code, return_inverse=True)
        return which.astype(np.int64), [int(code) for code in codes]
    accepts = [codes_of(seekers, rows) for rows in each]
    number = {accepted: at for at, accepted in enumerate(dict.fromkeys(accepts))}
    return np.array([number[accepted] for accepted in accepts], np.int64), list(number)


def _slices(size: int, count: int) -> list[slice]:
    """`size` items in at most `count` slices of about the same length."""
    edges = np.linspace(0, size, min(count, size) + 1).astype(int).tolist()
    return [slice(start, stop) for start, stop in pairwise(edges)]
