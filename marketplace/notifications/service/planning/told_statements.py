"""What `told` reads and writes: one statement each, however many rows, and none where there is nothing."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....events.work import Work
from ....listings.models import Listing
from ...models import (
    LIFE,
    LastNotification,
    Notification,
    NotificationKind,
    NotificationStatus,
    RepeatedNotification,
)
from .deduplication import KEY_COLUMNS, REPEAT_AFTER, Key, Last, key_of
from .new_message import NewMessage, NewRecord

Pair = tuple[UUID, UUID]
UNMATCHED = text("""
SELECT n.* FROM notification n
WHERE n.status = 'planned' AND n.counterpart_id = ANY(:ours) AND n.listing_id IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM unnest(CAST(:counterparts AS uuid[]), CAST(:mine AS uuid[])) AS still (ours, mine)
    WHERE still.ours = n.counterpart_id AND still.mine = n.listing_id)
ORDER BY n.id FOR UPDATE OF n
""")
UNFOUND = text(f"""
SELECT n.* FROM notification n
WHERE n.status = 'planned' AND n.kind = '{NotificationKind.SEARCH_HIT.value}'
  AND n.counterpart_id = ANY(:listings) AND EXISTS (
    SELECT FROM jsonb_to_recordset(CAST(:pages AS jsonb)) AS page(
        listing_id uuid, after uuid, until uuid, still uuid[])
    WHERE page.listing_id = n.counterpart_id AND n.enterprise_id > page.after
      AND (page.until IS NULL OR n.enterprise_id <= page.until) AND n.enterprise_id <> ALL(page.still))
ORDER BY n.id FOR UPDATE OF n
""")  # noqa: S608 - the kind is a constant, values are bound
LAST = text(f"""
SELECT * FROM last_notification WHERE ({", ".join(KEY_COLUMNS)}) IN (
  SELECT * FROM unnest(CAST(:receivers AS uuid[]), CAST(:counterparts AS uuid[]), CAST(:codes AS int[]),
                       CAST(:kinds AS text[]))
  UNION SELECT {", ".join(KEY_COLUMNS)} FROM last_notification WHERE notification_id = ANY(:messages))
ORDER BY {", ".join(KEY_COLUMNS)} FOR UPDATE
""")  # noqa: S608 - names of columns are constants, values are bound
ROWS = """
jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(
    receiver_id uuid, counterpart_id uuid, code_id int, kind text, notification_id uuid, price_fen bigint,
    remaining_kg bigint, at timestamptz)
"""
COLUMNS = (*KEY_COLUMNS, "notification_id", "price_fen", "remaining_kg", "at")
INSERT_LAST = text(f"""
INSERT INTO last_notification ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM {ROWS}
ORDER BY {", ".join(KEY_COLUMNS)} ON CONFLICT DO NOTHING RETURNING notification_id
""")  # noqa: S608 - names of columns are constants, values are bound
UPDATE_LAST = text(f"""
UPDATE last_notification last SET notification_id = given.notification_id, price_fen = given.price_fen,
       remaining_kg = given.remaining_kg, at = given.at
FROM {ROWS} WHERE {" AND ".join(f"last.{name} = given.{name}" for name in KEY_COLUMNS)}
""")  # noqa: S608 - names of columns are constants, values are bound
UPDATE_MESSAGES = text("""
UPDATE notification SET listing_id = given.listing_id, counterpart_id = given.counterpart_id,
       data = given.data, score = given.score
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(
    id uuid, listing_id uuid, counterpart_id uuid, data jsonb, score float8)
