"""Points of a vehicle, taken as they come: out of order, again, with wrong clocks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ... import clock
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import Work, unit_of_work
from ...manifests import service as manifests
from ...manifests.models import LIFE, Manifest, ManifestStatus
from ..models import Mark, Track, TrackPoint
from .thresholds import thresholds

MOST_POINTS = 50_000
"""Points of one manifest: one each 10 s for almost six days; our own choice."""
PLACE_DIGITS = 6
"""Of a degree: 0.1 m; trackers are not better."""
TRACKED = (
    ManifestStatus.MOVING,
    ManifestStatus.DELIVERED,
    ManifestStatus.RECEIVED,
    ManifestStatus.PARTLY_REFUSED,
    ManifestStatus.REFUSED,
)
"""The states in which a carrier sends points; devices send what they kept some time after the delivery."""

Key = tuple[datetime, float, float]


def add_points(actor: Actor, manifest: Manifest, sent: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Keep the points that are new; what is repeated is counted and dropped.

    Args:
        sent: `at`, `lon`, `lat`, `speed`, at most a batch.
    Returns:
        how many were `accepted`, `repeated`, `marked` (of those accepted), and all `points` of the manifest.
    Raises:
        Conflict: the actor does not carry this load (`not_your_turn`), it is not on its way (`wrong_state`),
            it has as many points as it may (`too_many_points`), or its points were deleted (`track_closed`).
    """
    _require_carrier(actor, manifest)
    with unit_of_work() as work:
        track = _lock_track(work, manifest)
        new = _new_points(work, manifest, sent)
        if track.points + len(new) > MOST_POINTS:
            raise Conflict("too_many_points", most=MOST_POINTS)
        work.copy_rows(TrackPoint, new)
        track.points += len(new)
        track.changed_at = clock.now()
    marked = sum(row["mark"] is not None for row in new)
    counted = {"accepted": len(new), "repeated": len(sent) - len(new), "marked": marked}
    return {**counted, "points": track.points}


def may_send(actor: Actor, load: Any) -> bool:
    """Whether the actor carries this load, as a row or a manifest, and may send places of it now."""
    return load.status in TRACKED and (actor.is_admin or load.transporter_id == actor.enterprise_id)


def _require_carrier(actor: Actor, manifest: Manifest) -> None:
    carriers = {manifest.transporter_id, *(leg.transporter_id for leg in manifest.legs)}
    if not actor.is_admin and actor.enterprise_id not in carriers:
        raise manifests.not_your_turn(manifest)
    if manifest.status not in TRACKED:
        step = LIFE.next_step(manifest.status)
        raise wrong_state(Manifest.__tablename__, manifest.status, "track", TRACKED, step)


def _lock_track(work: Work, manifest: Manifest) -> Track:
    about = {"manifest_id": manifest.id, "points": 0, "line": [], "findings": [], "changed_at": clock.now()}
    work.session.execute(insert(Track).values(**about).on_conflict_do_nothing())
    track = work.lock(Track, Track.manifest_id == manifest.id)
    if track.raw_deleted_at is not None:
        raise Conflict("track_closed")
    return track


def _new_points(work: Work, manifest: Manifest, sent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the points that are not kept yet, each once."""
    by_key: dict[Key, dict[str, Any]] = {}
    for point in sent:
        place = round(point["lon"], PLACE_DIGITS), round(point["lat"], PLACE_DIGITS)
        by_key.setdefault((point["at"], *place), point)
    for key in _kept_keys(work, manifest, by_key):
        by_key.pop(key, None)
    now = clock.now()
    return [
        {
            "manifest_id": manifest.id,
            "at": at,
            "lon": lon,
            "lat": lat,
            "speed": point["speed"],
            "mark": _mark(at, manifest, now),
            "received_at": now,
        }
        for (at, lon, lat), point in by_key.items()
    ]


def _kept_keys(work: Work, manifest: Manifest, keys: dict[Key, Any]) -> Sequence[Any]:
    if not keys:
        return ()
    moments = [at for at, _, _ in keys]
    kept = select(TrackPoint.at, TrackPoint.lon, TrackPoint.lat).where(
        TrackPoint.manifest_id == manifest.id, TrackPoint.at.between(min(moments), max(moments))
    )
    return [tuple(row) for row in work.session.execute(kept)]


def _mark(at: datetime, manifest: Manifest, now: datetime) -> Mark | None:
    """Why a point is not judged, None for one that is."""
    limits = thresholds()
    if at > now + timedelta(seconds=limits.clock_ahead_s):
        return Mark.CLOCK_AHEAD
    if manifest.picked_up_at and at < manifest.picked_up_at - timedelta(seconds=limits.before_pickup_s):
        return Mark.BEFORE_PICKUP
    ended_at = manifest.delivered_at or manifest.received_at
    if ended_at and at > ended_at + timedelta(seconds=limits.after_delivery_s):
        return Mark.AFTER_DELIVERY
    return None
