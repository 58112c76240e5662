"""Ranking all open supplies anew: one run, its parts, and what they find that was not there before.

A part is a task of its own: it reads its supplies and the demands that fit them, ranks, and writes, all in
the task's one transaction. So a part that was cut off has left nothing and is done afresh. Locks are taken in
one order: the slot (by many parts, or by one start alone), then the run.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import delete, func, select, text

import matching

from .... import clock
from ....database import db
from ....events.models import Task
from ....events.work import Work, unit_of_work
from ....numpy_columns import write_arrays
from ...models import MatchingPolicy, RerankPart, RerankRun, RunState
from ..policy import policy_in_force
from . import match_input
from .hits import uuid_of

TOP = 20
"""Demands kept of each supply."""
PART_SUPPLIES = 100_000
"""About how many supplies a part has: some seconds of work, of which less than half are for reading."""
WORTH_LOADING = 500
"""Supplies from which on it is quicker to read the compiled search first than to do without."""
KEEP_RUNS = timedelta(days=30)
START, PART = "matches.jobs.rerank", "matches.jobs.rerank_part"
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
NEWS = """
WITH pair AS MATERIALIZED (
  SELECT now.supply, page.demand, page.score, page.rank
  FROM ranked_supply_{slot} now LEFT JOIN ranked_supply_{before} old ON old.supply = now.supply
  CROSS JOIN LATERAL unnest(now.demands, now.scores) WITH ORDINALITY AS page (demand, score, rank)
  WHERE now.supply = ANY(:supplies) AND page.score >= :threshold
    AND (old.supply IS NULL OR now.demands <> old.demands AND page.demand <> ALL (old.demands)))
INSERT INTO new_pairing (run_id, receiver, mine, theirs, code_id, score, rank)
SELECT :run_id, told.receiver, told.mine, told.theirs, s.code_id, pair.score, pair.rank
FROM pair JOIN listing s ON s.no = pair.supply JOIN enterprise se ON se.id = s.enterprise_id
JOIN listing d ON d.no = pair.demand JOIN enterprise de ON de.id = d.enterprise_id
CROSS JOIN LATERAL (VALUES (se.no, s.no, d.no, s.published_at), (de.no, d.no, s.no, d.published_at))
  AS told (receiver, mine, theirs, published_at)
