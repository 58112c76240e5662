"""What the scheduler calls."""

from . import service


def forget_log_ins() -> None:
    """What is kept of log-ins that failed, and of sessions that are over, is deleted."""
    service.forget_old_failures()
    service.forget_old_sessions()
