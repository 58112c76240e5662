"""Enterprises found by id, by who asks, by region, and for the list of an overseer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, or_, select, tuple_

from ... import identity
from ...catalogue import service as catalogue
from ...database import db
from ...errors import Invalid, NotFound
from ...events.actor import REGULATOR, Actor
from ...events.work import Work
from ...statements import Statement, uuid_array
from ..models import Enterprise, EnterpriseStatus

_IS_ASKED_FOR = Enterprise.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
"""A single parameter, however many ids: so that PostgreSQL and its driver prepare one statement."""
_ROWS = select(Enterprise).where(_IS_ASKED_FOR)
_REFERENCE = (
    Enterprise.id, Enterprise.name, Enterprise.grade, Enterprise.credit_milli, Enterprise.region,
)  # fmt: skip
_CONTACT = (
    Enterprise.contact_name, Enterprise.contact_email, Enterprise.contact_phone, Enterprise.contact_erased_at,
)  # fmt: skip
_REFERENCES = Statement(select(*_REFERENCE).where(_IS_ASKED_FOR))
_CONTACTS = Statement(select(*_REFERENCE, *_CONTACT).where(_IS_ASKED_FOR))


def find(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """Any enterprise, as every key may know of it. Raises: NotFound."""
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise NotFound()
    return enterprise


def own(actor: Actor) -> Enterprise:
    """The acting enterprise. Raises: NotFound: platform staff asks."""
    enterprise = db.session.get(Enterprise, actor.enterprise_id) if actor.enterprise_id else None
    if enterprise is None:
        raise NotFound()
    return enterprise


def find_governed(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """The enterprise, if it is the actor itself or under the actor's oversight. Raises: NotFound."""
    enterprise = find(actor, enterprise_id)
    if not sees_all_of(actor, enterprise):
        raise NotFound()
    return enterprise


