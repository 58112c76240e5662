"""What the scheduler and the workers run for listings."""

from uuid import UUID

from .. import clock
from . import service


def expire() -> None:
    """Close listings whose window is over."""
    while service.expire_due(clock.today()) == service.EXPIRE_BATCH:
        pass


def run_import(import_id: str) -> None:
    """Do an import that was too long to wait for."""
    service.run_import(UUID(import_id))


def forget_imports() -> None:
    """Drop what is known of imports that ended long ago."""
    service.forget_old_imports()
