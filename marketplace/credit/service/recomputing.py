"""All standings at once: computed anew and written where they differ, or as other rules would have them.

Enterprises are taken in batches by id, so that memory does not grow with their number.
"""

import heapq
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import MILLI_PER_POINT, Grade
from ...events.work import Work, unit_of_work
from .rules import current_rules, rules_to_store
from .sums import BATCH, Sum, sums_of, terms_of

MOST_CHANGES = 1000
"""Enterprises that a simulation names; it counts all."""
BEST_FIRST = tuple(Grade)

log = logging.getLogger(__name__)


def recompute() -> tuple[int, int]:
    """Compute the standing of every enterprise from its events, and write those that differ.

    Each batch is a transaction of its own, in which its enterprises are locked by id: events of theirs wait.

    Returns:
        of how many enterprises, and how many standings were written.
    """
    started, count, written = time.perf_counter(), 0, 0
    for ids in enterprises.batches_of_ids(BATCH):
        with unit_of_work() as work:
            enterprises.lock_all(work, ids)
            stale = [each for each in sums_of(ids, clock.today()) if each.standing != each.written]
            _write(work, stale)
        count, written = count + len(ids), written + len(stale)
    ms = round((time.perf_counter() - started) * 1000)
    log.info("standings recomputed", extra={"count": count, "written": written, "ms": ms})
    return count, written


def _write(work: Work, stale: Sequence[Sum]) -> None:
    """Write the standings of locked enterprises; `credit.changed` is emitted as for a single one."""
    enterprises.set_standings(
        [
            {
                "id": each.enterprise_id,
                "score_milli": each.score,
                "grade": each.grade,
                "provisional": each.provisional,
                "blocked": each.blocked,
                "valid_until": each.valid_until,
            }
            for each in stale
        ],
        as_of=clock.today(),
    )
    changed = [each for each in stale if (each.score, each.grade, each.blocked) != _seen(each)]
    if changed:
        work.emit_many("credit.changed", [_payload(each) for each in changed])


def _seen(each: Sum) -> tuple[int, Grade, bool]:
    """Of what is written the part that others are told of."""
    score, grade, _, blocked, _ = each.written
    return score, grade, blocked


def _payload(each: Sum) -> dict[str, Any]:
    return {
        "enterprise_id": str(each.enterprise_id),
        "score": each.score / MILLI_PER_POINT,
        "grade": each.grade,
        "grade_before": each.written[1],
        "blocked": each.blocked,
    }


def simulate_rules(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Who would change grade if every event that counts today had the terms of these rules.

    An event whose rule is not among them keeps its own terms; one that counts no longer today does not begin
    again, however long its rule would last. Nothing is written.

    Returns:
        `changes`: at most `MOST_CHANGES`, those that lose most grades first, each with the grade `from` which
        and `to` which, its name and region; `counts`: of all enterprises.
    Raises:
        Invalid: an axis is left without a rule (`axis_without_rule`).
    """
    terms, counts = terms_of(rules_to_store(items, current_rules())), Counter[tuple[Grade, Grade]]()
    changes = heapq.nsmallest(MOST_CHANGES, _changes(terms, counts), key=_worst_first)
    known = enterprises.references({enterprise_id for enterprise_id, *_ in changes})
    named = {each: {"name": row.name, "region": row.region} for each, row in known.items()}
    return {
        "changes": [
            {"enterprise_id": enterprise_id, **named[enterprise_id], "from": one, "to": other}
            for enterprise_id, one, other in changes
        ],
        "counts": _counted(counts),
    }


def _changes(terms: str, counts: Counter[tuple[Grade, Grade]]) -> Iterator[tuple[UUID, Grade, Grade]]:
    """Enterprises whose grade would change; what all would be is counted."""
    today = clock.today()
    for ids in enterprises.batches_of_ids(BATCH):
        for each in sums_of(ids, today, terms):
            before = each.written[1]
            counts[before, each.grade] += 1
            if before != each.grade:
                yield each.enterprise_id, before, each.grade


def _worst_first(change: tuple[UUID, Grade, Grade]) -> tuple[int, UUID]:
    enterprise_id, before, after = change
    return BEST_FIRST.index(before) - BEST_FIRST.index(after), enterprise_id


def _counted(counts: Counter[tuple[Grade, Grade]]) -> dict[str, Any]:
    down = sum(
        n for (before, after), n in counts.items() if BEST_FIRST.index(before) < BEST_FIRST.index(after)
    )
    up = sum(n for (before, after), n in counts.items() if BEST_FIRST.index(before) > BEST_FIRST.index(after))
    return {
        "enterprises": counts.total(),
        "changed": up + down,
        "up": up,
        "down": down,
        "from": {grade.value: sum(n for (one, _), n in counts.items() if one == grade) for grade in Grade},
        "to": {grade.value: sum(n for (_, one), n in counts.items() if one == grade) for grade in Grade},
    }
