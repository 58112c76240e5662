"""The report of an inspection as a document, in Chinese or English."""

from functools import partial
from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...database import db
from ...documents import service as documents
from ...documents.models import DocumentKind
from ...documents.service import wording
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import Actor
from ...messages import say
from ...messages.names import Name, readable
from ..models import Inspection, InspectionAnswer, InspectionStatus
from .presentation import percent_of

WORDS = (
    "title", "number", "issued", "verify", "scan", "code_of", "page", "enterprise", "uscc", "region",
    "checklist", "kind", "way", "begun_on", "status", "result", "points", "due_on", "finished_at",
    "closed_at", "items", "section", "item", "met", "note", "findings", "remedy", "corrected", "disclaimer",
    "inspector", "inspected", "agent", "day",
)  # fmt: skip
"""What the template writes itself: each is the sentence `inspection_report_<word>`."""


def report_pdf(actor: Actor, row: Inspection, language: str) -> bytes:
    """The report of an inspection as it is now; what says the same is the same file."""
    facts_of = partial(_facts, row, language)
    return documents.issue_document(actor, DocumentKind.INSPECTION, row.number, row.id, facts_of)


def _state_of(inspection_id: UUID) -> InspectionStatus:
    row = db.session.get(Inspection, inspection_id)
    if row is None:
        raise NotFound()
    return row.status


documents.STATES[DocumentKind.INSPECTION] = _state_of


def _facts(row: Inspection, language: str) -> dict[str, Any]:
    enterprise = enterprises.by_id({row.enterprise_id})[row.enterprise_id]
    return {
        "number": row.number,
        "lang": language,
        "words": {word: say(f"inspection_report_{word}", language) for word in WORDS},
        "enterprise": enterprise.name,
        "uscc": enterprise.uscc,
        "region": catalogue.region_names([enterprise.region])[enterprise.region],
        **{name: _named(getattr(row, name), language) for name in ("checklist", "kind", "way", "status")},
        "result": _named(row.result, language),
        "points": wording.ABSENT
        if row.points is None
        else f"{row.points} / {row.most_points} ({percent_of(row):g} %)",
        "begun_on": row.begun_on.isoformat(),
        "due_on": row.due_on.isoformat() if row.due_on else wording.ABSENT,
        "finished_at": wording.moment(row.finished_at),
        "closed_at": wording.moment(row.closed_at),
        "note": row.note or "",
        "items": [_cells(answer, language) for answer in row.answers],
        "findings": [_finding(answer, language) for answer in row.findings],
    }


def _named(value: Any, language: str) -> str:
    return wording.ABSENT if value is None else str(readable(value, language))


def _cells(answer: InspectionAnswer, language: str) -> list[str]:
    """The cells of an item, in the sequence of the template's columns."""
    item = answer.item
    veto = say("inspection_report_veto", language) if item.veto else ""
    return [
        item.code,
        getattr(item, f"section_{language}"),
        getattr(item, f"text_{language}") + veto,
        wording.ABSENT if answer.points is None else f"{answer.points} / {item.most_points}",
        answer.note or wording.ABSENT,
    ]


def _finding(answer: InspectionAnswer, language: str) -> list[str]:
    corrected = {None: "unknown", True: "yes", False: "no"}[answer.is_corrected]
    return [
        answer.item.code,
        answer.note or wording.ABSENT,
        answer.remedy or wording.ABSENT,
        _named(Name("corrected", corrected), language),
    ]
