"""What `make bench` found as docs/performance.md shows it: two tables and a plot."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PLOT = DOCS / "performance.md", DOCS / "engine.svg"
BEGIN, END = "<!-- engine: written by make bench -->\n", "<!-- /engine -->\n"
WAYS = {
    "engine": ("index", "#0b6e4f"),
    "numpy_scan": ("NumPy scan", "#c8553d"),
    "sklearn_balltree": ("scikit-learn BallTree", "#8a6fb0"),
    "postgres_sql": ("PostgreSQL, one statement", "#33658a"),
    "postgres_earthdistance": ("PostgreSQL, earthdistance", "#86bbd8"),
    "geopy_loop": ("geopy in a loop (extrapolated)", "#b0a18a"),
}
WIDTH, HEIGHT, LEFT, TOP, LEGEND = 760, 420, 70, 30, 220
LEAST_MS, MOST_MS = 0.03, 3000.0
Sizes = dict[str, dict[str, Any]]


def write(sizes: Sizes) -> None:
    """Put the tables into the page and the plot beside it."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables(sizes)}\n{END}{after}", encoding="utf-8")
    PLOT.write_text(plot(sizes), encoding="utf-8")


def tables(sizes: Sizes) -> str:
    """Times by size and way, then what else was measured of the index."""
    lines = ["| demands | method | median ms | p99 ms | mean ms | queries |", "|---|---|---|---|---|---|"]
    for size, found in sizes.items():
        for way, (name, _) in WAYS.items():
            row = found[way]
            figures = " | ".join(f"{row[figure]:.3g}" for figure in ("median_ms", "p99_ms", "mean_ms"))
            lines.append(f"| {int(size):,} | {name} | {figures} | {row['queries']:,} |")
    lines += [
        "",
        "| demands | batch a second | build s | bytes a row | fresh row ms | SQL / index | NumPy / index |",
        "|---|---|---|---|---|---|---|",
    ]
    for size, found in sizes.items():
        names = ("build_s", "bytes_per_listing", "fresh_row_ms")
        figures = " | ".join(str(found[name]) for name in names)
        ours = found["engine"]["mean_ms"]
        sql = min(found[way]["mean_ms"] for way in ("postgres_sql", "postgres_earthdistance")) / ours
        scan = found["numpy_scan"]["mean_ms"] / ours
        lines.append(f"| {int(size):,} | {found['batch_per_s']:,} | {figures} | {sql:,.0f} | {scan:,.0f} |")
    return "\n".join(lines) + "\n"


def plot(sizes: Sizes) -> str:
    """Median milliseconds by demands, both on logarithmic scales."""
    counts = [int(size) for size in sizes]
    right, bottom = WIDTH - LEGEND, HEIGHT - 50

    def across(count: int) -> float:
        low, high = math.log(min(counts)), math.log(max(counts))
        return LEFT + (right - LEFT) * ((math.log(count) - low) / (high - low) if high > low else 0.5)

    def up(ms: float) -> float:
        low, high = math.log(LEAST_MS), math.log(MOST_MS)
        return bottom - (bottom - TOP) * (math.log(ms) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18">20 best lawful demands, all gates on: median ms a question</text>',
    ]
    for ms in (0.1, 1, 10, 100, 1000):
        parts.append(f'<path d="M{LEFT} {up(ms):.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{up(ms) + 4:.1f}" text-anchor="end">{ms:g}</text>')
    for count in counts:
        parts.append(f'<text x="{across(count):.1f}" y="{bottom + 20}" text-anchor="middle">{count:,}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">demands</text>')
    for number, (way, (name, colour)) in enumerate(WAYS.items()):
        places = [(across(int(size)), up(found[way]["median_ms"])) for size, found in sizes.items()]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        at = TOP + 20 + 24 * number
        parts.append(f'<rect x="{right + 25}" y="{at - 9}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{right + 43}" y="{at + 2}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
