"""Due diligence for each entrustment: pre-filled from what is known, confirmed by the generator, kept."""

from .checklists import checklist_of, missing_notices
from .confirming import check_generator, confirm
from .reminding import reminder_facts

__all__ = ["check_generator", "checklist_of", "confirm", "missing_notices", "reminder_facts"]
