"""What `bench.service` measures, one function each, on a stack that runs and a `bench.grid` market in it."""

from __future__ import annotations

import http.client
import itertools
import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from typing import Any

import psutil
import psycopg

from bench.callers import Answers, Calls, Request, call_all, percentile
from bench.grid import TOLD, Grid, Sender
from marketplace import supervisor

LISTINGS = "/api/v1/listings"
OUTSTANDING = """
    SELECT (SELECT count(*) FROM task WHERE status NOT IN ('done', 'parked') AND queue = 'matching')
         + (SELECT count(*) FROM notification WHERE status = 'planned' AND release_at <= now())"""
TOLD_OF = """
    SELECT extract(epoch FROM n.created_at)::float8, extract(epoch FROM n.released_at)::float8,
        extract(epoch FROM l.published_at)::float8
    FROM notification n JOIN listing l ON l.id = n.counterpart_id
    WHERE n.kind = 'match.found' AND l.enterprise_id = ANY(%s::uuid[])
        AND l.published_at >= to_timestamp(%s)"""
STATEMENTS_ASKED = 11
IMPORT_S = 420
"""How long an import is waited for; what is not told by then is said to be missing."""
STRANGER_EVERY_S = 1.5


@dataclass
class Bench:
    """A stack, the market in it, callers, and senders that have not sent anything yet."""

    stack: supervisor.Stack
    url: str
    grid: Grid
    callers: Pool
    width: int
    drain_s: float
    """How long what is owed is waited for; what is not done by then is said to be missing."""
    fresh: Iterator[Sender] = field(init=False)

    def __post_init__(self) -> None:
        self.fresh = iter(self.grid.senders)

    def calls(self, requests: list[list[Request]], **how: Any) -> list[Calls]:
        return [Calls(self.stack.port, one, seed=seed, **how) for seed, one in enumerate(requests)]

    def ask(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, params).fetchall()

    def drain(self) -> None:
        """Wait until nothing is owed, so that one measure does not pay for another."""
        deadline = time.monotonic() + self.drain_s
        while self.ask(OUTSTANDING)[0][0] and time.monotonic() < deadline:
            self.stack.restart_ended()
            time.sleep(0.5)


def posts(bench: Bench, seconds: float) -> dict[str, float]:
    """Published posts a second, of a code that nobody takes: each is matched, and nobody is told."""
    body = {**next(bench.grid.strange()), "waste": {"scheme": "cn-hw", "code": bench.grid.unwanted}}
    answers, cpu_ms = _posting(bench, body, seconds)
    backlog = bench.ask(OUTSTANDING)[0][0]
    bench.drain()
    return {
        "posts_per_s": answers.a_second, "post_cpu_ms": cpu_ms, "post_p50_ms": answers.ms(50),
        "post_p99_ms": answers.ms(99), "posts_unmatched_at_the_end": backlog,
    }  # fmt: skip


def drafts(bench: Bench, seconds: float) -> dict[str, float]:
    answers, cpu_ms = _posting(bench, {**next(bench.grid.strange()), "publish": False}, seconds)
    return {"drafts_per_s": answers.a_second, "draft_cpu_ms": cpu_ms}


def _posting(bench: Bench, body: dict[str, Any], seconds: float) -> tuple[Answers, float]:
    senders = itertools.islice(bench.fresh, bench.width)
    requests = [[Request("POST", LISTINGS, sender.key, json.dumps(body).encode())] for sender in senders]
    with web_cpu(bench.stack) as spent:
        answers = call_all(bench.callers, bench.calls(requests, seconds=seconds))
    return answers, round(1000 * spent[0] / len(answers.took), 2)


def pages_of_matches(bench: Bench, seconds: float) -> dict[str, float]:
    """Pages of 20 matches by all callers as fast as they are answered, then by one."""
    key = bench.grid.senders[0].key
    requests = [Request("GET", f"{LISTINGS}/{one}/matches?limit=20", key) for one in bench.grid.asked]
    with web_cpu(bench.stack) as spent:
        answers = call_all(bench.callers, bench.calls([requests] * bench.width, seconds=seconds))
    alone = call_all(bench.callers, bench.calls([requests], seconds=seconds))
    return {
        "matches_per_s": answers.a_second, "match_cpu_ms": round(1000 * spent[0] / len(answers.took), 2),
        "matches_per_s_one_caller": alone.a_second, "match_p50_ms_one_caller": alone.ms(50),
    }  # fmt: skip


