"""Listings drafted and changed."""

import logging
from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ... import clock
from ...enterprises import service as enterprises
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import LIFE, Kind, Listing, ListingStatus
from .listing_fields import apply_fields
from .publishing import licence_notice, publish_locked, require_publishable

log = logging.getLogger(__name__)


def create(actor: Actor, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
    """Draft a listing and, with `publish` in `data`, publish it at once.

    Returns:
        the listing, and what is allowed but odd about it.
    Raises:
        Invalid: a field breaks a rule. Forbidden: the enterprise may not publish.
    """
    publish_now = data.pop("publish")
    with unit_of_work() as work:
        owner = enterprises.lock_shared(work, actor.id)
        row, notices = new_draft(owner, data)
        work.add(row)
        work.audit(actor, "create", row)
        if publish_now:
            notices += publish_locked(work, actor, row, owner)
    log.info("listing created", extra={"listing_id": str(row.id), "kind": row.kind, "status": row.status})
    return row, notices


def new_draft(owner: Any, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
    """A draft of `owner`, held to every rule and not yet written. Raises: Invalid: a field breaks a rule."""
    row = Listing(
        enterprise_id=owner.id, kind=Kind(data["kind"]), status=LIFE.initial, title=data["title"],
        composition=[], requires=[],
    )  # fmt: skip
    notices = apply_fields(row, data, owner)
    row.remaining_kg = row.quantity_kg
    return row, notices


def change(
    actor: Actor, listing_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Listing, list[Notice]]:
    """Change a draft or an open listing; what is committed to others stays committed.

    Args:
        expected: the version that the caller has read, None for any.

    Raises:
        NotFound, PreconditionFailed. Conflict: closed (`wrong_state`), or less than what is
        committed (`below_committed`). Invalid: a field breaks a rule.
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        enterprises.require_version(row, expected)
        move = LIFE.move(row, "change", by=Party.OWNER)
        owner = enterprises.lock_shared(work, row.enterprise_id)
        committed = row.quantity_kg - row.remaining_kg
        with work.session.no_autoflush:  # half-way through, the row may break a rule
            notices = apply_fields(row, data, owner)
        if row.quantity_kg < committed:
            raise Conflict("below_committed", at="quantity_t", committed=committed / KG_PER_T)
        row.remaining_kg = row.quantity_kg - committed
        row.updated_at = clock.now()
        if row.status == ListingStatus.OPEN:
            require_publishable(row)
            notices += licence_notice(row)
        work.session.flush()
        work.audit(actor, "change", row, fields=sorted(data))
        if move.event:
            work.emit(move.event, listing_id=str(row.id))
    log.info("listing changed", extra={"listing_id": str(row.id), "status": row.status})
    return row, notices
