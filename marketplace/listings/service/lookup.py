"""Listings found: what an actor may see, own, publish or oversee."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import joinedload

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import NotFound
from ...events.actor import ENTERPRISE, REGULATOR, Actor
from ...events.work import Work
from ...statements import Statement, uuid_array
from ..models import Accept, Listing, ListingStatus


def find_visible(actor: Actor, listing_id: UUID) -> Listing:
    """A listing that the actor may see. Raises: NotFound."""
    return _find(Listing.id == listing_id, _visible(actor))


def find_governed(actor: Actor, listing_id: UUID) -> Listing:
    """A listing of the actor's own or under its oversight. Raises: NotFound."""
    return _find(Listing.id == listing_id, governed(actor))


def find_ranked(actor: Actor, listing_id: UUID) -> Any:
    """A listing of the actor's own or under its oversight, as a row of what ranking it takes; no entity.

    Raises: NotFound.
    """
    if actor.kind == ENTERPRISE:
        row = RANKED_OF_OWNER.one_or_none(id=listing_id, owner=actor.id)
    elif actor.is_admin:
        row = RANKED_OF_ANYONE.one_or_none(id=listing_id)
    else:
        overseen = _RANKED.where(Listing.id == listing_id, governed(actor))
        row = db.session.execute(overseen).one_or_none()
    if row is None:
        raise NotFound()
    return row


def find_own(actor: Actor, listing_id: UUID) -> Listing:
    """A listing of the actor's own. Raises: NotFound."""
    return _find(Listing.id == listing_id, Listing.enterprise_id == actor.enterprise_id)


def find_publishable(actor: Actor, listing_id: UUID) -> Listing:
    """A listing that the actor may publish. Raises: Forbidden: it is not approved; NotFound."""
    enterprises.require_approved(actor)
    return find_own(actor, listing_id)


def find_of_trading(listing_id: UUID, kind: str) -> Listing:
    """A listing of that kind in any state, of an approved enterprise, whoever asks. Raises: NotFound."""
    return _find(
        Listing.id == listing_id, Listing.kind == kind, enterprises.may_trade_condition(Listing.enterprise_id)
    )


def find_any(actor: Actor, listing_id: UUID) -> Listing:
    """Any listing; for admins. Raises: NotFound."""
    return _find(Listing.id == listing_id)


def _find(*conditions: ColumnElement[bool]) -> Listing:
    accepts = joinedload(Listing.accepts)  # one statement, where the default is two
    row = db.session.scalars(select(Listing).where(*conditions).options(accepts)).unique().one_or_none()
    if row is None:
        raise NotFound()
    return row


_RANKED = select(
    Listing.id, Listing.no, Listing.enterprise_id, Listing.kind, Listing.status, Listing.title,
    Listing.code_id, Listing.lon, Listing.lat, Listing.quantity_kg, Listing.remaining_kg, Listing.min_lot_kg,
    Listing.price_fen, Listing.max_distance_km, Listing.available_from, Listing.available_until,
    Listing.exemption_item, Enterprise.status.label("owner_status"),
).join(Enterprise, Enterprise.id == Listing.enterprise_id)  # fmt: skip
RANKED_OF_ANYONE = Statement(_RANKED.where(Listing.id == bindparam("id")))
RANKED_OF_OWNER = Statement(
    _RANKED.where(Listing.id == bindparam("id"), Listing.enterprise_id == bindparam("owner"))
)


def open_to_others() -> ColumnElement[bool]:
    """The condition that a listing is open, and its owner one who may trade."""
    return and_(Listing.status == ListingStatus.OPEN, enterprises.may_trade_condition(Listing.enterprise_id))


def governed(actor: Actor) -> ColumnElement[bool]:
    """The condition that a listing is the actor's own or under its oversight."""
    return or_(*_governed_branches(actor))


def _governed_branches(actor: Actor) -> list[ColumnElement[bool]]:
    """What the actor oversees, as conditions of which a listing meets one at most: a regulator what lies in
    its region, and what elsewhere belongs to an enterprise of its region."""
    if actor.is_admin:
        return [Listing.id.is_not(None)]
    if actor.kind != REGULATOR:
        return [Listing.enterprise_id == actor.id]
    here = catalogue.within(Listing.lies_in, actor.region or 0)
    return [here, and_(~here, Listing.enterprise_id.in_(enterprises.ids_within(actor.region or 0)))]


def _visible(actor: Actor) -> ColumnElement[bool]:
    return or_(*visible_branches(actor))


def visible_branches(actor: Actor) -> list[ColumnElement[bool]]:
    """What the actor may see, as conditions of which a listing meets one at most."""
    if actor.enterprise_id is not None and actor.status == EnterpriseStatus.APPROVED:
        return [governed(actor), and_(Listing.enterprise_id != actor.enterprise_id, open_to_others())]
    return _governed_branches(actor)


