"""One part of a run ranked, written and compared with the ranking before.

A part is a task of its own: it reads its supplies and the demands that fit them, ranks, and writes, all in
the task's one transaction. So a part that was cut off has left nothing and is done again.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sqlalchemy import select, text

import matching

from .... import clock
from ....events.work import Work, unit_of_work
from ....numpy_columns import write_arrays
from ...models import MatchingPolicy, RerankPart, RerankRun, RunState
from ..ranking.match_input import copy_sides, day_number
from .runs import end_if_all_done, last_complete

TOP = 20
"""Demands stored of each supply."""
WORTH_COMPILING = 500
"""Supplies from which on it is quicker to read the compiled search first than to do without."""
NEW_PAIRINGS = """
WITH pair AS MATERIALIZED (
  SELECT latest.supply, page.demand, page.score, page.rank
  FROM ranked_supply_{slot} latest LEFT JOIN ranked_supply_{before} old ON old.supply = latest.supply
  CROSS JOIN LATERAL unnest(latest.demands, latest.scores) WITH ORDINALITY AS page (demand, score, rank)
  WHERE latest.supply = ANY(:supplies) AND page.score >= :threshold
    AND (old.supply IS NULL OR latest.demands <> old.demands AND page.demand <> ALL (old.demands)))
INSERT INTO new_pairing (run_id, receiver, mine, theirs, code_id, score, rank)
SELECT :run_id, notified.receiver, notified.mine, notified.theirs, s.code_id, pair.score, pair.rank
FROM pair JOIN listing s ON s.no = pair.supply JOIN enterprise se ON se.id = s.enterprise_id
JOIN listing d ON d.no = pair.demand JOIN enterprise de ON de.id = d.enterprise_id
CROSS JOIN LATERAL (VALUES (se.no, s.no, d.no, s.published_at), (de.no, d.no, s.no, d.published_at))
  AS notified (receiver, mine, theirs, published_at)
WHERE notified.published_at < :since
"""
"""Both owners are notified, of listings that the run before knew: who publishes one sees its list itself."""

log = logging.getLogger(__name__)


def rank_part(run_id: int, number: int) -> None:
    """Rank the supplies of a part and write what was found; nothing if its run is over."""
    with unit_of_work() as work:
        run, part = work.session.get_one(RerankRun, run_id), _lock_unfinished_part(work, run_id, number)
        if part is None:
            return
        took: dict[str, float] = {}
        with _time_stage(took, "read"):
            supplies, demands, tables = copy_sides(part.code_ids, part.first_no, part.last_no, run.today)
        with _time_stage(took, "build"):
            compiled = len(supplies) >= WORTH_COMPILING
            index = matching.Index.build(demands, tables, merge_at=None, compiled=compiled)
        with _time_stage(took, "rank"):
            rules = work.session.get_one(MatchingPolicy, run.policy_version)
            policy = matching.Policy.from_mapping(rules.body, rules.version)
            today = day_number(run.today)
            best = index.best_of_each(policy, supplies, today, k=TOP, ranges=tables.stated)
        with _time_stage(took, "write"):
            _write(work, run.slot, supplies.key, best)
        with _time_stage(took, "news"):
            _record_new_pairings(work, run, supplies.key, rules.body["push_threshold"])
        part.supplies, part.pairings, part.took_s = len(supplies), int(best.size.sum()), took
        part.ended_at = clock.now()
        end_if_all_done(work, run_id)
    figures = {"supplies": part.supplies, "pairings": part.pairings}
    ms = round(sum(took.values()) * 1000)
    log.info("rerank part ranked", extra={"run_id": run_id, "part": number, **figures, "ms": ms})


def _lock_unfinished_part(work: Work, run_id: int, number: int) -> RerankPart | None:
    """The part, if its run goes on; no start may empty the slot until this transaction ends."""
    slot = work.session.scalar(select(RerankRun.slot).where(RerankRun.id == run_id))
    work.session.execute(text(f"LOCK TABLE ranked_supply_{slot} IN ROW EXCLUSIVE MODE"))
    going = select(RerankRun.id).where(RerankRun.id == run_id, RerankRun.state == RunState.RUNNING)
    unfinished = select(RerankPart).where(
        RerankPart.run_id.in_(going), RerankPart.number == number, RerankPart.ended_at.is_(None)
    )
    return work.session.scalars(unfinished).one_or_none()


@contextmanager
def _time_stage(took: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    took[stage] = round(time.perf_counter() - began, 3)


def _write(work: Work, slot: int, supplies: np.ndarray, best: matching.Best) -> None:
    """Write the pages of supplies by `no`; one whose code changed meanwhile may be there by another part."""
    gone = text(f"DELETE FROM ranked_supply_{slot} WHERE supply = ANY(:supplies)")  # noqa: S608 - fragments are constants, values are bound
    work.session.execute(gone, {"supplies": supplies.tolist()})
    by_no = np.argsort(supplies, kind="stable")
    scores = (best.score[by_no] / matching.SCORE_UNIT).astype(np.float32)
    pages: dict[str, np.ndarray] = {"demands": best.key[by_no], "scores": scores}
    write_arrays(work.session, f"ranked_supply_{slot}", {"supply": supplies[by_no]}, pages, best.size[by_no])


def _record_new_pairings(work: Work, run: RerankRun, supplies: np.ndarray, threshold: float) -> None:
    """Write the pairings that the last complete run does not have; the first run of all has none."""
    before = last_complete()
    if before is None:
        return
    about = {
        "run_id": run.id,
        "since": before.started_at,
        "threshold": threshold,
        "supplies": supplies.tolist(),
    }
    work.session.execute(text(NEW_PAIRINGS.format(slot=run.slot, before=before.slot)), about)
