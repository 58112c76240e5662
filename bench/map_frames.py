"""How smoothly a phone scrolls a map of 500 listings, beside the same hall as a list: `make bench-map`.

`python -m bench.map_frames` starts the stack with the demo city and opens both pages in Chromium as the plant
manager, 390 pixels wide. Each is scrolled for 120 frames; a frame that takes much longer than the others is
the stutter that people see.

    --data FOLDER      where the city is kept for another run
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path
from typing import Any

from bench.matches_http import QUIET, folder
from bench.page_views import logged_in
from marketplace import supervisor
from marketplace.settings import DEMO_LOGINS
from tests.browser import chromium

PAGES = {"map": "/hall?kind=supply&view=map", "list": "/hall?kind=supply"}
SCROLL = """frames => new Promise(done => {
  const took = []; let last;
  const step = now => {
    if (last !== undefined) took.push(now - last);
    last = now;
    scrollBy(0, took.length % 40 < 20 ? 30 : -30);
    took.length < frames ? requestAnimationFrame(step) : done(took);
  };
  requestAnimationFrame(step);
})"""
FRAMES = 120
RESULTS = Path(__file__).parent / "results" / "map_frames.json"


def frames_of(context: Any, address: str) -> dict[str, float]:
    """What a page holds, and how long its frames take while it is scrolled."""
    tab = context.new_page()
    answer = tab.goto(address, wait_until="load")
    took = sorted(tab.evaluate(SCROLL, FRAMES))
    ready = tab.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    found = {
        "places": tab.locator(".map circle").count(),
        "links": tab.locator("main a[href^='/listings/']").count(),
        "kb": round(len(answer.body()) / 1000, 1),
        "ready_ms": round(ready),
        "median_frame_ms": round(statistics.median(took), 1),
        "p95_frame_ms": round(took[int(0.95 * len(took))], 1),
        "longest_frame_ms": round(took[-1], 1),
    }
    tab.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="FOLDER")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    at = chromium.find()
    with (
        folder(given.data) as data,
        supervisor.stack(data, demo=True, env={**os.environ, **QUIET}) as stack,
        sync_playwright() as playwright,
    ):
        name, _, value = logged_in(stack.port, data / DEMO_LOGINS)["plant"].partition("=")
        browser = playwright.chromium.launch(
            executable_path=at.path, args=list(chromium.FLAGS), env=at.environment
        )
        context = browser.new_context(viewport={"width": 390, "height": 844})
        origin = f"http://127.0.0.1:{stack.port}"
        context.add_cookies([{"name": name, "value": value, "url": origin}])
        for path in PAGES.values():
            context.new_page().goto(origin + path)  # what a process keeps is kept
        found = {shown: frames_of(context, origin + path) for shown, path in PAGES.items()}
        browser.close()
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
