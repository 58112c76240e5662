"""Findings: listings without a lawful counterpart, and the gate that stopped most."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....events.actor import REGULATOR, Actor
from ....events.work import Work
from ....listings.models import Listing, ListingStatus
from ...models import Finding
from .database_search import Search


def record_finding(work: Work, listing: Listing, search: Search, *, lawful: bool) -> None:
    """Record that a listing has no lawful counterpart and which gate stopped most, or that it has one."""
    if lawful:
        work.session.execute(delete(Finding).where(Finding.listing_id == listing.id))
        return
    candidates, counts = search.stopped()
    stopped = {gate: count for gate, count in counts.items() if count and gate != "self"}
    gate = max(stopped, key=lambda name: stopped[name], default="code")
    values = {
        "listing_id": listing.id,
        "gate": gate,
        "stopped": stopped,
        "candidates": candidates,
        "at": clock.now(),
    }
    work.session.execute(
        insert(Finding).values(values).on_conflict_do_update(index_elements=["listing_id"], set_=values)
    )


def search_findings(actor: Actor, gate: str | None, after: UUID | None, limit: int) -> Sequence[Finding]:
    """Findings of open listings of the actor's own or under its oversight, newest listing first."""
    query = (
        select(Finding)
        .join(Listing, Listing.id == Finding.listing_id)
        .where(Listing.status == ListingStatus.OPEN)
    )
    if actor.kind == REGULATOR:
        query = query.where(catalogue.within(Listing.region, actor.region or 0))
    elif not actor.is_admin:
        query = query.where(Listing.enterprise_id == actor.id)
    if gate:
        query = query.where(Finding.gate == gate)
    if after is not None:
        query = query.where(Finding.listing_id < after)
    return db.session.scalars(query.order_by(Finding.listing_id.desc()).limit(limit)).all()