WHERE notification.id = given.id
""")
SPOKEN_OF = ("id", "listing_id", "counterpart_id", "data", "score")
MESSAGE = (
    *SPOKEN_OF, "enterprise_id", "kind", "grade", "credit_milli", "release_at", "delivery", "bulk"
)  # fmt: skip


# ---------------------------------------------------------------- what is read


def lock_unmatched(work: Work, still: Mapping[UUID, Collection[UUID]]) -> list[Notification]:
    """What is planned about the listings for such as they no longer match, by id, locked.

    Args:
        still: the listings, each with those that it still matches.
    """
    pairs = [(ours, mine) for ours, each in still.items() for mine in each]
    parameters = {
        "ours": list(still), "counterparts": [ours for ours, _ in pairs], "mine": [mine for _, mine in pairs]
    }  # fmt: skip
    return _detached(work, select(Notification).from_statement(UNMATCHED), parameters)


def lock_unfound(work: Work, pages: Sequence[dict[str, Any]]) -> list[Notification]:
    """What is planned of hits about listings for readers whose searches no longer find them, by id, locked.

    Args:
        pages: `listing_id`, the readers looked at (those from the one after `after` to `until`, or to the
            last), and those whom it is `still` to be told of.
    """
    parameters = {
        "listings": [page["listing_id"] for page in pages],
        "pages": json.dumps(pages, default=str),
    }
    return _detached(work, select(Notification).from_statement(UNFOUND), parameters)


def lock_last(work: Work, keys: Collection[Key], messages: Collection[UUID]) -> dict[Key, LastNotification]:
    """The last messages of these keys and those that are these messages, by key, locked in its order."""
    columns = ("receivers", "counterparts", "codes", "kinds")
    parameters: dict[str, Any] = {name: [key[at] for key in keys] for at, name in enumerate(columns)}
    parameters |= {"kinds": [str(kind) for kind in parameters["kinds"]], "messages": list(messages)}
    rows = _detached(work, select(LastNotification).from_statement(LAST), parameters)
    return {key_of(row): row for row in rows}


def lock_planned(work: Work, ids: Collection[UUID]) -> dict[UUID, Notification]:
    """Those of the messages that are not released yet, by id, locked."""
    if not ids:
        return {}
    planned = (
        select(Notification)
        .where(Notification.id.in_(ids), Notification.status == NotificationStatus.PLANNED)
        .order_by(Notification.id)
        .with_for_update()
    )
    return {row.id: row for row in _detached(work, planned, {})}


def _detached(work: Work, query: Any, parameters: dict[str, Any]) -> list[Any]:
    """Freshly read rows that the session does not write by itself."""
    rows = list(work.session.scalars(query, parameters, execution_options={"populate_existing": True}))
    for row in rows:
        work.session.expunge(row)
    return rows


def repeats_of(work: Work, pairs: Collection[Pair], today: date) -> dict[Pair, dict[date, UUID]]:
    """By receiver and sender, the days on which better terms were told again not long ago, and by what."""
    rows = work.session.execute(
        select(
            RepeatedNotification.receiver_id,
            RepeatedNotification.counterpart_id,
            RepeatedNotification.day,
            RepeatedNotification.notification_id,
        ).where(
            tuple_(RepeatedNotification.receiver_id, RepeatedNotification.counterpart_id).in_(list(pairs)),
            RepeatedNotification.day > today - REPEAT_AFTER,
        )
    )
    found: dict[Pair, dict[date, UUID]] = {}
    for receiver_id, sender_id, day, message_id in rows:
        found.setdefault((receiver_id, sender_id), {})[day] = message_id
    return found


# ---------------------------------------------------------------- what is written


def record(key: Key, message_id: UUID, theirs: Listing) -> NewRecord:
    """The record of a message at the present terms of the listing that it is about."""
    return NewRecord(*key, message_id, theirs.price_fen, theirs.remaining_kg, clock.now())


def drop(work: Work, ids: Collection[UUID]) -> None:
    """Drop planned messages; they count as never told."""
    if ids:
        dropped = update(Notification).where(Notification.id.in_(ids)).values(LIFE.values("drop"))
        work.session.execute(dropped, execution_options={"synchronize_session": False})
        repeated = RepeatedNotification.notification_id.in_(ids)
        work.session.execute(delete(RepeatedNotification).where(repeated))


def insert_repeats(work: Work, repeats: Mapping[UUID, tuple[Pair, date]]) -> set[UUID]:
    """Count better terms that are told again. Returns the messages that another was quicker to tell."""
    if not repeats:
        return set()
    rows = [
        {"receiver_id": receiver_id, "counterpart_id": sender_id, "day": day, "notification_id": message_id}
        for message_id, ((receiver_id, sender_id), day) in sorted(repeats.items(), key=lambda item: item[1])
    ]
    counted = insert(RepeatedNotification).values(rows).on_conflict_do_nothing()
    inserted = work.session.scalars(counted.returning(RepeatedNotification.notification_id))
    return repeats.keys() - set(inserted)


def copy_messages(work: Work, messages: Iterable[Notification | NewMessage]) -> None:
    """Write new messages."""
    planned = {"status": NotificationStatus.PLANNED, "created_at": clock.now()}
    work.copy_rows(
        Notification, [{**{name: getattr(row, name) for name in MESSAGE}, **planned} for row in messages]
    )


def update_messages(work: Work, messages: Sequence[Notification | NewMessage]) -> None:
    """Write what planned messages speak of now."""
    if messages:
        _write(work, UPDATE_MESSAGES, SPOKEN_OF, messages)


def update_last(work: Work, rows: Sequence[Last]) -> None:
    """Write records that are there, and locked."""
    if rows:
        _write(work, UPDATE_LAST, COLUMNS, rows)


def insert_last(work: Work, rows: Sequence[Last]) -> set[UUID]:
    """Write the first records of their keys. Returns the messages of those that another has written."""
    if not rows:
        return set()
    inserted = _write(work, INSERT_LAST, COLUMNS, rows).scalars()
    return {row.notification_id for row in rows} - set(inserted)


def delete_last(work: Work, keys: Collection[Key]) -> None:
    """Delete records."""
    if keys:
        columns = tuple_(*(getattr(LastNotification, name) for name in KEY_COLUMNS))
        work.session.execute(delete(LastNotification).where(columns.in_(list(keys))))


def delete_messages(work: Work, ids: Collection[UUID]) -> None:
    """Delete messages of which nobody has been told."""
    if ids:
        work.session.execute(delete(Notification).where(Notification.id.in_(ids)))


def _write(work: Work, statement: Any, columns: Sequence[str], rows: Sequence[Any]) -> Any:
    """The result of a statement that is handed rows as JSON."""
    values = [{name: getattr(row, name) for name in columns} for row in rows]
    return work.session.execute(statement, {"rows": orjson.dumps(values).decode()})
