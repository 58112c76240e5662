"""Whose task is next: due tasks in turn by owner, small before bulk, and none is left for ever."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..models import NOBODY

AGED_AFTER = timedelta(seconds=60)
"""A task that is due for longer no longer waits for its turn. Strangers' news are to arrive within ten
seconds, an import's within the minute: whoever waits longer has been passed over for long enough."""
BULK_DEPTH = 200
"""Tasks of imports that wait in a queue at most: two jobs, so that its worker is never idle. Behind them a
stranger's task waits for a share of each (`carrying.SHARE_S`)."""
LEAST_SHARE = 100
"""Tasks of one owner that are looked at, however many owners there are; they fill the queue for one job."""

MOST_OWNERS = 1000
"""Owners of small tasks, and as many of bulk, that a round looks at; where there are more, the next looks at
those that follow."""
BEGINNING = {"small_from": NOBODY, "bulk_from": NOBODY}

CHOOSE = text("""
WITH RECURSIVE party AS (
    ((SELECT bulk, owner_id, 1 AS number FROM task
      WHERE status = 'pending' AND queue = :queue AND NOT bulk AND owner_id >= :small_from
      ORDER BY owner_id LIMIT 1)
     UNION ALL
     (SELECT bulk, owner_id, 1 FROM task
      WHERE status = 'pending' AND queue = :queue AND bulk AND owner_id >= :bulk_from
      ORDER BY owner_id LIMIT 1))
    UNION ALL
    SELECT party.bulk, following.owner_id, party.number + 1 FROM party CROSS JOIN LATERAL (
        SELECT owner_id FROM task
        WHERE status = 'pending' AND queue = :queue AND task.bulk = party.bulk
          AND task.owner_id > party.owner_id
        ORDER BY owner_id LIMIT 1) AS following
    WHERE party.number < :most_owners),
lined_up AS (
    SELECT own.id, own.due_at, party.bulk,
        row_number() OVER (PARTITION BY party.bulk, party.owner_id ORDER BY own.due_at, own.id) AS turn,
        row_number() OVER (ORDER BY own.due_at, own.id) AS seniority
    FROM party CROSS JOIN LATERAL (
        SELECT id, due_at FROM task
        WHERE status = 'pending' AND queue = :queue AND task.bulk = party.bulk
          AND task.owner_id = party.owner_id AND due_at <= :now
          AND id <> ALL(CAST(:waiting AS bigint[]))
        ORDER BY due_at, id
        LIMIT (SELECT greatest(:least_share, :space / count(*)) FROM party)) AS own),
in_order AS (
    SELECT id, bulk, row_number() OVER (
        ORDER BY CASE WHEN due_at <= :aged AND seniority <= :aged_space THEN 0 ELSE 1 END,
        CASE WHEN due_at <= :aged AND seniority <= :aged_space THEN seniority END,
        bulk, turn, due_at, id) AS place
    FROM lined_up),
counted AS (
    SELECT id, bulk, place, count(*) FILTER (WHERE bulk) OVER (ORDER BY place) AS in_bulk FROM in_order)
SELECT ARRAY(
        SELECT id FROM counted
        WHERE NOT bulk OR in_bulk <= :bulk_depth - (
            SELECT count(*) FROM task WHERE id = ANY(CAST(:waiting AS bigint[])) AND bulk)
        ORDER BY place LIMIT :space) AS ids,
    (SELECT owner_id FROM party WHERE NOT bulk AND number = :most_owners) AS small_from,
    (SELECT owner_id FROM party WHERE bulk AND number = :most_owners) AS bulk_from
""")
"""The owners are found by jumps through `ix_task_turn`, not by reading all that is due: of 200,000 due tasks
it reads as many as of a thousand, whether they are of one owner or of as many."""
BY_INDEX = text("SET LOCAL enable_sort = off")
"""Tasks come and go faster than PostgreSQL counts them. Where it believes in a handful, it would rather read
and sort all that are due, once for each owner; so for this transaction an order is taken from an index."""


_next: dict[str, dict[str, UUID]] = {}
"""Of each queue, from which owners on the next round of this process looks."""


def tasks_in_turn(
    session: Session, queue: str, now: datetime, space: int, waiting: Collection[int]
) -> list[int]:
    """The due tasks to be dispatched next, but for those `waiting` in the queue: up to `space`.

    Half of the space is for what has aged, the oldest first: thus each task's time comes, and an import that
    has aged as a whole still leaves half to others. For the rest each owner has a turn, then each a second
    one, first among small tasks, then among bulk; of bulk no more than `BULK_DEPTH` wait. Of more than
    `MOST_OWNERS` with pending tasks a round looks at some, by their ids, and the next at those after them.
    """
    parameters = {
        "queue": queue, "waiting": list(waiting), "now": now, "aged": now - AGED_AFTER, "space": space,
        "aged_space": (space + 1) // 2, "least_share": LEAST_SHARE, "bulk_depth": BULK_DEPTH,
        "most_owners": MOST_OWNERS,
    }  # fmt: skip
    session.execute(BY_INDEX)
    goes_on = _next.get(queue, BEGINNING)
    found = session.execute(CHOOSE, {**parameters, **goes_on}).one()
    if not found.ids and goes_on != BEGINNING:
        found = session.execute(CHOOSE, {**parameters, **BEGINNING}).one()
    _next[queue] = {"small_from": found.small_from or NOBODY, "bulk_from": found.bulk_from or NOBODY}
    return list(found.ids)
