"""What waits for an enterprise in rooms in which little ever does: one statement asks all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, literal_column, select, union_all

from ...enterprises.models import Enterprise
from ...events.actor import Actor
from ...receivers.models import ANSWERED_WITHIN, ReceiverRequest, RequestStatus
from ...statements import Statement
from ...transfers.models import TransferApplication, TransferStatus

SUPPLEMENT, ANSWER = "supplement", "answer"
"""What is to be done: hand in papers of a transfer application, answer a request for contact."""
_OWN: Any = bindparam("own", type_=Enterprise.id.type)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an enterprise is to do about a row; `other` is the other side, `due` None without a deadline."""

    what: str
    subject_id: UUID
    other: str
    since: datetime
    due: datetime | None


def _waiting(what: str, row: Any, since: Any, own: Any, other: Any, status: str) -> Select[Any]:
    return (
        select(literal_column(f"'{what}'").label("what"), row.id, Enterprise.name, since.label("since"))
        .join(Enterprise, Enterprise.id == other)
        .where(own == _OWN, row.status == status)
    )


_DUTIES = union_all(
    _waiting(
        SUPPLEMENT, TransferApplication, TransferApplication.updated_at, TransferApplication.generator_id,
        TransferApplication.receiver_id, TransferStatus.INCOMPLETE,
    ),
    _waiting(
        ANSWER, ReceiverRequest, ReceiverRequest.created_at, ReceiverRequest.receiver_id,
        ReceiverRequest.supplier_id, RequestStatus.OPEN,
    ),
)  # fmt: skip
DUTIES = Statement(_DUTIES.order_by("since").limit(bindparam("most", type_=Integer)))


def duties_of(actor: Actor, most: int) -> list[Waiting]:
    """The duties of an enterprise that have waited longest, at most so many."""
    rows = DUTIES.all(own=actor.enterprise_id, most=most)
    return [
        Waiting(
            row.what, row.id, row.name, row.since, row.since + ANSWERED_WITHIN if row.what == ANSWER else None
        )
        for row in rows
    ]
