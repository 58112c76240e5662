"""Reports of hazardous waste: who owes which, until when; pre-filled, confirmed, corrected, chased."""

from .classes import class_of, decide_class, find_decidable, may_decide, present_class
from .confirming import confirm, correct, file_receipt
from .lateness import give_up, judge_years, pass_plan_term, pass_term
from .lookup import find, search, versions
from .opening import open_reports
from .periods import period_name
from .plans import find_plan, has_plan, plan_versions, search_plans, submit_plan
from .presentation import present_plans, present_whole, summary
from .record import ReportingRecord, records_of
from .reminders import remind

__all__ = [
    "ReportingRecord",
    "class_of",
    "confirm",
    "correct",
    "decide_class",
    "file_receipt",
    "find",
    "find_decidable",
    "find_plan",
    "give_up",
    "has_plan",
    "judge_years",
    "may_decide",
    "open_reports",
    "pass_plan_term",
    "pass_term",
    "period_name",
    "plan_versions",
    "present_class",
    "present_plans",
    "present_whole",
    "records_of",
    "remind",
    "search",
    "search_plans",
    "submit_plan",
    "summary",
    "versions",
]
