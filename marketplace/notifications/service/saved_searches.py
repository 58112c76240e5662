"""Saved searches: named filters of listings, kept by an enterprise to be told what they find."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...listings import service as listings
from ..models import SEARCH_HIT, Notification, SavedSearch

MOST_SEARCHES = 50


def create_search(actor: Actor, data: dict[str, Any]) -> SavedSearch:
    """Save a search.

    Raises:
        ValidationError, Invalid: the query is none of `GET /listings`. Conflict: `too_many_saved_searches`.
    """
    row = SavedSearch(enterprise_id=actor.id)
    _apply(row, data)
    with unit_of_work() as work:
        enterprises.lock(work, enterprises.own(actor).id)
        count = work.session.scalar(select(func.count()).where(SavedSearch.enterprise_id == actor.id))
        if (count or 0) >= MOST_SEARCHES:
            raise Conflict("too_many_saved_searches", most=MOST_SEARCHES)
        work.add(row)
        work.audit(actor, "create", row)
    return row


def _apply(row: SavedSearch, data: dict[str, Any]) -> None:
    for name in ("name", "notify", "paused"):
        if name in data:
            setattr(row, name, data[name])
    if "query" in data:
        wanted = listings.filter_from(data["query"], at="query")
        row.query = {name: value for name, value in data["query"].items() if value is not None}
        row.wanted_kind = wanted.get("kind", SavedSearch.ANY_TEXT)
        row.wanted_code = wanted.get("code", SavedSearch.ANY_TEXT)
        row.wanted_region = wanted.get("region", SavedSearch.ANY_REGION)


def list_searches(actor: Actor, after: UUID | None, limit: int) -> Sequence[SavedSearch]:
    """Saved searches of the acting enterprise, newest first."""
    query = select(SavedSearch).where(SavedSearch.enterprise_id == actor.id)
    if after is not None:
        query = query.where(SavedSearch.id < after)
    return db.session.scalars(query.order_by(SavedSearch.id.desc()).limit(limit)).all()


def find_search(actor: Actor, search_id: UUID) -> SavedSearch:
    """A saved search of the acting enterprise. Raises: NotFound."""
    row = db.session.scalars(
        select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.enterprise_id == actor.id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def notify_of(messages: Iterable[Notification]) -> dict[str, str]:
    """How the saved searches behind these messages want to tell, by id as it stands in the message."""
    ids = {one.data["saved_search_id"] for one in messages if one.kind == SEARCH_HIT}
    if not ids:
        return {}
    rows = db.session.execute(select(SavedSearch.id, SavedSearch.notify).where(SavedSearch.id.in_(ids)))
    return {str(search_id): notify for search_id, notify in rows}


def change_search(actor: Actor, search_id: UUID, data: dict[str, Any], expected: int | None) -> SavedSearch:
    """Change a saved search; what it has planned to tell and would find no more is not told.

    Raises:
        NotFound, PreconditionFailed. ValidationError, Invalid: the query is none of `GET /listings`.
    """
    with unit_of_work() as work:
        row = work.lock(SavedSearch, SavedSearch.id == search_id)
        enterprises.require_version(row, expected)
        _apply(row, data)
        row.updated_at = clock.now()
        work.session.flush()
        work.audit(actor, "change", row, fields=sorted(data))
    return row


def delete_search(actor: Actor, search_id: UUID) -> None:
    """Forget a saved search; what it has planned to tell is not told. Raises: NotFound."""
    with unit_of_work() as work:
        row = work.lock(SavedSearch, SavedSearch.id == search_id)
        work.audit(actor, "delete", row)
        work.session.delete(row)
