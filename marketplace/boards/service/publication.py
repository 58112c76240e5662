"""Which credit events may be published, and of whom: asked of the database each time, never kept.

A reason is a deduction by a public rule, not of the platform's own axis, that counts, whose decision is
final, whose entry may not be appealed against any more or was upheld, and whose longest time of publication
is not over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from ... import clock
from ...appeals import service as appeals
from ...appeals.models import Appeal, AppealStatus
from ...credit import service as credit
from ...credit.models import CreditEvent, EventStatus, Severity
from ...database import db
from ...enterprises.models import Enterprise, EnterpriseStatus, Grade
from ..models import RemedyTerm

LISTED_GRADES = (Grade.D, Grade.E)
MEMBERS = (EnterpriseStatus.APPROVED, EnterpriseStatus.SUSPENDED)
"""Who may be named: a registration that nobody has approved proves nothing of whom it names."""
OF_PLATFORM = "fulfilment"
"""The axis of what the platform alone judges: never public, whatever a rule table says."""
DECIDED_ON = func.coalesce(CreditEvent.decided_on, CreditEvent.effective_on)
SERVED_ON = func.coalesce(CreditEvent.served_on, CreditEvent.decided_on, CreditEvent.effective_on)
"""The day that is entered, or the nearest one that is known."""
IS_LISTED = and_(Enterprise.grade.in_(LISTED_GRADES), Enterprise.status.in_(MEMBERS))
"""Whether the public board names an enterprise, if there is a reason."""
IS_APPEALED = exists().where(Appeal.event_id == CreditEvent.id, Appeal.status == AppealStatus.OPEN)
IS_UPHELD = exists().where(Appeal.event_id == CreditEvent.id, Appeal.status == AppealStatus.UPHELD)


@dataclass(frozen=True, slots=True)
class Publication:
    """The terms of publication in force on a day.

    Attributes:
        remedy: how long a decision may be challenged after its service.
        told_before: who was told before this moment has no time left to appeal.
        longest: months of publication by severity, from the decision on.
    """

    today: date
    remedy: timedelta
    told_before: datetime
    longest: Mapping[Severity, int]

    @classmethod
    def of_today(cls) -> Self:
        today = clock.today()
        days = select(func.max(RemedyTerm.days)).where(RemedyTerm.is_in_force_on(today))
        terms = credit.publication_terms(today)
        longest = {severity: term.longest_months for severity, term in terms.items()}
        remedy = timedelta(days=db.session.scalars(days).one())
        return cls(today, remedy, appeals.told_before(today), longest)

    def is_reason(self) -> ColumnElement[bool]:
        """Whether a credit event may be published."""
        return and_(
            CreditEvent.status == EventStatus.RECORDED,
            CreditEvent.is_public,
            CreditEvent.points_milli < 0,
            CreditEvent.axis != OF_PLATFORM,
            CreditEvent.effective_on <= self.today,
            CreditEvent.lapses_on > self.today,
            self.today - self.remedy > SERVED_ON,
            or_(false(), *(self._is_within_term(severity) for severity in self.longest)),
            or_(CreditEvent.created_at < self.told_before, IS_UPHELD),
            ~IS_APPEALED,
        )

    def until(self, event: CreditEvent) -> date:
        """The first day on which a reason is published no more."""
        assert event.severity is not None, "a merit is no reason"
        term_ends = credit.lapse_date(event.decided_on or event.effective_on, self.longest[event.severity])
        return min(event.lapses_on, term_ends)

    def _is_within_term(self, severity: Severity) -> ColumnElement[bool]:
        earliest = credit.earliest_start(self.today, self.longest[severity])
        return and_(CreditEvent.severity == severity, earliest <= DECIDED_ON)
