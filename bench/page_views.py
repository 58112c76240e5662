"""Pages for people: how many a second in a mix, and what each costs the processor: `make bench-pages`.

`python -m bench.page_views` starts the stack with the demo city and logs its persons in. Callers in two
processes ask for all pages in turn, as fast as they are answered; then each page is asked for 25 times within
this process, and the thread's own time is taken. Beside ours stand, in the same run, what one would have
instead: the same figures as JSON from the API, and of the page of today a plain one (`bench/plain_page.py`),
which reads the same rows by ORM, one look-up each, and shows them by Jinja.

    --seconds 20       of the mix
    --data FOLDER      where the city is kept for another run
    --short            two seconds, five tries: to see that it works, not what it makes
"""

from __future__ import annotations

import argparse
import gc
import http.client
import json
import multiprocessing
import os
import re
import statistics
import threading
import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.matches_http import QUIET, folder
from bench.service_measures import counted
from marketplace import supervisor
from marketplace.settings import DEMO_LOGINS
from tests.console.private import PRIVATE_PAGES, STAFF_PAGES

PUBLIC_PAGES = ("/", "/board", "/verify", "/help", "/help/plant-manager")
LINE = re.compile(r"(?P<what>\w+).*: (?P<phone>\d{11}) (?P<password>\S+)(?: \(codes: (?P<codes>[^)]+)\))?")
AS_JSON = {"/": "/api/v1/figures", "/board": "/api/v1/credit/board", "/cockpit": "/api/v1/cockpit"}
"""The API's call with the same figures; of the other pages no single call has them."""
PLAIN = "/today"
PROCESSES, THREADS = 2, 4
RESULTS = Path(__file__).parent / "results" / "page_views.json"
HTML = "text/html"
Page = tuple[str, str]
"""A path, and the cookie of who looks at it."""


