"""The index beside other ways to the same exact answer, in one run on the same data: `make bench`.

`python -m bench.matching [size ...]` ranks the 20 best lawful of 10,000, 100,000 and 1,000,000 open demands
for supplies that ask (`bench.market` says how both are drawn), all gates on, default policy. It writes
`bench/results/matching.json`, and the tables and the plot of docs/performance.md. The same answer is checked,
not assumed.

`python -m bench.matching --engine 10000000` measures the index alone, without servers, and the memory of its
process; it writes `bench/results/engine.json`.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import matching as m
from bench import pages
from bench.market import TODAY, Market, market
from bench.ways import BallTreeScan, GeopyLoop, NumpyScan, Postgres, load, reach_km
from marketplace import embedded
from matching.index import compile_ahead

SIZES = (10_000, 100_000, 1_000_000)
RESULTS = Path(__file__).parent / "results" / "matching.json"
ALONE = RESULTS.with_name("engine.json")
K = 20
QUESTIONS, BATCH, RUNS = 2_000, 4_000, 3
SECONDS_EACH = 15
NO_POSTGIS = "the embedded PostgreSQL has no PostGIS; it would use the same plan with a slower distance"

Ask = Callable[[int], list[int]]


def timed(ask: Ask, questions: int, seconds: float, runs: int = 1) -> tuple[dict[str, Any], list[list[int]]]:
    """Milliseconds a question, the best of `runs` by median, and the answers; stops when time is up."""
    best: dict[str, Any] = {}
    answers: list[list[int]] = []
    for _ in range(runs):
        took, answers, until = [], [], time.perf_counter() + seconds
        for number in range(questions):
            start = time.perf_counter()
            answers.append(ask(number))
            took.append((time.perf_counter() - start) * 1000)
            if time.perf_counter() > until:
                break
        found = summary(took)
        if not best or found["median_ms"] < best["median_ms"]:
            best = found
    return best, answers


def summary(took: list[float]) -> dict[str, Any]:
    return {
        "median_ms": round(float(np.median(took)), 4),
        "p99_ms": round(float(np.percentile(took, 99)), 4),
        "mean_ms": round(float(np.mean(took)), 4),
        "queries": len(took),
    }


def engine_of(drawn: Market, index: m.Index) -> Ask:
    seekers = [drawn.supplies.take([number]) for number in range(len(drawn.supplies))]
    return lambda number: index.top(m.DEFAULT, seekers[number], TODAY, k=K).rows.tolist()


def batch_per_s(drawn: Market, index: m.Index) -> float:
    """Supplies ranked a second, all asked at once."""
    supplies = drawn.supplies.take(np.arange(BATCH) % len(drawn.supplies))
    best = 0.0
    for _ in range(RUNS):
        start = time.perf_counter()
        index.best_of_each(m.DEFAULT, supplies, TODAY, k=K)
        best = max(best, BATCH / (time.perf_counter() - start))
    return round(best)


def fresh_row_ms(drawn: Market, index: m.Index) -> float:
    """From handing in one changed demand to the end of a search that sees it, with 1,000 rows in the small
    part: the median of 40."""
    took = []
    index.change(drawn.demands.take(slice(100, 1_100)))
    for number in range(40):
        row = drawn.demands.take([number])
        seeker = drawn.supplies.take([number])
        start = time.perf_counter()
        index.change(replace(row, remaining_kg=row.remaining_kg + 1))
        index.top(m.DEFAULT, seeker, TODAY, k=K)
        took.append((time.perf_counter() - start) * 1000)
    return round(float(np.median(took)), 3)


def measure_engine(drawn: Market) -> tuple[m.Index, dict[str, Any], list[list[int]]]:
    """The index over a market, its figures, and its answers."""
    start = time.perf_counter(), time.process_time()
    index = m.Index.build(drawn.demands, drawn.tables)
    result: dict[str, Any] = {
        "build_s": round(time.perf_counter() - start[0], 2),
        "build_cpu_s": round(time.process_time() - start[1], 2),
        "bytes_per_listing": round(index.nbytes / len(drawn.demands), 1),
    }
    ask = engine_of(drawn, index)
    for number in range(100):
        ask(number)
    result["engine"], ours = timed(ask, QUESTIONS, SECONDS_EACH, RUNS)
    result["batch_per_s"] = batch_per_s(drawn, index)
    return index, result, ours


def measure_alone(size: int) -> dict[str, Any]:
    """The index of one size, and MB of the process: with the columns drawn, and at the most."""
    drawn = market(size, QUESTIONS)
    drawn_mb = peak_mb()
    index, result, _ = measure_engine(drawn)
    result["fresh_row_ms"] = fresh_row_ms(drawn, index)
    return {**result, "identical_by_way": {}, "columns_mb": drawn_mb, "peak_mb": peak_mb()}


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(size: int, url: str) -> dict[str, Any]:
    """All ways over a market of one size."""
    drawn = market(size, QUESTIONS)
    index, result, ours = measure_engine(drawn)
    load(url, drawn)
    identical = {}
    for name, way in ways(drawn, url, boxes_km(drawn, index)):
        result[name], theirs = timed(way.top, 300, SECONDS_EACH)
        identical[name] = theirs == ours[: len(theirs)]
        way.close()
    result["geopy_loop"] = GeopyLoop(drawn).extrapolated(QUESTIONS)
    result["postgis"] = {
        **dict.fromkeys(("median_ms", "p99_ms", "mean_ms")),
        "queries": 0,
        "reason": NO_POSTGIS,
    }
    result["identical_answers"] = all(identical.values())
    result["identical_by_way"] = identical
    result["fresh_row_ms"] = fresh_row_ms(drawn, index)
    return result


def boxes_km(drawn: Market, index: m.Index) -> list[float]:
    """How far the page of each supply can reach, by its last score."""
    found = [index.top(m.DEFAULT, drawn.supplies.take([number]), TODAY, k=K) for number in range(300)]
    return [
        reach_km(float(result.scores[-1]) / m.SCORE_UNIT if len(result) == K else 0.0) for result in found
    ]


def ways(drawn: Market, url: str, boxes: list[float]) -> Any:
    """The other ways, by name; each is made when it is its turn."""
    yield "numpy_scan", NumpyScan(drawn, K)
    yield "sklearn_balltree", BallTreeScan(drawn, K)
    yield "postgres_sql", Postgres(url, drawn, K, None)
    yield "postgres_earthdistance", Postgres(url, drawn, K, boxes)


def machine() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": [round(load_, 1) for load_ in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main(args: list[str]) -> None:
    if compile_ahead() is None:
        print("without Numba: the index searches by columns")
    sizes = [int(size) for size in args if size.isdecimal()]
    if "--engine" in args:
        return alone(sizes or list(SIZES))
    beside_others(sizes or list(SIZES))


def alone(sizes: list[int]) -> None:
    """The index alone; the sizes ascend, as the peak of memory is that of all so far."""
    results: dict[str, Any] = {"machine": machine(), "sizes": {}}
    for size in sorted(sizes):
        results["sizes"][str(size)] = measure_alone(size)
        report(size, results["sizes"][str(size)])
    ALONE.write_text(json.dumps(results, indent=2) + "\n")


def beside_others(sizes: list[int]) -> None:
    """The index and all other ways, with a server of their own."""
    results: dict[str, Any] = {"machine": machine(), "sizes": {}}
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, report=lambda line: None):
            embedded.create_database(data, "bench")
            url = embedded.admin_url(data, "bench").replace("+psycopg", "")
            for size in sizes:
                results["sizes"][str(size)] = measure(size, url)
                report(size, results["sizes"][str(size)])
                RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    if tuple(sizes) == SIZES:
        pages.write(results["sizes"])


def report(size: int, found: dict[str, Any]) -> None:
    """Print one size."""
    print(f"\n{size:,} demands: {found['batch_per_s']:,} a second in batch, built in {found['build_s']} s, "
              f"{found['bytes_per_listing']} bytes a listing, fresh row {found['fresh_row_ms']} ms, "
              f"identical {found['identical_by_way']}")  # fmt: skip
    for name, row in found.items():
        if isinstance(row, dict) and row.get("median_ms") is not None:
            print(f"  {name:24} median {row['median_ms']:10.3f}  p99 {row['p99_ms']:10.3f}"
                      f"  mean {row['mean_ms']:10.3f} ms  of {row['queries']}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
