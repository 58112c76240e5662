"""Rows that keep which person wrote them, beside the enterprise or the member of staff that they name."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .actor import acting_person


class MadeByPerson:
    """A row that is written once, by whoever acts then; `person_id` is null where no person is known."""

    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person.id"), default=lambda: acting_person.get()
    )
