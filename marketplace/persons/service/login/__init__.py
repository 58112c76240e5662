"""Logging in: passwords, failures, the second factor, sessions, forgotten passwords."""

from .access_reset import (
    confirm_reset,
    find_reset,
    lapse_reset,
    list_resets,
    present_reset,
    propose_reset,
    use_reset,
    withdraw_reset,
)
from .failures import forget_old_failures
from .logging_in import log_in, login_of
from .password_reset import issue_reset, request_reset, reset_password
from .second_factor import confirm, offer
from .sessions import (
    LoggedIn,
    act_for,
    end_session,
    forget_old_sessions,
    list_sessions,
    logged_in,
    note_enrolment,
    show_second_factor,
)

__all__ = [
    "LoggedIn",
    "act_for",
    "confirm",
    "confirm_reset",
    "end_session",
    "find_reset",
    "forget_old_failures",
    "forget_old_sessions",
    "issue_reset",
    "lapse_reset",
    "list_resets",
    "list_sessions",
    "log_in",
    "logged_in",
    "login_of",
    "note_enrolment",
    "offer",
    "present_reset",
    "propose_reset",
    "request_reset",
    "reset_password",
    "show_second_factor",
    "use_reset",
    "withdraw_reset",
]