WHERE told.published_at < :since
"""
"""Both owners are told, for listings that the run before knew: who publishes one sees its list itself."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: parts, supplies (`expected` were counted at its start), pairings, seconds."""

    run_id: int
    state: str
    parts: int
    parts_done: int
    expected: int
    supplies: int
    pairings: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.supplies / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None: nothing is done yet to tell by."""
        return max(0, self.expected - self.supplies) / self.per_second if self.supplies else None


# ---------------------------------------------------------------- beginning


def start_rerank(reason: str) -> int:
    """Begin to rank all supplies, or join the run that does so by the policy in force for today.

    A run by an older policy or for an earlier day is superseded: what is left of it does nothing.

    Returns:
        the run's number.
    """
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('rerank'))"))
        version, today = policy_in_force().version, clock.today()
        running = _running()
        if running is not None and (running.policy_version, running.today) == (version, today):
            return running.id
        if running is not None:
            running = _stopped(work, running)
        last = last_complete()
        slot = running.slot if running is not None else 1 - last.slot if last is not None else 0
        work.session.execute(text(f"TRUNCATE ranked_supply_{slot}"))
        run = RerankRun(policy_version=version, today=today, reason=reason, slot=slot)
        return _begun(work, work.add(run))


def enqueue_nightly_rerank() -> None:
    """Enqueue the run of this night, once."""
    payload = {"reason": "nightly", "night": str(clock.today())}
    enqueued = select(Task.id).where(Task.subscriber == START, Task.payload == payload)
    with unit_of_work() as work:
        if work.session.scalar(enqueued.limit(1)) is None:
            work.enqueue(START, reason="nightly", night=str(clock.today()))


def _running() -> RerankRun | None:
    query = select(RerankRun).where(RerankRun.state == RunState.RUNNING)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def last_complete() -> RerankRun | None:
    """The run whose result stands."""
    done = select(RerankRun).where(RerankRun.state == RunState.DONE)
    return db.session.scalars(done.order_by(RerankRun.id.desc()).limit(1)).one_or_none()


def _stopped(work: Work, running: RerankRun) -> RerankRun | None:
    """Wait for the parts that are in the midst of writing, and supersede the run; None if it ended so."""
    work.session.execute(text(f"LOCK TABLE ranked_supply_{running.slot} IN ACCESS EXCLUSIVE MODE"))
    still = _running()
    if still is not None:
        still.state, still.ended_at = RunState.SUPERSEDED, clock.now()
        work.session.execute(text("DELETE FROM new_pairing WHERE run_id = :id"), {"id": still.id})
        work.session.flush()
    return still


def _begun(work: Work, run: RerankRun) -> int:
    forgotten = RerankRun.started_at < clock.now() - KEEP_RUNS, RerankRun.state != RunState.RUNNING
    work.session.execute(delete(RerankRun).where(*forgotten, RerankRun.id != _standing()))
    slices = work.session.execute(text(SLICES), {"size": PART_SUPPLIES}).all()
    for number, part in enumerate(_parts([tuple(one) for one in slices])):
        work.add(RerankPart(run_id=run.id, number=number, **part))
        work.enqueue(PART, run_id=run.id, number=number)
    _end_if_all_done(work, run.id)
    return run.id


def _standing() -> int:
    last = last_complete()
    return last.id if last else 0


def _parts(slices: list[tuple[int, int, int]]) -> Iterator[dict[str, Any]]:
    """Parts of about equal size: slices of one large code, or several whole codes.

    Args:
        slices: code, least `no`, and count, those of one code together and in order.
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


# ---------------------------------------------------------------- a part


def rank_part(run_id: int, number: int) -> None:
    """Rank the supplies of a part and write what was found; nothing if its run is over."""
    with unit_of_work() as work:
        run, part = work.session.get_one(RerankRun, run_id), _unfinished(work, run_id, number)
        if part is None:
            return
        took: dict[str, float] = {}
        with _timed(took, "read"):
            supplies, demands, tables = match_input.sides_of(
                part.code_ids, part.first_no, part.last_no, run.today
            )
        with _timed(took, "build"):
            compiled = len(supplies) >= WORTH_LOADING
            index = matching.Index.build(demands, tables, merge_at=None, compiled=compiled)
        with _timed(took, "rank"):
            rules = work.session.get_one(MatchingPolicy, run.policy_version)
            policy = matching.Policy.from_mapping(rules.body, rules.version)
            today = match_input.days(run.today)
            best = index.best_of_each(policy, supplies, today, k=TOP, ranges=tables.stated)
        with _timed(took, "write"):
            _write(work, run.slot, supplies.key, best)
        with _timed(took, "news"):
            _note_news(work, run, supplies.key, rules.body["push_threshold"])
        part.supplies, part.pairings, part.took_s = len(supplies), int(best.size.sum()), took
        part.ended_at = clock.now()
        _end_if_all_done(work, run_id)


def _unfinished(work: Work, run_id: int, number: int) -> RerankPart | None:
    """The part, if its run goes on; no start may empty the slot until this transaction ends."""
    slot = work.session.scalar(select(RerankRun.slot).where(RerankRun.id == run_id))
    work.session.execute(text(f"LOCK TABLE ranked_supply_{slot} IN ROW EXCLUSIVE MODE"))
    going = select(RerankRun.id).where(RerankRun.id == run_id, RerankRun.state == RunState.RUNNING)
    unfinished = select(RerankPart).where(
        RerankPart.run_id.in_(going), RerankPart.number == number, RerankPart.ended_at.is_(None)
    )
    return work.session.scalars(unfinished).one_or_none()


