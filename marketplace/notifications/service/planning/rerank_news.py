"""Telling what a ranking of all supplies has that the one before had not: once, and in digests only."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, tuple_

from .... import clock
from ....catalogue import service as catalogue
from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....matches import service as matches
from ...models import MATCH_FOUND, Delivery, Told
from .deduplication import AGAIN, TOLD_KEY, may_repeat, message_to, noted, tell_all_once

MOST_NEWS = 20
"""New pairings that one run tells one enterprise of, at most."""
RECEIVERS = 100
"""Enterprises told in one transaction."""
LAST_GRADE = "D"
"""Whoever is left is told with this grade, also those whose grade has changed meanwhile."""
TELL = "notifications.jobs.plan_rerank_news"

NEXT_RECEIVERS = """
SELECT DISTINCT n.receiver FROM new_pairing n JOIN enterprise e ON e.no = n.receiver
WHERE n.run_id = :run_id AND (e.grade <= :grade OR :grade = :last) ORDER BY n.receiver LIMIT :many
"""
TAKEN = "DELETE FROM new_pairing WHERE run_id = :run_id AND receiver = ANY(:receivers)"
CODES = "SELECT DISTINCT code_id FROM new_pairing WHERE run_id = :run_id AND receiver = ANY(:receivers)"
UNTOLD = f"""
WITH covers AS (SELECT * FROM unnest(CAST(:codes AS int[]), CAST(:names AS int[])) AS c (code_id, name_id)),
one_each AS (
  SELECT DISTINCT ON (n.receiver, theirs.enterprise_id, n.code_id)
         r.id AS receiver_id, theirs.enterprise_id AS counterpart_id, n.code_id, mine.id AS mine_id,
         theirs.id AS theirs_id, n.score, n.rank, t.receiver_id IS NOT NULL AS told_before
  FROM new_pairing n JOIN enterprise r ON r.no = n.receiver JOIN listing mine ON mine.no = n.mine
  JOIN listing theirs ON theirs.no = n.theirs JOIN enterprise s ON s.id = theirs.enterprise_id
  LEFT JOIN told t ON t.receiver_id = r.id AND t.counterpart_id = s.id AND t.code_id = n.code_id
    AND t.kind = :kind
  WHERE n.run_id = :run_id AND n.receiver = ANY(:receivers) AND mine.status = 'open'
    AND theirs.status = 'open' AND r.status = 'approved' AND s.status = 'approved'
    AND coalesce(mine.code_id, theirs.code_id) = n.code_id
    AND (t.receiver_id IS NULL OR {AGAIN} AND NOT EXISTS (
      SELECT FROM notification p WHERE p.id = t.notification_id AND p.status = 'planned'))
    AND NOT EXISTS (SELECT FROM match_feedback f WHERE f.listing_id = mine.id AND f.other_id = theirs.id
      AND f.verdict = 'not_suitable')
    AND NOT EXISTS (SELECT FROM silence q JOIN covers c ON c.name_id = q.code_id
      WHERE c.code_id = n.code_id AND q.receiver_id = r.id AND q.counterpart_id = s.id)
    AND NOT EXISTS (SELECT FROM notification_preferences w JOIN covers c ON c.name_id = ANY (w.muted_codes)
      WHERE c.code_id = n.code_id AND w.enterprise_id = r.id)
  ORDER BY n.receiver, theirs.enterprise_id, n.code_id, n.score DESC, n.mine, n.theirs)
SELECT * FROM (
  SELECT one_each.*, row_number() OVER (PARTITION BY receiver_id ORDER BY score DESC, theirs_id) AS place
  FROM one_each) placed WHERE place <= :most ORDER BY receiver_id, counterpart_id, code_id
"""  # noqa: S608 - fragments are constants, values are bound


def schedule_rerank_news(run_id: int) -> None:
    """Owe the news of a run by grade of the receiver, each after the delay that the policy has for it."""
    delays = matches.policy_in_force().body["push_delay_s"]
    with unit_of_work() as work:
        for grade, delay in delays.items():
            due = clock.now() + timedelta(seconds=delay)
            work.enqueue(TELL, due_at=due, run_id=run_id, grade=grade)


def plan_rerank_news(run_id: int, grade: str) -> None:
    """Tell some enterprises of a grade (or better) what is new to them, and owe the rest."""
    with unit_of_work() as work:
        about = {"run_id": run_id, "grade": grade, "last": LAST_GRADE, "many": RECEIVERS}
        receivers = list(work.session.scalars(text(NEXT_RECEIVERS), about))
        if not receivers:
            return
        found = _untold(work, run_id, receivers)
        lawful = matches.lawful_pairs({_sides(one) for one in found})
        _tell(work, [one for one in found if _sides(one) in lawful])
        work.session.execute(text(TAKEN), {"run_id": run_id, "receivers": receivers})
        if len(receivers) == RECEIVERS:
            work.enqueue(TELL, run_id=run_id, grade=grade)


def _untold(work: Work, run_id: int, receivers: list[int]) -> Sequence[Any]:
    """The best pairings for each receiver that it does not know and wants to hear of, one of each counterpart
    and code.
    """
    about: dict[str, Any] = {"run_id": run_id, "receivers": receivers}
    covers = catalogue.aliases_of(work.session.scalars(text(CODES), about))
    about |= {"codes": [one.code_id for one in covers], "names": [one.alias_id for one in covers]}
    about |= {"kind": MATCH_FOUND, "now": clock.now(), "most": MOST_NEWS}
    return work.session.execute(text(UNTOLD), about).all()


def _sides(one: Any) -> tuple[UUID, UUID]:
    return one.mine_id, one.theirs_id


def _tell(work: Work, found: Sequence[Any]) -> None:
    rows = listings.by_id({side for one in found for side in _sides(one)})
    readers = enterprises.by_id({one.receiver_id for one in found})
    told = _told(work, [one for one in found if one.told_before])
    news = []
    for one in found:
        theirs, before = rows[one.theirs_id], told.get((one.receiver_id, one.counterpart_id, one.code_id))
        if before is not None and not may_repeat(before, theirs):
            continue
        reader = readers[one.receiver_id]
        about: dict[str, Any] = {
            "listing_id": str(one.mine_id), "counterpart_id": str(one.theirs_id), "score": one.score,
            "rank": one.rank, "grade": reader.grade,
        }  # fmt: skip
        if before is not None:
            about["before"] = noted(before)
        message = message_to(reader, MATCH_FOUND, about)
        message.delivery = Delivery.DIGEST
        news.append((message, theirs, one.code_id))
    tell_all_once(work, news, told.values())


def _told(work: Work, known: Collection[Any]) -> dict[tuple[UUID, UUID, int], Told]:
    """What was told of these before, locked."""
    key = tuple_(*(getattr(Told, name) for name in TOLD_KEY))
    wanted = [(one.receiver_id, one.counterpart_id, one.code_id, MATCH_FOUND) for one in known]
    rows = work.session.scalars(
        select(Told)
        .where(key.in_(wanted))
        .order_by(key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(one.receiver_id, one.counterpart_id, one.code_id): one for one in rows}
