"""`python -m matching.evaluate`: how well rankings find the receivers that suppliers dealt with.

Reads an exchange, ranks for every supply all demands whose codes fit, by five methods, and reports metrics
with intervals. No database, no clock, no chance: the same files give the same figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from matching.evaluate import evaluation
from matching.evaluate.evaluation import FOLDS, METHODS
from matching.evaluate.exchange import Exchange, ExchangePairs
from matching.evaluate.exchange_files import read
from matching.evaluate.sheets import EPOCH, BadFiles, Problem, day_of
from matching.learning import NEVER, Facing, Record, features, metrics, training
from matching.learning.metrics import RankingResult
from matching.learning.training import Lessons, Model
from matching.model import DEFAULT, Bools, Ints
from matching.rules import Keys

DEPTHS = (1, 5, 10, 20)
FORMULA = "formula"
BAD_INPUT = 2
WITH_INTERVAL = ("mrr", "ndcg@10")
"""Figures whose 95 % interval is shown in the table; the JSON has all."""
ReportProgress: TypeAlias = Callable[[str], None]


# Pairs to find, and what may be known for it


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Pairs to find and pairs that may be known for it: earlier ones, or those of other supplies."""

    wanted: ExchangePairs
    known: ExchangePairs
    today: int
    by_time: bool


def splits(exchange: Exchange, split_day: int | None, file: str = "pairs") -> list[Split]:
    """One split at `split_day` (days since 1970); without one, `FOLDS` splits by supply.

    Raises:
        BadFiles: with a split day, a pair without a date, or none on or after it.
    """
    pairs = exchange.pairs
    if split_day is None:
        fold = training.folds(exchange.supplies.hashes, FOLDS)[pairs.supply]
        today = int(pairs.day.max())
        each = [(pairs.take(fold == number), pairs.take(fold != number)) for number in range(FOLDS)]
        return [Split(wanted, known, today, by_time=False) for wanted, known in each if len(wanted)]
    undated = pairs.line[pairs.day == NEVER].tolist()
    if undated:
        reason = "is empty, the supply's too, and a split needs it"
        raise BadFiles([Problem(file, line, "date", reason) for line in undated])
    later = pairs.day >= split_day
    if not later.any():
        last = date.fromordinal(int(pairs.day.max()) + EPOCH)
        raise BadFiles([Problem(file, 1, "date", f"none is on or after the split; the last is {last}")])
    return [Split(pairs.take(later), pairs.take(~later), split_day, by_time=True)]


def model_of(exchange: Exchange, split: Split) -> Model | None:
    """The model learned from the known pairs of a split; None where they are too few."""
    taught = list(_lessons(exchange, split))
    if not taught:
        return None
    dated = split.known.day[split.known.day != NEVER]
    window = (int(dated.min()), int(dated.max())) if len(dated) else None
    return training.train(training.joined(taught), window)


def _lessons(exchange: Exchange, split: Split) -> Iterator[Lessons]:
    known = split.known
    if not len(known):
        return
    fold = training.folds(exchange.supplies.hashes, training.FOLDS)
    rounds = training.rounds(known.supply, fold, known.day, by_time=split.by_time)
    for number, this_round in enumerate(rounds):
        record = evaluation.record_of(exchange, known.take(this_round.known))
        wanted = known.take(this_round.wanted)
        some = _sample(exchange, np.unique(wanted.supply), training.MOST_SUPPLIES // len(rounds))
        for rows, facing in evaluation.facings(exchange, some):
            truth = _table(wanted, rows, facing.receivers)
            aside = _table(known, rows, facing.receivers) & ~truth
            able = np.logical_or.reduce(truth, axis=1)
            lesson = training.lessons(
                facing.only(able), record, this_round.today, truth[able], aside[able], rows[able], number
            )
            if lesson is not None:
                yield lesson


def _sample(exchange: Exchange, rows: Ints, most: int) -> Ints:
    """At most so many supplies, by their hashes."""
    return np.sort(rows[np.argsort(exchange.supplies.hashes[rows], kind="stable")[:most]])


def _table(events: ExchangePairs, supplies: Ints, demands: Ints) -> Bools:
    """Which of the supplies and demands (both ascending) are a pair; shape (n, m)."""
    table = np.zeros((len(supplies), len(demands)), np.bool_)
    row, column = _positions(events.supply, supplies), _positions(events.demand, demands)
    both = (row >= 0) & (column >= 0)
    table[row[both], column[both]] = True
    return table


def _positions(wanted: Ints, among: Ints) -> Ints:
    """Position of each in an ascending array, -1 for none."""
    if not len(among):
        return np.full(len(wanted), -1)
    place = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[place] == wanted, place, -1)


