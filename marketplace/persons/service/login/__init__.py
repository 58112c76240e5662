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
from .handshakes import forget_old_handshakes
from .logging_in import log_in, login_of
from .passkeys import (
    add_passkey,
    ask_for_passkey,
    list_passkeys,
    log_in_by_passkey,
    offer_passkey,
    relying_party,
    remove_passkey,
    show_passkey,
)
from .password_reset import issue_reset, request_reset, reset_password
from .second_factor import confirm, offer, reseal_secrets
from .sessions import (
    Acting,
    LoggedIn,
    act_for,
    end_session,
    forget_old_sessions,
    list_sessions,
    logged_in,
    pass_second_factor,
    replace_session,
    show_second_factor,
)

__all__ = [
    "Acting",
    "LoggedIn",
    "act_for",
    "add_passkey",
    "ask_for_passkey",
    "confirm",
    "confirm_reset",
    "end_session",
    "find_reset",
    "forget_old_failures",
    "forget_old_handshakes",
    "forget_old_sessions",
    "issue_reset",
    "lapse_reset",
    "list_passkeys",
    "list_resets",
    "list_sessions",
    "log_in",
    "log_in_by_passkey",
    "logged_in",
    "login_of",
    "offer",
    "offer_passkey",
    "pass_second_factor",
    "present_reset",
    "propose_reset",
    "relying_party",
    "remove_passkey",
    "replace_session",
    "request_reset",
    "reseal_secrets",
    "reset_password",
    "show_passkey",
    "show_second_factor",
    "use_reset",
    "withdraw_reset",
]
