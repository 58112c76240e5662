"""Open listings of one side, ready to be ranked for a seeker of the other: the result of brute force, faster.

An index is a large `Segment` and a small one of later changes. Neither is ever modified, except for the marks
of rows that are gone. A change makes a new state with a new version; a search works on the state that it
found, so it sees every change in full or not at all, and never waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from matching.index import kernel_arguments
from matching.index.batch_search import Best, listings_of, search_each
from matching.index.block_bounds import EXCLUDED, block_bounds
from matching.index.blocks import Segment, joined
from matching.index.compilation import loaded
from matching.index.kernel_arguments import Query
from matching.index.search_plan import SearchPlan, SearchPlans
from matching.model import Components, Demands, Floats, Ints, Policy, Supplies, Tables, repeated
from matching.rules import (
    SCORE_UNIT,
    CrossProvinceRows,
    NamedParties,
    Position,
    Ranking,
    SideTables,
    named_parties,
    rank_demands,
    rank_supplies,
    side_tables_of,
)

MERGE_AT = 2048
"""Rows of the small segment from which on it is merged into the large one."""
FIRST_BLOCKS = 16
NOTHING_STATED = Components.empty()


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Some rows of an index: `places` (n, 2), the segment and the row in it, and the listings there."""

    places: Ints
    listings: Any