def pushes(bench: Bench, a_second: float, seconds: float) -> dict[str, float]:
    """So many posts a second, each told to `TOLD`: how late a message is in the inbox after its post.

    What is not there when nobody waits any more counts as late as it is by then, so that figures are at least
    these.
    """
    began = time.time()
    senders = list(itertools.islice(bench.fresh, bench.width))
    each = round(a_second * seconds / bench.width) or 1
    bodies = [json.dumps(body).encode() for body in itertools.islice(bench.grid.bodies(), each)]
    requests = [[Request("POST", LISTINGS, sender.key, body) for body in bodies] for sender in senders]
    posted = call_all(bench.callers, bench.calls(requests, a_second=a_second / bench.width, threads=4))
    bench.drain()
    rows = bench.ask(TOLD_OF, [sender.id for sender in senders], began - 5)
    late = [released - published for _, released, published in rows if released is not None]
    missing, now = len(posted.took) * TOLD - len(late), time.time()
    last = now if missing else max(row[1] for row in rows)
    told_per_s = len(late) / (last - posted.began)
    late += [now - posted.ended] * missing
    return {
        "posted_per_s": posted.a_second, "pushes_per_s": round(told_per_s, 1),
        "push_p50_s": round(percentile(late, 50), 2), "push_p99_s": round(percentile(late, 99), 2),
        "pushes_missing": missing,
    }  # fmt: skip


