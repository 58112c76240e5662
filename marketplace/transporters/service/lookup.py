"""Registers and papers that an actor may see or change."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, Role
from ...errors import Forbidden, NotFound
from ...events.actor import Actor
from ...messages.names import name_of
from ..models import PaperKind, PaperStatus, TransporterPaper, TransporterRegister


def find_register(actor: Actor, enterprise_id: UUID) -> TransporterRegister:
    """The register of a transporter that is the actor or under its oversight; empty before the first entry.

    Raises:
        NotFound: no such transporter, or not the actor's to see.
        Forbidden: the actor is no transporter (`role_missing`).
    """
    _find_transporter(actor, enterprise_id)
    return db.session.get(TransporterRegister, enterprise_id) or empty_register(enterprise_id)


def find_changeable_register(actor: Actor, enterprise_id: UUID) -> TransporterRegister:
    """The same, for changes by the transporter itself or an admin.

    Raises:
        NotFound, Forbidden: as `find_register`; `enterprise_pending` and the like.
    """
    enterprise = _find_transporter(actor, enterprise_id)
    if actor.enterprise_id is not None:
        enterprises.require_approved(enterprise)
    return db.session.get(TransporterRegister, enterprise_id) or empty_register(enterprise_id)


def empty_register(enterprise_id: UUID) -> TransporterRegister:
    """The register of a transporter that has said nothing of itself, of version 0; it is not stored."""
    return TransporterRegister(enterprise_id=enterprise_id, service_area=[], hazardous=False, version=0)


def find_paper(actor: Actor, paper_id: UUID) -> TransporterPaper:
    """A paper that the actor may see. Raises: NotFound."""
    query = select(TransporterPaper).where(
        TransporterPaper.id == paper_id, *enterprises.visible_to(actor, TransporterPaper.transporter_id)
    )
    paper = db.session.scalars(query).one_or_none()
    if paper is None:
        raise NotFound()
    return paper


def search_papers(
    actor: Actor, query: dict[str, Any], after: UUID | None, limit: int
) -> Sequence[TransporterPaper]:
    """Living papers that the actor may see, newest first, at most `limit` older than `after`.

    Args:
        query: `status`, `paper` (its kind) and `transporter_id`, each None for any.
    """
    papers = select(TransporterPaper).where(
        TransporterPaper.ended_at.is_(None), *enterprises.visible_to(actor, TransporterPaper.transporter_id)
    )
    papers = papers.options(joinedload(TransporterPaper.files))  # few, as those of licences
    for column, value in (
        (TransporterPaper.status, query["status"]),
        (TransporterPaper.kind, query["paper"]),
        (TransporterPaper.transporter_id, query["transporter_id"]),
    ):
        papers = papers if value is None else papers.where(column == value)
    if after is not None:
        papers = papers.where(TransporterPaper.id < after)
    return db.session.scalars(papers.order_by(TransporterPaper.id.desc()).limit(limit)).unique().all()


def papers_of(transporter_id: UUID) -> Sequence[TransporterPaper]:
    """All papers of a transporter that were not ended, those refused among them, oldest first."""
    papers = select(TransporterPaper).where(
        TransporterPaper.transporter_id == transporter_id, TransporterPaper.ended_at.is_(None)
    )
    return db.session.scalars(papers.order_by(TransporterPaper.id)).all()


def verified_papers_of(transporter_id: UUID, day: date) -> Sequence[TransporterPaper]:
    """The papers of a transporter, but those of people, that an official verified and that hold on a day."""
    query = select(TransporterPaper).where(
        TransporterPaper.transporter_id == transporter_id,
        TransporterPaper.ended_at.is_(None),
        TransporterPaper.status == PaperStatus.VERIFIED,
        TransporterPaper.kind != PaperKind.CREW,
        or_(TransporterPaper.valid_from.is_(None), TransporterPaper.valid_from <= day),
        or_(TransporterPaper.valid_until.is_(None), TransporterPaper.valid_until >= day),
    )
    return db.session.scalars(query.order_by(TransporterPaper.id)).all()


def check_member(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is not approved; only members see who carries."""
    enterprises.require_approved(actor)


def _find_transporter(actor: Actor, enterprise_id: UUID) -> Enterprise:
    enterprise = enterprises.find_governed(actor, enterprise_id)
    if Role.TRANSPORTER not in enterprise.roles:
        if actor.enterprise_id is None:
            raise NotFound()
        raise Forbidden("role_missing", roles=(name_of(Role.TRANSPORTER),))
    return enterprise
