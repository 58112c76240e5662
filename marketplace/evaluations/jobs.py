"""What the queue and the scheduler run for evaluations."""

from uuid import UUID

from . import service


def make_previews(job_id: str) -> None:
    """Make the previews of the next enterprises of a job; what is left is a further task."""
    service.make_previews(UUID(job_id))


def remind() -> None:
    """Announce evaluations that end soon."""
    service.remind()


def forget_previews() -> None:
    """Delete previews that nobody published for long."""
    service.forget_previews()
