"""Saved searches: named filters of listings whose results an enterprise is notified of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import Conflict, NotFound, Notice
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...listings import service as listings
from ..models import EmailPreference, SavedSearch, SearchNotify
from .delivery.due import DueMessage

PENDING_SHARE = 10
"""Who is not approved yet may have one in so many of the saved searches of the approved. Our own choice."""
EMAIL_PREFERENCES = {
    SearchNotify.IMMEDIATE: EmailPreference.IMMEDIATE,
    SearchNotify.DAILY: EmailPreference.DIGEST,
    SearchNotify.OFF: EmailPreference.OFF,
}


def create_search(actor: Actor, data: dict[str, Any]) -> tuple[SavedSearch, list[Notice]]:
    """Save a search; notices say what its filter cannot find.

    Raises:
        ValidationError, Invalid: the query is none of `GET /listings`. Conflict: `too_many_saved_searches`.
    """
    row = SavedSearch(enterprise_id=actor.id)
    notices = _apply(row, data)
    with unit_of_work() as work:
        most = _most_searches(enterprises.lock(work, enterprises.own(actor).id))
        count = work.session.scalar(select(func.count()).where(SavedSearch.enterprise_id == actor.id))
        if (count or 0) >= most:
            raise Conflict("too_many_saved_searches", most=most)
        work.add(row)
        work.audit(actor, "create", row)
    return row, notices


def _most_searches(owner: Enterprise) -> int:
    most: int = current_app.config["SETTINGS"].quota_saved_searches
    return most if owner.status == EnterpriseStatus.APPROVED else most // PENDING_SHARE


def _apply(row: SavedSearch, data: dict[str, Any]) -> list[Notice]:
    for name in ("name", "notify", "paused"):
        if name in data:
            setattr(row, name, data[name])
    if "query" not in data:
        return []
    wanted = listings.filter_from(data["query"], at="query")
    row.query = {name: value for name, value in data["query"].items() if value is not None}
    row.wanted_kind = wanted.get("kind", SavedSearch.ANY_TEXT)
    row.wanted_codes = _wanted_codes(wanted)
    row.wanted_region = wanted.get("region", SavedSearch.ANY_REGION)
    return listings.saved_filter_notices(wanted)


def _wanted_codes(wanted: dict[str, Any]) -> list[str]:
    if "code" not in wanted:
        return [SavedSearch.ANY_TEXT]
    return list(catalogue.read_code_filter(wanted["code"], "query.code").codes)


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


def preferences_of_searches(messages: Sequence[DueMessage]) -> dict[UUID, EmailPreference]:
    """By message about a search hit: which e-mail its saved search allows; deleted searches are left out."""
    search_ids = {message.id: message.saved_search_id for message in messages if message.saved_search_id}
    if not search_ids:
        return {}
    rows = db.session.execute(
        select(SavedSearch.id, SavedSearch.notify).where(SavedSearch.id.in_(search_ids.values()))
    )
    notify = {search_id: EMAIL_PREFERENCES[value] for search_id, value in rows}
    return {message: notify[search] for message, search in search_ids.items() if search in notify}


def change_search(
    actor: Actor, search_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[SavedSearch, list[Notice]]:
    """Change a saved search; planned messages about listings that it no longer finds lapse at their release.

    Raises:
        NotFound, PreconditionFailed. ValidationError, Invalid: the query is none of `GET /listings`.
    """
    with unit_of_work() as work:
        row = work.lock(SavedSearch, SavedSearch.id == search_id)
        enterprises.require_version(row, expected)
        notices = _apply(row, data)
        row.updated_at = clock.now()
        work.session.flush()
        work.audit(actor, "change", row, fields=sorted(data))
    return row, notices


def delete_search(actor: Actor, search_id: UUID) -> None:
    """Delete a saved search; its planned messages lapse at their release. Raises: NotFound."""
    with unit_of_work() as work:
        row = work.lock(SavedSearch, SavedSearch.id == search_id)
        work.audit(actor, "delete", row)
        work.session.delete(row)
