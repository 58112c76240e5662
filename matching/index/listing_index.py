"""Open listings of one side, ready to be ranked for a seeker of the other: the brute force's answer, sooner.

An index is a large `Part` and a small one of what came since, both never changed but for the marks of rows
that are gone. A change makes a new state under a new version; a search looks at the state that it found, so
it sees every change whole or not at all, and never waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from matching.index import kernel_arguments as questions
from matching.index.batch_search import Best, listings_of, search_each
from matching.index.block_bounds import NEVER, reach
from matching.index.blocks import Part, joined
from matching.index.compilation import loaded
from matching.index.kernel_arguments import Asked
from matching.index.search_plan import Plan, Plans
from matching.model import Components, Demands, Floats, Ints, Policy, Supplies, Tables, repeated
from matching.rules import (
    SCORE_UNIT,
    Law,
    Named,
    Position,
    Ranking,
    Ways,
    law_of,
    named_by,
    rank_demands,
    rank_supplies,
)

MERGE_AT = 2048
"""Rows of the small part from which on it is merged into the large one."""
FIRST_BLOCKS = 16
NOTHING_STATED = Components.empty()


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Some rows of an index: `places` (n, 2), the part and the row in it, and the listings there."""

    places: Ints
    listings: Any


NO_PLACES = np.empty((0, 2), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The side tables, and what is worked out of them once: `law` for the kernel,
    whom lists and channels have `named`, `plans` by seeker."""

    tables: Tables
    law: Law
    named: Named
    plans: Plans

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """Side tables without what listings state and require, which stays with the listings."""
        bare = replace(tables, stated=NOTHING_STATED, required=NOTHING_STATED)
        return cls(bare, law_of(bare), named_by(bare), Plans(bare.book))


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a search looks at: `main`, what came `fresh`, and the `version` that rows must outlive."""

    main: Part
    fresh: Part
    version: int
    rules: Rules
    main_ways: Ways
    fresh_ways: Ways
    _views: tuple[Any, Any] | None = field(default=None, init=False)

    @classmethod
    def of(cls, main: Part, fresh: Part, version: int, rules: Rules, before: State | None = None) -> State:
        """A state; what is known of the large part from the state `before` is not worked out again."""
        known = before is not None and before.main is main and before.rules is rules
        main_ways = before.main_ways if before and known else questions.part_ways(rules.named, main)
        return cls(main, fresh, version, rules, main_ways, questions.part_ways(rules.named, fresh))

    @property
    def parts(self) -> tuple[Part, Part]:
        return self.main, self.fresh

    def views(self, kernel: Any) -> tuple[Any, Any]:
        """The parts as the kernel reads them, made once."""
        if self._views is None:
            main = questions.view_of(kernel, self.main, self.main_ways, self.version)
            fresh = questions.view_of(kernel, self.fresh, self.fresh_ways, self.version)
            kernel.search(*questions.nobodys(kernel, self.rules.law, main, fresh))
            object.__setattr__(self, "_views", (main, fresh))
            return main, fresh
        return self._views

    def rows_in(self, parts: Ints, blocks: Ints) -> Ints:
        """Places of the rows in blocks, each named by its part and number."""
        found = []
        for number, part in enumerate(self.parts):
            chosen = part.blocks[blocks[parts == number]]
            rows = repeated(chosen["start"].astype(np.int64), chosen["stop"] - chosen["start"])[1]
            rows = rows[part.died[rows] > self.version]
            found.append(np.stack([np.full(len(rows), number), rows], axis=1))
        return np.concatenate(found)

    def field(self, places: Ints) -> Field:
        """The rows at places, those of one listing in the order in which they were given."""
        places = places[np.argsort(places[:, 0], kind="stable")]
        rows = [places[places[:, 0] == number, 1] for number in range(len(self.parts))]
        nth = np.concatenate([part.cold["nth"][at] for part, at in zip(self.parts, rows, strict=True)])
        listings = joined([part.take(at) for part, at in zip(self.parts, rows, strict=True)])
        order = np.argsort(nth, kind="stable")
        return Field(places[order], listings.take(order))


class Index:
    """Listings of one side, and the side tables that say what is lawful.

    Safe to use from several threads. `key` names a listing; a demand has a row for each code that it accepts.
    """

    def __init__(self, state: State, merge_at: int | None, kernel: Any) -> None:
        """Use `Index.build`."""
        self._kernel = kernel
        self._state = state
        self._changing = threading.Lock()
        self._merging = threading.Lock()
        self._since: list[tuple[Ints, Supplies | Demands, Components]] | None = None
        self._merge_at = merge_at

    @classmethod
    def build(
        cls,
        rows: Supplies | Demands,
        tables: Tables,
        *,
        merge_at: int | None = MERGE_AT,
        compiled: bool = True,
    ) -> Self:
        """Lay out all open listings.

        Args:
            rows: listings, and in `tables` what they state (supplies) or require (demands).
            merge_at: fresh rows from which on a thread merges them; None leaves it to `merge`.
            compiled: use the compiled search if there is one; otherwise columns, with the same answers.
        """
        kind = type(rows)
        ranges = tables.stated if kind is Supplies else tables.required
        book = dict(tables.book)
        main, fresh = Part.of(rows, ranges, book), Part.of(kind.empty(), NOTHING_STATED, book)
        return cls(State.of(main, fresh, 0, Rules.of(tables)), merge_at, loaded() if compiled else None)

    # What is in it

    def __len__(self) -> int:
        """Listings that are there now."""
        state = self._state
        return sum(len(np.unique(it.cold["key"][it.alive(state.version)])) for it in state.parts)

    @property
    def nbytes(self) -> int:
        """Bytes held for the listings, without side tables and ranges."""
        return sum(it.nbytes for it in self._state.parts)

    def set_rules(self, tables: Tables) -> None:
        """Use other side tables (permits, lists, exemptions, codes) from now on; no row is touched.

        What listings state and require stays with the listings.
        """
        rules = Rules.of(tables)
        with self._changing:
            state = self._state
            self._state = State.of(state.main, state.fresh, state.version, rules)

    # Changing it

    def insert(self, rows: Supplies | Demands, ranges: Components | None = None) -> None:
        """Add listings that are not there, with what they state or require.

        Raises:
            ValueError: one of them is there already.
        """
        with self._changing:
            if self._holds(rows.key):
                raise ValueError("rows: a listing that is there already")
            self._apply(np.empty(0, np.int64), rows, ranges or NOTHING_STATED)
        self._merge_when_due()

    def change(
        self, rows: Supplies | Demands, ranges: Components | None = None, gone: Sequence[int] = ()
    ) -> None:
        """Put listings as they are now in the place of what was there under their keys, if anything was, and
        take out those of the keys `gone` that are not among them, all at once."""
        with self._changing:
            self._apply(np.union1d(rows.key, np.array(gone, np.int64)), rows, ranges or NOTHING_STATED)
        self._merge_when_due()

    def remove(self, keys: Ints) -> None:
        """Take listings out; those that are not there are left alone."""
        with self._changing:
            self._apply(np.asarray(keys, np.int64), self._no_rows(), NOTHING_STATED)

    def merge(self) -> None:
        """Lay out again all that is there as one part; searches and changes go on meanwhile."""
        with self._merging:
            with self._changing:
                old, self._since = self._state, []
            main = self._laid_out([(it, it.alive(old.version)) for it in old.parts])
            with self._changing:
                later, self._since = self._since, None
                now = self._state
                self._state = State.of(main, self._laid_out([]), now.version, now.rules)
                for keys, rows, ranges in later:
                    self._apply(keys, rows, ranges)

    def _no_rows(self) -> Any:
        return self._state.main.kind.empty()

    def _merge_when_due(self) -> None:
        due = self._merge_at is not None and len(self._state.fresh) >= self._merge_at
        if due and self._since is None:
            threading.Thread(target=self.merge, name="matching-merge", daemon=True).start()

    def _holds(self, keys: Ints) -> bool:
        state = self._state
        return any((it.died[it.rows_of(keys)] > state.version).any() for it in state.parts)

    def _apply(self, gone: Ints, rows: Supplies | Demands, ranges: Components) -> None:
        """One change: a new version without the listings `gone` and with `rows`."""
        state = self._state
        if self._since is not None:
            self._since.append((gone, rows, ranges))
        version = state.version + 1
        for part in state.parts:
            dying = part.rows_of(gone)
            part.died[dying] = np.minimum(part.died[dying], version)
        fresh = state.fresh
        if len(rows):
            fresh = self._laid_out([(fresh, fresh.alive(version))], rows, ranges)
        self._state = State.of(state.main, fresh, version, state.rules, before=state)

    def _laid_out(
        self,
        kept: Sequence[tuple[Part, Ints]],
        rows: Supplies | Demands | None = None,
        ranges: Components | None = None,
    ) -> Part:
        kind, book = self._state.main.kind, dict(self._state.rules.tables.book)
        tables = [kind.empty(), *(part.take(part.given_order(at)) for part, at in kept)]
        components = [NOTHING_STATED]
        for part, listings in zip((it for it, _ in kept), tables[1:], strict=True):
            components.append(part.ranges.take(np.isin(part.ranges.key, listings.key)))
        if rows is not None and ranges is not None:
            tables.append(rows)
            components.append(ranges)
        return Part.of(joined(tables), joined(components), book)

    def find(self, key: int) -> tuple[Any, Components] | None:
        """A listing that is there, as its rows in the order given, with what it states or requires."""
        state = self._state
        for part in state.parts:
            rows = part.rows_of(np.array([key], np.int64))
            rows = part.given_order(rows[part.died[rows] > state.version])
            if len(rows):
                return part.take(rows), part.ranges.take(part.ranges.by_key.rows_of(key))
        return None

    # Asking it

    def top(
        self,
        policy: Policy,
        seeker: Supplies | Demands,
        today: int,
        *,
        k: int,
        ranges: Components | None = None,
        min_score: float = 0.0,
        after: Position | None = None,
    ) -> Ranking:
        """The `k` best lawful listings for one seeker: the page that brute force gives, by score.

        Args:
            seeker: one supply, or the rows of one demand.
            ranges: what the seeker states or requires.
            today, min_score, after: as for `matching.rank_demands`.
        Returns:
            a ranking whose `rows` are keys of listings, whose `total` is None and `stopped` empty, as not
            every listing was judged.
        Raises:
            ValueError: as `matching.rank_demands` does.
        """
        if k < 0 or not 0 <= min_score <= 1:
            raise ValueError("k below 0, or min_score outside 0 to 1")
        asked = Asked(policy, seeker, ranges or NOTHING_STATED, today, k + 1, min_score, after)
        return self._by_columns(asked) if self._kernel is None else self._by_rows(self._kernel, asked)

    def _by_rows(self, kernel: Any, asked: Asked) -> Ranking:
        """The compiled search; brute force decides among the few that are left where last bits could."""
        state = self._state
        plan = state.rules.plans.plan(asked.policy, asked.seeker)
        most = sum(len(part) for part in state.parts) + 1
        asks = questions.ask_of(kernel, asked if asked.k <= most else replace(asked, k=most), plan)
        main, fresh = state.views(kernel)
        asking = questions.lines_of(asked.ranges)
        found, km, size = questions.answers_for(kernel, 1, int(asks["k"][0]))
        leftovers = kernel.run(asks, plan, state.rules.law, main, fresh, asking, found, km, size)
        if size[0] < 0:
            return self._settled(state, asked, leftovers)
        return questions.ranking_of(kernel, found[0, : size[0]], km[0, : size[0]], asked.k - 1)

    def _settled(self, state: State, asked: Asked, places: Ints) -> Ranking:
        field, ranking = _judged(state, asked, _with_ranges(state, asked), places)
        return _page(ranking, field.listings.key[ranking.rows], asked.k - 1)

    def best_of_each(
        self,
        policy: Policy,
        seekers: Supplies | Demands,
        today: int,
        *,
        k: int,
        ranges: Components | None = None,
    ) -> Best:
        """Which listings `top` finds for each of many seekers, and their scores, as arrays, on all cores.

        The answer has them in the order of their first rows; they are searched by code and place, as those of
        like place read the same rows.

        Raises:
            ValueError: as `top` does.
        """
        if k < 0:
            raise ValueError("k below 0")
        each, ours = listings_of(seekers), ranges or NOTHING_STATED
        best = Best.none(len(each), k)

        def keep(numbers: Ints, found: Ints, km: Floats, size: Ints) -> None:
            page = found[:, :k]
            best.key[numbers, : page.shape[1]] = page[:, :, self._kernel.KEY]
            best.score[numbers, : page.shape[1]] = page[:, :, self._kernel.SCORE]
            best.size[numbers] = np.minimum(size, k)

        if self._kernel is not None:
            asked = Asked(policy, seekers, ours, today, max(k, 1), 0.0, None)
            search_each(self._state, self._kernel, asked, each, keep)
        for number in np.flatnonzero(best.size < 0).tolist():
            page = self.top(policy, seekers.take(each[number]), today, k=k, ranges=ours)
            best.size[number] = len(page)
            best.key[number, : len(page)], best.score[number, : len(page)] = page.rows, page.scores
        return best

    def _by_columns(self, asked: Asked) -> Ranking:
        """Brute force on the blocks with the greatest reach, then the next, until no other can matter."""
        state = self._state
        plan = state.rules.plans.plan(asked.policy, asked.seeker)
        tables = _with_ranges(state, asked)
        bounds, parts, blocks = _bounded(state, asked, plan)
        field, ranking = _judged(state, asked, tables, NO_PLACES)
        at, step = 0, FIRST_BLOCKS
        while at < len(bounds) and _may_matter(bounds[at], ranking, asked):
            next_ones = state.rows_in(parts[at : at + step], blocks[at : at + step])
            places = np.concatenate([field.places[ranking.rows], next_ones])
            field, ranking = _judged(state, asked, tables, places)
            at, step = at + step, step * 2
        return _page(ranking, field.listings.key[ranking.rows], asked.k - 1)


def _judged(state: State, asked: Asked, tables: Tables, places: Ints) -> tuple[Field, Ranking]:
    """Brute force on a few rows."""
    field = state.field(places)
    how: Any = {"k": asked.k, "min_score": asked.min_score, "after": asked.after}
    if isinstance(asked.seeker, Supplies):
        ranking = rank_demands(asked.policy, asked.seeker, field.listings, tables, asked.today, **how)
    else:
        ranking = rank_supplies(asked.policy, asked.seeker, field.listings, tables, asked.today, **how)
    return field, ranking


def _may_matter(bound: float, ranking: Ranking, asked: Asked) -> bool:
    """Whether a row of such a reach could stand on the page."""
    worst = int(ranking.scores[-1]) / SCORE_UNIT if len(ranking) == asked.k else 0.0
    return bound >= max(worst, asked.min_score)


def _with_ranges(state: State, asked: Asked) -> Tables:
    tables = state.rules.tables
    ours = joined([it.ranges for it in state.parts])
    if isinstance(asked.seeker, Supplies):
        return replace(tables, stated=asked.ranges, required=ours)
    return replace(tables, stated=ours, required=asked.ranges)


def _page(ranking: Ranking, keys: Ints, k: int) -> Ranking:
    """The first `k` of a ranking that was asked for one more, naming listings by their keys."""
    return replace(
        ranking,
        rows=keys[:k],
        accepted=ranking.accepted[:k],
        scores=ranking.scores[:k],
        values=ranking.values[:k],
        distance_km=ranking.distance_km[:k],
        basis=ranking.basis[:k],
        permits=ranking.permits[:k],
        warnings=ranking.warnings[:k],
        total=None,
        more=len(ranking) > k,
        stopped={},
        keys=tuple(it[:k] for it in ranking.keys),
    )


def _bounded(state: State, asked: Asked, plan: Plan) -> tuple[Floats, Ints, Ints]:
    """Blocks that could hold a lawful row by falling reach: their reach, part and number."""
    found: list[tuple[Floats, Ints, Ints]] = [(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))]
    for number, part in enumerate(state.parts):
        for visit in range(len(plan.visits)):
            at = part.blocks_of(int(plan.visits["code"][visit]))
            bounds = reach(asked.policy, asked.seeker, plan, visit, part.blocks[at], asked.today)
            found.append((bounds, np.full(len(bounds), number), np.arange(at.start, at.stop)))
    bounds, parts, blocks = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.argsort(-bounds, kind="stable")[: np.count_nonzero(bounds > NEVER)]
    return bounds[order], parts[order], blocks[order]
