"""What an asker may see of listings, found and shown."""

from collections.abc import Sequence
from math import isfinite
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import ColumnElement, and_, or_, select

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import Invalid, NotFound
from ...events.actor import REGULATOR, Actor
from ...events.work import Work
from ...extensions import db
from ..models import Accept, Kind, Listing, Status
from ..schemas import ListingFilter

FILTER = ListingFilter()
COARSE_DIGITS = 2
"""Others see a place to 0.01 degree, about a kilometre."""


def find_visible(actor: Actor, listing_id: UUID) -> Listing:
    """A listing that the actor may see. Raises: NotFound."""
    return _find(Listing.id == listing_id, _visible(actor))


def find_governed(actor: Actor, listing_id: UUID) -> Listing:
    """A listing of the actor's own or under its oversight. Raises: NotFound."""
    return _find(Listing.id == listing_id, _governed(actor))


def find_own(actor: Actor, listing_id: UUID) -> Listing:
    """A listing of the actor's own. Raises: NotFound."""
    return _find(Listing.id == listing_id, Listing.enterprise_id == actor.enterprise_id)


def find_publishable(actor: Actor, listing_id: UUID) -> Listing:
    """A listing that the actor may publish. Raises: Forbidden: it is not approved; NotFound."""
    enterprises.require_approved(actor)
    return find_own(actor, listing_id)


def find_open(listing_id: UUID, kind: str) -> Listing:
    """An open listing of that kind, of an approved enterprise, whoever asks. Raises: NotFound."""
    return _find(Listing.id == listing_id, Listing.kind == kind, _open_to_others())


def find_any(actor: Actor, listing_id: UUID) -> Listing:
    """Any listing; for admins. Raises: NotFound."""
    return _find(Listing.id == listing_id)


def _find(*conditions: ColumnElement[bool]) -> Listing:
    row = db.session.scalars(select(Listing).where(*conditions)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _open_to_others() -> ColumnElement[bool]:
    return and_(Listing.status == Status.OPEN, Listing.enterprise_id.in_(enterprises.approved_ids()))


def _governed(actor: Actor) -> ColumnElement[bool]:
    if actor.is_admin:
        return Listing.id.is_not(None)
    if actor.kind == REGULATOR:
        return catalogue.within(Listing.region, actor.region or 0)
    return Listing.enterprise_id == actor.id


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.enterprise_id is not None and actor.status == "approved":
        return or_(_governed(actor), _open_to_others())
    return _governed(actor)


def search(actor: Actor, query: dict[str, Any], after: UUID | None) -> Sequence[Listing]:
    """One page (and one row more) of listings that the actor may see, newest first."""
    rows = select(Listing).where(_visible(actor), *conditions(query))
    if query["mine"]:
        rows = rows.where(Listing.enterprise_id == actor.enterprise_id)
    if query["status"]:
        rows = rows.where(Listing.status == query["status"])
    if after is not None:
        rows = rows.where(Listing.id < after)
    return db.session.scalars(rows.order_by(Listing.id.desc()).limit(query["limit"] + 1)).all()


def filter_from(body: dict[str, Any], at: str) -> dict[str, Any]:
    """The filter that the JSON object of the field `at` means, by the names and rules of `GET /listings`.

    A number may be written as one or as text, as in a query string; null means no filter.

    Raises:
        ValidationError, Invalid: a name or a value that `GET /listings` would refuse.
    """
    given = {name: value for name, value in body.items() if value is not None}
    try:
        found = FILTER.load({name: _as_text(value) for name, value in given.items()})
    except ValidationError as error:
        raise ValidationError({at: error.messages}) from error
    except Invalid as error:
        raise Invalid(error.code, at=f"{at}.{error.at}", **error.facts) from error
    return {name: value for name, value in found.items() if value is not None}


def _as_text(value: Any) -> Any:
    """A finite number as a query string would have it; anything else as it is."""
    is_number = type(value) is int or (type(value) is float and isfinite(value))
    return str(value) if is_number else value


def conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What a listing must meet to pass a filter; a name that is missing or None filters nothing."""
    found: list[ColumnElement[bool]] = []
    if query.get("kind"):
        found.append(Listing.kind == query["kind"])
    if query.get("region") is not None:
        found.append(catalogue.within(Listing.region, query["region"]))
    if query.get("code"):
        ids = catalogue.ids_of_code(query["code"])
        accepting = select(Accept.listing_id).where(Accept.code_id.in_(ids))
        found.append(or_(Listing.code_id.in_(ids), Listing.id.in_(accepting)))
    return found


def present(actor: Actor, rows: Sequence[Listing]) -> list[dict[str, Any]]:
    """Listings as this actor may see them."""
    owners = enterprises.by_id({row.enterprise_id for row in rows})
    codes = catalogue.codes_by_id(
        [row.code_id for row in rows if row.code_id]
        + [accept.code_id for row in rows for accept in row.accepts]
    )
    return [_present(actor, row, owners[row.enterprise_id], codes) for row in rows]


def _present(actor: Actor, row: Listing, owner: Any, codes: dict[int, Any]) -> dict[str, Any]:
    governs = (
        actor.is_admin
        or actor.enterprise_id == row.enterprise_id
        or (actor.kind == REGULATOR and catalogue.covers(actor.region or 0, row.region))
    )
    plain = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    lon, lat = (
        (row.lon, row.lat) if governs else (round(row.lon, COARSE_DIGITS), round(row.lat, COARSE_DIGITS))
    )
    return {
        **plain,
        "waste": _code(codes[row.code_id]) if row.code_id else None,
        "accepts": [_code(codes[one.code_id]) for one in row.accepts] if row.kind == Kind.DEMAND else None,
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "enterprise": {"id": owner.id, "name": owner.name, "grade": owner.grade},
        "warnings": [],
    }


def _code(row: Any) -> dict[str, str]:
    return {"scheme": row.scheme, "code": row.code}


def by_id(ids: set[UUID]) -> dict[UUID, Listing]:
    """Those listings, by id."""
    return {row.id: row for row in db.session.scalars(select(Listing).where(Listing.id.in_(ids)))}


def lock_if_open(work: Work, listing_id: UUID) -> Listing | None:
    """The listing, kept from closing until the work ends; None when it is not open."""
    return work.session.scalars(
        select(Listing)
        .where(Listing.id == listing_id, Listing.status == Status.OPEN)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