def find_changeable(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """The enterprise, if the actor may change it: itself or an admin. Raises: NotFound."""
    enterprise = find(actor, enterprise_id)
    if not (actor.is_admin or actor.enterprise_id == enterprise.id):
        raise NotFound()
    return enterprise


def sees_all_of(actor: Actor, enterprise: Any) -> bool:
    """Whether the actor sees more of an enterprise than what is public."""
    return (
        actor.is_admin
        or actor.enterprise_id == enterprise.id
        or (actor.kind == REGULATOR and catalogue.region_covers(actor.region or 0, enterprise.region))
    )


def sees_scores(actor: Actor) -> bool:
    """Whether the actor sees the scores of others: an approved member or staff."""
    return actor.enterprise_id is None or actor.status == EnterpriseStatus.APPROVED


def by_id(ids: set[UUID]) -> dict[UUID, Enterprise]:
    """Those enterprises, by id, in one statement."""
    rows = db.session.scalars(_ROWS, {"ids": list(ids)})
    return {enterprise.id: enterprise for enterprise in rows}


def references(ids: set[UUID]) -> dict[UUID, Any]:
    """Of those enterprises, by id: what `reference_to` shows, and the region; one statement.

    A row of five columns takes a sixth of the time of the whole enterprise.
    """
    return {row.id: row for row in _REFERENCES.all(ids=uuid_array(ids))}


def contacts_of(ids: set[UUID]) -> dict[UUID, Any]:
    """The same with what `contact_for` needs; whoever shows it makes sure that it may be seen."""
    return {row.id: row for row in _CONTACTS.all(ids=uuid_array(ids))}


def ids_within(region: int) -> Any:
    """A subquery of the ids of the enterprises in a region and below."""
    return select(Enterprise.id).where(catalogue.within(Enterprise.region, region))


def with_collectors(numbers: Iterable[int]) -> list[int]:
    """These enterprises (`no`) and the collectors that collect under their licences."""
    given = set(numbers)
    licensed = select(Enterprise.id).where(Enterprise.no.in_(given))
    collectors = db.session.scalars(select(Enterprise.no).where(Enterprise.partner_id.in_(licensed)))
    return sorted(given.union(collectors))


def lock(work: Work, enterprise_id: UUID | None) -> Enterprise:
    """The enterprise, locked against changes and against all that adds to what it may have only so much of;
    rows may still refer to it meanwhile. Raises: NotFound.
    """
    return work.lock(Enterprise, Enterprise.id == enterprise_id)


def lock_all(work: Work, ids: Sequence[UUID]) -> None:
    """Lock many enterprises as `lock` does, in the order of their ids."""
    rows = select(Enterprise.id).where(_IS_ASKED_FOR).order_by(Enterprise.id)
    work.session.execute(rows.with_for_update(key_share=True), {"ids": list(ids)})


def batches_of_ids(size: int) -> Iterator[list[UUID]]:
    """The ids of all enterprises in their order, so many at a time; each batch is a query of its own."""
    after = UUID(int=0)
    query = select(Enterprise.id).order_by(Enterprise.id).limit(size)
    while ids := list(db.session.scalars(query.where(Enterprise.id > after))):
        yield ids
        after = ids[-1]


def lock_shared(work: Work, enterprise_id: UUID | None) -> Enterprise:
    """The enterprise, kept from being changed until the work ends. Raises: NotFound."""
    query = select(Enterprise).where(Enterprise.id == enterprise_id).with_for_update(read=True)
    enterprise = work.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if enterprise is None:
        raise NotFound()
    return enterprise


def search(actor: Actor, query: dict[str, Any], after: list[Any] | None) -> list[Enterprise]:
    """One page of enterprises (and one row more) by score or age; a regulator sees its own region only.

    Args:
        query: filters, `sort` and `limit`, as EnterpriseQuery reads them.
        after: where the last page ended, as `search_position` says.
    Raises:
        Invalid: `bad_cursor`.
    """
    descending = query["sort"].startswith("-")
    column: Any = Enterprise.credit_milli if _is_by_score(query) else Enterprise.created_at
    key = tuple_(column, Enterprise.id)
    rows = select(Enterprise).where(*_search_conditions(actor, query))
    if after is not None:
        last = (_sort_value(query, after[0]), after[1])
        rows = rows.where(key < last if descending else key > last)
    ordering = (column.desc(), Enterprise.id.desc()) if descending else (column, Enterprise.id)
    return list(db.session.scalars(rows.order_by(*ordering).limit(query["limit"] + 1)))


def search_position(query: dict[str, Any], enterprise: Enterprise) -> list[str]:
    """Where a page of `search` ended that ended with this enterprise."""
    value = str(enterprise.credit_milli) if _is_by_score(query) else enterprise.created_at.isoformat()
    return [value, str(enterprise.id)]


def _is_by_score(query: dict[str, Any]) -> bool:
    return bool(query["sort"].endswith("score"))


def _sort_value(query: dict[str, Any], raw: str) -> Any:
    try:
        return int(raw) if _is_by_score(query) else datetime.fromisoformat(raw)
    except ValueError as error:
        raise Invalid("bad_cursor", at="cursor") from error


def _search_conditions(actor: Actor, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [
        getattr(Enterprise, name) == query[name]
        for name in ("grade", "status", "blocked")
        if query[name] is not None
    ]
    if query["role"]:
        conditions.append(Enterprise.roles.contains([query["role"]]))
    if query["region"] is not None:
        conditions.append(catalogue.within(Enterprise.region, query["region"]))
    if actor.kind == REGULATOR:
        conditions.append(catalogue.within(Enterprise.region, actor.region or 0))
    if query["q"]:
        conditions.append(is_named(query["q"]))
    return conditions


def is_named(text: str) -> ColumnElement[bool]:
    """Enterprises with `text` in their name, or with a credit code that begins so."""
    has_name, code = has_in_name(text), identity.folded_uscc(text)
    return or_(has_name, Enterprise.uscc.startswith(code, autoescape=True)) if code else has_name


def has_in_name(text: str) -> ColumnElement[bool]:
    """Enterprises with `text` in their name, for whoever does not see credit codes."""
    found: ColumnElement[bool] = func.strpos(func.fold_text(Enterprise.name), func.fold_text(text)) > 0
    return found
