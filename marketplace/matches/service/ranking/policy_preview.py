"""What another policy would change: the first counterparts of real listings under both, and who moves."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

import matching

from ....database import db
from ....enterprises.models import Enterprise, EnterpriseStatus
from ....errors import Unavailable
from ....events.actor import Actor
from ....listings.models import Kind, Listing, ListingStatus
from ..policy import checked_policy, policy_in_force
from .hits import Hit
from .live_index import IndexSnapshot, process_index

MOST_LISTINGS = 10
"""The newest open supplies that are looked at; our own choice."""
COMPARED = 20
"""Places of each that are compared."""
SHOWN = 5
"""Only who is or would be among the first so many is named."""

Json = dict[str, Any]


def preview_policy(actor: Actor, body: dict[str, Any]) -> Json:
    """Who would move among the first counterparts of the newest open supplies; nothing is written.

    By the formula of both: the learned ranking, where it is used, puts its own order on top.

    Raises:
        Invalid: as `publish_policy`. Unavailable: the index is being built (`index_building`).
    """
    current = policy_in_force()
    _, proposed = checked_policy(body, current.version + 1)
    snapshot = process_index().current()
    if snapshot is None:
        raise Unavailable("index_building")
    listings = _newest_supplies()
    tops = [
        (listing, _top(snapshot, current.matching, listing), _top(snapshot, proposed, listing))
        for listing in listings
    ]
    found = {hit.listing_id for _, *both in tops for hits in both for hit in hits.values()}
    names = _names(found | {listing.id for listing in listings})
    compared = [_compared(listing, before, after, names) for listing, before, after in tops]
    return {
        "policy_version": current.version,
        "listings": len(compared),
        "changed": sum(any(each["from"] != each["to"] for each in row["items"]) for row in compared),
        "items": compared,
    }


def _newest_supplies() -> list[Listing]:
    open_ones = (
        select(Listing)
        .join(Enterprise, Enterprise.id == Listing.enterprise_id)
        .where(
            Listing.kind == Kind.SUPPLY,
            Listing.status == ListingStatus.OPEN,
            Enterprise.status == EnterpriseStatus.APPROVED,
        )
    )
    return list(db.session.scalars(open_ones.order_by(Listing.id.desc()).limit(MOST_LISTINGS)))


def _top(snapshot: IndexSnapshot, policy: matching.Policy, listing: Listing) -> dict[UUID, Hit]:
    found = snapshot.top(policy, listing, k=COMPARED, done=0, min_score=0.0, after=None)
    return {hit.listing_id: hit for hit in found.hits}


def _names(ids: set[UUID]) -> dict[UUID, str]:
    """The names of the owners of listings."""
    rows = select(Listing.id, Enterprise.name).join(Enterprise, Enterprise.id == Listing.enterprise_id)
    return {row.id: row.name for row in db.session.execute(rows.where(Listing.id.in_(ids)))}


def _compared(
    listing: Listing, before: Mapping[UUID, Hit], after: Mapping[UUID, Hit], names: Mapping[UUID, str]
) -> Json:
    """The counterparts that are or would be among the first, in the order of the proposed policy."""
    first = {hit.listing_id for hit in (*before.values(), *after.values()) if hit.rank <= SHOWN}
    items = [_moved(each, before.get(each), after.get(each), names) for each in _in_order(first, after)]
    about = {"id": listing.id, "title": listing.title, "name": names[listing.id]}
    return {"listing": about, "items": items}


def _in_order(ids: Iterable[UUID], after: Mapping[UUID, Hit]) -> list[UUID]:
    return sorted(ids, key=lambda each: (after[each].rank if each in after else COMPARED + 1, each))


def _moved(listing_id: UUID, before: Hit | None, after: Hit | None, names: Mapping[UUID, str]) -> Json:
    return {
        "listing_id": listing_id,
        "name": names.get(listing_id, ""),
        "from": before and before.rank,
        "to": after and after.rank,
        "score_from": before and before.score / matching.SCORE_UNIT,
        "score_to": after and after.score / matching.SCORE_UNIT,
    }
