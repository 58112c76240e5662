"""What `make bench-service` found as docs/performance.md shows it: one table beside what was wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- service: written by make bench-service -->\n", "<!-- /service -->\n"
KEYS = (
    "posts_per_s", "drafts_per_s", "post_cpu_ms", "post_statements", "matches_per_s", "match_cpu_ms",
    "match_statements", "match_p95_ms_at_50_1m", "import_10000_told_s", "stranger_during_import_p99_s",
    "pushes_per_s", "push_p50_s", "push_p99_s", "posts_acknowledged_before_after",
)  # fmt: skip
"""The figures by which a release is judged; all else is under `more`."""
ROWS = (
    ("published posts a second, 8 callers", "posts_per_s", "150"),
    ("drafts a second, 8 callers", "drafts_per_s", "250"),
    ("processor of a published post in the web process, ms", "post_cpu_ms", "4"),
    ("statements of a published post", "post_statements", "6"),
    ("pages of 20 matches a second, 8 callers", "matches_per_s", "200"),
    ("the same, median of one caller, ms", "match_p50_ms_one_caller", "9"),
    ("processor of such a page in the web process, ms", "match_cpu_ms", "5"),
    ("statements of such a page", "match_statements", "5"),
    ("p95 at 50 pages a second, 1,000,000 listings, ms", "match_p95_ms_at_50_1m", "40"),
    ("10,000 rows imported, matched and planned, s", "import_planned_s", "60"),
    ("all 200,000 messages of them released, s", "import_10000_told_s", "300"),
    ("a stranger told meanwhile, p99, s", "stranger_during_import_p99_s", "10"),
    ("messages a second, 50 posts a second told to 20 each", "pushes_per_s", "1,000"),
    ("post to inbox at 50 posts a second, median, s", "push_p50_s", ""),
    ("post to inbox at 50 posts a second, p99, s", "push_p99_s", "10"),
    ("post to inbox at 5 posts a second, p99, s", "push_p99_s_at_5", "2"),
    ("memory of the idle stack, MB", "idle_mb", "700"),
    ("largest process with 1,000,000 listings, MB", "million_mb", "900"),
)


def write(report: dict[str, Any]) -> None:
    """Put the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(report)}\n{END}{after}", encoding="utf-8")


def table(report: dict[str, Any]) -> str:
    """Figures, those of the commit it was compared with, and targets."""
    figures = {**report["more"], **{name: report[name] for name in KEYS}}
    figures |= {"idle_mb": _sum(figures.get("idle_mb")), "million_mb": _most(figures.get("million_mb"))}
    before = report["more"].get("before", {})
    lines = [f"| measure | now | at {before.get('commit', 'the start')} | target |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {_shown(figures.get(key))} | {_shown(before.get(key))} | {target} |"
        for name, key, target in ROWS
    ]
    return "\n".join(lines) + "\n"


def _sum(sizes: dict[str, int] | None) -> int | None:
    return sizes and sizes["all"]


def _most(sizes: dict[str, int] | None) -> int | None:
    return sizes and max(mb for kind, mb in sizes.items() if kind != "all")


def _shown(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,}"
