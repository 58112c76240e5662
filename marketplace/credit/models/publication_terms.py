"""For how long an event is published."""

from datetime import date

from sqlalchemy import CheckConstraint, Identity, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ...database import Base, values_check
from .rules import Severity


class PublicationTerm(Base):
    """How many months an event of a severity is published, from the day of its decision: until it is
    repaired, which may be asked for after the shortest, and no longer than the longest. An operator may
    correct it.

    `mark` is T for the text of the law, S for a summary of it, O for our own choice.
    """

    __tablename__ = "credit_publication_term"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    severity: Mapped[Severity]
    shortest_months: Mapped[int] = mapped_column(SmallInteger)
    longest_months: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    mark: Mapped[str]
    source: Mapped[str]

    __table_args__ = (
        values_check("severity", Severity),
        CheckConstraint("mark IN ('T', 'S', 'O')", name="mark"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint("shortest_months BETWEEN 0 AND longest_months", name="months"),
    )
