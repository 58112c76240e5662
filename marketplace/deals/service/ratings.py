"""What the two sides of a completed deal say of each other, shown to both at the same time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from ... import clock
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...events.work import Work, unit_of_work
from ...statements import Statement, uuid_array
from ..models import DEAL_LIFE, RATINGS_SHOWN_AFTER, Deal, DealStatus, Rating, Side
from .deal_events import emit_deal
from .loads import lock_deal

QUESTIONS = ("punctual", "as_described", "cooperation", "safety")
ENOUGH_RATINGS, LOW_MEAN, JUDGED_FOR = 5, 2.5, timedelta(days=365)
"""Who is rated low: the mean of so many ratings or more of the last year is below that. Our own choice."""
JUDGE = "deals.jobs.judge_shown_ratings"
"""The task that looks at a rating once it is shown."""


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


def judge_ratings(deal_id: UUID) -> None:
    """Report whoever is rated low, once the ratings of a deal are shown to both; before, nobody is to guess
    what they say."""
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        ratings = ratings_of([deal])[deal.id]
        if not _are_open(deal, ratings):
            work.enqueue(JUDGE, due_at=_shown_from(deal), deal_id=str(deal.id))
            return
        for rating in ratings:
            rated = deal.receiver_id if rating.by == Side.SUPPLIER else deal.supplier_id
            _report_if_low(work, deal, rated)


def _report_if_low(work: Work, deal: Deal, enterprise_id: UUID) -> None:
    many, mean = work.session.execute(_shown_about(enterprise_id)).one()
    if many >= ENOUGH_RATINGS and mean < LOW_MEAN:
        about = {"deal_id": str(deal.id), "number": deal.number}
        work.emit("deal.rated_low", **about, enterprise_id=str(enterprise_id))


def _shown_about(enterprise_id: UUID) -> Any:
    """How many ratings of the last months an enterprise has that are shown, and their mean."""
    other = aliased(Rating)
    has_both = exists().where(other.deal_id == Rating.deal_id, other.by != Rating.by)
    is_of_enterprise = or_(
        and_(Rating.by == Side.SUPPLIER, Deal.receiver_id == enterprise_id),
        and_(Rating.by == Side.RECEIVER, Deal.supplier_id == enterprise_id),
    )
    points = sum((getattr(Rating, question) for question in QUESTIONS), literal(0))
    return (
        select(func.count(), func.avg(points) / len(QUESTIONS))
        .join(Deal, Deal.id == Rating.deal_id)
        .where(
            is_of_enterprise,
            Rating.at > clock.now() - JUDGED_FOR,
            or_(has_both, Deal.ended_at <= clock.now() - RATINGS_SHOWN_AFTER),
        )
    )


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
    are_open = _are_open(deal, ratings)
    return [
        {"by": row.by, "at": row.at, **{name: getattr(row, name) for name in QUESTIONS}}
        for row in ratings
        if are_open or actor.is_admin or row.by == own
    ]


def _are_open(deal: Deal, ratings: Sequence[Any]) -> bool:
    """Whether the ratings of a deal are shown to both sides."""
    return len(ratings) == len(Side) or (deal.ended_at is not None and clock.now() >= _shown_from(deal))


def _shown_from(deal: Deal) -> datetime:
    """When the ratings of a deal that has ended are shown, though only one side rates."""
    assert deal.ended_at is not None
    return deal.ended_at + RATINGS_SHOWN_AFTER
