"""How well the early warning says who falls, beside two baselines and two kinds of boosted trees.

`python -m bench.early_warning [--enterprises 6000] [--months 24] [--seed 1]` makes a simulated city
(`bench/warned_city.py`), trains on its first part, calibrates and tests on later ones, and prints calibration
and lift of the model that the platform uses, of the score alone, of the number of deductions of the last 90
days, and of gradient-boosted trees with the same monotone constraints. `--database` then writes a city of
60,000 enterprises into a server of its own, and times a training and a night's scoring there. With the
defaults and `--database` the figures go to `bench/results/early_warning.json`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from bench.warned_city import simulated_city
from marketplace import embedded, supervisor
from marketplace.early_warnings.service.features import FEATURES
from marketplace.early_warnings.service.histories import CreditHistory, PastEvent
from marketplace.early_warnings.service.judging import figures, lift
from marketplace.early_warnings.service.learning import (
    PARTS,
    SCORE,
    Lessons,
    Needs,
    earliest_first,
    learn,
)

RESULTS = Path(__file__).parent / "results" / "early_warning.json"
ENTERPRISES, MONTHS, SEED = 6_000, 24, 1
NEEDS = Needs(falls=200, months=24)
SEEDS = 3
IN_DATABASE = 60_000
NOTE = "A simulated city: the figures show that the method works, not how real enterprises behave."


def measured(enterprises: int, months: int, seed: int, trees: bool = True) -> dict[str, Any]:
    """One city: what was learned of it, and how well the other methods do on the same rows."""
    last = date(2026, 12, 1)
    city = simulated_city(enterprises, months, last, seed)
    first = min(event.known_from for history in city for event in history.events)
    began = time.perf_counter()
    lessons = Lessons(max(first, earliest_first(last)), last)
    lessons.add(city)
    gathered = time.perf_counter()
    learned = learn(lessons, first, NEEDS)
    seconds = {"gather": round(gathered - began, 1), "learn": round(time.perf_counter() - gathered, 1)}
    found = {"verdict": learned.verdict.value, **learned.card, "seconds": seconds}
    if learned.model is not None:
        places, values, truth = lessons.places(), lessons.values, lessons.truth
        test = places["test"]
        found["methods"] = {
            "monotone logistic (in use)": _short(learned.model.risks(values[test]), truth[test]),
            "score alone": {"lift": round(lift(-values[test][:, SCORE], truth[test]), 2)},
            "deductions of 90 days": {"lift": round(lift(lessons.recent[test], truth[test]), 2)},
            **(_trees(lessons) if trees else {}),
        }
    return found


def _trees(lessons: Lessons) -> dict[str, Any]:
    """Gradient-boosted trees with the same constraints, calibrated in two ways on the same later months."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    values, truth = lessons.values, lessons.truth
    train, later, test = (lessons.places()[part] for part in PARTS)
    trees = HistGradientBoostingClassifier(
        monotonic_cst=[feature.direction for feature in FEATURES], learning_rate=0.05, max_iter=150,
        max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=5.0, early_stopping=False, random_state=1,
    ).fit(values[train], truth[train])  # fmt: skip
    said, tested = trees.decision_function(values[later]), trees.decision_function(values[test])
    line = LogisticRegression(C=1e6).fit(said[:, None], truth[later])
    steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(said, truth[later])
    return {
        "monotone trees, a line": _short(line.predict_proba(tested[:, None])[:, 1], truth[test]),
        "monotone trees, isotonic": _short(steps.predict(tested), truth[test]),
    }


def _short(risks: Any, truth: Any) -> dict[str, float]:
    found = figures(np.asarray(risks), truth)
    return {name: found[name] for name in ("lift", "brier", "brier_of_mean", "calibration_error")}


# A city in a database


def write_city(connection: psycopg.Connection, city: Sequence[CreditHistory]) -> list[UUID]:
    """Write enterprises with their events, as they were recorded on their days; returns the ids."""
    ids = [uuid4() for _ in city]
    firms = (
        (firm, f"{number:018d}", f"模拟企业 {number}", *[f"模拟企业 {number}"] * 2, ["generator"], 330602,
         120.5, 30.0, "x", f"firm{number}@example.com", "1", "approved", False, date(2020, 1, 1),
         _noon(history.since), _noon(history.since), 1)
        for number, (firm, history) in enumerate(zip(ids, city, strict=True), 1)
    )  # fmt: skip
    _copy(
        connection,
        "enterprise (id, uscc, name, name_folded, name_skeleton, roles, region, lon, lat, contact_name,"
        " contact_email, contact_phone, status, small_generator, credit_as_of, created_at, updated_at,"
        " version)",
        firms,
    )
    named = [(firm, event) for firm, history in zip(ids, city, strict=True) for event in history.events]
    keys = [uuid4() for _ in named]
    ended = [(key, firm, event) for key, (firm, event) in zip(keys, named, strict=True) if _has_ended(event)]
    rows = [_row(key, firm, event) for key, (firm, event) in zip(keys, named, strict=True)]
    withdrawn = [each for each in ended if not _is_repaired(each[2])]
    rows += [_compensation(*each) for each in withdrawn]
    _copy(
        connection,
        "credit_event (id, enterprise_id, rule, rule_version, axis, points_milli, most_per_year_milli,"
        " severity, months, recorded_as, cause, effective_on, lapses_on, note, status, withdraws,"
        " created_at)",
        rows,
    )
    repaired = [each for each in ended if _is_repaired(each[2])]
    _copy(
        connection,
        "audit (at, actor_kind, action, subject_kind, subject_id, detail)",
        ((_noon(event.known_until), "admin", "repair", "credit_event", str(key), Jsonb({}))
         for key, _, event in repaired),
    )  # fmt: skip
    evaluations = (
        (uuid4(), firm, each.published_on, each.valid_until, "", _noon(each.known_from))
        for firm, history in zip(ids, city, strict=True)
        for each in history.evaluations
    )
    _copy(
        connection,
        "credit_evaluation (id, enterprise_id, published_on, valid_until, note, created_at)",
        evaluations,
    )
    return ids


