"""Inspections found, and as which party an actor may act on one."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import lazyload

from ...database import db, is_among
from ...enterprises import service as enterprises
from ...errors import Forbidden, NotFound
from ...events import service as events
from ...events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ...events.lifecycle import Party
from ...events.work import Work
from ...messages.names import Name
from ..models import Inspection, InspectionKind

SCOPE_OF_ENTERPRISES = "deals:write"


def may_write(actor: Actor) -> bool:
    """Whether the actor has the right to write of inspections; whose turn it is is another matter."""
    needed = "admin" if actor.is_admin else SCOPE_OF_ENTERPRISES
    return actor.kind == REGULATOR or needed in actor.scopes


def require_writer(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the key lacks the scope for writing (`scope_missing`); a regulator needs none."""
    if not may_write(actor):
        needed = "admin" if actor.is_admin else SCOPE_OF_ENTERPRISES
        raise Forbidden("scope_missing", scope=Name("scope", needed))


def find(actor: Actor, inspection_id: UUID) -> Inspection:
    """An inspection that the actor may see: of itself, or of an enterprise under its oversight.

    Raises:
        NotFound: there is none.
    """
    query = select(Inspection).where(
        Inspection.id == inspection_id, *enterprises.visible_to(actor, Inspection.enterprise_id)
    )
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    events.note_read(actor, events.CREDIT, row.enterprise_id)
    return row


def search(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Inspection]:
    """At most `limit` inspections that the actor may see, newest first, older than `after`; no answers."""
    rows = select(Inspection).where(
        *enterprises.visible_to(actor, Inspection.enterprise_id), *_filters(actor, query)
    )
    if after is not None:
        rows = rows.where(Inspection.id < after)
    rows = rows.options(lazyload(Inspection.answers)).order_by(Inspection.id.desc()).limit(limit)
    found = db.session.scalars(rows).all()
    for row in found:
        events.note_read(actor, events.CREDIT, row.enterprise_id)
    return found


def newest_finished(ids: Collection[UUID]) -> dict[UUID, Inspection]:
    """By enterprise its newest finished inspection by an officer; without one, its newest self-check."""
    is_self = Inspection.kind == InspectionKind.SELF
    query = (
        select(Inspection)
        .ext(distinct_on(Inspection.enterprise_id))
        .where(
            is_among(Inspection.enterprise_id, ids),
            Inspection.finished_at.is_not(None),
        )
        .order_by(Inspection.enterprise_id, is_self, Inspection.finished_at.desc(), Inspection.id.desc())
    )
    return {row.enterprise_id: row for row in db.session.scalars(query)}


Condition = Callable[[Actor, Any], ColumnElement[bool]]
FILTERS: dict[str, Condition] = {
    "enterprise_id": lambda actor, wanted: Inspection.enterprise_id == wanted,
    "checklist": lambda actor, wanted: Inspection.checklist == wanted,
    "kind": lambda actor, wanted: Inspection.kind == wanted,
    "status": lambda actor, wanted: Inspection.status.in_(wanted),
    "mine": lambda actor, _: (
        Inspection.enterprise_id == actor.enterprise_id
        if actor.enterprise_id
        else Inspection.begun_by == actor.id
    ),
}
"""What each parameter of the list asks for; one that is not given filters nothing."""


def _filters(actor: Actor, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [condition(actor, query[name]) for name, condition in FILTERS.items() if query[name]]


def lock(work: Work, inspection_id: UUID) -> Inspection:
    """The inspection, locked. Raises: NotFound."""
    return work.lock(Inspection, Inspection.id == inspection_id)


PARTIES = {
    InspectionKind.SELF: {Party.OWNER},
    InspectionKind.DISTRICT: {Party.REGULATOR, Party.ADMIN},
    InspectionKind.CITY: {Party.ADMIN},
}
"""Who inspects, by kind."""


def party_of(actor: Actor) -> Party:
    """As which party an actor acts on an inspection that it may see."""
    if actor.enterprise_id is not None:
        return Party.OWNER
    return Party.ADMIN if actor.is_admin else Party.REGULATOR


def may_inspect(actor: Actor, kind: InspectionKind) -> bool:
    """Whether checks of this kind are the actor's to make."""
    return party_of(actor) in PARTIES[kind]


def inspector_of(actor: Actor, kind: InspectionKind) -> Party:
    """The party as which an actor inspects.

    Raises:
        Forbidden: checks of this kind are another's to make (`inspection_of_others`).
    """
    party = party_of(actor)
    if party not in PARTIES[kind]:
        raise of_others(kind, *PARTIES[kind])
    return party


ACTORS = {Party.OWNER: ENTERPRISE, Party.REGULATOR: REGULATOR, Party.ADMIN: ADMIN}


def of_others(kind: InspectionKind, *parties: Party) -> Forbidden:
    """The refusal of what these parties have to do in an inspection of this kind."""
    names = tuple(Name("actor", ACTORS[party]) for party in sorted(parties))
    return Forbidden("inspection_of_others", kind=kind, allowed=names)
