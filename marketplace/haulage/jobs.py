"""What the scheduler and the workers run for tracks."""

from uuid import UUID

from . import service


def judge_tracks() -> None:
    """Judge what is new."""
    service.judge_tracks()


def delete_raw_points() -> None:
    """Delete raw points that were kept long enough."""
    service.delete_raw_points()


def report_missing_track(
    happened: str, manifest_id: str, number: str, status: str, is_known: bool, reason: str, sender_id: str,
    receiver_id: str, transporter_id: str, deal_ids: list[str], step: str | None, enterprise_id: str | None,
) -> None:  # fmt: skip
    """A manifest was closed: its track is all that there will be."""
    service.report_missing_track(UUID(manifest_id))
