"""All supplies ranked again, end to end: `flask match rerank --progress`, real PostgreSQL, real workers.

`python -m bench.rerank [--supplies N] [--demands N] [--workers N] [--data FOLDER]` writes `bench.market`'s
listings into a server of its own (in FOLDER, kept for the next run; else in a temporary one), its days moved
to end today, starts the scheduler and the workers, and runs the command twice: the second run finds a
complete result and looks for news. Seconds by stage are those of the parts added up; parts of several workers
overlap.
Beside them is the processor time, which a busy machine changes little, and what one process ranks in
memory alone. It writes `bench/results/rerank.json`.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psutil
import psycopg

import matching as m
from bench.market import TODAY, Market, market
from bench.matches_http import machine
from marketplace import embedded, supervisor
from marketplace.child import Child, launch
from marketplace.matches.service.ranking.match_input import day_number

RESULTS = Path(__file__).parent / "results" / "rerank.json"
DATABASE = "rerank"
AT = datetime(2026, 1, 1, tzinfo=UTC)
MODES = ("R5", "D1", "R13")
DROPPED = ["listing", "listing_accept", "licence_line", "permit_year", "enterprise"]
BALANCES = """
    INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, over_kg)
    SELECT kind, no, %s, 0, sum(kg) FROM taken
    JOIN (SELECT 'line' AS kind, id, no FROM licence_line UNION ALL SELECT 'channel', id, no FROM channel) p
    USING (id) GROUP BY 1, 2