def imports(bench: Bench, rows: int, tries: int) -> dict[str, float]:
    """An import of so many rows, each told to `TOLD`, and strangers who post one listing each meanwhile.

    What is missing in the end was not told in the seconds that are given: they are a lower bound.
    """
    sender, stranger = next(bench.fresh), next(bench.fresh)
    began = time.time()
    connection = http.client.HTTPConnection("127.0.0.1", bench.stack.port, timeout=120)
    headers = {"Authorization": f"Bearer {sender.key}", "Content-Type": "text/csv"}
    connection.request("POST", f"{LISTINGS}/import?publish=true", bench.grid.sheet(rows), headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status not in (201, 202):
        raise RuntimeError(f"import: {answer.status} {said[:300]!r}")
    done = threading.Event()
    late: list[float] = []
    posting = threading.Thread(target=_strangers, args=(bench, stranger, tries, done, late))
    posting.start()
    deadline = time.monotonic() + IMPORT_S
    while not _imported(bench, sender, rows) and time.monotonic() < deadline:
        time.sleep(1)
    done.set()
    posting.join()
    found = bench.ask(TOLD_OF, [sender.id], began - 5)
    released = [row[1] for row in found if row[1] is not None]
    missing, now = rows * TOLD - len(released), time.time()
    planned = now if len(found) < rows * TOLD else max(row[0] for row in found)
    return {
        "import_10000_told_s": round((now if missing else max(released)) - began, 1),
        "import_planned_s": round(planned - began, 1), "import_missing": missing,
        "stranger_during_import_p99_s": round(percentile(late, 99), 2),
        "stranger_p50_s": round(percentile(late, 50), 2), "strangers": len(late),
    }  # fmt: skip


def _imported(bench: Bench, sender: Sender, rows: int) -> bool:
    """Whether all rows are listings, all matched, all that was planned released."""
    listed = bench.ask("SELECT count(*) FROM listing WHERE enterprise_id = %s", sender.id)[0][0]
    return listed == rows and not bench.ask(OUTSTANDING)[0][0]


def _strangers(bench: Bench, stranger: Sender, tries: int, done: threading.Event, late: list[float]) -> None:
    """Post one listing after the other, and look into a receiver's inbox until each is there."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.stack.port, timeout=120)
    pending: dict[str, float] = {}
    bodies = itertools.islice(bench.grid.strange(), tries)
    body, next_at = next(bodies, None), time.monotonic()
    while pending or (body is not None and not done.is_set()):
        if body is not None and not done.is_set() and time.monotonic() >= next_at:
            posted = time.monotonic()
            pending[_ask(connection, "POST", LISTINGS, stranger.key, body)["id"]] = posted
            body, next_at = next(bodies, None), posted + STRANGER_EVERY_S
        page = _ask(connection, "GET", "/api/v1/notifications?limit=100", bench.grid.reader)
        for item in page["items"]:
            moment = pending.pop(item["data"].get("counterpart_id"), None)
            if moment is not None:
                late.append(time.monotonic() - moment)
        if pending and time.monotonic() - min(pending.values()) > IMPORT_S:
            late += [IMPORT_S] * len(pending)
            return
        time.sleep(0.1)


def _ask(connection: http.client.HTTPConnection, method: str, path: str, key: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
    return json.loads(said)


# ---------------------------------------------------------------- processor, statements, memory


def row_bytes(bench: Bench) -> dict[str, int]:
    """Bytes a row of what grows with use, indexes included, where there are a thousand rows or more."""
    tables = ("listing", "notification", "last_notification", "task", "event", "audit", "pairing_outcome")
    found = {}
    for table in tables:
        rows, size = bench.ask(f"SELECT count(*), pg_total_relation_size('{table}') FROM {table}")[0]
        if rows >= 1000:
            found[table] = round(size / rows)
    return found


@contextmanager
def web_cpu(stack: supervisor.Stack) -> Iterator[list[float]]:
    """Seconds of processor that the web's workers spend in the block."""
    spent: list[float] = []
    before = _cpu_s(stack)
    yield spent
    spent.append(_cpu_s(stack) - before)


def _cpu_s(stack: supervisor.Stack) -> float:
    workers = psutil.Process(stack.children["web"].pid).children()
    times = [worker.cpu_times() for worker in workers]
    return sum(one.user + one.system for one in times)


def statements(bench: Bench) -> dict[str, float]:
    """Statements of a published post and of a page of matches, without BEGIN and COMMIT.

    Counted at the driver in a process of its own with the same application: the embedded PostgreSQL has no
    pg_stat_statements, and there the work of workers and scheduler could not be told from that of a request.
    """
    body = {**next(bench.grid.strange()), "waste": {"scheme": "cn-hw", "code": bench.grid.unwanted}}
    key = bench.grid.senders[0].key
    asked = {
        "post_statements": Request("POST", LISTINGS, key, json.dumps(body).encode()),
        "match_statements": Request("GET", f"{LISTINGS}/{bench.grid.asked[0]}/matches?limit=20", key),
    }
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        counts = alone.apply(count_statements, (bench.stack.env, list(asked.values())))
    bench.drain()
    return dict(zip(asked, counts, strict=True))


def count_statements(env: dict[str, str], requests: list[Request]) -> list[float]:
    """Of each request the median of several; the first fills what the application keeps."""
    import os

    os.environ.update(env)
    from marketplace import create_app

    client = create_app().test_client()
    sent = counted()
    found = []
    for request in requests:
        counts = []
        for _ in range(STATEMENTS_ASKED):
            before = len(sent)
            answer = client.open(
                request.path, method=request.method, data=request.body,
                headers={"Authorization": f"Bearer {request.key}"}, content_type=request.media,
            )  # fmt: skip
            assert answer.status_code < 300, answer.text
            counts.append(len(sent) - before)
        found.append(statistics.median(counts[1:]))
    return found


def counted() -> list[str]:
    """Grows by each statement that this process sends from now on; the pool's pings are left out."""
    sent: list[str] = []

    def counting(name: str) -> None:
        real: Callable[..., Any] = getattr(psycopg.Cursor, name)

        def counted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            if str(query).strip(" ;"):
                sent.append(str(query))
            return real(self, query, *args, **kwargs)

        setattr(psycopg.Cursor, name, counted)

    for name in ("execute", "executemany", "copy"):
        counting(name)
    return sent


def memory_mb(ours: set[int]) -> dict[str, int]:
    """Proportional set sizes of the stack: the whole, and the largest process of each kind; not of `ours`."""
    sizes: dict[str, int] = {}
    for process in psutil.Process().children(recursive=True):
        try:
            kind, mb = _kind(process.cmdline()), round(process.memory_full_info().pss / 2**20)
        except psutil.Error:
            continue
        if process.pid not in ours and kind:
            sizes["all"] = sizes.get("all", 0) + mb
            sizes[kind] = max(sizes.get(kind, 0), mb)
    return sizes


def _kind(command: list[str]) -> str:
    said = " ".join(command)
    if "multiprocessing" in said:
        return ""
    kinds = {
        "gunicorn": "web", "marketplace.worker": "workers", "worker ": "worker", "scheduler": "scheduler",
        "postgres": "postgres", "valkey": "valkey",
    }  # fmt: skip
    return next((kind for word, kind in kinds.items() if word in said), "")