# Ranking


@dataclass(slots=True, eq=False)
class RankingOutcome:
    """The result of each method. Distinct wanted pairs by `supply`, then `demand`; `of` numbers their
    supplies.

    `fitting` (demands,) fit at least one wanted supply; `new` (n,) marks supplies without a known pair.
    """

    supply: Ints
    demand: Ints
    of: Ints
    n: int
    new: Bools
    fitting: Bools
    results: dict[str, RankingResult]
    without_candidate: int = 0
    learned_by: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def empty(cls, exchange: Exchange, each: Sequence[Split]) -> RankingOutcome:
        """The pairs wanted by the splits, with nothing ranked yet."""
        both = np.concatenate(
            [np.stack([split.wanted.supply, split.wanted.demand], axis=1) for split in each]
        )
        supply, demand = np.unique(both, axis=0).T
        supplies, of = np.unique(supply, return_inverse=True)
        known = [split.known.supply for split in each if split.by_time]
        n, m = len(supplies), len(exchange.demands)
        results = {
            name: RankingResult(n, of, np.zeros(len(of), np.int64), np.zeros(m, np.int64)) for name in METHODS
        }
        return cls(
            supply,
            demand,
            of,
            n,
            ~np.isin(supplies, np.concatenate([[-1], *known])),
            np.zeros(m, np.bool_),
            results,
        )

    def truths(self, rows: Ints, receivers: Ints) -> tuple[Ints, Ints, Ints]:
        """The wanted pairs among these supplies and receivers (ascending): number, row, column (p,)."""
        row = _positions(self.supply, rows)
        at = np.flatnonzero(row >= 0)
        column = _positions(self.demand[at], receivers)
        fit = column >= 0
        return at[fit], row[at[fit]], column[fit]


def rank_all(exchange: Exchange, each: Sequence[Split], report_progress: ReportProgress) -> RankingOutcome:
    """Rank for every supply of every split by every method."""
    outcome = RankingOutcome.empty(exchange, each)
    for number, split in enumerate(each, 1):
        report_progress(f"part {number} of {len(each)}: learning from {len(split.known)} pairs")
        model = model_of(exchange, split)
        outcome.learned_by.append({"kind": FORMULA} if model is None else dict(model.card))
        record = evaluation.record_of(exchange, split.known)
        supplies = np.unique(split.wanted.supply)
        done = 0
        for rows, facing in evaluation.facings(exchange, supplies):
            _rank(outcome, exchange, rows, facing, record, model, split.today)
            done += len(rows)
            report_progress(f"part {number} of {len(each)}: ranked for {done} of {len(supplies)} supplies")
    return outcome


def _rank(
    outcome: RankingOutcome,
    exchange: Exchange,
    rows: Ints,
    facing: Facing,
    record: Record,
    model: Model | None,
    today: int,
) -> None:
    if not len(facing.receivers):
        outcome.without_candidate += len(rows)
        return
    outcome.fitting[facing.receivers] = True
    at, row, column = outcome.truths(rows, facing.receivers)
    for name, keys in _keys_by_method(exchange, rows, facing, record, model, today).items():
        found = outcome.results[name]
        found.rank[at] = evaluation.ranks(keys, row, column)
        found.shown[:] += evaluation.exposure(keys, facing.receivers, len(found.shown))


