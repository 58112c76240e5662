"""What people wait for, over HTTP, with everything on this machine: `make bench-service`.

`python -m bench.service` starts the embedded servers and the whole stack (two web workers, matching,
delivery, bulk, rerank, scheduler) in a folder of its own, writes a market by COPY (`bench.grid` says which),
and has callers in processes of their own post, draft, ask and import. Each figure is the median of `--runs`,
or of as many as `--minutes` leave time for; `more.runs` has each. It writes `bench/results/service.json` and
the table in docs/performance.md, both only when nothing is cut short.

    --short            a few seconds of each, small sizes: to see that it works, not what it makes
    --against COMMIT   matches, drafts, posts and pushes of that commit too, in a worktree of it, and their
                       ratios; what it has not matched or told in time counts as late as it was by then
    --only NAME ...    matches, drafts, posts, statements, pushes, imports, memory, million
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench import service_measures as measures
from bench.callers import Calls, Request, call_all, pool
from bench.city import REAL_CODES, Market
from bench.grid import Grid, tell_at_once
from bench.matches_http import KEY, TWO_WORKERS, drawn, folder, machine, ready
from bench.service_page import KEYS, write
from marketplace import embedded, supervisor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "service.json"
STARTED_AT = "1e563f5"
"""The commit at which the work on these figures began."""
COPIED = ("service", "service_measures", "service_page", "callers", "grid", "city")
COMPARED = ("statements", "matches", "drafts", "posts", "pushes")
MILLION_S, AGAINST_S = 600, 720
"""What these take at most, or nearly; the runs before leave as much time."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything; `rows` = `places` x `codes` at most."""

    runs: int = 3
    callers: int = 8
    seconds: float = 20
    rows: int = 10_000
    places: int = 100
    codes: int = 100
    push_seconds: float = 60
    strangers: int = 30
    listings: int = 1_000_000
    asked_seconds: float = 60
    drain_seconds: float = 120
    minutes: float = 25


SHORT = Sizes(1, 4, 2, 200, 10, 20, 4, 3, 10_000, 4)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="a few seconds of each")
    for name, value in asdict(Sizes()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), metavar="N")
    parser.add_argument("--against", default="", metavar="COMMIT", help=f"such as {STARTED_AT}")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--out", type=Path, help="where to write the figures instead; the table stays")
    given = parser.parse_args()
    chosen = {name: getattr(given, name) for name in asdict(SHORT) if getattr(given, name) is not None}
    sizes = replace(SHORT if given.short else Sizes(), **chosen)
    later = MILLION_S * (not given.only or "million" in given.only) + AGAINST_S * bool(given.against)
    found = measured(sizes, set(given.only), time.monotonic() + 60 * sizes.minutes - later)
    report = {name: found.pop(name, None) for name in KEYS}
    if given.against:
        before = measured_at(given.against, sizes, given.only or list(COMPARED))
        report["posts_acknowledged_before_after"] = ratio(report, before, "posts_per_s")
        found["before"] = before
        found["ratios"] = {name: ratio(report, before, name) for name in KEYS if ratio(report, before, name)}
    report |= {"more": found, "sizes": asdict(sizes), "machine": machine()}
    out = given.out or (None if sizes != Sizes() or given.only else RESULTS)
    print(json.dumps(report, indent=1))
    if out:
        out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if out == RESULTS:
        write(report)


def ratio(after: dict[str, Any], before: dict[str, Any], name: str) -> float | None:
    return round(after[name] / before[name], 2) if after.get(name) and before.get(name) else None


def measured(sizes: Sizes, only: set[str], until: float) -> dict[str, Any]:
    """All figures, or those of the named measures; no run on the grid begins that would end after `until`."""

    def wanted(name: str) -> bool:
        return not only or name in only

    found: dict[str, Any] = {}
    with folder(None) as data, embedded.servers(data, report=_say), pool(sizes.callers) as callers:
        if wanted("memory"):
            found["idle_mb"] = _idle(data)
        if not only or only - {"memory", "million"}:
            found |= _served(data, sizes, callers, wanted, until)
        if wanted("million"):
            found |= _million(data, sizes, callers)
    return found


def _stack(data: Path, database: str) -> Any:
    return supervisor.stack(data, database=database, quiet=True, env={**os.environ, **TWO_WORKERS})


def _idle(data: Path) -> dict[str, int]:
    with _stack(data, "idle"):
        time.sleep(5)
        return measures.memory_mb(set())


