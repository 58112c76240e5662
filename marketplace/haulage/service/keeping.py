"""Tracks are judged soon after their points have come, and their raw points deleted after a while."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select

from ... import clock
from ...database import db
from ...events.work import Work, unit_of_work
from ...manifests.models import Manifest, ManifestStatus
from ..models import Track, TrackPoint
from .reading import analyzed

RAW_DAYS = 30
"""Days after the last points of a manifest until all of them are deleted (issue 11)."""
AGAIN = timedelta(minutes=10)
"""How often a load that moves is looked at though nothing comes: silence grows by itself."""
AT_ONCE = 200

log = logging.getLogger(__name__)


def judge_tracks() -> int:
    """Judge tracks that have new points, whose load has arrived since, or that may have fallen silent.

    Returns:
        how many were judged.
    """
    now = clock.now()
    has_news = or_(
        Track.analyzed_at.is_(None),
        Track.changed_at > Track.analyzed_at,
        Manifest.delivered_at > Track.analyzed_at,
        Manifest.received_at > Track.analyzed_at,
        (Manifest.status == ManifestStatus.MOVING) & (Track.analyzed_at < now - AGAIN),
    )
    return _each(has_news, _judge)


def delete_raw_points() -> int:
    """Delete the raw points of tracks to which nothing was added for so long; line and findings stay.

    Returns:
        of how many tracks they were deleted.
    """
    return _each(Track.changed_at < clock.now() - timedelta(days=RAW_DAYS), _delete_raw)


def _each(condition: Any, act: Any) -> int:
    """Do this to each track that meets a condition and has its points, one transaction each."""
    due = (
        select(Track.manifest_id)
        .join(Manifest, Manifest.id == Track.manifest_id)
        .where(Track.raw_deleted_at.is_(None), condition)
        .order_by(Track.changed_at)
        .limit(AT_ONCE)
    )
    ids = db.session.scalars(due).all()
    for manifest_id in ids:
        with unit_of_work() as work:
            act(work, work.lock(Track, Track.manifest_id == manifest_id))
    return len(ids)


def _judge(work: Work, track: Track) -> None:
    """Keep line and findings as they are now; each new finding is an event."""
    manifest = work.session.get_one(Manifest, track.manifest_id)
    known = {(finding["kind"], finding["at"]) for finding in track.findings}
    track.line, track.findings = analyzed(manifest, track)
    track.analyzed_at = clock.now()
    for finding in track.findings:
        if (finding["kind"], finding["at"]) not in known:
            work.emit("manifest.track_found", **_facts(manifest.id, finding))


def _facts(manifest_id: UUID, finding: dict[str, Any]) -> dict[str, Any]:
    return {"manifest_id": str(manifest_id), **finding}


def report_missing_track(manifest_id: UUID) -> None:
    """Report the carriers of a load of hazardous waste that was closed without one point of its way.

    Points are taken until then, so none is to come.
    """
    with unit_of_work() as work:
        manifest = work.session.get_one(Manifest, manifest_id)
        track = work.session.get(Track, manifest_id)
        if not manifest.hazardous or (track is not None and track.points):
            return
        for carrier in sorted({manifest.transporter_id, *(leg.transporter_id for leg in manifest.legs)}):
            about = {"manifest_id": str(manifest.id), "number": manifest.number}
            work.emit("manifest.track_missing", **about, enterprise_id=str(carrier))


def _delete_raw(work: Work, track: Track) -> None:
    _judge(work, track)
    work.session.execute(delete(TrackPoint).where(TrackPoint.manifest_id == track.manifest_id))
    track.raw_deleted_at = clock.now()
    log.info("raw points deleted", extra={"manifest_id": str(track.manifest_id), "points": track.points})
