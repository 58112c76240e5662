"""Callers in processes of their own: one kept connection a thread, either as fast as they are answered or at
given moments. A late answer does not put off the next question: what waits is counted from its own moment.
"""

from __future__ import annotations

import http.client
import math
import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.pool import Pool

LONGEST_S = 120


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    key: str
    body: bytes | None = None
    media: str = "application/json"


@dataclass(frozen=True)
class Calls:
    """What a process is to send.

    Attributes:
        requests: sent in turn; again from the first when `seconds` say how long.
        seconds: 0 sends each once.
        a_second: evenly, or by chance (`poisson`); 0 sends the next when the last is answered.
        threads: how many of the process send at once, each with its share.
    """

    port: int
    requests: list[Request]
    seconds: float = 0
    a_second: float = 0
    poisson: bool = False
    threads: int = 1
    seed: int = 0


@dataclass
class Answers:
    """Seconds of each answer from when its request was due, what was refused, and from when to when."""

    took: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0

    def add(self, other: Answers) -> None:
        self.took += other.took
        self.refused += other.refused
        self.began = min(self.began or other.began, other.began)
        self.ended = max(self.ended, other.ended)

    @property
    def a_second(self) -> float:
        return round(len(self.took) / (self.ended - self.began), 1)

    def ms(self, percent: float) -> float:
        return round(1000 * percentile(self.took, percent), 1)


def percentile(values: list[float], percent: float) -> float:
    """The nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)]


def pool(callers: int) -> Pool:
    """Processes that share nothing with this one."""
    return multiprocessing.get_context("spawn").Pool(callers)


def call_all(callers: Pool, calls: list[Calls]) -> Answers:
    """What all of them were answered.

    Raises:
        RuntimeError: one was refused.
    """
    total = Answers()
    for answers in callers.map(call, calls, chunksize=1):
        total.add(answers)
    if total.refused:
        raise RuntimeError(f"{len(total.refused)} refused, such as {total.refused[0]}")
    return total


def call(calls: Calls) -> Answers:
    """Send them, and say how long each took."""
    shares = [calls.requests[number :: calls.threads] for number in range(calls.threads)]
    total = Answers()
    with ThreadPoolExecutor(calls.threads) as threads:
        for answers in threads.map(lambda one: _send(calls, one[1], one[0]), enumerate(shares)):
            total.add(answers)
    return total


def _send(calls: Calls, requests: list[Request], number: int) -> Answers:
    connection = http.client.HTTPConnection("127.0.0.1", calls.port, timeout=LONGEST_S)
    rate = calls.a_second / calls.threads
    chance = random.Random(calls.seed * 1000 + number)
    answers = Answers(began=time.time())
    due = until = time.perf_counter()
    until += calls.seconds
    position = 0
    while time.perf_counter() < until if calls.seconds else position < len(requests):
        if rate:
            due += chance.expovariate(rate) if calls.poisson else 1 / rate
            time.sleep(max(due - time.perf_counter(), 0))
        else:
            due = time.perf_counter()
        refused = send(connection, requests[position % len(requests)])
        position += 1
        answers.took.append(time.perf_counter() - due)
        answers.refused += refused
        if len(answers.refused) > 10:
            break
    answers.ended = time.time()
    connection.close()
    return answers


def send(connection: http.client.HTTPConnection, request: Request) -> list[str]:
    """Send it and read the answer; what it said if it refused."""
    headers = {"Authorization": f"Bearer {request.key}", "Content-Type": request.media}
    connection.request(request.method, request.path, request.body, headers)
    answer = connection.getresponse()
    said = answer.read()
    return [] if answer.status < 300 else [f"{answer.status} {said[:300]!r}"]