NO_PLACES = np.empty((0, 2), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The side tables, and what is derived from them once: `side_tables` for the kernel,
    the parties that lists and channels have `named`, `plans` by seeker."""

    tables: Tables
    side_tables: SideTables
    named: NamedParties
    plans: SearchPlans

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """Side tables without what listings state and require, which stays with the listings."""
        bare = replace(tables, stated=NOTHING_STATED, required=NOTHING_STATED)
        return cls(bare, side_tables_of(bare), named_parties(bare), SearchPlans(bare.book))


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a search works on: the segments `main` and `fresh`, and the `version` that rows must outlive."""

    main: Segment
    fresh: Segment
    version: int
    rules: Rules
    main_cross_rows: CrossProvinceRows
    fresh_cross_rows: CrossProvinceRows
    _views: tuple[Any, Any] | None = field(default=None, init=False)

    @classmethod
    def of(
        cls, main: Segment, fresh: Segment, version: int, rules: Rules, before: State | None = None
    ) -> State:
        """A state; what the state `before` knows of the large segment is not computed again."""
        known = before is not None and before.main is main and before.rules is rules
        main_cross_rows = (
            before.main_cross_rows if before and known else kernel_arguments.cross_rows_of(rules.named, main)
        )
        return cls(
            main, fresh, version, rules, main_cross_rows, kernel_arguments.cross_rows_of(rules.named, fresh)
        )

    @property
    def segments(self) -> tuple[Segment, Segment]:
        """The large segment and the fresh one."""
        return self.main, self.fresh

    def views(self, kernel: Any) -> tuple[Any, Any]:
        """The segments as the kernel reads them, made once."""
        if self._views is None:
            main = kernel_arguments.segment_view(kernel, self.main, self.main_cross_rows, self.version)
            fresh = kernel_arguments.segment_view(kernel, self.fresh, self.fresh_cross_rows, self.version)
            kernel.search(*kernel_arguments.no_queries(kernel, self.rules.side_tables, main, fresh))
            object.__setattr__(self, "_views", (main, fresh))
            return main, fresh
        return self._views

    def rows_in(self, segments: Ints, blocks: Ints) -> Ints:
        """Places of the rows in blocks.

        Args:
            segments, blocks: segment and number of each block, shape (b,).
        Returns:
            segment and row, shape (n, 2).
        """
        found = []
        for number, segment in enumerate(self.segments):
            chosen = segment.blocks[blocks[segments == number]]
            found.append((chosen["start"].astype(np.int64), chosen["stop"].astype(np.int64)))
        return self.places_in(found)

    def places_in(self, spans: Sequence[tuple[Ints, Ints]]) -> Ints:
        """Places of the rows from `start` (s,) to before `stop` (s,) in each segment, as (n, 2)."""
        found = []
        for number, (segment, (start, stop)) in enumerate(zip(self.segments, spans, strict=True)):
            rows = repeated(start, stop - start)[1]
            rows = rows[segment.died[rows] > self.version]
            found.append(np.stack([np.full(len(rows), number), rows], axis=1))
        return np.concatenate(found)

    def rows_alive(self, spans: Sequence[tuple[Ints, Ints]]) -> int:
        """How many rows `places_in` finds in spans of the same shape, without writing them out."""
        return sum(
            int(np.count_nonzero(segment.died[start:stop] > self.version))
            for segment, (starts, stops) in zip(self.segments, spans, strict=True)
            for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        )

    def field(self, places: Ints) -> Field:
        """The rows at `places` (n, 2), those of one listing in the order in which they were given."""
        places = places[np.argsort(places[:, 0], kind="stable")]
        rows = [places[places[:, 0] == number, 1] for number in range(len(self.segments))]
        nth = np.concatenate(
            [segment.cold["nth"][at] for segment, at in zip(self.segments, rows, strict=True)]
        )
        listings = joined([segment.take(at) for segment, at in zip(self.segments, rows, strict=True)])
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
            compiled: use the compiled search if there is one; otherwise columns, with the same results.
        """
        kind = type(rows)
        ranges = tables.stated if kind is Supplies else tables.required
        book = dict(tables.book)
        main, fresh = Segment.of(rows, ranges, book), Segment.of(kind.empty(), NOTHING_STATED, book)
        return cls(State.of(main, fresh, 0, Rules.of(tables)), merge_at, loaded() if compiled else None)

    # What is in it

    def __len__(self) -> int:
        """Number of listings."""
        state = self._state
        return sum(
            len(np.unique(segment.cold["key"][segment.alive(state.version)])) for segment in state.segments
        )

    @property
    def nbytes(self) -> int:
        """Bytes held for the listings, without side tables and ranges."""
        return sum(segment.nbytes for segment in self._state.segments)

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
        """Add listings that are not in the index, with what they state or require.

        Raises:
            ValueError: one of them is in the index already.
        """
        with self._changing:
            if self._holds(rows.key):
                raise ValueError("rows: a listing that is there already")
            self._apply(np.empty(0, np.int64), rows, ranges or NOTHING_STATED)
        self._merge_when_due()

    def change(
        self, rows: Supplies | Demands, ranges: Components | None = None, gone: Sequence[int] = ()
    ) -> None:
        """Replace listings by what they are now, add those that are new, and take out those of the keys
        `gone` that are not among them; all in one version."""
        with self._changing:
            self._apply(np.union1d(rows.key, np.array(gone, np.int64)), rows, ranges or NOTHING_STATED)
        self._merge_when_due()

    def remove(self, keys: Ints) -> None:
        """Take out the listings of `keys` (n,); keys that are not in the index are ignored."""
        with self._changing:
            self._apply(np.asarray(keys, np.int64), self._no_rows(), NOTHING_STATED)

    def merge(self) -> None:
        """Lay out all listings again as one segment; searches and changes go on meanwhile."""
        with self._merging:
            with self._changing:
                old, self._since = self._state, []
            main = self._laid_out([(segment, segment.alive(old.version)) for segment in old.segments])
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
        return any((segment.died[segment.rows_of(keys)] > state.version).any() for segment in state.segments)

    def _apply(self, gone: Ints, rows: Supplies | Demands, ranges: Components) -> None:
        """One change: a new version without the listings `gone` and with `rows`."""
        state = self._state
        if self._since is not None:
            self._since.append((gone, rows, ranges))
        version = state.version + 1
        for segment in state.segments:
            dying = segment.rows_of(gone)
            segment.died[dying] = np.minimum(segment.died[dying], version)
        fresh = state.fresh
        if len(rows):
            fresh = self._laid_out([(fresh, fresh.alive(version))], rows, ranges)
        self._state = State.of(state.main, fresh, version, state.rules, before=state)

    def _laid_out(
        self,
        kept: Sequence[tuple[Segment, Ints]],
        rows: Supplies | Demands | None = None,
        ranges: Components | None = None,
    ) -> Segment:
        kind, book = self._state.main.kind, dict(self._state.rules.tables.book)
        tables = [kind.empty(), *(segment.take(segment.given_order(at)) for segment, at in kept)]
        components = [NOTHING_STATED]
        for segment, listings in zip((segment for segment, _ in kept), tables[1:], strict=True):
            components.append(segment.ranges.take(np.isin(segment.ranges.key, listings.key)))
        if rows is not None and ranges is not None:
            tables.append(rows)
            components.append(ranges)
        return Segment.of(joined(tables), joined(components), book)

    def find(self, key: int) -> tuple[Any, Components] | None:
        """A listing of the index, as its rows in the order given, with what it states or requires; None
        without it."""
        state = self._state
        for segment in state.segments:
            rows = segment.rows_of_one(key)
            rows = rows[segment.died[rows] > state.version]
            if len(rows):
                lines = segment.ranges.by_key.rows_of(key)
                ranges = segment.ranges.take(lines) if len(lines) else NOTHING_STATED
                return segment.take(segment.given_order(rows) if len(rows) > 1 else rows), ranges
        return None

    def take(self, keys: Sequence[int]) -> tuple[Any, Components]:
        """Those listings of `keys` that are in the index, as their rows in the order given, with what they
        state or require."""
        state, wanted = self._state, np.array(keys, np.int64)
        listings, ranges = [self._no_rows()], [NOTHING_STATED]
        for segment in state.segments:
            rows = segment.rows_of(wanted)
            rows = segment.given_order(rows[segment.died[rows] > state.version])
            listings.append(segment.take(rows))
            ranges.append(_ranges_of(segment, listings[-1].key))
        return joined(listings), joined(ranges)

    def owners(self, keys: Sequence[int]) -> dict[int, int]:
        """The enterprises that own those listings of `keys` that are in the index."""
        state, wanted, found = self._state, np.array(keys, np.int64), dict[int, int]()
        for segment in state.segments:
            rows = segment.rows_of(wanted)
            rows = rows[segment.died[rows] > state.version]
            listing, first = np.unique(segment.cold["key"][rows], return_index=True)
            owner = segment.cold["enterprise"][rows[first]]
            found |= dict(zip(listing.tolist(), owner.tolist(), strict=True))
        return found

    def fitting(
        self,
        policy: Policy,
        seeker: Supplies | Demands,
        *,
        ranges: Components | None = None,
        most: int | None = None,
    ) -> tuple[Any, Tables] | None:
        """Every listing whose code fits a seeker's, and the tables beside it, to be judged as columns.

        Args:
            seeker, ranges: as for `top`.
            most: rows beyond which it is None.
        Raises:
            ValueError: a supply's code is not in the book.
        """
        state = self._state
        codes = state.rules.plans.plan(policy, seeker).visits["code"]
        spans = [segment.spans_of(codes) for segment in state.segments]
        if most is not None and state.rows_alive(spans) > most:
            return None
        places = state.places_in(spans)
        listings = state.field(places).listings
        theirs = joined(
            [
                _ranges_of(segment, segment.cold["key"][places[places[:, 0] == number, 1]])
                for number, segment in enumerate(state.segments)
            ]
        )
        ours, tables = ranges or NOTHING_STATED, state.rules.tables
        if isinstance(seeker, Supplies):
            return listings, replace(tables, stated=ours, required=theirs)
        return listings, replace(tables, stated=theirs, required=ours)

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
        query = Query(policy, seeker, ranges or NOTHING_STATED, today, k + 1, min_score, after)
        return self._by_columns(query) if self._kernel is None else self._by_rows(self._kernel, query)

    def _by_rows(self, kernel: Any, query: Query) -> Ranking:
        """The compiled search; brute force decides among the few rows left where the last bits could."""
        state = self._state
        plan = state.rules.plans.plan(query.policy, query.seeker)
        most = sum(len(segment) for segment in state.segments) + 1
        queries = kernel_arguments.query_record(
            kernel, query if query.k <= most else replace(query, k=most), plan
        )
        main, fresh = state.views(kernel)
        seeker_ranges = kernel_arguments.lines_of(query.ranges)
        found, km, size = kernel_arguments.result_arrays(kernel, 1, int(queries["k"][0]))
        leftovers = kernel.run(
            queries, plan, state.rules.side_tables, main, fresh, seeker_ranges, found, km, size
        )
        if size[0] < 0:
            return self._settled(state, query, leftovers)
        return kernel_arguments.ranking_of(kernel, found[0, : size[0]], km[0, : size[0]], query.k - 1)

    def _settled(self, state: State, query: Query, places: Ints) -> Ranking:
        field, ranking = _judged(state, query, _with_ranges(state, query), places)
        return _page(ranking, field.listings.key[ranking.rows], query.k - 1)

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

        The result has them in the order of their first rows; they are searched by code and place, because
        neighbours read the same rows.

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
            query = Query(policy, seekers, ours, today, max(k, 1), 0.0, None)
            search_each(self._state, self._kernel, query, each, keep)
        for number in np.flatnonzero(best.size < 0).tolist():
            page = self.top(policy, seekers.take(each[number]), today, k=k, ranges=ours)
            best.size[number] = len(page)
            best.key[number, : len(page)], best.score[number, : len(page)] = page.rows, page.scores
        return best

    def _by_columns(self, query: Query) -> Ranking:
        """Brute force on the blocks with the greatest bounds, then the next, until no other can matter."""
        state = self._state
        plan = state.rules.plans.plan(query.policy, query.seeker)
        tables = _with_ranges(state, query)
        bounds, segments, blocks = _bounded(state, query, plan)
        field, ranking = _judged(state, query, tables, NO_PLACES)
        at, step = 0, FIRST_BLOCKS
        while at < len(bounds) and _may_matter(bounds[at], ranking, query):
            next_ones = state.rows_in(segments[at : at + step], blocks[at : at + step])
            places = np.concatenate([field.places[ranking.rows], next_ones])
            field, ranking = _judged(state, query, tables, places)
            at, step = at + step, step * 2
        return _page(ranking, field.listings.key[ranking.rows], query.k - 1)


def _judged(state: State, query: Query, tables: Tables, places: Ints) -> tuple[Field, Ranking]:
    """Brute force on a few rows."""
    field = state.field(places)
    how: Any = {"k": query.k, "min_score": query.min_score, "after": query.after}
    if isinstance(query.seeker, Supplies):
        ranking = rank_demands(query.policy, query.seeker, field.listings, tables, query.today, **how)
    else:
        ranking = rank_supplies(query.policy, query.seeker, field.listings, tables, query.today, **how)
    return field, ranking


def _may_matter(bound: float, ranking: Ranking, query: Query) -> bool:
    """Whether a row of this bound could be on the page."""
    worst = int(ranking.scores[-1]) / SCORE_UNIT if len(ranking) == query.k else 0.0
    return bound >= max(worst, query.min_score)


def _with_ranges(state: State, query: Query) -> Tables:
    """The side tables with the component ranges of the query and of the listings that are still there."""
    tables = state.rules.tables
    ours = joined([_ranges_alive(segment, state.version) for segment in state.segments])
    if isinstance(query.seeker, Supplies):
        return replace(tables, stated=query.ranges, required=ours)
    return replace(tables, stated=ours, required=query.ranges)


def _ranges_alive(segment: Segment, version: int) -> Components:
    """The ranges of the listings that a segment still has: a changed listing has left its old ones in it."""
    keys = segment.cold["key"][segment.alive(version)]
    return segment.ranges.take(np.isin(segment.ranges.key, keys))


def _ranges_of(segment: Segment, keys: Ints) -> Components:
    """The ranges in a segment of the listings `keys`, which are alive in it."""
    return segment.ranges.take(segment.ranges.by_key.joined(np.unique(keys))[1])


def _page(ranking: Ranking, keys: Ints, k: int) -> Ranking:
    """The first `k` of a ranking of one hit more, naming listings by their keys."""
    return replace(
        ranking,
        rows=keys[:k],
        accepted=ranking.accepted[:k],
        scores=ranking.scores[:k],
        values=ranking.values[:k],
        distance_km=ranking.distance_km[:k],
        basis=ranking.basis[:k],
        permits=ranking.permits[:k],
        approvals=ranking.approvals[:k],
        warnings=ranking.warnings[:k],
        total=None,
        more=len(ranking) > k,
        stopped={},
        keys=tuple(key[:k] for key in ranking.keys),
    )


def _bounded(state: State, query: Query, plan: SearchPlan) -> tuple[Floats, Ints, Ints]:
    """Blocks that could hold a lawful row, by falling bound: their bound, segment and number."""
    found: list[tuple[Floats, Ints, Ints]] = [(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))]
    for number, segment in enumerate(state.segments):
        for visit in range(len(plan.visits)):
            at = segment.blocks_of(int(plan.visits["code"][visit]))
            bounds = block_bounds(query.policy, query.seeker, plan, visit, segment.blocks[at], query.today)
            found.append((bounds, np.full(len(bounds), number), np.arange(at.start, at.stop)))
    bounds, segments, blocks = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.argsort(-bounds, kind="stable")[: np.count_nonzero(bounds > EXCLUDED)]
    return bounds[order], segments[order], blocks[order]
