"""What events say of a declaration or plan."""

from ...events.work import Work
from ..models import Declaration, ManagementPlan, ReportKind
from .periods import period_name


def name_of_report(row: Declaration | ManagementPlan) -> str:
    """The period of a declaration or the year of a plan, as people read it."""
    if isinstance(row, ManagementPlan):
        return str(row.year)
    return period_name(row.kind, row.first_day)


def emit(work: Work, event: str, row: Declaration | ManagementPlan) -> None:
    """Emit an event of a declaration or plan, with what its subscribers need."""
    work.emit(
        event,
        report_id=str(row.id),
        enterprise_id=str(row.enterprise_id),
        kind=str(ReportKind.PLAN if isinstance(row, ManagementPlan) else row.kind),
        name=name_of_report(row),
        due_on=row.due_on.isoformat(),
    )
