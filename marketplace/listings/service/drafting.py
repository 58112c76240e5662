"""Listings drafted and changed."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from matching import KG_PER_T

from ... import clock
from ...enterprises import service as enterprises
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import LIFE, Accept, Kind, Listing, ListingStatus
from . import new_rows
from .history import changed_terms, others_see, stated_terms
from .listing_fields import apply_fields, bring_codes_to_catalogue
from .own_ids import own_id_kept_unique
from .publishing import Posted, announce, licence_notice, open_draft, require_publishable
from .quotas import lock_owner
from .reservations import fulfil_if_nothing_left

COPIED = (
    "title", "code_id", "unlisted_code", "quantity_kg", "min_lot_kg", "price_fen", "region",
    "region_stated", "place_region", "lon", "lat", "max_distance_km",
    "available_from", "available_until", "form", "packaging", "composition", "requires", "treatment", "mode",
    "exemption_item",
)  # fmt: skip
"""The terms that a copy takes over."""

log = logging.getLogger(__name__)


def create(actor: Actor, data: dict[str, Any]) -> Posted:
    """Draft a listing and, with `publish` in `data`, publish it at once.

    Raises:
        Invalid: a field breaks a rule. Forbidden: the enterprise may not publish.
        Conflict: it has as many as it may (`too_many_drafts`, `too_many_open_listings`).
    """
    publish_now = data.pop("publish")
    with unit_of_work() as work:
        owner, quota = lock_owner(actor.id)
        row, notices = new_draft(owner, data)
        event = open_draft(row, owner) if publish_now else None
        new_rows.begin(row)
        work.audit(actor, "create", row)
        if event is None:
            quota.add_draft()
        else:
            quota.add_open()
            notices += announce(work, actor, row, event)
        new_rows.write(work, row)
    log.info("listing created", extra={"listing_id": str(row.id), "kind": row.kind, "status": row.status})
    return Posted(row, owner, notices)


def copy(actor: Actor, listing_id: UUID) -> Posted:
    """Draft a listing with the terms of another one of the actor's own, of whatever state.

    The id in the owner's books, what is committed, and the review of an exemption are not copied.

    Raises:
        NotFound. Conflict: the owner has as many drafts as it may (`too_many_drafts`).
    """
    with unit_of_work() as work:
        owner, quota = lock_owner(actor.enterprise_id)
        quota.add_draft()
        source = work.lock(Listing, Listing.id == listing_id)
        row = Listing(
            enterprise_id=source.enterprise_id,
            kind=source.kind,
            status=LIFE.initial,
            remaining_kg=source.quantity_kg,
            accepts=[
                Accept(code_id=accept.code_id, unlisted_code=accept.unlisted_code, position=accept.position)
                for accept in source.accepts
            ],
            **{name: getattr(source, name) for name in COPIED},
        )
        new_rows.begin(row)
        work.audit(actor, "copy", row, source_id=str(source.id))
        new_rows.write(work, row)
    log.info("listing copied", extra={"listing_id": str(row.id), "source_id": str(listing_id)})
    return Posted(row, owner, [])


def new_draft(owner: Any, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
    """A draft of `owner`, held to every rule and not yet written. Raises: Invalid: a field breaks a rule."""
    row = Listing(
        enterprise_id=owner.id, kind=Kind(data["kind"]), status=LIFE.initial, title=data["title"],
        accepts=[], composition=[], requires=[],
    )  # fmt: skip
    notices = apply_fields(row, data, owner)
    row.remaining_kg = row.quantity_kg
    return row, notices


def change(actor: Actor, listing_id: UUID, data: dict[str, Any], expected: int | None) -> Posted:
    """Change a draft or an open listing; what is committed to others stays committed.

    Args:
        expected: the version that the caller has read, None for any.

    Raises:
        NotFound, PreconditionFailed. Conflict: closed (`wrong_state`), or less than what is
        committed (`below_committed`). Invalid: a field breaks a rule.
    """
    with unit_of_work() as work:
        owner = enterprises.lock_shared(work, actor.enterprise_id)
        row = work.lock(Listing, Listing.id == listing_id)
        enterprises.require_version(row, expected)
        move = LIFE.move(row, "change", by=Party.OWNER)
        committed = row.quantity_kg - row.remaining_kg
        before = stated_terms(row)
        with work.session.no_autoflush:  # half-way through, the row may break a rule
            notices = apply_fields(row, data, owner)
        if row.quantity_kg < committed:
            raise Conflict("below_committed", at="quantity_t", committed=committed / KG_PER_T)
        row.remaining_kg = row.quantity_kg - committed
        changes = changed_terms(before, stated_terms(row))
        if others_see(changes):
            row.updated_at = clock.now()
        flag_modified(row, "updated_at")  # else its default would show others a change that they cannot see
        if row.status != ListingStatus.DRAFT:
            bring_codes_to_catalogue(row)
            require_publishable(row)
            notices += licence_notice(row)
        with own_id_kept_unique(row):
            work.session.flush()
        work.audit(actor, "change", row, changes=changes)
        if move.event:
            work.emit(move.event, listing_id=str(row.id))
        fulfil_if_nothing_left(work, row)
    log.info("listing changed", extra={"listing_id": str(row.id), "status": row.status})
    return Posted(row, owner, notices)
