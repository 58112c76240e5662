"""Making a plan for a region and period: read, judged, planned, held to the gates, written."""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import update

import matching
from matching.allocation import (
    MOST_WAYS,
    Lawful,
    Plan,
    Region,
    TooManyWays,
    allocate,
    broken_gates,
    lawful_ways,
)

from ... import clock
from ...database import db
from ...errors import DomainError, Invalid
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...http.languages import render_all
from ...matches import service as matches
from ..models import JUDGING, LIFE, PLANNING, READING, Allocation, AllocationStatus, Gap, Placement, Unplaced
from . import region_input
from .plan_rows import gap_rows, placement_rows, totals_of, unplaced_rows
from .requests import extent_of

log = logging.getLogger(__name__)

ReportProgress = Callable[[str, int, int | None], None]
"""Called with the stage, the steps done, and how many there are (None: unknown)."""


def run_allocation(allocation_id: UUID) -> None:
    """Make a plan that was asked for; its tables, its totals and the mark of its task are one transaction.

    Until the plan is made its row is left alone here: other transactions write how far it is.

    Raises:
        RuntimeError: the plan breaks a gate; that is a bug, and the plan has failed.
    """
    began = time.perf_counter()
    with unit_of_work() as work:
        row = work.session.get(Allocation, allocation_id)
        if row is None or row.status in (AllocationStatus.DONE, AllocationStatus.REFUSED):
            return
        as_of, policy = clock.now(), matches.policy_in_force()
        try:
            region, lawful, plan = _make_plan(row, policy.matching, _progress_reporter(allocation_id))
        except DomainError as error:
            _end(work, row, "refuse")
            row.reason = {"code": error.code, "detail": render_all(error.code, error.facts)}
            log.info("plan refused", extra={"allocation_id": str(allocation_id), "code": error.code})
            return
        except Exception:
            _write_progress(allocation_id, LIFE.values("fail"))
            raise
        _write_plan(work, row, region, lawful, plan)
        row.as_of, row.policy_version = as_of, policy.version
        _end(work, row, "finish")
    milliseconds = round((time.perf_counter() - began) * 1000)
    facts = {"supplies": len(region.supplies), "ways": len(lawful.ways), "placements": len(plan.way)}
    log.info("plan made", extra={"allocation_id": str(allocation_id), **facts, "ms": milliseconds})


def _end(work: Work, row: Allocation, move: str) -> None:
    """Finish or refuse a plan; that it is running was written by another transaction."""
    work.session.refresh(row, [LIFE.column])
    LIFE.move(row, move, by=Party.SYSTEM)
    row.ended_at = clock.now()


def _make_plan(
    row: Allocation, policy: matching.Policy, report_progress: ReportProgress
) -> tuple[Region, Lawful, Plan]:
    """Read, judge, plan, and hold the plan to the gates once more.

    Raises:
        Invalid: there is nothing to plan, or too much. RuntimeError: the plan breaks a gate; that is a bug.
    """
    report_progress(READING, 0, None)
    region = region_input.read_region(extent_of(row))
    try:
        lawful = lawful_ways(policy, region, lambda done, of: report_progress(JUDGING, done, of))
    except TooManyWays as error:
        raise Invalid("allocation_too_many_ways", at="region", most=MOST_WAYS) from error
    report_progress(PLANNING, 0, None)
    plan = allocate(
        lawful.ways, lawful.capacities, lambda number, gap: report_progress(PLANNING, number, None)
    )
    broken = broken_gates(policy, region, lawful, plan.way, plan.kg)
    if broken:
        raise RuntimeError(f"the plan breaks {'; '.join(broken)}")
    return region, lawful, plan


def _write_plan(work: Work, row: Allocation, region: Region, lawful: Lawful, plan: Plan) -> None:
    unplaced = unplaced_rows(row, region, lawful, plan)
    work.copy_rows(Placement, placement_rows(row, region, lawful, plan))
    work.copy_rows(Unplaced, unplaced)
    work.copy_rows(Gap, gap_rows(row, region, lawful, plan))
    row.totals = totals_of(region, lawful, plan, unplaced)


def _progress_reporter(allocation_id: UUID) -> ReportProgress:
    """Writes how far a plan is in transactions of their own, so that others can see it."""

    def report_progress(stage: str, done: int, of: int | None) -> None:
        _write_progress(
            allocation_id, {**LIFE.values("start"), "stage": stage, "steps_done": done, "steps_of": of}
        )

    return report_progress


def _write_progress(allocation_id: UUID, values: dict[str, Any]) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(Allocation).where(Allocation.id == allocation_id).values(values))
