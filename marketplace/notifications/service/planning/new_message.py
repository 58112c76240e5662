"""What is planned and not written yet, as plain objects: a batch makes thousands, and a mapped row costs ten
times as much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ....enterprises.models import Grade
from ...models import Delivery


@dataclass(slots=True)
class NewMessage:
    """A message, by the columns of `Notification` that its plan decides."""

    id: UUID
    enterprise_id: UUID
    kind: str
    listing_id: UUID | None
    counterpart_id: UUID | None
    data: dict[str, Any]
    grade: Grade
    credit_milli: int
    score: float
    release_at: datetime
    bulk: bool
    delivery: Delivery | None = None


@dataclass(slots=True)
class NewRecord:
    """The last message of a key and its terms, by the columns of `LastNotification`."""

    receiver_id: UUID
    counterpart_id: UUID
    code_id: int
    kind: str
    notification_id: UUID
    price_fen: int | None
    remaining_kg: int
    at: datetime
