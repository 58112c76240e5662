"""Manifests found: what an actor takes part in, oversees, and which of the parties it is."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from ...catalogue import service as catalogue
from ...database import db
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events.actor import REGULATOR, Actor
from ...events.lifecycle import LifeCycle, Party, may_make
from ...events.work import Work
from ...messages.names import Name
from ..models import LIFE, Manifest, ManifestCorrection, ManifestLeg, Part

Found = TypeVar("Found")
ROWS = select(*Manifest.__table__.columns)
"""Manifests as rows of columns, for who only shows them: of an object's parts each table is read apart."""


def find(actor: Actor, manifest_id: UUID) -> Manifest:
    """A manifest that the actor takes part in or oversees. Raises: NotFound."""
    rows = select(Manifest).where(Manifest.id == manifest_id, visible(actor))
    return _found(db.session.scalars(rows).one_or_none())


def find_shown(actor: Actor, manifest_id: UUID) -> Any:
    """The same as a row of columns, to be shown. Raises: NotFound."""
    rows = ROWS.where(Manifest.id == manifest_id, visible(actor))
    return _found(db.session.execute(rows).one_or_none())


def find_correction(actor: Actor, correction_id: UUID) -> ManifestCorrection:
    """A correction of a manifest that the actor takes part in. Raises: NotFound."""
    row = db.session.get(ManifestCorrection, correction_id)
    if row is None:
        raise NotFound()
    find(actor, row.manifest_id)
    return row


def _found(row: Found | None) -> Found:
    if row is None:
        raise NotFound()
    return row


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition that an actor takes part in a manifest, or oversees one of its parties or its place."""
    if actor.is_admin:
        return Manifest.id.is_not(None)
    if actor.kind == REGULATOR:
        return governed(actor.region or 0)
    return or_(
        Manifest.sender_id == actor.id,
        Manifest.receiver_id == actor.id,
        Manifest.transporter_id == actor.id,
        Manifest.id.in_(select(ManifestLeg.manifest_id).where(ManifestLeg.transporter_id == actor.id)),
    )


def governed(region: int) -> ColumnElement[bool]:
    """The condition that a manifest leaves from a region, or comes from or goes to an enterprise of it."""
    here = enterprises.ids_within(region)
    return or_(
        catalogue.within(Manifest.region, region),
        Manifest.sender_id.in_(here),
        Manifest.receiver_id.in_(here),
    )


def deals_of(row: Manifest) -> Sequence[Deal]:
    """The deals of the lines, as they are; not locked."""
    ids = {line.deal_id for line in row.lines}
    return db.session.scalars(select(Deal).where(Deal.id.in_(ids))).all()


def lock(work: Work, manifest_id: UUID) -> Manifest:
    """The manifest, locked. Raises: NotFound."""
    return work.lock(Manifest, Manifest.id == manifest_id)


def parties_of(actor: Actor, row: Any) -> set[Party]:
    """As which parties the actor may act on a manifest, or its row; an enterprise may be several at once."""
    if actor.is_admin:
        return {Party.ADMIN}
    by_party = {
        Party.SUPPLIER: row.sender_id,
        Party.RECEIVER: row.receiver_id,
        Party.TRANSPORTER: row.transporter_id,
    }
    return {party for party, enterprise_id in by_party.items() if enterprise_id == actor.enterprise_id}


def open_moves(actor: Actor, row: Any) -> list[str]:
    """The moves by the table that an actor may make of a manifest as it is now, in the table's sequence."""
    mine = parties_of(actor, row)
    open_now = (
        move.name
        for move in LIFE.moves
        if move.source == row.status and any(may_make(move, by) for by in mine)
    )
    return list(dict.fromkeys(open_now))


def party_for(actor: Actor, row: Manifest, name: str, life: LifeCycle = LIFE) -> Party:
    """The party as which the actor makes the move `name`.

    Raises:
        Conflict: it is another's to make (`not_your_turn`), who is named.
    """
    mine = parties_of(actor, row)
    for party in sorted(mine):
        if any(may_make(move, party) for move in life.moves if move.name == name):
            return party
    raise not_your_turn(row)


def not_your_turn(row: Manifest, next_step: Name | None = None) -> Conflict:
    """The refusal of what another party has to do; it says who does what next."""
    facts: dict[str, Any] = {"subject": Name("subject", row.__tablename__), "status": row.status}
    return Conflict("not_your_turn", **facts, next=next_step or LIFE.next_step(row.status))


def party_of_part(part: Part) -> Party:
    """Who signs a part."""
    return {
        Part.SENDER: Party.SUPPLIER,
        Part.CARRIER: Party.TRANSPORTER,
        Part.RECEIVER: Party.RECEIVER,
    }[part]


def require_receiver(row: Manifest) -> None:
    """Raises: Conflict: the receiver may take nothing new (`receiver_may_not_trade`)."""
    if not enterprises.may_trade(row.receiver_id):
        raise Conflict("receiver_may_not_trade")