def _copy(connection: psycopg.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def _has_ended(event: PastEvent) -> bool:
    return event.known_until < date.max


def _is_repaired(event: PastEvent) -> bool:
    """In the simulated city only what was right lasts this long before it ends."""
    return _has_ended(event) and event.known_until - event.known_from > timedelta(days=80)


def _row(key: UUID, firm: UUID, event: PastEvent) -> tuple[Any, ...]:
    status = "repaired" if _is_repaired(event) else "withdrawn" if _has_ended(event) else "recorded"
    return (
        key, firm, event.rule, 2, event.axis, event.points_milli, event.most_per_year_milli, event.severity,
        24, event.recorded_as, event.cause, event.effective_on, event.lapses_on, "x", status, None,
        _noon(event.known_from),
    )  # fmt: skip


def _compensation(key: UUID, firm: UUID, event: PastEvent) -> tuple[Any, ...]:
    return (
        uuid4(), firm, event.rule, 2, event.axis, -event.points_milli, None, None, 24, event.recorded_as,
        None, event.effective_on, event.lapses_on, "x", "compensation", key, _noon(event.known_until),
    )  # fmt: skip


def step(name: str) -> dict[str, Any]:
    """A training or a night's scoring in this process: seconds, memory, and what came of it."""
    from marketplace import create_app
    from marketplace.early_warnings import service

    app = create_app(serves=False)
    with app.app_context():
        idle_mb, began, worked = _peak_mb(), time.perf_counter(), time.process_time()
        if name == "train":
            came: dict[str, Any] = {"verdict": service.train().verdict.value}
        else:
            run = service.score()
            came = {"scored": run.scored, "warned": run.warned}
    return {
        **came,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_s": round(time.process_time() - worked, 1),
        "idle_mb": idle_mb,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int:
    """Of this program only: what `getrusage` says begins with the memory of whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def in_database(enterprises: int) -> dict[str, Any]:
    """Training and scoring of a city in a server of its own."""
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        servers = embedded.Servers(Path(folder), report=lambda line: None)
        servers.start()
        try:
            return _in_database(Path(folder), enterprises)
        finally:
            servers.stop()


def _in_database(folder: Path, enterprises: int) -> dict[str, Any]:
    embedded.create_database(folder, "warned")
    os.environ.update(embedded.addresses(folder, "warned").environment)
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        subprocess.run([sys.executable, *supervisor.FLASK, *command], check=True, stdout=subprocess.DEVNULL)
    city = simulated_city(enterprises, MONTHS + 1, datetime.now(UTC).date(), SEED)
    url = embedded.addresses(folder, "warned").owner_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        write_city(connection, city)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    found: dict[str, Any] = {"enterprises": enterprises, "events": sum(len(each.events) for each in city)}
    for name in ("train", "score", "score_again"):
        command = [sys.executable, "-m", "bench.early_warning", "--step", name.partition("_")[0]]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(name, found[name], flush=True)
    return found


def show(found: dict[str, Any]) -> None:
    """Print calibration and lift for people."""
    print(NOTE)
    print(f"verdict {found['verdict']}; history {found['history']}; parts {found.get('parts')}")
    for number, each in enumerate(found.get("calibration", []), 1):
        print(f"  bin {number:2}  predicted {each['predicted']:.4f}  observed {each['observed']:.4f}")
    for name, each in found.get("methods", {}).items():
        print(f"  {name:28}", "  ".join(f"{key} {value:.4f}" for key, value in each.items()))


def main(args: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--enterprises", type=int, default=ENTERPRISES)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--database", action="store_true")
    parser.add_argument("--step", choices=("train", "score"))
    asked = parser.parse_args(args)
    os.environ.update({"LOG_LEVEL": "WARNING"})
    if asked.step:
        print(json.dumps(step(asked.step)))
        return
    found = measured(asked.enterprises, asked.months, asked.seed)
    show(found)
    if not asked.database:
        return
    seeds = range(asked.seed + 1, asked.seed + SEEDS)
    others = [measured(asked.enterprises, asked.months, seed).get("methods") for seed in seeds]
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    result = {
        "note": NOTE,
        "machine": machine,
        "city": found,
        "other_seeds": others,
        "database": in_database(IN_DATABASE),
    }
    if (asked.enterprises, asked.months, asked.seed) == (ENTERPRISES, MONTHS, SEED):
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
