"""What issued documents take in time and memory: a contract, a manifest, a settlement, a sheet of 100 labels.

`python -m bench.documents [count]` needs no servers; it writes `bench/results/documents.json`.
"""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from marketplace.documents.service import labels
from marketplace.documents.service.qr import qr_svg
from marketplace.documents.service.rendering import render_pdf
from tests.documents.facts import CONTRACT, MANIFEST, SETTLEMENT
from tests.documents.test_labels import LABEL

RESULTS = Path(__file__).parent / "results" / "documents.json"
COUNT = 200
FACTS = {"contract": CONTRACT, "manifest": MANIFEST, "settlement": SETTLEMENT}
ADDRESS = "https://huanliu.example/verify/" + "A" * 43


def document(kind: str) -> Callable[[int], int]:
    """What sets the n-th document of a kind, each with another number, and returns its size in bytes."""

    def render(number: int) -> int:
        about = {"number": f"D{number:020d}", "address": ADDRESS, "issued": "2026-12-01 12:00"}
        at = datetime(2026, 12, 1, 4, tzinfo=UTC)
        return len(render_pdf(kind, {**FACTS[kind], **about}, at, {"qr": qr_svg(f"{ADDRESS}{number}")}))

    return render


def sheet(number: int) -> int:
    """Draws 100 labels that no sheet before had; returns the size in bytes."""
    stem = f"{LABEL.digital_id[:-3]}"
    first = number % 9 * 100
    ids = [f"{stem}{serial:03d}" for serial in range(first, first + labels.MOST_LABELS)]
    return len(labels.label_sheet([replace(LABEL, digital_id=each) for each in ids]))


def measured(name: str, make: Callable[[int], int], count: int) -> dict[str, Any]:
    taken, size, worked = [], 0, time.process_time()
    for number in range(count):
        began = time.perf_counter()
        size = make(number)
        taken.append((time.perf_counter() - began) * 1000)
    later = taken[1:]
    return {
        "document": name,
        "first_ms": round(taken[0], 1),
        "median_ms": round(statistics.median(later), 1),
        "p99_ms": round(statistics.quantiles(later, n=100)[-1], 1),
        "cpu_ms": round((time.process_time() - worked) * 1000 / count, 1),
        "kb": round(size / 1000),
        "rss_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


def main(count: int = COUNT) -> None:
    before = round(psutil.Process().memory_info().rss / 1e6)
    results = [measured(kind, document(kind), count) for kind in FACTS]
    results.append(measured("100 labels", sheet, max(3, count // 10)))
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    RESULTS.write_text(
        json.dumps({"machine": machine, "idle_mb": before, "results": results}, indent=1) + "\n"
    )
    for result in results:
        print(" ".join(f"{name}={value}" for name, value in result.items()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
