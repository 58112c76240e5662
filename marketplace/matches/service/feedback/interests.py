"""The pairings in which an enterprise, the other side, or both are interested."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import EnterpriseStatus
from ....events.actor import Actor
from ....listings import service as listings
from ....listings.models import Listing, ListingStatus
from ...models import Feedback, InterestState, MutualInterest, Verdict
from ..ranking.match_presentation import present_counterpart, present_verdicts
from .contact_release import released_contacts
from .verdicts import verdicts_on

INTEREST_POSITION = (str, UUID, UUID)
"""Kinds of the parts of a cursor: the moment, the own listing, the other one."""
Mine, Theirs = aliased(Listing), aliased(Listing)
MATCHED = (ListingStatus.DRAFT, ListingStatus.OPEN)
"""States of an own listing in which it has matches."""


def search_interests(
    actor: Actor, state: str | None, listing_id: UUID | None, after: list[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """Rows of `mine`, `theirs`, `state` and `at`, the newest first.

    Args:
        state: only those in this `InterestState`.
        listing_id: only those about this listing of the actor's.
        after: the position of the last row of the page before.
    """
    if actor.status != EnterpriseStatus.APPROVED:
        return []
    found = _interests(actor).subquery()
    query = select(found)
    if state is not None:
        query = query.where(found.c.state == state)
    if listing_id is not None:
        query = query.where(found.c.mine == listing_id)
    place = (found.c.at, found.c.mine, found.c.theirs)
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(datetime.fromisoformat(after[0]), *after[1:]))
    return db.session.execute(query.order_by(*(column.desc() for column in place)).limit(limit)).all()


def interest_position(row: Row[Any]) -> list[Any]:
    """Where a row stands in the list."""
    return [row.at.isoformat(), row.mine, row.theirs]


def _interests(actor: Actor) -> Select[Any]:
    """One row for each pairing: mutual interest as it is on record, others while both may be matched."""
    said = _said(actor).subquery()
    mutual_at, own_at = func.max(said.c.mutual_at), func.max(said.c.own_at)
    state = case(
        (mutual_at.is_not(None), InterestState.BOTH),
        (own_at.is_not(None), InterestState.MINE),
        else_=InterestState.THEIRS,
    )
    trading = enterprises.may_trade_condition(Theirs.enterprise_id)
    lives = Mine.status.in_(MATCHED) & (Theirs.status == ListingStatus.OPEN) & trading
    return (
        select(
            said.c.mine,
            said.c.theirs,
            state.label("state"),
            func.coalesce(mutual_at, own_at, func.max(said.c.their_at)).label("at"),
        )
        .join(Mine, Mine.id == said.c.mine)
        .join(Theirs, Theirs.id == said.c.theirs)
        .group_by(said.c.mine, said.c.theirs)
        .having(or_(mutual_at.is_not(None), func.bool_and(lives)))
    )


def _said(actor: Actor) -> Any:
    """Who said so when, as rows with one moment each: of both sides' verdicts and of mutual interest."""
    own = Listing.enterprise_id == actor.enterprise_id
    interested = Feedback.verdict == Verdict.INTERESTED
    mine = _rows(Feedback.listing_id, Feedback.other_id, own_at=Feedback.created_at)
    theirs = _rows(Feedback.other_id, Feedback.listing_id, their_at=Feedback.created_at)
    mutual = [
        _rows(*pair, mutual_at=MutualInterest.at)
        for pair in (
            (MutualInterest.supply_id, MutualInterest.demand_id),
            (MutualInterest.demand_id, MutualInterest.supply_id),
        )
    ]
    return union_all(
        mine.join(Listing, Listing.id == Feedback.listing_id).where(own, interested),
        theirs.join(Listing, Listing.id == Feedback.other_id).where(own, interested),
        mutual[0].join(Listing, Listing.id == MutualInterest.supply_id).where(own),
        mutual[1].join(Listing, Listing.id == MutualInterest.demand_id).where(own),
    )


def _rows(mine: Any, theirs: Any, **moment: Any) -> Select[Any]:
    moments = ("own_at", "their_at", "mutual_at")
    return select(
        mine.label("mine"),
        theirs.label("theirs"),
        *(moment.get(name, literal(None, Feedback.created_at.type)).label(name) for name in moments),
    )


def present_interests(actor: Actor, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Rows of `search_interests` as the API shows them; everything they name is fetched together."""
    both = listings.outlines({listing_id for row in rows for listing_id in (row.mine, row.theirs)})
    said = verdicts_on([(row.mine, row.theirs) for row in rows])
    mutual = [(both[row.mine], both[row.theirs]) for row in rows if row.state == InterestState.BOTH]
    contacts = released_contacts(actor, mutual)
    items = []
    for row in rows:
        mine, theirs, contact = both[row.mine], both[row.theirs], contacts.get((row.mine, row.theirs))
        items.append(
            {
                "state": row.state,
                "at": row.at,
                "listing": {name: getattr(mine, name) for name in ("id", "kind", "title", "status")},
                "counterpart": {**present_counterpart(theirs), "status": theirs.status},
                **present_verdicts(said[row.mine, row.theirs]),
                **({"contact": contact} if contact else {}),
            }
        )
    return items
