"""Transporters: their register, its papers, and who may carry what on a day."""

from .files import add_file, find_file
from .forgetting import forget_crew, forget_crew_that_left
from .lookup import (
    check_member,
    find_changeable_register,
    find_paper,
    find_register,
    search_papers,
    verified_papers_of,
)
from .may_carry import (
    find_vehicle,
    missing_for,
    missing_parts,
    require_may_carry,
    require_transporter,
)
from .papers import end_paper, paper_names, refuse_paper, submit_paper, verify_paper
from .presentation import present_one, present_papers, present_register, present_transporters
from .register import change_register, search_transporters
from .reminders import remind_of_ends

__all__ = [
    "add_file", "change_register", "check_member", "end_paper", "find_changeable_register",
    "find_file", "find_paper", "find_register", "find_vehicle", "forget_crew",
    "forget_crew_that_left", "missing_for", "missing_parts", "paper_names", "present_one",
    "present_papers", "present_register", "present_transporters", "refuse_paper", "remind_of_ends",
    "require_may_carry", "require_transporter", "search_papers",
    "search_transporters", "submit_paper", "verified_papers_of", "verify_paper",
]  # fmt: skip
