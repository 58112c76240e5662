"""Queries and segments as the compiled kernel reads them, and its results as a ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any

import numpy as np

from matching.index.blocks import IN_HOT, NAMES_OF_SUPPLIES, Segment, names_of, unit_vectors
from matching.index.search_plan import SearchPlan, search_plan_of
from matching.model import DEFAULT, Components, Demands, Ints, Policy, Supplies, Tables
from matching.rules import (
    SCORE_UNIT,
    CrossProvinceRows,
    NamedParties,
    Position,
    Ranking,
    Records,
    RecordsByOwner,
    cross_province_rows_of,
    named_parties,
    ranges_of,
    side_tables_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One query: the `k` best for a seeker, given as its rows, from a minimum score and a position on."""

    policy: Policy
    seeker: Supplies | Demands
    ranges: Components
    today: int
    k: int
    min_score: float
    after: Position | None


def query_records(kernel: Any, policy: Policy, seekers: Supplies | Demands, today: int, k: int) -> Records:
    """A record for each seeker, one row each, that queries the first page."""
    queries = np.zeros(len(seekers), kernel.QUERY)
    for column, name in {**names_of(type(seekers)), **IN_HOT}.items():
        if name in kernel.QUERY.names:
            queries[name] = getattr(seekers, column)
    vectors = unit_vectors(seekers.lat, seekers.lon)
    queries["x"], queries["y"], queries["z"] = vectors.T
    queries["supply"] = isinstance(seekers, Supplies)
    queries["relaxed"] = policy.cross_province == "with_approval"
    queries["today"], queries["k"], queries["scale"] = today, k, policy.price_scale_cny_per_t * 100
    return queries


def merged_plan(plans: Sequence[SearchPlan]) -> tuple[SearchPlan, Ints, Ints]:
    """Plans of one policy one after the other, and the first and the last (excluded) visit of each."""
    size = np.array([len(plan.visits) for plan in plans], np.int64)
    stop: Ints = np.cumsum(size)
    visits = np.concatenate([plan.visits for plan in plans])
    aliases = np.cumsum([0] + [len(plan.aliases) for plan in plans])[:-1]
    visits["alias_start"] += np.repeat(aliases, size).astype(np.int32)
    visits["alias_stop"] += np.repeat(aliases, size).astype(np.int32)
    visits["table"] += np.repeat(np.cumsum([0] + [len(plan.worth) for plan in plans])[:-1], size).astype(
        np.int32
    )
    _, first, table = np.unique(visits["half_km"], return_index=True, return_inverse=True)
    chosen, visits["table"] = visits["table"][first], table
    plan = SearchPlan(
        visits,
        np.concatenate([plan.aliases for plan in plans]),
        np.concatenate([plan.worth for plan in plans])[chosen],
        np.concatenate([plan.steps for plan in plans])[chosen],
        plans[0].weights,
    )
    return plan, stop - size, stop


def query_record(kernel: Any, query: Query, plan: SearchPlan) -> Records:
    """One query as the kernel reads it."""
    seeker, policy = query.seeker, query.policy
    names = names_of(type(seeker))
    given = {name: getattr(seeker, column).item(0) for column, name in names.items()}
    given["first"], given["last"] = seeker.first_day.item(0), seeker.last_day.item(0)
    phi, lam = math.radians(given["lat"]), math.radians(given["lon"])
    given["x"], given["y"], given["z"] = (
        math.cos(phi) * math.cos(lam),
        math.cos(phi) * math.sin(lam),
        math.sin(phi),
    )
    given["supply"] = names is NAMES_OF_SUPPLIES
    given["relaxed"] = policy.cross_province == "with_approval"
    given["today"], given["k"], given["scale"] = query.today, query.k, policy.price_scale_cny_per_t * 100
    given["floor"] = round(query.min_score * SCORE_UNIT)
    given["visit_stop"] = len(plan.visits)
    if query.after is not None:
        _, _, less_score, less_credit, given["after_mm"], given["after_hi"], given["after_lo"] = query.after
        given["paged"], given["after_score"], given["after_credit"] = True, -less_score, -less_credit
    record = bytearray(kernel.QUERY.itemsize)
    _packer(kernel.QUERY).pack_into(record, 0, *[given.get(name, 0) for name in kernel.QUERY.names])
    return np.frombuffer(record, kernel.QUERY)