"""
LAID_ASIDE = ("gist", "gin")
"""Indexes of searches, that ranking does not use; without them a million rows are loaded sooner."""


class Loading:
    """A market on its way into an empty, migrated database. Rows of listings keep their order in `no`."""

    def __init__(self, url: str, drawn: Market) -> None:
        self.drawn = drawn
        self.shift = day_number(datetime.now(UTC).date()) - TODAY
        with psycopg.connect(url) as self._connection:
            self._connection.execute("SET session_replication_role = replica")
            self._connection.execute("SET maintenance_work_mem = '1GB'")
            self._codes = self._ids_of_codes()
            kept = self._drop_indexes()
            self._enterprises(drawn.demands, "recycler")
            self._enterprises(drawn.supplies, "generator")
            self._listings(drawn.demands, "demand", 1)
            self._listings(drawn.supplies, "supply", len(drawn.demands) + 1)
            self._permits()
            for definition in kept:
                self._connection.execute(definition)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def _ids_of_codes(self) -> np.ndarray:
        rows = self._connection.execute("SELECT scheme, code, id FROM waste_code").fetchall()
        known = {(scheme, code): number for scheme, code, number in rows}
        book = self.drawn.tables.book
        return np.array(
            [0, *(known[book[code_id].scheme, book[code_id].code] for code_id in range(1, len(book) + 1))]
        )

    def _drop_indexes(self) -> list[str]:
        rows = self._connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname LIKE 'ix_%%'",
            [DROPPED],
        ).fetchall()
        for name, _ in rows:
            self._connection.execute(f"DROP INDEX {name}")
        return [row for _, row in rows if not any(f"USING {kind}" in row for kind in LAID_ASIDE)]

    def _copy(self, table: str, columns: str, rows: Iterable[str]) -> None:
        names = columns.replace(" ", ", ")
        with self._connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as stream:
            for row in rows:
                stream.write(row)

    def _day(self, number: int) -> str:
        return str(date(1970, 1, 1) + timedelta(days=number + self.shift))

    def _enterprises(self, rows: Any, role: str) -> None:
        owners, first = np.unique(rows.enterprise, return_index=True)
        one = rows.take(first)
        columns = (owners, one.province, one.lon, one.lat, one.credit_milli, one.grade, one.blocked)
        self._copy(
            "enterprise",
            "id no uscc name roles region lon lat contact_name contact_email contact_phone status"
            " small_generator credit_milli grade provisional blocked credit_as_of created_at updated_at"
            " version",
            (
                f"{owner(no)}\t{no + 1}\t{no:018d}\t{role} {no}\t{{{role}}}\t{province}0000\t{lon}"
                f"\t{lat}\tc\te\t0\tapproved\tf\t{credit}\t{'ABCDE'[grade]}\tf\t{blocked}\t{AT:%F}\t{AT}\t{AT}\t1\n"
                for no, province, lon, lat, credit, grade, blocked in each(columns)
            ),
        )

    def _listings(self, rows: Any, kind: str, first_no: int) -> None:
        supply = kind == "supply"
        code = rows.code if supply else rows.accepts
        mode = np.zeros(len(rows), np.int8) if supply else rows.mode
        columns = (
            np.arange(len(rows)), rows.id_hi, rows.id_lo, rows.enterprise, rows.province, rows.lon, rows.lat,
            rows.remaining_kg, rows.min_lot_kg, rows.price_fen, rows.max_km, rows.first_day, rows.last_day,
            self._codes[code], mode,
        )  # fmt: skip
        self._copy(
            "listing",
            "no id enterprise_id kind status title code_id quantity_kg remaining_kg min_lot_kg price_fen"
            " region lon lat max_distance_km available_from available_until composition requires treatment"
            " mode published_at created_at updated_at version",
            (
                f"{first_no + at}\t{UUID(int=high << 64 | low)}\t{owner(of)}\t{kind}\topen\t{kind} {at}"
                f"\t{code if supply else NULL}\t{kg}\t{kg}\t{lot}\t{NULL if fen == m.NO_PRICE else fen}"
                f"\t{province}0000\t{lon}\t{lat}\t{NULL if km == np.inf else km}\t{self._day(first)}"
                f"\t{self._day(last)}\t[]\t[]\t{NULL if supply else MODES[mode]}\t{NULL if supply else mode}"
                f"\t{AT}\t{AT}\t{AT}\t1\n"
                for at, high, low, of, province, lon, lat, kg, lot, fen, km, first, last, code, mode in each(
                    columns
                )
            ),
        )
        if not supply:
            accepts = each((rows.id_hi, rows.id_lo, self._codes[code]))
            self._copy(
                "listing_accept",
                "listing_id code_id position",
                (f"{UUID(int=high << 64 | low)}\t{code}\t0\n" for high, low, code in accepts),
            )

    def _permits(self) -> None:
        lines, white = self.drawn.tables.permits, self.drawn.tables.white_list
        ids = [str(UUID(int=int(h) << 64 | int(low))) for h, low in each((lines.id_hi, lines.id_lo))]
        held = (
            np.arange(len(lines)), lines.kind, lines.receiver, lines.generator, self._codes[lines.code],
            lines.modes, lines.first_day, lines.last_day, lines.kg_per_year,
        )  # fmt: skip
        licences = [row for row in each(held) if row[1] == m.Basis.LICENCE]
        self._copy(
            "licence",
            "id enterprise_id number kind valid_from valid_until created_at",
            (
                f"{ids[at]}\t{owner(of)}\t{at}\tcomprehensive\t{self._day(first)}\t{self._day(last)}\t{AT}\n"
                for at, _, of, _, _, _, first, last, _ in licences
            ),
        )
        self._copy(
            "licence_line",
            "id licence_id code_id modes kg_per_year",
            (
                f"{ids[at]}\t{ids[at]}\t{code}\t{mode}\t{kg}\n"
                for at, _, _, _, code, mode, _, _, kg in licences
            ),
        )
        self._copy(
            "channel",
            "id generator_id receiver_id code_id use kg_per_year approval_number valid_from"
            " valid_until created_at",
            (
                f"{ids[at]}\t{owner(giver)}\t{owner(of)}\t{code}\tu\t{kg}\t{at}\t{self._day(first)}"
                f"\t{self._day(last)}\t{AT}\n"
                for at, kind, of, giver, code, _, first, last, kg in each(held)
                if kind == m.Basis.CHANNEL
            ),
        )
        self._connection.execute("CREATE TEMP TABLE taken (id uuid, kg bigint)")
        used = each((lines.usage_permit, lines.usage_kg))
        self._copy("taken", "id kg", (f"{ids[at]}\t{kg}\n" for at, kg in used))
        self._connection.execute(BALANCES, (datetime.now(UTC).year,))
        listed = (
            np.arange(len(white)), white.receiver, self._codes[white.code], white.from_province,
            white.first_day, white.last_day,
        )  # fmt: skip
        self._copy(
            "white_list",
            "id receiver_id code_id from_province valid_from valid_until created_at",
            (
                f"{UUID(int=at)}\t{owner(of)}\t{code}\t{province}0000\t{self._day(first)}\t{self._day(last)}\t{AT}\n"
                for at, of, code, province, first, last in each(listed)
            ),
        )


NULL = "\\N"


def owner(number: int) -> UUID:
    """Id of an enterprise of the market."""
    return UUID(int=number + 1)


def each(columns: Iterable[np.ndarray]) -> Iterator[Any]:
    """Rows of columns as plain values."""
    return zip(*(column.tolist() for column in columns), strict=True)


@contextlib.contextmanager
def loaded(folder: Path, supplies: int, demands: int) -> Iterator[tuple[dict[str, str], str]]:
    """The environment and the plain address of a server that holds such a market."""
    with embedded.servers(folder, report=lambda line: None):
        name = f"{DATABASE}_{supplies}_{demands}"
        fresh = embedded.create_database(folder, name)
        env = {**os.environ, **embedded.addresses(folder, name).environment}
        url = embedded.admin_url(folder, name).replace("+psycopg", "")
        if fresh:
            supervisor.Stack(env, port=0, report=print).prepare()
            began = time.perf_counter()
            Loading(url, market(demands, supplies))
            print(f"loaded in {time.perf_counter() - began:.0f} s")
        yield env, url


def ranked(env: dict[str, str], url: str, folder: Path, workers: int) -> dict[str, Any]:
    """One run with its figures; processor time is that of its processes and their share of PostgreSQL."""
    commands = [(*supervisor.FLASK, "scheduler"), *[("-m", "marketplace.worker", "rerank")] * workers]
    children = [Child(" ".join(command), partial(launch, command, env, None)) for command in commands]
    before = processor_s(folder)
    for child in children:
        child.start()
    try:
        time.sleep(5)
        began = time.perf_counter()
        command = [sys.executable, *supervisor.FLASK, "match", "rerank", "--progress"]
        subprocess.run(command, env=env, check=True)
        took = time.perf_counter() - began
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait_until_ended(time.monotonic() + 10)
    busy = processor_s(folder) - before
    return {"seconds": round(took, 1), "processor_s": round(busy, 1), **figures(url)}


def figures(url: str) -> dict[str, Any]:
    """What the tables say of the last run."""
    with psycopg.connect(url) as connection:
        run, slot, run_s = connection.execute(
            "SELECT id, slot, extract(epoch FROM ended_at - started_at)::float8 FROM rerank_run"
            " ORDER BY id DESC LIMIT 1"
        ).fetchone()
        parts = connection.execute(
            "SELECT supplies, pairings, took_s FROM rerank_part WHERE run_id = %s", [run]
        ).fetchall()
        size = connection.execute("SELECT pg_total_relation_size(%s)", [f"ranked_supply_{slot}"]).fetchone()[
            0
        ]
        news = connection.execute("SELECT count(*) FROM new_pairing WHERE run_id = %s", [run]).fetchone()[0]
    supplies = sum(part[0] for part in parts)
    stages = {name: round(sum(took[name] for *_, took in parts), 1) for name in parts[0][2]}
    return {
        "run_s": round(run_s, 1),
        "supplies": supplies,
        "supplies_per_s": round(supplies / run_s),
        "pairings": sum(part[1] for part in parts),
        "parts": len(parts),
        "stage_s": stages,
        "longest_part_s": max(round(sum(took.values()), 1) for *_, took in parts),
        "result_mb": round(size / 1e6),
        "news": news,
    }


def processor_s(folder: Path) -> float:
    """Processor time of the children of this process that have ended, and of the server's."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    server = psutil.Process(int((folder / "pg" / "postmaster.pid").read_text().split()[0])).cpu_times()
    return ended.ru_utime + ended.ru_stime + server.children_user + server.children_system