def _keys_by_method(
    exchange: Exchange, rows: Ints, facing: Facing, record: Record, model: Model | None, today: int
) -> dict[str, Keys]:
    last = np.broadcast_to(exchange.demands.hashes[facing.receivers], facing.shape)
    formula = evaluation.formula_keys(facing, DEFAULT, evaluation.half_km(exchange, DEFAULT, facing.code))
    learned = formula if model is None else model.keys(facing, features(facing, record, today))
    return {
        FORMULA: (*formula, last),
        "learned": (*learned, last),
        "nearest": (evaluation.nearest_key(facing), last),
        "popular": (evaluation.popular_key(facing, record), last),
        "random": (evaluation.random_key(exchange.supplies.hashes[rows], last), last),
    }


# The report


def evaluate(
    exchange: Exchange, each: Sequence[Split], depths: Sequence[int], report_progress: ReportProgress
) -> dict[str, Any]:
    """The figures of every method, ready for JSON."""
    outcome = rank_all(exchange, each, report_progress)
    every = outcome.results
    fit = every[FORMULA].rank != metrics.NOWHERE
    return {
        "n_supplies": outcome.n,
        "n_pairs": len(outcome.of),
        "n_demands": len(exchange.demands),
        "no_lawful_candidate": outcome.without_candidate,
        "pairs_that_do_not_fit": int((~fit).sum()),
        "methods": _figures(every, depths, outcome.fitting),
        "learned_against": _compared(every),
        "unseen": _unseen(outcome, depths) if each[0].by_time else None,
        "learned_by": outcome.learned_by,
        "notes": list(exchange.notes),
    }


def _figures(every: dict[str, RankingResult], depths: Sequence[int], fitting: Bools) -> dict[str, Any]:
    return {name: evaluation.figures_of(found, depths, fitting) for name, found in every.items()}


def _compared(every: dict[str, RankingResult]) -> dict[str, Any]:
    """By how much the learned ranking's MRR is greater than that of each other method, with an interval."""
    reached = {name: metrics.reciprocal_ranks(found) for name, found in every.items()}
    gains = {
        name: training.compare(reached[name], reached["learned"]) for name in METHODS if name != "learned"
    }
    return {name: {"mrr_gain": gain.gain, "ci": [gain.low, gain.high]} for name, gain in gains.items()}


def _unseen(outcome: RankingOutcome, depths: Sequence[int]) -> dict[str, Any] | None:
    """The same figures for supplies of which no earlier pair is known; None where there is none."""
    if not outcome.new.any():
        return None
    every = {name: found.only(outcome.new) for name, found in outcome.results.items()}
    figures = _figures(every, depths, outcome.fitting)
    for figure in figures.values():
        del figure["exposure_gini"], figure["coverage"]
    pairs = int(outcome.new[outcome.of].sum())
    return {
        "n_supplies": int(outcome.new.sum()),
        "n_pairs": pairs,
        "methods": figures,
        "learned_against": _compared(every),
    }


def table(report: dict[str, Any], depths: Sequence[int]) -> str:
    """The report for people to read."""
    supplies, pairs, demands = (report[name] for name in ("n_supplies", "n_pairs", "n_demands"))
    unserved, unfit = report["no_lawful_candidate"], report["pairs_that_do_not_fit"]
    lines = [
        f"{supplies} supplies, {pairs} pairs to find in {demands} demands; 95 % intervals in brackets",
        f"supplies that no demand fits: {unserved}; pairs whose codes do not fit: {unfit}",
        f"learned by: {', '.join(card['kind'] for card in report['learned_by'])}",
        "",
        *_rows(report["methods"], depths),
        *_gains(report["learned_against"]),
    ]
    unseen = report["unseen"]
    if unseen and unseen["n_supplies"] < report["n_supplies"]:
        lines += ["", f"Of these, {unseen['n_supplies']} supplies without an earlier pair:", ""]
        lines += [*_rows(unseen["methods"], depths), *_gains(unseen["learned_against"])]
    return "\n".join([*lines, *(f"note: {note}" for note in report["notes"])])