WIDE = {"l": "q", "L": "Q"}


@cache
def _packer(dtype: np.dtype[np.void]) -> Struct:
    """A writer of records of this type, many times faster than NumPy converts a tuple."""
    layout, at = "=", 0
    for name in dtype.names or ():
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        layout += f"{offset - at}x{WIDE.get(kind.char, kind.char)}"
        at = offset + kind.itemsize
    return Struct(f"{layout}{dtype.itemsize - at}x")


def segment_view(kernel: Any, segment: Segment, cross_rows: CrossProvinceRows, version: int) -> Any:
    """A segment as the kernel reads it."""
    return kernel.View(
        segment.hot,
        segment.cold,
        segment.died,
        segment.blocks,
        segment.provinces,
        segment.group_code,
        segment.group_start,
        segment.lines,
        cross_rows,
        version,
    )


def cross_rows_of(named: NamedParties, segment: Segment) -> CrossProvinceRows:
    """Rows of a segment that the white list and channels name."""
    return cross_province_rows_of(
        named, segment.kind is Demands, segment.cold["enterprise"], segment.cold["code"]
    )


def ranking_of(kernel: Any, found: Ints, km: Any, k: int) -> Ranking:
    """The rows found for a query of `k` + 1 hits, as a page of `k`.

    Args:
        found: as the kernel wrote them, shape (size, WIDTH).
        km: distances in km, shape (size,).
    """
    page = found[:k]
    ids = [page[:, at].view(np.uint64) for at in (kernel.ID_HI, kernel.ID_LO)]
    return Ranking(
        rows=page[:, kernel.KEY],
        accepted=page[:, kernel.ACCEPTED].astype(np.int32),
        scores=page[:, kernel.SCORE],
        values=page[:, kernel.VALUES :],
        distance_km=km[:k],
        basis=page[:, kernel.BASIS].astype(np.int8),
        permits=page[:, kernel.PERMIT],
        approvals=page[:, kernel.APPROVED],
        warnings=page[:, kernel.WARN].astype(np.int32),
        total=None,
        more=len(found) > k,
        stopped={},
        sort="score",
        keys=(
            np.zeros(len(page), np.int64),
            -page[:, kernel.SCORE],
            -page[:, kernel.CREDIT],
            page[:, kernel.MM],
            *ids,
        ),
    )


def result_arrays(kernel: Any, kernel_arguments: int, k: int) -> tuple[Ints, Any, Ints]:
    """The arrays to which the kernel writes its results."""
    found = np.empty((kernel_arguments, k, kernel.WIDTH), np.int64)
    return found, np.empty((kernel_arguments, k)), np.empty(kernel_arguments, np.int64)


def no_queries(kernel: Any, side_tables: Any, main: Any, fresh: Any) -> tuple[Any, ...]:
    """No query to a state: with it Numba checks once that all arguments have the types it expects."""
    queries, plan, *_ = empty_query(kernel)
    return queries[:0], plan, side_tables, main, fresh, NO_RANGES, *result_arrays(kernel, 1, 1)


def empty_query(kernel: Any) -> tuple[Any, ...]:
    """An empty query to an empty index, with the types that all queries have."""
    seeker = Supplies.empty()
    queries = np.zeros(1, kernel.QUERY)
    queries["k"] = 1
    plan = search_plan_of(DEFAULT, [])
    segment, tables = Segment.of(seeker, Components.empty(), {}), Tables.empty({})
    view = segment_view(kernel, segment, cross_rows_of(named_parties(tables), segment), 0)
    return queries, plan, side_tables_of(tables), view, view, NO_RANGES, *result_arrays(kernel, 1, 1)


NO_RANGES: RecordsByOwner = ranges_of(Components.empty())


def lines_of(ranges: Components) -> RecordsByOwner:
    """Ranges as the kernel reads them."""
    return ranges_of(ranges) if len(ranges) else NO_RANGES
