"""What a re-rank found that the one before had not: planned once per pairing, for the daily digest only."""

import logging
import time
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import aliased

from .... import clock
from ....catalogue import service as catalogue
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....matches import service as matches
from ...models import Delivery, NotificationKind
from .deduplication import MAY_REPEAT_SQL, About
from .messages import LAST_GRADE, compose, release_tiers
from .told import Told, push_key

MAX_NEWS = 20
"""How many new pairings of one run an enterprise is notified of, at most."""
RECEIVERS = 100
"""Enterprises planned for in one transaction."""
TASK = "notifications.jobs.plan_rerank_news"
log = logging.getLogger(__name__)

BOTH_TRADE = " AND ".join(
    enterprises.as_sql(aliased(Enterprise, name=name).may_trade) for name in ("receiver", "sender")
)
# With :last_grade the rest is taken, so that nobody is left out whose grade has changed since the first part.
NEXT_RECEIVERS = """
SELECT DISTINCT n.receiver FROM new_pairing n JOIN enterprise e ON e.no = n.receiver
WHERE n.run_id = :run_id AND (e.grade <= :grade OR :grade = :last_grade) ORDER BY n.receiver LIMIT :receivers
"""
DELETE_PLANNED = "DELETE FROM new_pairing WHERE run_id = :run_id AND receiver = ANY(:receivers)"
CODES = "SELECT DISTINCT code_id FROM new_pairing WHERE run_id = :run_id AND receiver = ANY(:receivers)"
NEWS = f"""
WITH covers AS (SELECT * FROM unnest(CAST(:codes AS int[]), CAST(:names AS int[])) AS c (code_id, name_id)),
best AS (
  SELECT DISTINCT ON (n.receiver, theirs.enterprise_id, n.code_id)
         receiver.id AS receiver_id, theirs.enterprise_id AS counterpart_id, n.code_id, mine.id AS mine_id,
         theirs.id AS theirs_id, n.score, n.rank
  FROM new_pairing n JOIN enterprise receiver ON receiver.no = n.receiver
  JOIN listing mine ON mine.no = n.mine JOIN listing theirs ON theirs.no = n.theirs
  JOIN enterprise sender ON sender.id = theirs.enterprise_id
  LEFT JOIN last_notification record ON record.receiver_id = receiver.id
    AND record.counterpart_id = sender.id AND record.code_id = n.code_id AND record.kind = :kind
  WHERE n.run_id = :run_id AND n.receiver = ANY(:receivers) AND mine.status = 'open'
    AND theirs.status = 'open' AND {BOTH_TRADE}
    AND coalesce(mine.code_id, theirs.code_id) = n.code_id
    AND (record.receiver_id IS NULL OR {MAY_REPEAT_SQL} AND NOT EXISTS (
      SELECT FROM notification p WHERE p.id = record.notification_id AND p.status = 'planned'))
    AND NOT EXISTS (SELECT FROM match_feedback f WHERE f.listing_id = mine.id AND f.other_id = theirs.id
      AND f.verdict = 'not_suitable')
    AND NOT EXISTS (SELECT FROM silence q JOIN covers c ON c.name_id = q.code_id
      WHERE c.code_id = n.code_id AND q.receiver_id = receiver.id AND q.counterpart_id = sender.id)
    AND NOT EXISTS (SELECT FROM notification_preferences w JOIN covers c ON c.name_id = ANY (w.muted_codes)
      WHERE c.code_id = n.code_id AND w.enterprise_id = receiver.id)
  ORDER BY n.receiver, theirs.enterprise_id, n.code_id, n.score DESC, n.mine, n.theirs)
SELECT * FROM (
  SELECT best.*, row_number() OVER (PARTITION BY receiver_id ORDER BY score DESC, theirs_id) AS number
  FROM best) numbered WHERE number <= :max_news ORDER BY receiver_id, counterpart_id, code_id
"""  # noqa: S608 - fragments are constants, values are bound
"""The best new pairing for each receiver, counterpart and code that may be notified."""


def schedule_rerank_news(run_id: int) -> None:
    """Enqueue the news of a run by grade of the receiver, each after the policy's delay for that grade."""
    with unit_of_work() as work:
        for grade, delay in release_tiers().delays.items():
            if grade <= LAST_GRADE:
                work.enqueue(TASK, due_at=clock.now() + delay, run_id=run_id, grade=grade)


def plan_rerank_news(run_id: int, grade: str) -> None:
    """Plan what is new to some enterprises of a grade (or better), and enqueue the rest."""
    began = time.perf_counter()
    with unit_of_work() as work:
        parameters = {"run_id": run_id, "grade": grade, "last_grade": LAST_GRADE, "receivers": RECEIVERS}
        receivers = list(work.session.scalars(text(NEXT_RECEIVERS), parameters))
        if not receivers:
            return
        news = _news_of(work, run_id, receivers)
        lawful = matches.lawful_pairs({_sides(row) for row in news})
        planned = _plan(work, [row for row in news if _sides(row) in lawful])
        work.session.execute(text(DELETE_PLANNED), {"run_id": run_id, "receivers": receivers})
        if len(receivers) == RECEIVERS:
            work.enqueue(TASK, run_id=run_id, grade=grade)
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info(
        "news of a re-rank planned",
        extra={"run_id": run_id, "receivers": len(receivers), "messages": planned, "ms": milliseconds},
    )


def _news_of(work: Work, run_id: int, receivers: list[int]) -> Sequence[Any]:
    """Rows of `NEWS`."""
    parameters: dict[str, Any] = {"run_id": run_id, "receivers": receivers}
    covers = catalogue.aliases_of(work.session.scalars(text(CODES), parameters))
    parameters |= {
        "codes": [cover.code_id for cover in covers], "names": [cover.alias_id for cover in covers],
        "kind": NotificationKind.MATCH_FOUND, "now": clock.now(), "max_news": MAX_NEWS,
    }  # fmt: skip
    return work.session.execute(text(NEWS), parameters).all()


def _sides(row: Any) -> tuple[UUID, UUID]:
    return row.mine_id, row.theirs_id


def _plan(work: Work, news: Collection[Any]) -> int:
    """Plan a message for each row. Returns how many are new; the statements do not grow with them."""
    rows = listings.by_id({side for row in news for side in _sides(row)})
    readers = enterprises.by_id({row.receiver_id for row in news})
    told = Told.lock(work, {push_key(row.receiver_id, row.counterpart_id, row.code_id) for row in news})
    for row in news:
        reader = readers[row.receiver_id]
        data = {
            "listing_id": str(row.mine_id), "counterpart_id": str(row.theirs_id), "score": row.score,
            "rank": row.rank, "grade": reader.grade,
        }  # fmt: skip
        message = compose(reader, NotificationKind.MATCH_FOUND, data)
        message.delivery = Delivery.DIGEST
        told.plan(About(message, rows[row.theirs_id], row.code_id))
    return told.write()
