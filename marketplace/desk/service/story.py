"""The story of one enterprise in one answer: its standing, and the newest of everything that is known of it.

Each part is one statement, however long the history: the newest rows with how many there are.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select

from ... import clock
from ...appeals.models import Appeal, Repair
from ...credit import service as credit
from ...credit.models import CreditEvent, Evaluation
from ...database import db
from ...deals.models import Deal, Side
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...events import service as reads
from ...events.actor import Actor
from ...inspections.models import Inspection
from ...listings.models import Listing, ListingStatus
from ...manifests.models import Manifest, Part
from .score_history import score_points

MOST = 50
"""Rows of each part; our own choice."""
PARTS = ("credit", "supervision", "trade")
LISTINGS = (
    Listing.id, Listing.kind, Listing.title, Listing.status, Listing.quantity_kg, Listing.created_at,
)  # fmt: skip
APPEALS = (Appeal.id, Appeal.event_id, Appeal.status, Appeal.due_on, Appeal.created_at, Appeal.closed_at)
REPAIRS = (Repair.id, Repair.event_id, Repair.status, Repair.due_on, Repair.created_at, Repair.closed_at)
INSPECTIONS = (
    Inspection.id, Inspection.checklist, Inspection.kind, Inspection.status, Inspection.result,
    Inspection.begun_on, Inspection.due_on,
)  # fmt: skip
EVENTS = (
    "id", "rule", "axis", "points_milli", "severity", "status", "document", "effective_on", "lapses_on",
    "created_at",
)  # fmt: skip


def tell_story(
    actor: Actor, enterprise: Enterprise, language: str, parts: Collection[str] = PARTS
) -> dict[str, Any]:
    """All that is known of an enterprise, newest first, or these parts of it; what changed the score day by
    day at the head."""
    reads.note_read(actor, reads.CREDIT, enterprise.id)
    told = {"enterprise": enterprise, "score": enterprise.credit_milli, "grade": enterprise.grade}
    for part in parts:
        told |= TOLD[part](enterprise, language)
    return told


def _credit(enterprise: Enterprise, language: str) -> dict[str, Any]:
    events = _events(enterprise.id)
    evaluations = _evaluations(enterprise.id)
    today = clock.today()
    since = credit.member_since(enterprise)
    return {
        "axes": credit.standing(events, evaluations, since, today).axes,
        "scores": score_points(events, evaluations, since, today, MOST),
        "events": _part(_present_events(events[:MOST], language), len(events)),
        "evaluations": _part(evaluations[:MOST], len(evaluations)),
    }


def _supervision(enterprise: Enterprise, language: str) -> dict[str, Any]:
    return {
        "inspections": _newest(Inspection, INSPECTIONS, Inspection.enterprise_id == enterprise.id),
        "appeals": _newest(Appeal, APPEALS, Appeal.enterprise_id == enterprise.id),
        "repairs": _newest(Repair, REPAIRS, Repair.enterprise_id == enterprise.id),
    }


def _trade(enterprise: Enterprise, language: str) -> dict[str, Any]:
    published = (Listing.enterprise_id == enterprise.id, Listing.status != ListingStatus.DRAFT)
    deals, manifests = _deals(enterprise.id), _manifests(enterprise.id)
    others = _names(deals, manifests)
    return {
        "listings": _newest(Listing, LISTINGS, *published),
        "deals": _with_names(deals, others),
        "manifests": _with_names(manifests, others),
    }


TOLD: dict[str, Callable[[Enterprise, str], dict[str, Any]]] = {
    "credit": _credit,
    "supervision": _supervision,
    "trade": _trade,
}


def _part(items: Sequence[Any], total: int) -> dict[str, Any]:
    return {"items": items, "total": total}


def _events(enterprise_id: UUID) -> Sequence[CreditEvent]:
    """All of its events, newest first: the score of each day needs them."""
    events = select(CreditEvent).where(CreditEvent.enterprise_id == enterprise_id)
    return db.session.scalars(events.order_by(CreditEvent.id.desc())).all()


def _present_events(events: Sequence[CreditEvent], language: str) -> list[dict[str, Any]]:
    titles = credit.titles_of(events, language)
    today = clock.today()
    return [
        {
            **{name: getattr(event, name) for name in EVENTS},
            "title": titles[event.id],
            "counts": credit.counts(event, today),
        }
        for event in events
    ]


def _evaluations(enterprise_id: UUID) -> Sequence[Evaluation]:
    """Those that are published, newest first."""
    published = select(Evaluation).where(Evaluation.enterprise_id == enterprise_id, credit.is_published())
    newest_first = published.order_by(Evaluation.published_on.desc(), Evaluation.id.desc())
    return db.session.scalars(newest_first).all()


def _newest(model: Any, columns: Sequence[Any], *conditions: ColumnElement[bool]) -> dict[str, Any]:
    """The newest rows that meet the conditions, and how many there are."""
    rows = select(*columns, func.count().over().label("total")).where(*conditions)
    found = db.session.execute(rows.order_by(model.id.desc()).limit(MOST)).all()
    return _part(found, found[0].total if found else 0)


def _deals(enterprise_id: UUID) -> dict[str, Any]:
    supplies = Deal.supplier_id == enterprise_id
    columns = (
        Deal.id, Deal.number, Deal.status, Deal.quantity_kg, Deal.agreed_at,
        case((supplies, Side.SUPPLIER.value), else_=Side.RECEIVER.value).label("side"),
        case((supplies, Deal.receiver_id), else_=Deal.supplier_id).label("other_id"),
    )  # fmt: skip
    return _newest(Deal, columns, or_(supplies, Deal.receiver_id == enterprise_id))


def _manifests(enterprise_id: UUID) -> dict[str, Any]:
    sends, receives = Manifest.sender_id == enterprise_id, Manifest.receiver_id == enterprise_id
    parts = ((sends, Part.SENDER.value), (receives, Part.RECEIVER.value))
    columns = (
        Manifest.id, Manifest.number, Manifest.status, Manifest.planned_on, Manifest.planned_kg,
        Manifest.closed_at, case(*parts, else_=Part.CARRIER.value).label("part"),
        case((sends, Manifest.receiver_id), else_=Manifest.sender_id).label("other_id"),
    )  # fmt: skip
    return _newest(Manifest, columns, or_(sends, receives, Manifest.transporter_id == enterprise_id))


def _names(*parts: Mapping[str, Any]) -> dict[UUID, Any]:
    """The other enterprises of deals and manifests, by id."""
    return enterprises.references({row.other_id for part in parts for row in part["items"]})


def _with_names(part: Mapping[str, Any], others: Mapping[UUID, Any]) -> dict[str, Any]:
    items = [{**row._mapping, "other": others[row.other_id]} for row in part["items"]]
    return _part(items, part["total"])
