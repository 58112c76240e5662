"""What the scheduler and the workers run for the ledger."""

from . import service


def keep_ledger() -> None:
    """Seal what an upgrade brought, and make the anchor of the day."""
    service.begin()
    service.anchor_today()


def check_ledger(no: int) -> None:
    """The ledger was anchored: verify all of it, and report in the log what is wrong."""
    service.check()
