"""Questions to an index as the compiled kernel reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any

import numpy as np

from matching.index.blocks import IN_HOT, NAMES_OF_SUPPLIES, Part, names_of, unit_vectors
from matching.index.search_plan import Plan, plan_of
from matching.model import DEFAULT, Components, Demands, Ints, Policy, Supplies, Tables
from matching.rules import (
    SCORE_UNIT,
    Lines,
    Named,
    Position,
    Ranking,
    Records,
    Ways,
    law_of,
    named_by,
    ranges_of,
    ways_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question: the `k` best for a seeker, given as its rows, from a least score and a position on."""

    policy: Policy
    seeker: Supplies | Demands
    ranges: Components
    today: int
    k: int
    min_score: float
    after: Position | None


def asks_of(kernel: Any, policy: Policy, seekers: Supplies | Demands, today: int, k: int) -> Records:
    """A record for each seeker, one row each, that asks for the first page."""
    asks = np.zeros(len(seekers), kernel.ASK)
    for column, name in {**names_of(type(seekers)), **IN_HOT}.items():
        if name in kernel.ASK.names:
            asks[name] = getattr(seekers, column)
    vectors = unit_vectors(seekers.lat, seekers.lon)
    asks["x"], asks["y"], asks["z"] = vectors.T
    asks["supply"] = isinstance(seekers, Supplies)
    asks["relaxed"] = policy.cross_province == "with_approval"
    asks["today"], asks["k"], asks["scale"] = today, k, policy.price_scale_cny_per_t * 100
    return asks


def route_of(plans: Sequence[Plan]) -> tuple[Plan, Ints, Ints]:
    """Plans of one policy one after the other, and the first and the last (excluded) visit of each."""
    size = np.array([len(it.visits) for it in plans], np.int64)
    stop: Ints = np.cumsum(size)
    visits = np.concatenate([it.visits for it in plans])
    aliases = np.cumsum([0] + [len(it.aliases) for it in plans])[:-1]
    visits["alias_start"] += np.repeat(aliases, size).astype(np.int32)
    visits["alias_stop"] += np.repeat(aliases, size).astype(np.int32)
    visits["table"] += np.repeat(np.cumsum([0] + [len(it.worth) for it in plans])[:-1], size).astype(np.int32)
    _, first, table = np.unique(visits["half_km"], return_index=True, return_inverse=True)
    chosen, visits["table"] = visits["table"][first], table
    route = Plan(
        visits,
        np.concatenate([it.aliases for it in plans]),
        np.concatenate([it.worth for it in plans])[chosen],
        np.concatenate([it.steps for it in plans])[chosen],
        plans[0].weights,
    )
    return route, stop - size, stop


def ask_of(kernel: Any, asked: Asked, plan: Plan) -> Records:
    """One question as the kernel takes it."""
    seeker, policy = asked.seeker, asked.policy
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
    given["today"], given["k"], given["scale"] = asked.today, asked.k, policy.price_scale_cny_per_t * 100
    given["floor"] = round(asked.min_score * SCORE_UNIT)
    given["visit_stop"] = len(plan.visits)
    if asked.after is not None:
        _, _, less_score, less_credit, given["after_mm"], given["after_hi"], given["after_lo"] = asked.after
        given["paged"], given["after_score"], given["after_credit"] = True, -less_score, -less_credit
    record = bytearray(kernel.ASK.itemsize)
    _packer(kernel.ASK).pack_into(record, 0, *[given.get(name, 0) for name in kernel.ASK.names])
    return np.frombuffer(record, kernel.ASK)


WIDE = {"l": "q", "L": "Q"}


@cache
def _packer(dtype: np.dtype[np.void]) -> Struct:
    """What writes a record of this type, many times quicker than numpy takes a tuple."""
    layout, at = "=", 0
    for name in dtype.names or ():
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        layout += f"{offset - at}x{WIDE.get(kind.char, kind.char)}"
        at = offset + kind.itemsize
    return Struct(f"{layout}{dtype.itemsize - at}x")


def view_of(kernel: Any, part: Part, ways: Ways, version: int) -> Any:
    """A part as the kernel reads it."""
    return kernel.View(
        part.hot,
        part.cold,
        part.died,
        part.blocks,
        part.provinces,
        part.group_code,
        part.group_start,
        part.lines,
        ways,
        version,
    )


def part_ways(named: Named, part: Part) -> Ways:
    """Rows of a part that lists and channels name."""
    return ways_of(named, part.kind is Demands, part.cold["enterprise"], part.cold["code"])


def ranking_of(kernel: Any, found: Ints, km: Any, k: int) -> Ranking:
    """What was found, asked for one more than `k`, as a page."""
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


def answers_for(kernel: Any, questions: int, k: int) -> tuple[Ints, Any, Ints]:
    """Where the kernel writes what it finds."""
    found = np.empty((questions, k, kernel.WIDTH), np.int64)
    return found, np.empty((questions, k)), np.empty(questions, np.int64)


def nobodys(kernel: Any, law: Any, main: Any, fresh: Any) -> tuple[Any, ...]:
    """No question at all about a state: asked it, Numba looks once whether all has the types it expects."""
    asks, route, *_ = nothing(kernel)
    return asks[:0], route, law, main, fresh, NO_RANGES, *answers_for(kernel, 1, 1)


def nothing(kernel: Any) -> tuple[Any, ...]:
    """A question about nothing to an index of nothing, with the types that all questions have."""
    seeker = Supplies.empty()
    asks = np.zeros(1, kernel.ASK)
    asks["k"] = 1
    route = plan_of(DEFAULT, [])
    part, tables = Part.of(seeker, Components.empty(), {}), Tables.empty({})
    view = view_of(kernel, part, part_ways(named_by(tables), part), 0)
    return asks, route, law_of(tables), view, view, NO_RANGES, *answers_for(kernel, 1, 1)


NO_RANGES: Lines = ranges_of(Components.empty())


def lines_of(ranges: Components) -> Lines:
    """Ranges as the kernel reads them."""
    return ranges_of(ranges) if len(ranges) else NO_RANGES
