"""Runs that rank all open supplies: begun, superseded, ended.

Locks are taken in one sequence: the slot (by many parts, or by one start alone), then the run.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text

from .... import clock
from ....database import db
from ....events.lifecycle import Party
from ....events.models import Task
from ....events.work import Work, unit_of_work
from ...models import RUN_LIFE, RerankPart, RerankRun, RunState
from ..policy import policy_in_force

PART_SUPPLIES = 100_000
"""About how many supplies a part has: some seconds of work, of which less than half are for reading."""
RUN_RETENTION = timedelta(days=30)
START_TASK, PART_TASK = "matches.jobs.rerank", "matches.jobs.rerank_part"
SLICES = """
SELECT code_id, min(no), count(*) FROM (
  SELECT l.code_id, coalesce(c.parent_id, c.id) AS category, l.no,
         (row_number() OVER by_no - 1) * ceil(count(*) OVER of_code / CAST(:size AS float8))::int8
         / count(*) OVER of_code AS slice
  FROM listing l JOIN enterprise e ON e.id = l.enterprise_id JOIN waste_code c ON c.id = l.code_id
  WHERE l.kind = 'supply' AND l.status = 'open' AND e.status = 'approved'
  WINDOW of_code AS (PARTITION BY l.code_id), by_no AS (PARTITION BY l.code_id ORDER BY l.no)) cut
GROUP BY category, code_id, slice ORDER BY category, code_id, slice
"""
"""Codes by category, as those of one meet the same demands; a large code in slices of like size."""

log = logging.getLogger(__name__)


def start_rerank(reason: str) -> int:
    """Begin to rank all supplies, or join the run that does so by the policy in force for today.

    A run by an older policy or for an earlier day is superseded: what is left of it does nothing.

    Returns:
        the run's number.
    """
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('rerank'))"))
        version, today = policy_in_force().version, clock.today()
        running = _running_run()
        if running is not None and (running.policy_version, running.today) == (version, today):
            return running.id
        if running is not None:
            running = _supersede(work, running)
        last = last_complete()
        slot = running.slot if running is not None else 1 - last.slot if last is not None else 0
        work.session.execute(text(f"TRUNCATE ranked_supply_{slot}"))
        run = RerankRun(policy_version=version, today=today, reason=reason, slot=slot)
        run_id = _create_parts(work, work.add(run))
    log.info("rerank started", extra={"run_id": run_id, "reason": reason, "policy_version": version})
    return run_id


def enqueue_nightly_rerank() -> None:
    """Enqueue the run of this night, once."""
    payload = {"reason": "nightly", "night": str(clock.today())}
    enqueued = select(Task.id).where(Task.subscriber == START_TASK, Task.payload == payload)
    with unit_of_work() as work:
        if work.session.scalar(enqueued.limit(1)) is None:
            work.enqueue(START_TASK, reason="nightly", night=str(clock.today()))


def _running_run() -> RerankRun | None:
    query = select(RerankRun).where(RerankRun.state == RunState.RUNNING)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def last_complete() -> RerankRun | None:
    """The newest run that is complete: its ranking is in force."""
    done = select(RerankRun).where(RerankRun.state == RunState.DONE)
    return db.session.scalars(done.order_by(RerankRun.id.desc()).limit(1)).one_or_none()


def _supersede(work: Work, running: RerankRun) -> RerankRun | None:
    """Wait for the parts that are in the midst of writing, and supersede the run; None if it ended so."""
    work.session.execute(text(f"LOCK TABLE ranked_supply_{running.slot} IN ACCESS EXCLUSIVE MODE"))
    still = _running_run()
    if still is not None:
        RUN_LIFE.move(still, "supersede", by=Party.SYSTEM)
        still.ended_at = clock.now()
        work.session.execute(text("DELETE FROM new_pairing WHERE run_id = :id"), {"id": still.id})
        work.session.flush()
    return still


def _create_parts(work: Work, run: RerankRun) -> int:
    forgotten = RerankRun.started_at < clock.now() - RUN_RETENTION, RerankRun.state != RunState.RUNNING
    work.session.execute(delete(RerankRun).where(*forgotten, RerankRun.id != _last_complete_id()))
    slices = work.session.execute(text(SLICES), {"size": PART_SUPPLIES}).all()
    for number, part in enumerate(_parts([tuple(row) for row in slices])):
        work.add(RerankPart(run_id=run.id, number=number, **part))
        work.enqueue(PART_TASK, run_id=run.id, number=number)
    end_if_all_done(work, run.id)
    return run.id


def _last_complete_id() -> int:
    last = last_complete()
    return last.id if last else 0


def _parts(slices: list[tuple[int, int, int]]) -> Iterator[dict[str, Any]]:
    """Parts of about equal size: slices of one large code, or several whole codes.

    Args:
        slices: code, least `no`, and count, those of one code together and rising.
    """
    together: list[int] = []
    count = 0
    for at, (code_id, first_no, many) in enumerate(slices):
        begins = at == 0 or slices[at - 1][0] != code_id
        ends = at + 1 == len(slices) or slices[at + 1][0] != code_id
        if not (begins and ends):
            last_no = None if ends else slices[at + 1][1]
            yield _part([code_id], many, 0 if begins else first_no, last_no)
            continue
        if together and count + many > PART_SUPPLIES:
            yield _part(together, count)
            together, count = [], 0
        together, count = [*together, code_id], count + many
    if together:
        yield _part(together, count)


def _part(
    code_ids: list[int], expected: int, first_no: int = 0, last_no: int | None = None
) -> dict[str, Any]:
    return {"code_ids": code_ids, "first_no": first_no, "last_no": last_no, "expected": expected}


def end_if_all_done(work: Work, run_id: int) -> None:
    """The part that is the last to end ends the run; the lock lets one after the other see."""
    work.session.flush()
    run = work.lock(RerankRun, RerankRun.id == run_id)
    left = select(RerankPart.number).where(RerankPart.run_id == run_id, RerankPart.ended_at.is_(None))
    if work.session.scalar(left.limit(1)) is None:
        move = RUN_LIFE.move(run, "finish", by=Party.SYSTEM)
        run.ended_at = clock.now()
        work.session.flush()
        work.emit(move.event or "", run_id=run_id)
