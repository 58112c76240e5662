"""Drafts published: held to every rule, announced by an event."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import DomainError, Invalid, Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...licences import service as licences
from ..models import LIFE, Kind, Listing
from .listing_fields import bring_codes_to_catalogue
from .listing_place import require_place
from .plausible_terms import implausible_notices
from .posting_rights import require_role
from .quotas import Quota, lock_owner
from .reservations import fulfil_if_nothing_left

log = logging.getLogger(__name__)


class Posted(NamedTuple):
    """A listing that was written just now, with its owner as locked, and what is allowed but odd about it."""

    listing: Listing
    owner: Any
    notices: list[Notice]


def publish(actor: Actor, listing_id: UUID) -> Posted:
    """Publish a draft, so that it takes part in matching.

    Raises:
        NotFound. Forbidden: the enterprise is not approved, or has lost the role. Conflict: not a draft
        (`wrong_state`), or as many are open as may be (`too_many_open_listings`). Invalid:
        `waste_not_tradable`, its window is over (`window_over`), or it does not lie in its province
        (`place_not_in_region`).
    """
    with unit_of_work() as work:
        owner, quota = lock_owner(actor.enterprise_id)
        row = work.lock(Listing, Listing.id == listing_id)
        notices = _publish_draft(work, actor, row, owner, quota)
    log.info("listing published", extra={"listing_id": str(row.id), "kind": row.kind})
    return Posted(row, owner, notices)


def publish_many(actor: Actor, listing_ids: Sequence[UUID]) -> list[tuple[UUID, list[Notice] | DomainError]]:
    """Publish drafts one after the other; one that is refused keeps none of the others back.

    Returns:
        for each id, once, its warnings, or the refusal that `publish` would raise.
    """
    results: list[tuple[UUID, list[Notice] | DomainError]] = []
    with unit_of_work() as work:
        owner, quota = lock_owner(actor.enterprise_id)
        for listing_id in dict.fromkeys(listing_ids):
            results.append((listing_id, _publish_one(work, actor, listing_id, owner, quota)))
    published = sum(isinstance(result, list) for _, result in results)
    log.info("listings published", extra={"published": published, "asked": len(results)})
    return results


def _publish_one(
    work: Work, actor: Actor, listing_id: UUID, owner: Any, quota: Quota
) -> list[Notice] | DomainError:
    """Publish one of the actor's own drafts, or return why not, with nothing of it written."""
    mine = Listing.enterprise_id == actor.enterprise_id
    try:
        with work.savepoint():
            row = work.lock(Listing, Listing.id == listing_id, mine)
            return _publish_draft(work, actor, row, owner, quota)
    except DomainError as refusal:
        return refusal


def _publish_draft(work: Work, actor: Actor, row: Listing, owner: Any, quota: Quota) -> list[Notice]:
    """Publish a draft that is locked with its owner; what was odd when it was drafted is said once more."""
    notices = publish_locked(work, actor, row, owner) + implausible_notices(row)
    quota.publish_draft()
    return notices


def publish_locked(work: Work, actor: Actor, row: Listing, owner: Any) -> list[Notice]:
    """Publish a draft whose row and owner are locked. Raises: as `publish`."""
    event = open_draft(row, owner)
    work.session.flush()
    return announce(work, actor, row, event)


def announce(work: Work, actor: Actor, row: Listing, event: str) -> list[Notice]:
    """Write that an opened draft is published. Returns a warning if its owner lacks a licence for it."""
    work.audit(actor, "publish", row)
    work.emit(event, listing_id=str(row.id))
    return licence_notice(row)


def open_draft(row: Listing, owner: Any) -> str:
    """Open a draft, held to every rule and not yet written.

    Returns:
        the event to emit.
    Raises:
        Forbidden: the owner is not approved, or lacks the role. Conflict, Invalid: as `publish`.
    """
    enterprises.require_approved(owner)
    require_role(owner.roles, row.kind)
    move = LIFE.move(row, "publish", by=Party.OWNER)
    _require_sound(row)
    row.published_at = clock.now()
    return move.event or ""


def _require_sound(row: Listing) -> None:
    """Hold a listing that is to be matched to every rule. Raises: Conflict, Invalid: as `publish`."""
    bring_codes_to_catalogue(row)
    require_publishable(row)
    require_place(row)


def pause(actor: Actor, listing_id: UUID) -> Listing:
    """Take an open listing out of matching and out of others' sight; its offers and deals stay.

    Raises:
        NotFound. Conflict: it is not open (`wrong_state`).
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        move = LIFE.move(row, "pause", by=Party.OWNER)
        work.audit(actor, "pause", row)
        work.emit(move.event or "", listing_id=str(row.id), status=row.status)
    log.info("listing paused", extra={"listing_id": str(row.id)})
    return row


def resume(actor: Actor, listing_id: UUID) -> Posted:
    """Have a paused listing take part in matching again, held to the same rules as one that is published.

    Raises:
        NotFound. Forbidden, Conflict, Invalid: as `publish`.
    """
    with unit_of_work() as work:
        owner, quota = lock_owner(actor.enterprise_id)
        enterprises.require_approved(owner)
        row = work.lock(Listing, Listing.id == listing_id)
        require_role(owner.roles, row.kind)
        move = LIFE.move(row, "resume", by=Party.OWNER)
        _require_sound(row)
        quota.add_open()
        work.audit(actor, "resume", row)
        work.emit(move.event or "", listing_id=str(row.id))
        fulfil_if_nothing_left(work, row)
        notices = licence_notice(row)
    log.info("listing resumed", extra={"listing_id": str(row.id)})
    return Posted(row, owner, notices)


def require_publishable(row: Listing) -> None:
    """Raises: Invalid: `waste_not_tradable`, or its window is over (`window_over`)."""
    ids = [row.code_id] if row.code_id else [accept.code_id for accept in row.accepts]
    for code in catalogue.codes_by_id(ids).values():
        if not code.tradable:
            at = "waste" if row.kind == Kind.SUPPLY else "accepts"
            raise Invalid("waste_not_tradable", at=at, code=code.code)
    if row.available_until < clock.today():
        raise Invalid("window_over", at="available_until")


def licence_notice(row: Listing) -> list[Notice]:
    """A warning for a demand of hazardous waste whose owner holds no licence for it."""
    if row.kind == Kind.SUPPLY:
        return []
    codes = catalogue.codes_by_id(accept.code_id for accept in row.accepts)
    hazardous = [code for code in codes.values() if code.hazardous]
    if not hazardous:
        return []
    aliases = catalogue.aliases_of(code.id for code in hazardous)
    licensed = licences.licensed_codes(row.enterprise_id, {alias.alias_id for alias in aliases})
    covered = {alias.code_id for alias in aliases if alias.alias_id in licensed}
    lacking = [code.code for code in hazardous if code.id not in covered]
    return [Notice("licence_missing", "accepts", {"codes": tuple(lacking)})] if lacking else []
