"""Logging in: passwords, failures, the second factor, sessions, forgotten passwords."""

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
    "end_session",
    "forget_old_failures",
    "forget_old_sessions",
    "issue_reset",
    "list_sessions",
    "log_in",
    "logged_in",
    "login_of",
    "note_enrolment",
    "offer",
    "request_reset",
    "reset_password",
    "show_second_factor",
]