@contextmanager
def _timed(took: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    took[stage] = round(time.perf_counter() - began, 3)


def _write(work: Work, slot: int, supplies: np.ndarray, best: matching.Best) -> None:
    """Write the pages of supplies by `no`; one whose code changed meanwhile may be there by another part."""
    gone = text(f"DELETE FROM ranked_supply_{slot} WHERE supply = ANY(:supplies)")
    work.session.execute(gone, {"supplies": supplies.tolist()})
    order = np.argsort(supplies, kind="stable")
    scores = (best.score[order] / matching.SCORE_UNIT).astype(np.float32)
    pages: dict[str, np.ndarray] = {"demands": best.key[order], "scores": scores}
    write_arrays(work.session, f"ranked_supply_{slot}", {"supply": supplies[order]}, pages, best.size[order])


def _note_news(work: Work, run: RerankRun, supplies: np.ndarray, threshold: float) -> None:
    """Note the pairings that the last complete run does not have; the first run of all has no news."""
    before = last_complete()
    if before is None:
        return
    about = {
        "run_id": run.id,
        "since": before.started_at,
        "threshold": threshold,
        "supplies": supplies.tolist(),
    }
    work.session.execute(text(NEWS.format(slot=run.slot, before=before.slot)), about)


def _end_if_all_done(work: Work, run_id: int) -> None:
    """The part that is the last to end ends the run; the lock lets one after the other see."""
    work.session.flush()
    run = work.lock(RerankRun, RerankRun.id == run_id)
    left = select(RerankPart.number).where(RerankPart.run_id == run_id, RerankPart.ended_at.is_(None))
    if work.session.scalar(left.limit(1)) is None:
        run.state, run.ended_at = RunState.DONE, clock.now()
        work.session.flush()
        work.emit("matches.reranked", run_id=run_id)


# ---------------------------------------------------------------- looking at it


def lawful_pairs(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Which pairs of a supply and a demand, in either order, are lawful now and over the threshold."""
    if not pairs:
        return set()
    policy, today = policy_in_force(), clock.today()
    ids = list({one for pair in pairs for one in pair})
    supplies, demands, tables = match_input.these(ids, ids, today)
    supply_row = {supply: row for row, supply in enumerate(_ids(supplies))}
    demand_rows: dict[UUID, list[int]] = defaultdict(list)
    for row, demand in enumerate(_ids(demands)):
        demand_rows[demand].append(row)
    facing: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in pairs:
        supply, demand = (one, other) if one in supply_row else (other, one)
        facing[supply].add(demand)
    held: set[tuple[UUID, UUID]] = set()
    for supply, others in facing.items():
        field = demands.take([row for other in others for row in demand_rows[other]])
        ranking = matching.rank_demands(
            policy.matching, supplies.take([supply_row[supply]]), field, tables, match_input.days(today),
            k=len(field), min_score=policy.body["push_threshold"],
        )  # fmt: skip
        held |= {(supply, demand) for demand in _ids(field.take(ranking.rows))}
    return held | {(other, one) for one, other in held}


def _ids(rows: matching.Supplies | matching.Demands) -> list[UUID]:
    return [uuid_of(high, low) for high, low in zip(rows.id_hi.tolist(), rows.id_lo.tolist(), strict=True)]


def progress_of(run_id: int) -> Progress:
    """How far a run is."""
    run = db.session.get_one(RerankRun, run_id, populate_existing=True)
    parts = select(
        func.count(),
        func.count(RerankPart.ended_at),
        func.coalesce(func.sum(RerankPart.expected), 0),
        func.coalesce(func.sum(RerankPart.supplies), 0),
        func.coalesce(func.sum(RerankPart.pairings), 0),
    ).where(RerankPart.run_id == run_id)
    many, done, expected, supplies, pairings = (int(one) for one in db.session.execute(parts).one())
    seconds = ((run.ended_at or clock.now()) - run.started_at).total_seconds()
    return Progress(run_id, run.state, many, done, expected, supplies, pairings, seconds)