def in_memory(supplies: int, demands: int) -> dict[str, Any]:
    """Supplies a second in one process, without the database: asked in runs of one part's size."""
    drawn = market(demands, supplies)
    index = m.Index.build(drawn.demands, drawn.tables)
    index.best_of_each(m.DEFAULT, drawn.supplies.take(slice(0, 1_000)), TODAY, k=20)
    began, before = time.perf_counter(), time.process_time()
    index.best_of_each(m.DEFAULT, drawn.supplies, TODAY, k=20)
    took, busy = time.perf_counter() - began, time.process_time() - before
    return {
        "supplies": supplies,
        "seconds": round(took, 1),
        "processor_s": round(busy, 1),
        "per_s": round(supplies / took),
        "per_processor_s": round(supplies / busy),
    }


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--supplies", type=int, default=1_000_000)
    asked.add_argument("--demands", type=int, default=1_000_000)
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--runs", type=int, default=2)
    asked.add_argument("--data", type=Path)
    said = asked.parse_args()
    with contextlib.ExitStack() as held:
        folder = said.data or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="huanliu-rerank-")))
        env, url = held.enter_context(loaded(folder.absolute(), said.supplies, said.demands))
        load = [round(load_, 1) for load_ in os.getloadavg()]
        runs = [ranked(env, url, folder.absolute(), said.workers) for _ in range(said.runs)]
    result = {
        "machine": {**machine(), "load_before": load},
        "demands": said.demands,
        "workers": said.workers,
        "in_memory": in_memory(min(said.supplies, 100_000), said.demands),
        "runs": runs,
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
