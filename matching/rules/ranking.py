"""The lawful counterparts of a listing, best first, in the one ranking used everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import NO_PRICE, Coded, Demands, Floats, Ints, Policy, Supplies, Tables
from matching.rules import gates, score
from matching.rules.gates import GATES
from matching.rules.pairs import Pairs, Side
from matching.rules.score import SCORE_UNIT

Sort: TypeAlias = Literal["score", "distance", "credit", "price"]
Keys: TypeAlias = tuple[NDArray[Any], ...]
NO_PRICE_LAST = int(np.iinfo(np.int64).max)


class Position(NamedTuple):
    """Where a hit ranks: whole numbers, least first, that compare as hits rank, whatever else is in the
    field.

    `lead` is the key of the requested sort (0 for "score"), `less_score` and `less_credit` are the negated
    score and credit, `id_hi` and `id_lo` the UUID.
    """

    sort: Sort
    lead: int
    less_score: int
    less_credit: int
    distance_mm: int
    id_hi: int
    id_lo: int


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """A page of hits, best first; every array has one entry a hit.

    `rows` are rows of the field as it was given (of a demand with several rows the one whose code fits best),
    `accepted` the code id by which the pair fits, `scores` counts of 1e-15, `values` counts of 1e-9 of shape
    (k, 6), `distance_km` on the sphere, `basis` a `Basis`, `permits` rows of `Permits` or -1, `approvals`
    rows of `Approvals` or -1, `warnings` masks of `Warn`. `total` counts the lawful listings of the field
    (None: not all were judged), `more` says whether hits follow this page, and `stopped` how many listings
    each gate stopped, alone or with others.
    """

    rows: Ints
    accepted: NDArray[np.int32]
    scores: Ints
    values: Ints
    distance_km: Floats
    basis: NDArray[np.int8]
    permits: Ints
    approvals: Ints
    warnings: NDArray[np.int32]
    total: int | None
    more: bool
    stopped: Mapping[str, int]
    sort: Sort
    keys: Keys

    def __len__(self) -> int:
        return len(self.rows)

    def position(self, hit: int) -> Position:
        """Where hit number `hit` (from 0, or from -1 backwards) ranks; the next page is after -1."""
        return Position(self.sort, *(int(key[hit]) for key in self.keys))


def rank_demands(
    policy: Policy,
    supply: Supplies,
    demands: Demands,
    tables: Tables,
    today: int,
    *,
    k: int,
    sort: Sort = "score",
    min_score: float = 0.0,
    after: Position | None = None,
) -> Ranking:
    """The `k` best lawful demands for one supply.

    Args:
        supply: one row.
        demands: n rows; rows with the same `key` are one listing, which ranks once, by its best code.
        today: days since 1970-01-01.
        min_score: least score, 0 to 1.
        after: the last position of the page before.
    Raises:
        ValueError: not one supply, a code that is not in the book, `k` below 0, or `after` of another sort.
    """
    pairs, rows = pairs_of("supply", supply, demands, tables, today)
    return _rank(policy, pairs, rows, k, sort, min_score, after)


def rank_supplies(
    policy: Policy,
    demand: Demands,
    supplies: Supplies,
    tables: Tables,
    today: int,
    *,
    k: int,
    sort: Sort = "score",
    min_score: float = 0.0,
    after: Position | None = None,
) -> Ranking:
    """The `k` best lawful supplies for one demand, given as one row for each code it accepts.

    The rest is as in `rank_demands`.
    """
    pairs, rows = pairs_of("demand", supplies, demand, tables, today)
    return _rank(policy, pairs, rows, k, sort, min_score, after)


def pairs_of(
    seeker: Side, supplies: Supplies, demands: Demands, tables: Tables, today: int
) -> tuple[Pairs, Ints]:
    """The seeker facing every listing of the field once, by the code that fits best, and the rows it is in.

    Raises:
        ValueError: the seeker's side has not the rows of one listing, or a code is not in the book.
    """
    if seeker == "demand":
        return pairs_of_demand(seeker, supplies, demands, tables, today), np.arange(len(supplies))
    _require_one_listing("supply", supplies, rows=1)
    coded = Coded.of(supplies.code, tables.book)
    fit = coded.distinct[0].values(demands.accepts)
    rows = best_rows(demands.key, fit)
    field = demands if len(rows) == len(demands) else demands.take(rows)
    return Pairs.facing(seeker, supplies, field, coded, fit[rows], field.accepts, tables, today), rows


def pairs_of_demand(seeker: Side, supplies: Supplies, demand: Demands, tables: Tables, today: int) -> Pairs:
    """Supplies (n,) facing the rows of one demand, each by the code that fits it best.

    Raises:
        ValueError: the rows are not those of one demand, or a code is not in the book.
    """
    _require_one_listing("demand", demand, rows=None)
    coded = Coded.of(supplies.code, tables.book)
    fit, row = coded.best(demand.accepts)
    return Pairs.facing(seeker, supplies, demand.take([0]), coded, fit, demand.accepts[row], tables, today)


def _require_one_listing(name: str, listing: Supplies | Demands, rows: int | None) -> None:
    if not len(listing) or len(listing) != (rows or len(listing)) or np.any(listing.key != listing.key[0]):
        raise ValueError(f"{name}: not the rows of one listing")


def best_rows(key: Ints, fit: Floats) -> Ints:
    """For each distinct key the row with the greatest fit, the first among equals; rows ascending.

    Args:
        key, fit: of the same rows, shape (n,).
    """
    if np.all(np.diff(key) > 0):
        return np.arange(len(key))
    order = np.lexsort((-fit, key))
    return np.sort(order[np.flatnonzero(np.diff(key[order], prepend=key[order[0]] - 1))])


def _rank(
    policy: Policy, pairs: Pairs, rows: Ints, k: int, sort: Sort, min_score: float, after: Position | None
) -> Ranking:
    if k < 0 or not 0 <= min_score <= 1:
        raise ValueError("k below 0, or min_score outside 0 to 1")
    judged = gates.judge(policy, pairs)
    lawful = np.flatnonzero(judged.lawful)
    kept = pairs.take(lawful)
    values = score.component_values(policy, kept)
    scores = score.totals(policy, values)
    keys = sort_keys(kept, scores, sort)
    wanted = np.flatnonzero((scores >= round(min_score * SCORE_UNIT)) & rows_after(keys, sort, after))
    page = wanted[least_rows([key[wanted] for key in keys], k)]
    hits = lawful[page]
    return Ranking(
        rows=rows[hits],
        accepted=pairs.accepted[hits],
        scores=scores[page],
        values=values[page],
        distance_km=pairs.km[hits],
        basis=judged.basis[hits],
        permits=judged.permit[hits],
        approvals=judged.approval[hits],
        warnings=judged.warnings[hits],
        total=len(lawful),
        more=len(wanted) > len(page),
        stopped=dict(zip(GATES, (~judged.passed).sum(axis=1).tolist(), strict=True)),
        sort=sort,
        keys=tuple(key[page] for key in keys),
    )


def sort_keys(pairs: Pairs, scores: Ints, sort: Sort) -> Keys:
    """What pairs are ranked by, least first, each of shape (n,).

    Raises:
        ValueError: there is no such sort.
    """
    less_credit = -pairs.field.credit_milli.astype(np.int64)
    if sort == "distance":
        lead = pairs.mm
    elif sort == "credit":
        lead = less_credit
    elif sort == "price":
        lead = _price_key(pairs)
    elif sort == "score":
        lead = np.zeros(len(pairs), np.int64)
    else:
        raise ValueError(f"sort: there is no {sort!r}")
    return lead, -scores, less_credit, pairs.mm, pairs.field.id_hi, pairs.field.id_lo


def _price_key(pairs: Pairs) -> Ints:
    """The seeker's best price first: the highest for a supplier, the lowest for a receiver, none last."""
    price = pairs.field.price_fen
    return np.where(price == NO_PRICE, NO_PRICE_LAST, -price if pairs.seeker == "supply" else price)


