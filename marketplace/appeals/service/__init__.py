"""Appeals and repairs: asked for, withdrawn, checked, decided by a second officer, ended, reminded of."""

from .appealing import open_appeal
from .deadlines import told_before
from .deciding import decide_appeal
from .ending import end_for_event
from .four_eyes import needs_another
from .lookup import (
    find_appeal,
    find_own_appeal,
    find_own_event,
    find_own_repair,
    find_repair,
    find_with_requests,
    search_appeals,
    search_repairs,
)
from .proving import add_appeal_file
from .reminding import remind_of_decisions
from .repairing import (
    ask_for_repair,
    check_repair,
    decide_repair,
    extend_repair,
)
from .withdrawing import withdraw

__all__ = [
    "add_appeal_file",
    "ask_for_repair",
    "check_repair",
    "decide_appeal",
    "decide_repair",
    "end_for_event",
    "extend_repair",
    "find_appeal",
    "find_own_appeal",
    "find_own_event",
    "find_own_repair",
    "find_repair",
    "find_with_requests",
    "needs_another",
    "open_appeal",
    "remind_of_decisions",
    "search_appeals",
    "search_repairs",
    "told_before",
    "withdraw",
]  # fmt: skip
