"""Rows that are in force from one day to another, and the terms that an operator corrects by such rows."""

from datetime import date
from typing import Self

from sqlalchemy import CheckConstraint, ColumnElement, Identity, Select, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column


class DatedRow:
    """A row that is in force from `valid_from` to `valid_until`, both included; an empty end is none."""

    valid_from: Mapped[date]
    valid_until: Mapped[date | None]

    @staticmethod
    def validity_check() -> CheckConstraint:
        """The CHECK that the row does not end before it begins."""
        return CheckConstraint("valid_from <= valid_until", name="validity")

    @classmethod
    def is_in_force_on(cls, day: date) -> ColumnElement[bool]:
        """Whether a row is in force on a day."""
        return and_(cls.valid_from <= day, or_(cls.valid_until.is_(None), cls.valid_until >= day))


class DatedTerm(DatedRow):
    """A term of the law or of our own, as it is on a day; an operator may correct it.

    `mark` is T for the text of the law, S for a summary of it, O for our own choice.
    """

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    mark: Mapped[str]
    source: Mapped[str]

    @staticmethod
    def term_checks() -> tuple[CheckConstraint, CheckConstraint]:
        """The CHECKs of every table of terms."""
        return CheckConstraint("mark IN ('T', 'S', 'O')", name="mark"), DatedTerm.validity_check()

    @classmethod
    def newest_in_force(cls, day: date) -> Select[Self]:
        """The rows in force on a day, the newest first; where two begin on one day, the last written."""
        return select(cls).where(cls.is_in_force_on(day)).order_by(cls.valid_from.desc(), cls.id.desc())