def _served(
    data: Path, sizes: Sizes, callers: Any, wanted: Callable[[str], bool], until: float
) -> dict[str, Any]:
    """What is measured on a grid: medians by name of all runs."""
    url = embedded.admin_url(data, "grid").replace("+psycopg", "")
    with _stack(data, "grid"):
        senders = 1 + sizes.runs * (4 * sizes.callers + 2)
        grid = Grid(url, sizes.places, sizes.codes, senders)
        tell_at_once(url)
    rows: list[dict[str, float]] = []
    with _stack(data, "grid") as stack:
        bench = measures.Bench(stack, url, grid, callers, sizes.callers, sizes.drain_seconds)
        next(bench.fresh)  # the one whose listings are asked for
        _await_indexes(stack)
        found = measures.statements(bench) if wanted("statements") else {}
        took = 0.0
        for _ in range(sizes.runs):
            began = time.monotonic()
            if began + took > until:
                _say(f"no time is left for another run: medians of {len(rows)}")
                break
            rows.append({})
            for name, measure in _measures(sizes).items():
                if wanted(name):
                    figures = measure(bench)
                    rows[-1] |= figures
                    _say(f"{name}: {figures}")
            took = time.monotonic() - began
        found["row_bytes"] = measures.row_bytes(bench)
    medians = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    return {**found, **medians, "runs": rows}


def _measures(sizes: Sizes) -> dict[str, Callable[[measures.Bench], dict[str, float]]]:
    return {
        "matches": lambda bench: measures.pages_of_matches(bench, sizes.seconds),
        "drafts": lambda bench: measures.drafts(bench, sizes.seconds),
        "posts": lambda bench: measures.posts(bench, sizes.seconds),
        "pushes": lambda bench: _pushes(bench, sizes.push_seconds),
        "imports": lambda bench: measures.imports(bench, sizes.rows, sizes.strangers),
    }


def _pushes(bench: measures.Bench, seconds: float) -> dict[str, float]:
    slow = measures.pushes(bench, 5, min(seconds, 20))
    return {**measures.pushes(bench, 50, seconds), **{f"{name}_at_5": value for name, value in slow.items()}}


def _million(data: Path, sizes: Sizes, callers: Any) -> dict[str, Any]:
    """Pages of matches at 50 a second by chance, and memory, with so many listings of real codes."""
    url = embedded.admin_url(data, "city").replace("+psycopg", "")
    with _stack(data, "city"):
        Market(url, REAL_CODES, sizes.listings // 2).admit(url, KEY)
    with _stack(data, "city") as stack:
        _await_indexes(stack)
        asked = [Request("GET", f"/api/v1/listings/{one}/matches?limit=20", KEY) for one in drawn(url)]
        each = {"a_second": 50 / sizes.callers, "poisson": True, "threads": 6}
        p95s = []
        for run in range(sizes.runs + 1):
            seconds = sizes.asked_seconds if run else min(sizes.asked_seconds, 10)
            shares = (asked[number :: sizes.callers] for number in range(sizes.callers))
            calls = [
                Calls(stack.port, share, seconds, seed=run * 100 + number, **each)
                for number, share in enumerate(shares)
            ]
            p95s.append(call_all(callers, calls).ms(95))
        return {
            "match_p95_ms_at_50_1m": statistics.median(p95s[1:]),
            "listings_at_50": sizes.listings,
            "million_mb": measures.memory_mb(set()),
        }


def _await_indexes(stack: supervisor.Stack) -> None:
    while not all(ready(stack) for _ in range(20)):
        time.sleep(0.5)


def measured_at(commit: str, sizes: Sizes, only: list[str]) -> dict[str, Any]:
    """The same measures of an older commit: its code under this bench, in a worktree that goes afterwards.

    Once, and pushes for 20 s: the old way may take minutes for what it owes, and is not waited for.
    """
    sizes = replace(sizes, runs=1, push_seconds=min(sizes.push_seconds, 20), drain_seconds=60)
    with tempfile.TemporaryDirectory(prefix="huanliu-before-") as name:
        tree = Path(name) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(tree), commit], check=True)
        try:
            for file in COPIED:
                source = ROOT / "bench" / f"{file}.py"
                (tree / "bench" / source.name).write_text(
                    source.read_text(encoding="utf-8"), encoding="utf-8"
                )
            out = Path(name) / "found.json"
            how = [f"--{option.replace('_', '-')}={value}" for option, value in asdict(sizes).items()]
            env = {**os.environ, "PYTHONPATH": str(tree)}
            compile_kernel = [sys.executable, "-m", "matching.compile"]
            subprocess.run(compile_kernel, cwd=tree, env=env, check=True, stdout=sys.stderr)
            command = [sys.executable, "-m", "bench.service", *how, "--out", str(out), "--only", *only]
            if not _ends_in_time(command, cwd=tree, env=env, stdout=sys.stderr):
                return {"commit": commit, "unfinished": f"not measured within {AGAINST_S} s"}
            before = json.loads(out.read_text(encoding="utf-8"))
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)
    figures = {name: before[name] for name in KEYS if before.get(name) is not None}
    unfinished = {name: many for name, many in before["more"].items() if "_missing" in name and many}
    return {"commit": commit, **figures, "unfinished": unfinished}


def _ends_in_time(command: list[str], **how: Any) -> bool:
    """Run it for `AGAINST_S` at most; then it is told to stop, so that its servers stop with it."""
    with subprocess.Popen(command, **how) as running:
        try:
            return running.wait(AGAINST_S) == 0
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)
            return False


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
