"""Questions to an index as the compiled kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.blocks import IN_HOT, Part, Records, names_of, unit_vectors
from matching.columns import Components, Demands, Floats, Supplies, Tables
from matching.components import SCORE_UNIT
from matching.joins import Ints
from matching.law import Lines, law_of, ranges_of
from matching.plans import Plan, plan_of
from matching.policy import DEFAULT, Policy
from matching.ranking import Position, Ranking


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


def route_of(kernel: Any, policy: Policy, plans: Sequence[Plan]) -> tuple[Any, Ints, Ints]:
    """Plans one after the other, and the first and the last (excluded) visit of each."""
    weights = np.array(policy.weights, np.int64)
    if len(plans) == 1:
        (plan,) = plans
        route = kernel.Route(plan.visits, plan.aliases, plan.worth, plan.steps_per_radius, weights)
        return route, np.zeros(1, np.int64), np.array([len(plan.visits)])
    stop = np.cumsum([len(it.visits) for it in plans])
    visits = np.concatenate([it.visits for it in plans])
    size = [len(it.visits) for it in plans]
    before = np.cumsum([0] + [len(it.aliases) for it in plans])[:-1]
    visits["alias_start"] += np.repeat(before, size).astype(np.int32)
    visits["alias_stop"] += np.repeat(before, size).astype(np.int32)
    visits["table"] += np.repeat(np.cumsum([0] + [len(it.worth) for it in plans])[:-1], size).astype(np.int32)
    route = kernel.Route(
        visits,
        np.concatenate([it.aliases for it in plans]),
        np.concatenate([it.worth for it in plans]),
        np.concatenate([it.steps_per_radius for it in plans]),
        weights,
    )
    return route, stop - size, stop


def ask_of(kernel: Any, asked: Asked, plan: Plan) -> tuple[Records, Any]:
    """One question as the kernel takes it: the record and the route."""
    asks = asks_of(kernel, asked.policy, asked.seeker.take(slice(0, 1)), asked.today, asked.k)
    asks["floor"] = round(asked.min_score * SCORE_UNIT)
    asks["visit_stop"] = len(plan.visits)
    if asked.after is not None:
        it = asked.after
        asks["paged"] = True
        asks["after_score"], asks["after_credit"], asks["after_mm"] = (
            -it.less_score,
            -it.less_credit,
            it.distance_mm,
        )
        asks["after_hi"], asks["after_lo"] = it.id_hi, it.id_lo
    return asks, route_of(kernel, asked.policy, [plan])[0]


def view_of(kernel: Any, part: Part, version: int) -> Any:
    """A part as the kernel reads it."""
    return kernel.View(
        part.hot,
        part.cold,
        part.died,
        part.blocks,
        part.group_code,
        part.group_start,
        part.by_enterprise,
        part.lines,
        version,
    )


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


def answers_for(kernel: Any, questions: int, k: int) -> tuple[Ints, Floats, Ints]:
    """Where the kernel writes what it finds."""
    found = np.empty((questions, k, kernel.WIDTH), np.int64)
    return found, np.empty((questions, k)), np.empty(questions, np.int64)


def nothing(kernel: Any) -> tuple[Any, ...]:
    """A question about nothing to an index of nothing, with the types that all questions have."""
    seeker = Supplies.empty()
    asks = np.zeros(1, kernel.ASK)
    asks["k"] = 1
    route, _, _ = route_of(kernel, DEFAULT, [plan_of(DEFAULT, [])])
    view = view_of(kernel, Part.of(seeker, Components.empty(), {}), 0)
    return asks, route, law_of(Tables.empty({})), view, view, NO_RANGES, *answers_for(kernel, 1, 1)


NO_RANGES: Lines = ranges_of(Components.empty())


def lines_of(ranges: Components) -> Lines:
    """Ranges as the kernel reads them."""
    return ranges_of(ranges) if len(ranges) else NO_RANGES
