"""What the two sides of a completed deal say of each other, shown to both at the same time."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ... import clock
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...events.work import unit_of_work
from ...statements import Statement, uuid_array
from ..models import DEAL_LIFE, RATINGS_SHOWN_AFTER, Deal, DealStatus, Rating, Side
from .deal_events import emit_deal
from .loads import lock_deal

QUESTIONS = ("punctual", "as_described", "cooperation", "safety")


def rate(actor: Actor, deal_id: UUID, points: dict[str, int]) -> Deal:
    """Rate the other side of a completed deal, once.

    Args:
        points: 1 to 5 for each of `QUESTIONS`.

    Raises:
        Conflict: the deal is not completed (`wrong_state`), or was rated by this side (`rated_already`).
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        if deal.status != DealStatus.COMPLETED:
            raise wrong_state(
                "deal", deal.status, "rate", [DealStatus.COMPLETED], DEAL_LIFE.next_step(deal.status)
            )
        side = deal.side_of(actor.enterprise_id)
        assert side is not None
        if work.session.get(Rating, (deal.id, side)) is not None:
            raise Conflict("rated_already")
        work.add(Rating(deal_id=deal.id, by=side, **points))
        work.audit(actor, "rate", deal)
        emit_deal(work, "deal.rated", deal, Party(side))
    return deal


_OF_DEALS = Statement(
    select(*Rating.__table__.columns)
    .where(Rating.deal_id == any_(bindparam("deals", type_=ARRAY(Uuid))))
    .order_by(Rating.by)
)


def ratings_of(deals: Iterable[Deal]) -> dict[UUID, list[Any]]:
    """The ratings of each of these deals, as rows, in one statement."""
    by_deal: dict[UUID, list[Any]] = {deal.id: [] for deal in deals}
    for row in _OF_DEALS.all(deals=uuid_array(by_deal)):
        by_deal[row.deal_id].append(row)
    return by_deal


def shown_ratings(actor: Actor, deal: Deal, ratings: Sequence[Any]) -> list[dict[str, Any]]:
    """The ratings that the actor may see: its own, the other's once both have rated or time is up."""
    assert deal.ended_at is not None or not ratings
    own = deal.side_of(actor.enterprise_id)
    are_open = len(ratings) == len(Side) or (
        deal.ended_at is not None and clock.now() >= deal.ended_at + RATINGS_SHOWN_AFTER
    )
    return [
        {"by": row.by, "at": row.at, **{name: getattr(row, name) for name in QUESTIONS}}
        for row in ratings
        if are_open or actor.is_admin or row.by == own
    ]
