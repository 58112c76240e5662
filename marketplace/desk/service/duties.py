"""What waits for an enterprise in rooms in which little ever does: one statement asks all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from ...enterprises.models import Enterprise
from ...events.actor import Actor
from ...inspections.models import Inspection, InspectionKind, InspectionStatus
from ...receivers.models import ANSWERED_WITHIN, ReceiverRequest, RequestStatus
from ...reporting import service as reporting
from ...reporting.models import UNCONFIRMED, Declaration, ReportKind
from ...statements import Statement
from ...transfers.models import TransferApplication, TransferStatus

SUPPLEMENT, ANSWER, DECLARE, CHECK, RECTIFY = "supplement", "answer", "declare", "check", "rectify"
"""What is to be done: hand in papers of a transfer application, answer a request for contact, confirm a
declaration, go on with a check of oneself, put right what an inspection ordered."""
_OWN: Any = bindparam("own", type_=Enterprise.id.type)
_AHEAD: Any = bindparam("ahead", type_=Date)
_MOST: Any = bindparam("most", type_=Integer)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an enterprise is to do about a row.

    Attributes:
        about: the other side's name, the period of a declaration, the checklist of an inspection.
        kind: of an inspection. due: the last day, or moment; None without a deadline.
    """

    what: str
    subject_id: UUID
    about: str
    kind: str | None
    since: datetime
    due: date | datetime | None


def _is_one_of(column: Any, values: Iterable[StrEnum]) -> ColumnElement[bool]:
    """As `in_`, in the words that a statement put together once can have."""
    return or_(*(column == value for value in values))


def _waiting(
    what: str,
    row: Any,
    about: Any,
    since: Any,
    *where: Any,
    kind: Any = None,
    due: Any = None,
    day: Any = None,
) -> Select[Any]:
    return (
        select(
            literal_column(f"'{what}'").label("what"),
            row.id,
            cast(about, Text).label("about"),
            cast(null() if kind is None else kind, Text).label("kind"),
            since.label("since"),
            cast(null() if due is None else due, Date).label("due"),
            cast(null() if day is None else day, Date).label("first_day"),
        )
        .where(*where)
        .limit(_MOST)
    )


def _about_others(what: str, row: Any, since: Any, own: Any, other: Any, status: str) -> Select[Any]:
    waiting = _waiting(what, row, Enterprise.name, since, own == _OWN, row.status == status)
    return waiting.join(Enterprise, Enterprise.id == other).order_by(since)


def _of_inspections(what: str, *where: Any) -> Select[Any]:
    own = Inspection.enterprise_id == _OWN
    return _waiting(
        what, Inspection, Inspection.checklist, Inspection.created_at, own, *where,
        kind=Inspection.kind, due=Inspection.due_on,
    ).order_by(Inspection.id)  # fmt: skip


_PARTS = (
    _about_others(
        SUPPLEMENT, TransferApplication, TransferApplication.updated_at, TransferApplication.generator_id,
        TransferApplication.receiver_id, TransferStatus.INCOMPLETE,
    ),
    _about_others(
        ANSWER, ReceiverRequest, ReceiverRequest.created_at, ReceiverRequest.receiver_id,
        ReceiverRequest.supplier_id, RequestStatus.OPEN,
    ),
    _waiting(
        DECLARE, Declaration, Declaration.kind, Declaration.created_at,
        Declaration.enterprise_id == _OWN, _is_one_of(Declaration.status, UNCONFIRMED),
        Declaration.due_on <= _AHEAD,
        due=Declaration.due_on, day=Declaration.first_day,
    ).order_by(Declaration.due_on),
    _of_inspections(
        CHECK, Inspection.kind == InspectionKind.SELF, Inspection.status == InspectionStatus.OPEN
    ),
    _of_inspections(
        RECTIFY, _is_one_of(Inspection.status, (InspectionStatus.RECTIFYING, InspectionStatus.OVERDUE))
    ),
)  # fmt: skip
_DUTIES = union_all(*(part.subquery().select() for part in _PARTS))
DUTIES = Statement(_DUTIES.order_by("since"))


def duties_of(actor: Actor, ahead: date, most: int) -> list[Waiting]:
    """The duties of an enterprise, those first that have waited longest; at most so many of each.

    Args:
        ahead: until when declarations are due that are shown.
    """
    rows = DUTIES.all(own=actor.enterprise_id, ahead=ahead, most=most)
    return [Waiting(row.what, row.id, _about(row), row.kind, row.since, _due(row)) for row in rows]


def _about(row: Any) -> str:
    return reporting.period_name(ReportKind(row.about), row.first_day) if row.what == DECLARE else row.about


def _due(row: Any) -> date | datetime | None:
    due: date | datetime | None = row.since + ANSWERED_WITHIN if row.what == ANSWER else row.due
    return due
