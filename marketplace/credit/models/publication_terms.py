"""For how long an event is published."""

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from ...database import Base, values_check
from ...dated_rows import DatedTerm
from .rules import Severity


class PublicationTerm(DatedTerm, Base):
    """How many months an event of a severity is published, from the day of its decision: until it is
    repaired, which may be asked for after the shortest, and no longer than the longest.
    """

    __tablename__ = "credit_publication_term"

    severity: Mapped[Severity]
    shortest_months: Mapped[int] = mapped_column(SmallInteger)
    longest_months: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        values_check("severity", Severity),
        *DatedTerm.term_checks(),
        CheckConstraint("shortest_months BETWEEN 0 AND longest_months", name="months"),
    )
