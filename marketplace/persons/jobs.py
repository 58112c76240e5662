"""What the scheduler calls."""

from . import service


def forget_log_ins() -> None:
    """What is kept of log-ins that failed or were begun, and of sessions that are over, is deleted."""
    service.forget_old_failures()
    service.forget_old_sessions()
    service.forget_old_handshakes()
