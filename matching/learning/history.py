"""What became of pairings, as columns: lessons for a learned ranking, and its trial on later data.

A supply's pairings that went furthest are what a ranking should find: dealt or closed, or else offered, or
else of interest. Those that got part of the way are left out; the rest, shown or refused, must rank lower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from matching.learning import training
from matching.learning.learned_ranking import LearnedRanking
from matching.learning.metrics import RankingResult, ndcg, reciprocal_ranks
from matching.learning.receiver_features import Facing, Record
from matching.learning.unused import NOT_BETTER, TOO_FEW_EARLIER, TOO_FEW_LATER
from matching.model import Bools, Floats, Ints, Outcome, repeated, whole_mm

OUTCOMES = tuple(outcome.value for outcome in Outcome)
SHOWN, NOT_SUITABLE, INTERESTED, OFFERED, DEALT, CLOSED = range(len(OUTCOMES))
WORTH = np.array([0, 0, 1, 2, 3, 3])
LATER = 0.25
"""Part of the time, from the first outcome to the last, that is kept for the trial."""
LEAST_LATER = 20
"""With fewer suppliers in the trial an interval says nothing."""
SEED = 20_260_101
DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()
LATEST = int(np.iinfo(np.int64).max)

ReportProgress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One row an outcome of a pairing, in any order; every column of shape (n,).

    `supply` to `family` are numbers that name rows elsewhere, `outcome` a position in `OUTCOMES`, `second`
    local seconds since 1970. The rest are the facts as they were then: distance in km, fit of the code, part
    of the supply that the demand takes, and the receiver's credit in [0, 1], the demand's capacity in t, the
    formula's score, the supply's place in degrees.
    """

    supply: Ints
    demand: Ints
    supplier: Ints
    receiver: Ints
    code: Ints
    family: Ints
    outcome: Ints
    second: Ints
    km: Floats
    fit: Floats
    quantity: Floats
    credit: Floats
    capacity_t: Floats
    score: Ints
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        return len(self.supply)

    def take(self, rows: Any) -> History:
        """Those rows."""
        return History(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """How far each pairing got within some of the time, in `WORTH` (p,), and when it first moved (p,)."""

    worth: Ints
    moved: Ints

    def truth(self, supply: Ints) -> Bools:
        """The pairings that went furthest of each supply's; `supply` (p,) ascending from 0."""
        best = np.zeros(int(supply.max(initial=-1)) + 1, np.int64)
        np.maximum.at(best, supply, self.worth)
        furthest: Bools = (self.worth > 0) & (self.worth == best[supply])
        return furthest


@dataclass(frozen=True, slots=True, eq=False)
class Pairings:
    """One row a pairing, by supply: `facts` as they were at its first outcome, `supply` and `supplier`
    numbered from 0, and all its outcomes in `log`, whose rows belong to pairings `of`."""

    facts: History
    supply: Ints
    supplier: Ints
    log: History
    of: Ints

    @classmethod
    def of_history(cls, history: History) -> Pairings:
        """Gather what belongs to one pairing."""
        log = history.take(np.lexsort((history.second, history.demand, history.supply)))
        new = np.ones(len(log), np.bool_)
        new[1:] = (np.diff(log.supply) != 0) | (np.diff(log.demand) != 0)
        facts = log.take(new)
        supply = np.unique(facts.supply, return_inverse=True)[1]
        supplier = np.unique(facts.supplier, return_inverse=True)[1]
        return cls(facts, supply, supplier, log, np.cumsum(new) - 1)

    def reached(self, rows: Bools) -> Reached:
        """How far the pairings got by some rows of the log; interest that was taken back counts for nothing.

        Args:
            rows: a mask of the log, shape (rows of the log,).
        """
        n, log = len(self.facts), self.log
        worth, moved = np.zeros(n, np.int64), np.full(n, LATEST)
        interest, refusal = np.full(n, LATEST), np.full(n, -1)
        np.maximum.at(worth, self.of[rows], WORTH[log.outcome[rows]])
        for when, which in ((moved, WORTH[log.outcome] > 0), (interest, log.outcome == INTERESTED)):
            np.minimum.at(when, self.of[rows & which], log.second[rows & which])
        refused = rows & (log.outcome == NOT_SUITABLE)
        np.maximum.at(refusal, self.of[refused], log.second[refused])
        return Reached(np.where((worth == WORTH[INTERESTED]) & (refusal > interest), 0, worth), moved)

    def facing(self, rows: Ints) -> Facing:
        """The supply of `rows` (m,), which must be rows of one supply, facing their receivers."""
        facts = self.facts.take(rows)
        return Facing(
            code=int(facts.code[0]),
            family=int(facts.family[0]),
            lat=facts.lat[:1],
            lon=facts.lon[:1],
            receivers=np.arange(len(rows)),
            km=facts.km[None],
            fit=facts.fit,
            credit=facts.credit,
            quantity=facts.quantity[None],
            capacity_t=facts.capacity_t,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Transfers:
    """Completed transfers by receiver: one row for each supplier with a code, and receiver."""

    record: Record

    @classmethod
    def of(cls, log: History) -> Transfers:
        """Those that the log closes."""
        closed = log.take(log.outcome == CLOSED)
        order = np.lexsort((closed.second, closed.code, closed.supplier, closed.receiver))
        closed = closed.take(order)
        new = np.arange(len(closed)) == 0
        for name in ("receiver", "supplier", "code"):
            new[1:] |= np.diff(getattr(closed, name)) != 0
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(closed))[: len(first)]
        one = closed.take(first)
        days = closed.second[last - 1] // DAY_S
        return cls(
            Record(one.supplier, one.receiver, one.code, one.family, one.lat, one.lon, last - first, days)
        )

    def known_to(self, receivers: Ints) -> Record:
        """The record of these receivers (m,), each row naming its receiver by its place among them."""
        start = np.searchsorted(self.record.receiver, receivers, side="left")
        count = np.searchsorted(self.record.receiver, receivers, side="right") - start
        place, row = repeated(start, count)
        return replace(self.record.take(row), receiver=place)


# Learning


def lessons(past: Pairings, cut: int) -> Iterator[training.Lessons]:
    """What the supplies teach of which something came before `cut` (seconds)."""
    reached = past.reached(past.log.second < cut)
    truth = reached.truth(past.supply)
    known = past.facts.second < cut
    event = np.flatnonzero(truth)
    if not len(event):
        return
    fold = training.folds(np.arange(past.supplier.max() + 1).astype(np.uint64), training.FOLDS)
    rounds = training.rounds(past.supplier[event], fold, reached.moved[event] // DAY_S, by_time=True)
    for number, this_round in enumerate(rounds):
        wanted = np.zeros(len(truth), np.bool_)
        wanted[event[this_round.wanted]] = True
        own = np.isin(past.log.supplier, past.facts.supplier[wanted])
        transfers = Transfers.of(past.log.take((past.log.second < this_round.today * DAY_S) & ~own))
        some = _sample(np.unique(past.supply[wanted]), training.MOST_SUPPLIES // len(rounds), number)
        for rows in _rows_of_each(past.supply, some, known):
            lesson = training.lessons(
                past.facing(rows),
                transfers.known_to(past.facts.receiver[rows]),
                this_round.today,
                wanted[None, rows],
                ((reached.worth > 0) & ~wanted)[None, rows],
                past.supplier[rows[:1]],
                number,
            )
            if lesson is not None:
                yield lesson


def _sample(rows: Ints, most: int, seed: int) -> Ints:
    """At most `most` of the rows, drawn at random."""
    return np.sort(np.random.default_rng((SEED, seed)).permutation(rows)[:most])


def _rows_of_each(supply: Ints, wanted: Ints, kept: Bools) -> Iterator[Ints]:
    """The rows, of those kept, of each wanted supply; `supply` ascending."""
    starts, ends = np.searchsorted(supply, wanted, "left"), np.searchsorted(supply, wanted, "right")
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield start + np.flatnonzero(kept[start:end])


# The trial


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """How the formula and a learned ranking did for the same n supplies of which something came later."""

    supplier: Ints
    formula: RankingResult
    learned: RankingResult

    @classmethod
    def run(
        cls, past: Pairings, ranking: LearnedRanking, cut: int, most: int = training.MOST_SUPPLIES
    ) -> Trial:
        """Rank by both, knowing what was known at `cut` (seconds), at most so many supplies.

        Left out are pairings of which something had come before, and supplies without a choice.
        """
        before, after = (past.reached(rows) for rows in (past.log.second < cut, past.log.second >= cut))
        truth = after.truth(past.supply) & (before.worth == 0)
        among = truth | ((before.worth == 0) & (after.worth == 0))
        transfers = Transfers.of(past.log.take(past.log.second < cut))
        supplies = _sample(np.unique(past.supply[truth]), most, 0)
        supplier: list[int] = []
        of: list[Ints] = []
        ranks: dict[str, list[Ints]] = {"formula": [], "learned": []}
        for rows in _rows_of_each(past.supply, supplies, among):
            if truth[rows].all():
                continue
            place = _formula_ranks(past.facts.take(rows))
            record = transfers.known_to(past.facts.receiver[rows])
            value = ranking.values(past.facing(rows), record, cut // DAY_S)
            ranks["formula"].append(place[truth[rows]])
            ranks["learned"].append(_ranks_of(np.lexsort((place, -value)))[truth[rows]])
            of.append(np.full(int(truth[rows].sum()), len(supplier)))
            supplier.append(int(past.supplier[rows[0]]))
        nobody, none = np.empty(0, np.int64), [np.empty(0, np.int64)]
        ranked = {
            name: RankingResult(
                len(supplier), np.concatenate(of or none), np.concatenate(each or none), nobody
            )
            for name, each in ranks.items()
        }
        return cls(np.array(supplier, np.int64), **ranked)

    @property
    def suppliers(self) -> int:
        """Distinct suppliers."""
        return len(np.unique(self.supplier))

    def metrics(self) -> dict[str, dict[str, dict[str, float]]]:
        """MRR and nDCG of both and the gain, each with a 95 % bootstrap interval over suppliers."""
        columns: dict[str, dict[str, Floats]] = {}
        for name, measure in (("mrr", reciprocal_ranks), ("ndcg@10", ndcg)):
            formula, learned = measure(self.formula), measure(self.learned)
            columns[name] = {"formula": formula, "learned": learned, "gain": learned - formula}
        _, who = np.unique(self.supplier, return_inverse=True)
        sums = np.column_stack(
            [
                np.bincount(who, column).astype(np.float64)
                for each in columns.values()
                for column in each.values()
            ]
        )
        drawn = training.resampled(sums, np.bincount(who).astype(np.float64), SEED)
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
        value = sums.sum(axis=0) / len(self.supplier)
        figures = iter(np.round(np.column_stack([value, low, high]), 6).tolist())
        return {
            name: {of: dict(zip(("value", "low", "high"), next(figures), strict=True)) for of in each}
            for name, each in columns.items()
        }


def _formula_ranks(facts: History) -> Ints:
    """Ranks, from 1, by score, credit, nearness, number."""
    return _ranks_of(np.lexsort((facts.demand, whole_mm(facts.km), -facts.credit, -facts.score)))


def _ranks_of(order: Ints) -> Ints:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(1, len(order) + 1)
    return place


# Both


@dataclass(frozen=True, slots=True, eq=False)
class TrainedRanking:
    """A trained ranking (None: too little to learn from), why it is not used (None: it is), and its card."""

    ranking: LearnedRanking | None
    reason: str | None
    card: Mapping[str, Any]


def train_and_compare(history: History, report: ReportProgress) -> TrainedRanking:
    """Learn from the earlier part of the time and compare with the formula on the later.

    The ranking is used only if the whole bootstrap interval of its gain in MRR is above 0. The same history
    gives the same ranking.

    Args:
        report: called with a sentence on the progress of the work.
    """
    past = Pairings.of_history(history)
    done = history.second[WORTH[history.outcome] > 0]
    window = (int(done.min()), int(done.max())) if len(done) else None
    cut = 0 if window is None else window[1] - int((window[1] - window[0]) * LATER)
    counts = np.bincount(history.outcome, minlength=len(OUTCOMES)).tolist()
    card: dict[str, Any] = {
        "outcomes": dict(zip(OUTCOMES, counts, strict=True)),
        "window": window and {"first": _day(window[0]), "split": _day(cut), "last": _day(window[1])},
    }
    report(f"learning from what {len(past.facts):,} pairings came to before the later part")
    known = list(lessons(past, cut))
    model = training.train(training.joined(known)) if known else None
    if model is None:
        suppliers = len({int(supplier) for lesson in known for supplier in lesson.supplier})
        return TrainedRanking(
            None, TOO_FEW_EARLIER, {**card, "suppliers": {"earlier": suppliers, "later": 0}}
        )
    ranking = LearnedRanking.of(model)
    report(f"comparing {model.kind} with the formula on the later part")
    trial = Trial.run(past, ranking, cut)
    card |= {
        "suppliers": {"earlier": model.card["suppliers"], "later": trial.suppliers},
        "supplies": {"earlier": sum(len(lesson) for lesson in known), "later": len(trial.supplier)},
        **{name: model.card[name] for name in ("kind", "features", "weights", "mrr_on_suppliers_left_out")},
    }
    if trial.suppliers < LEAST_LATER:
        return TrainedRanking(ranking, TOO_FEW_LATER, card)
    card["metrics"] = trial.metrics()
    better = card["metrics"]["mrr"]["gain"]["low"] > 0
    return TrainedRanking(ranking, None if better else NOT_BETTER, card)


def _day(second: int) -> str:
    return str(date.fromordinal(second // DAY_S + EPOCH))
