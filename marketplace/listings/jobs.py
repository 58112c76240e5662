"""What the scheduler and the workers run for listings."""

from uuid import UUID

from . import service


def run_import(import_id: str) -> None:
    """Do an import that was too long to wait for."""
    service.run_import(UUID(import_id))


def delete_old_imports() -> None:
    """Delete the rows of imports that ended long ago."""
    service.delete_old_imports()


def delete_waiting_photos() -> None:
    """Delete photos whose draft never came."""
    service.delete_waiting_photos()
