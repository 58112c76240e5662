"""The operator's table of days that are worked or free against the week, in versions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import SmallInteger

from .. import clock
from ..database import Base


class WorkingCalendar(Base):
    """One version of the operator's table; the greatest is in force.

    `days` holds `{day, working, name, source}` of each day that the operator enters. `complete_years` are
    those whose announcement is entered whole: their other days go by the week, and nothing is warned of.
    """

    __tablename__ = "working_calendar"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    complete_years: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (CheckConstraint("version > 0", name="version"),)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The days of the table, each `day` as a date."""
        return [{**item, "day": date.fromisoformat(item["day"])} for item in self.days]

    @property
    def by_day(self) -> dict[date, bool]:
        """Whether each day of the table is worked."""
        return {item["day"]: item["working"] for item in self.items}
