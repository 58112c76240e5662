"""Offers and deals found: those of the actor's own enterprise, or under its oversight."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ...listings.models import Listing
from ..models import LIVE_DEALS, LIVE_OFFERS, Deal, DealStatus, Offer, OfferRound

FALLEN_THROUGH = (DealStatus.CANCELLED, DealStatus.LAPSED)


def find_offer(actor: Actor, offer_id: UUID) -> Offer:
    """An offer that the actor may see. Raises: NotFound."""
    offer: Offer = _find(Offer, offer_id, offers_visible_to(actor))
    return offer


def find_deal(actor: Actor, deal_id: UUID) -> Deal:
    """A deal that the actor may see. Raises: NotFound."""
    deal: Deal = _find(Deal, deal_id, deals_visible_to(actor))
    return deal


def offer_by_id(offer_id: UUID) -> Offer:
    """An offer, whoever asks; for tasks."""
    return db.session.get_one(Offer, offer_id)


def deal_by_id(deal_id: UUID) -> Deal:
    """A deal, whoever asks; for tasks."""
    return db.session.get_one(Deal, deal_id)


def count_agreed(since: date) -> int:
    """How many deals were agreed from that day on and were neither cancelled nor given up since."""
    first = datetime.combine(since, time(), clock.LOCAL)
    query = select(func.count()).where(Deal.agreed_at >= first, Deal.status.not_in(FALLEN_THROUGH))
    return db.session.scalars(query).one()


def agreed_by_district(since: date, region: int | None) -> list[tuple[int, str, int, int]]:
    """(district of the waste, month as 2026-11, deals, kilograms) of the deals that were agreed from that day
    on and neither cancelled nor given up since, of a region and those within it."""
    first = datetime.combine(since, time(), clock.LOCAL)
    month = func.to_char(func.timezone(clock.LOCAL.key, Deal.agreed_at), "YYYY-MM").label("month")
    query = (
        select(Deal.region, month, func.count(), func.sum(Deal.quantity_kg))
        .where(Deal.agreed_at >= first, Deal.status.not_in(FALLEN_THROUGH))
        .group_by(Deal.region, month)
    )
    if region is not None:
        query = query.where(catalogue.within(Deal.region, region))
    return [(district, name, count, int(kg)) for district, name, count, kg in db.session.execute(query)]


def _find(model: Any, row_id: UUID, visible: ColumnElement[bool]) -> Any:
    row = db.session.scalars(select(model).where(model.id == row_id, visible)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def offers_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition of the offers that the actor is a side of, or that touch its region."""
    if actor.kind != REGULATOR:
        return _is_own(Offer, actor)
    supply = aliased(Listing)
    here = select(supply.id).where(
        supply.id == Offer.supply_id, catalogue.within(supply.lies_in, actor.region or 0)
    )
    return or_(_has_side_within(Offer, actor), here.exists())


def deals_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition of the deals that the actor is a side of, or that touch its region."""
    if actor.kind != REGULATOR:
        return _is_own(Deal, actor)
    return or_(_has_side_within(Deal, actor), catalogue.within(Deal.region, actor.region or 0))


def _is_own(model: Any, actor: Actor) -> ColumnElement[bool]:
    if actor.is_admin:
        return model.id.is_not(None)  # type: ignore[no-any-return]
    return or_(model.supplier_id == actor.enterprise_id, model.receiver_id == actor.enterprise_id)


def _has_side_within(model: Any, actor: Actor) -> ColumnElement[bool]:
    inside = enterprises.ids_within(actor.region or 0)
    return or_(model.supplier_id.in_(inside), model.receiver_id.in_(inside))


_ROUND = func.to_json(literal_column(OfferRound.__tablename__))
_ROUNDS = (
    select(func.json_agg(aggregate_order_by(_ROUND, OfferRound.no)))
    .where(OfferRound.offer_id == Offer.id)
    .scalar_subquery()
)
_DEAL_ID = select(Deal.id).where(Deal.offer_id == Offer.id).scalar_subquery()
_OFFERS = select(*Offer.__table__.columns, _ROUNDS.label("rounds"), _DEAL_ID.label("deal_id"))
"""Offers as rows of columns, with their rounds as JSON and the id of the deal."""


def search_offers(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Any]:
    """Offers that the actor may see, newest first, at most `limit` that are older than `after`, each a row of
    its columns with `rounds` as JSON and `deal_id`.
    """
    conditions = [offers_visible_to(actor), *_filters(Offer, actor, query)]
    if query["my_turn"]:
        conditions += [Offer.status.in_(LIVE_OFFERS), _is_in_turn(actor)]
    return db.session.execute(_newest(_OFFERS, Offer, conditions, after, limit)).all()


def find_shown_offer(actor: Actor, offer_id: UUID) -> Any:
    """An offer that the actor may see, as a row like those of `search_offers`. Raises: NotFound."""
    rows = _OFFERS.where(Offer.id == offer_id, offers_visible_to(actor))
    row = db.session.execute(rows).one_or_none()
    if row is None:
        raise NotFound()
    return row


def search_deals(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Deal]:
    """Deals that the actor may see, newest first, at most `limit` that are older than `after`."""
    conditions = [deals_visible_to(actor), *_filters(Deal, actor, query)]
    return db.session.scalars(_newest(select(Deal), Deal, conditions, after, limit)).all()


def search_loadable(supplier_id: UUID, receiver_id: UUID | None, limit: int) -> Sequence[Deal]:
    """Deals of a supplier under which something is left to be loaded, at most `limit`, those that end first
    first; with a receiver only those with it."""
    taken = Deal.planned_kg + Deal.moving_kg + Deal.refused_kg + Deal.accepted_kg
    takes_loads = [status for status in LIVE_DEALS if status != DealStatus.DISPUTED]
    query = select(Deal).where(
        Deal.supplier_id == supplier_id, Deal.status.in_(takes_loads), Deal.quantity_kg > taken
    )
    if receiver_id is not None:
        query = query.where(Deal.receiver_id == receiver_id)
    return db.session.scalars(query.order_by(Deal.until_day, Deal.id).limit(limit)).all()


def _newest(
    rows: Select[Any], model: Any, conditions: list[ColumnElement[bool]], after: UUID | None, limit: int
) -> Select[Any]:
    rows = rows.where(*conditions)
    if after is not None:
        rows = rows.where(model.id < after)
    return rows.order_by(model.id.desc()).limit(limit)


def _filters(model: Any, actor: Actor, query: dict[str, Any]) -> Iterable[ColumnElement[bool]]:
    if query["status"]:
        yield model.status.in_(query["status"])
    if query["listing_id"] is not None:
        yield or_(model.supply_id == query["listing_id"], model.demand_id == query["listing_id"])
    if query["mine"]:
        yield or_(model.supplier_id == actor.enterprise_id, model.receiver_id == actor.enterprise_id)
    if query["first_day"] is not None:
        yield model.created_at >= start_of(query["first_day"])
    if query["last_day"] is not None:
        yield model.created_at < start_of(query["last_day"] + timedelta(days=1))


def _is_in_turn(actor: Actor) -> ColumnElement[bool]:
    own = {"supplier": Offer.supplier_id, "receiver": Offer.receiver_id}
    return or_(
        *((Offer.whose_turn == side) & (column == actor.enterprise_id) for side, column in own.items())
    )


def start_of(day: date) -> datetime:
    """The first moment of a day in Asia/Shanghai."""
    return datetime.combine(day, time(), clock.LOCAL)