class Caller:
    """A connection to the web process."""

    def __init__(self, port: int) -> None:
        self._server = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._origin = f"http://127.0.0.1:{port}"

    def get(self, path: str, cookie: str) -> int:
        self._server.request("GET", path, headers={"Accept": HTML, "Cookie": cookie})
        answer = self._server.getresponse()
        answer.read()
        return answer.status

    def post(self, path: str, cookie: str = "", **fields: str) -> str | None:
        """Send a form; returns the cookie as it is then, or None where the form was refused."""
        headers = {
            "Accept": HTML,
            "Origin": self._origin,
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._server.request("POST", path, urlencode(fields), headers)
        answer = self._server.getresponse()
        answer.read()
        if answer.status != 303:
            return None
        found = SimpleCookie(answer.getheader("Set-Cookie", ""))
        return "; ".join(f"{name}={morsel.value}" for name, morsel in found.items()) or cookie


def logged_in(port: int, file: Path) -> dict[str, str]:
    """The cookie of each person of the demo, by the first word of what it is."""
    caller, cookies = Caller(port), {}
    for line in file.read_text(encoding="utf-8").splitlines():
        person = LINE.match(line)
        if person is None:
            raise RuntimeError(f"no log-in: {line}")
        cookie = caller.post("/login", login=person["phone"], password=person["password"])
        # A code is good once: an earlier run on the same folder has used the first ones.
        codes = (person["codes"] or "").split()
        let_in = not codes or any(caller.post("/login/code", cookie or "", code=code) for code in codes)
        if cookie is None or not let_in:
            raise RuntimeError(f"no log-in of {person['phone']}")
        cookies[person["what"]] = cookie
    return cookies


def pages_of(cookies: dict[str, str]) -> list[Page]:
    """Every page, with the cookie of who looks at it."""
    return [
        *((path, "") for path in PUBLIC_PAGES),
        *((path, cookies["plant"]) for path in PRIVATE_PAGES),
        *((path, cookies["admin"]) for path in STAFF_PAGES),
        ("/cockpit", cookies["regulator"]),
    ]


def views(port: int, pages: list[Page], seconds: float) -> tuple[int, list[float]]:
    """How many pages the threads of this process were shown, and how long each took."""
    took: list[float] = []
    until = time.monotonic() + seconds

    def ask(start: int) -> None:
        caller, number = Caller(port), start
        while (began := time.monotonic()) < until:
            path, cookie = pages[number % len(pages)]
            if caller.get(path, cookie) != 200:
                raise RuntimeError(path)
            took.append(time.monotonic() - began)
            number += 1

    threads = [threading.Thread(target=ask, args=(number * 3,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took), took


def mixed(port: int, pages: list[Page], seconds: float) -> dict[str, float]:
    """Views a second of all callers together, and how long one waited."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.starmap(views, [(port, pages, 2.0)] * PROCESSES)  # what a process keeps is kept
        began = time.monotonic()
        found = pool.starmap(views, [(port, pages, seconds)] * PROCESSES)
        lasted = time.monotonic() - began
    took = sorted(each for _, part in found for each in part)
    return {
        "views_a_second": round(len(took) / lasted, 1),
        "median_ms": round(1000 * statistics.median(took), 1),
        "p99_ms": round(1000 * took[int(0.99 * len(took))], 1),
    }


def costs(app: Any, pages: list[Page], tries: int) -> dict[str, dict[str, float]]:
    """Of each path the processor's time of a view and its statements, within this process."""
    sent, rows = counted(), {}
    for path, cookie in pages:
        client, took = app.test_client(use_cookies=False), []
        for _ in range(tries + 1):
            before, began = len(sent), time.thread_time()
            answer = client.get(path, headers={"Accept": f"{HTML}, application/json;q=0.9", "Cookie": cookie})
            took.append(1000 * (time.thread_time() - began))
            statements = len(sent) - before
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        rows[path] = {
            "first_ms": round(took[0], 1),
            "median_ms": round(statistics.median(took[1:]), 1),
            "worst_ms": round(max(took[1:]), 1),
            "statements": statements,
            "kb": round(len(answer.data) / 1000, 1),
        }
    return rows


def compared(app: Any, pages: list[Page], tries: int) -> dict[str, dict[str, float]]:
    """What ours cost beside what one would have instead: median ms of both, and their ratio."""
    from bench.plain_page import add_plain_page

    cookies = dict(pages)
    rivals = {path: (other, cookies[path]) for path, other in AS_JSON.items() if path in cookies}
    rivals[PLAIN] = (add_plain_page(app), cookies[PLAIN])
    ours = costs(app, [(path, cookies[path]) for path in rivals], tries)
    theirs = costs(app, list(rivals.values()), tries)
    return {
        f"{path} : {other}": {
            "ours_ms": ours[path]["median_ms"],
            "other_ms": theirs[other]["median_ms"],
            "other_over_ours": round(theirs[other]["median_ms"] / ours[path]["median_ms"], 2),
            "other_statements": theirs[other]["statements"],
        }
        for path, (other, _) in rivals.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--data", metavar="FOLDER")
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    seconds, tries = (2, 5) if given.short else (given.seconds, 25)
    unlimited = {"RATE_LIMIT_PUBLIC": "1000000 per minute", "RATE_LIMIT_KEY": "1000000 per minute"}
    env = {**os.environ, **QUIET, **unlimited}
    with folder(given.data) as data, supervisor.stack(data, demo=True, env=env) as stack:
        pages = pages_of(logged_in(stack.port, data / DEMO_LOGINS))
        found: dict[str, Any] = {"mixed": mixed(stack.port, pages, seconds)}
        os.environ.update(stack.env)
        from marketplace import create_app

        app = create_app()
        gc.collect()
        gc.freeze()  # as the web process does
        found["compared"] = compared(app, pages, tries)
        found["pages"] = costs(app, pages, tries)
    medians = [row["median_ms"] for row in found["pages"].values()]
    found["median_ms"], found["worst_page_ms"] = statistics.median(medians), max(medians)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    if not given.short:
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