def rows_after(keys: Sequence[NDArray[Any]], sort: Sort, after: Position | None) -> NDArray[np.bool_]:
    """Which rows rank after a position.

    Args:
        keys: as `sort_keys` gives them, each of shape (n,).
    Returns:
        a mask, shape (n,); all rows without a position.
    Raises:
        ValueError: the position is of another sort.
    """
    if after is None:
        return np.ones(len(keys[0]), np.bool_)
    if after.sort != sort:
        raise ValueError(f"after: a position by {after.sort}, not by {sort}")
    past = np.zeros(len(keys[0]), np.bool_)
    level = np.ones(len(keys[0]), np.bool_)
    for key, bound in zip(keys, after[1:], strict=True):
        past |= level & (key > bound)
        level &= key == bound
    return past


def least_rows(keys: Sequence[NDArray[Any]], k: int) -> Ints:
    """Positions of the `k` least rows by `keys`, the first key leading, least first.

    Key by key it keeps what is surely among them and goes on with the ties at the boundary, so that only `k`
    rows are sorted.

    Args:
        keys: each of shape (n,).
    Returns:
        positions, shape (min(k, n),).
    """
    if not k:
        return np.empty(0, np.int64)
    on_the_line = np.arange(len(keys[0]))
    sure: list[Ints] = []
    for key in keys:
        if len(on_the_line) <= k:
            break
        among = key[on_the_line]
        bound = np.partition(among, k - 1)[k - 1]
        sure.append(on_the_line[among < bound])
        on_the_line = on_the_line[among == bound]
        k -= len(sure[-1])
    chosen = np.concatenate([*sure, on_the_line[:k]])
    return chosen[np.lexsort([key[chosen] for key in reversed(keys)])]