_ROWS = select(Listing).where(Listing.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
"""A single parameter, however many ids: so that PostgreSQL and its driver prepare one statement."""


def by_id(ids: set[UUID]) -> dict[UUID, Listing]:
    """Those listings, by id."""
    return {row.id: row for row in db.session.scalars(_ROWS, {"ids": list(ids)})}


def whole_by_id(ids: set[UUID]) -> dict[UUID, Listing]:
    """The same with the codes that they accept, in one statement."""
    rows = select(Listing).where(Listing.id.in_(ids)).options(joinedload(Listing.accepts))
    return {row.id: row for row in db.session.scalars(rows).unique()}


ACCEPTED = (
    select(
        func.json_agg(
            aggregate_order_by(func.json_build_array(Accept.code_id, Accept.unlisted_code), Accept.position)
        )
    )
    .where(Accept.listing_id == Listing.id)
    .scalar_subquery()
)
_SHOWN = select(
    *Listing.__table__.columns,
    ACCEPTED.label("accepted"),
    Enterprise.name.label("owner_name"),
    Enterprise.grade.label("owner_grade"),
    Enterprise.credit_milli.label("owner_credit_milli"),
    Enterprise.region.label("owner_region"),
    Enterprise.status.label("owner_status"),
).join(Enterprise, Enterprise.id == Listing.enterprise_id)
SHOWN_BY_ID = Statement(_SHOWN.where(Listing.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


def shown_by_id(ids: Iterable[UUID]) -> dict[UUID, Any]:
    """Those listings, by id, as rows of all their columns with what is shown beside them: the codes that they
    accept, in pairs of id and what an unlisted one says (`accepted`, None of a supply), and the owner.
    """
    return {row.id: row for row in SHOWN_BY_ID.all(ids=uuid_array(ids))}


def find_shown(actor: Actor, listing_id: UUID) -> Any:
    """A listing that the actor may see, as a row of `shown_by_id`, which ranking takes as well; no entity.

    Raises: NotFound.
    """
    return _find_shown(Listing.id == listing_id, _visible(actor))


def find_own_shown(actor: Actor, listing_id: UUID) -> Any:
    """The same of a listing of the actor's own. Raises: NotFound."""
    return _find_shown(Listing.id == listing_id, Listing.enterprise_id == actor.enterprise_id)


def _find_shown(*conditions: ColumnElement[bool]) -> Any:
    row = db.session.execute(_SHOWN.where(*conditions)).one_or_none()
    if row is None:
        raise NotFound()
    return row


OUTLINE = (
    Listing.id, Listing.enterprise_id, Listing.kind, Listing.status, Listing.title, Listing.code_id,
    Listing.region, Listing.lon, Listing.lat, Listing.remaining_kg, Listing.price_fen, Listing.available_from,
    Listing.available_until, Listing.exemption_item, Enterprise.name, Enterprise.grade,
    Enterprise.credit_milli,
)  # fmt: skip


def outlines(ids: Iterable[UUID]) -> dict[UUID, Any]:
    """What a ranking shows of those listings and of who owns them, as rows by id."""
    rows = db.session.execute(select_outlines().where(Listing.id.in_(list(ids))))
    return {row.id: row for row in rows}


def select_outlines(*further: Any) -> Select[Any]:
    """What a ranking shows of listings, as a statement to narrow; with further columns."""
    columns: list[Any] = [*OUTLINE, *further]
    return select(*columns).join(Enterprise, Enterprise.id == Listing.enterprise_id)


def owner_of(outline: Any) -> dict[str, Any]:
    """Who owns the listing of an outline, as it is described beside it."""
    return enterprises.reference(outline.enterprise_id, outline.name, outline.grade, outline.credit_milli)


def owners_of(ids: Iterable[UUID], published_by: datetime | None = None) -> dict[UUID, UUID]:
    """The owner of each of those listings that was published by then, by the listing; one statement."""
    query = select(Listing.id, Listing.enterprise_id).where(Listing.id.in_(list(ids)))
    if published_by is not None:
        query = query.where(func.coalesce(Listing.published_at, Listing.created_at) <= published_by)
    return dict(iter(db.session.execute(query)))  # type: ignore[arg-type]


def open_of(owners: Iterable[UUID], kind: str, *conditions: ColumnElement[bool]) -> Sequence[Listing]:
    """The open listings of a kind of these enterprises that meet the conditions, newest first."""
    of_owners = (Listing.enterprise_id.in_(list(owners)), Listing.kind == kind)
    query = select(Listing).where(*of_owners, Listing.status == ListingStatus.OPEN, *conditions)
    return db.session.scalars(query.order_by(Listing.id.desc())).all()


def lock_if_open(work: Work, listing_id: UUID) -> Listing | None:
    """The listing, locked so that it cannot close before the work ends; None when it is not open."""
    return lock_open(work, {listing_id}).get(listing_id)


def lock_open(work: Work, listing_ids: Collection[UUID]) -> dict[UUID, Listing]:
    """Those of the listings that are open, by id, locked in its order so that none closes before the work
    ends."""
    rows = work.session.scalars(
        select(Listing)
        .where(Listing.id.in_(listing_ids), Listing.status == ListingStatus.OPEN)
        .order_by(Listing.id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def ending(first: date, last: date, wanted: Callable[[Any, Any], Any], most: int) -> Sequence[Listing]:
    """At most `most` open listings whose last day is from `first` to `last`.

    Args:
        wanted: makes a further condition of the columns of id and last day.
    """
    query = select(Listing).where(
        Listing.status == ListingStatus.OPEN,
        Listing.available_until.between(first, last),
        wanted(Listing.id, Listing.available_until),
    )
    return db.session.scalars(query.limit(most)).all()