def _rows(methods: dict[str, Any], depths: Sequence[int]) -> Iterator[str]:
    titles = {
        "mrr": "MRR",
        **{f"recall@{depth}": f"recall@{depth}" for depth in depths},
        "ndcg@10": "nDCG@10",
    }
    titles |= {"exposure_gini": "Gini", "coverage": "coverage"}
    shown = [name for name in titles if name in methods[FORMULA]]
    yield _line("ranking", [titles[name] for name in shown], shown)
    for method in METHODS:
        yield _line(method, [_cell(methods[method], name) for name in shown], shown)


def _cell(figures: dict[str, Any], name: str) -> str:
    if name not in WITH_INTERVAL:
        return f"{figures[name]:.3f}"
    low, high = figures[f"{name}_ci"]
    return f"{figures[name]:.3f} ({low:.3f}-{high:.3f})"


def _line(title: str, cells: Sequence[str], names: Sequence[str]) -> str:
    widths = [19 if name in WITH_INTERVAL else max(9, len(name)) for name in names]
    line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{title:<8}  {line}".rstrip()


def _gains(against: dict[str, Any]) -> Iterator[str]:
    yield ""
    for name, gain in against.items():
        low, high = gain["ci"]
        yield f"learned against {name:<8}  MRR {gain['mrr_gain']:+.3f} ({low:+.3f} to {high:+.3f})"


# The command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command: 0, or 2 for files that cannot be read or do not fit together."""
    arguments = _arguments(argv)
    try:
        exchange = read(arguments.supplies, arguments.demands, arguments.pairs, arguments.scheme)
        each = splits(exchange, arguments.split_date, str(arguments.pairs))
        if arguments.json is not None:
            _writable(arguments.json)
    except BadFiles as bad:
        sys.stderr.write(f"{bad}\n")
        return BAD_INPUT
    began = time.monotonic()
    report = evaluate(exchange, each, arguments.at, _progress(began))
    report["split_date"] = None if arguments.split_date is None else str(_date(arguments.split_date))
    report["seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(table(report, arguments.at) + "\n")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m matching.evaluate", description=__doc__)
    for name, columns in (
        ("supplies", "id,code,lat,lon,quantity_t,date"),
        ("demands", "id,codes,lat,lon,capacity_t,credit"),
        ("pairs", "supply_id,demand_id,date"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="CSV", help=columns)
    parser.add_argument("--scheme", type=Path, metavar="CSV", help="tree of codes: code,parent")
    parser.add_argument(
        "--split-date", type=_split, metavar="DATE", help="find pairs from this day on, knowing earlier ones"
    )
    parser.add_argument(
        "--at", type=_depths, default=DEPTHS, metavar="1,5,10,20", help="depths at which recall is reported"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write all figures as JSON")
    return parser.parse_args(argv)


def _split(text: str) -> int:
    day = day_of(text)
    if day is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-22")
    return day


def _depths(text: str) -> tuple[int, ...]:
    depths = tuple(int(depth) if depth.strip().isdecimal() else 0 for depth in text.split(","))
    if min(depths) < 1 or len(set(depths)) < len(depths):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of different depths like 1,5,10,20")
    return depths


def _date(day: int) -> date:
    return date.fromordinal(day + EPOCH)


def _writable(path: Path) -> None:
    """Find out before the work that the report can be written.

    Raises:
        BadFiles: it cannot.
    """
    try:
        path.touch()
    except OSError as broken:
        raise BadFiles([Problem(str(path), 0, "file", f"cannot be written: {broken.strerror}")]) from broken


def _progress(began: float, every: float = 5.0) -> ReportProgress:
    """Say to stderr how far the work is, at most every few seconds."""
    reported_at = began

    def report_progress(text: str) -> None:
        nonlocal reported_at
        now = time.monotonic()
        if now - reported_at >= every:
            reported_at = now
            sys.stderr.write(f"{now - began:.0f} s: {text}\n")

    return report_progress
