"""What the scheduler runs for tracks."""

from . import service


def judge_tracks() -> None:
    """Judge what is new."""
    service.judge_tracks()


def delete_raw_points() -> None:
    """Delete raw points that were kept long enough."""
    service.delete_raw_points()
