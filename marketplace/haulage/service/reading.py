"""The track of a manifest as its parties and its overseers see it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ...database import db
from ...manifests.models import Manifest
from ...messages import say
from ..models import FindingKind, Track, TrackPoint
from .analysis import Finding, Points, findings
from .planned_way import plan_of
from .simplification import TOLERANCE_M, kept_points
from .thresholds import thresholds

MOST_SHOWN = 10_000
"""Raw points that an answer shows, the earliest; the line is always whole."""


def show_track(manifest: Manifest, language: str) -> dict[str, Any]:
    """A manifest's points, as long as they are kept, their simplified line and the findings as of now."""
    track = db.session.get(Track, manifest.id)
    line, found = analyzed(manifest, track) if track else ([], [])
    return {
        "manifest_id": manifest.id,
        "total": track.points if track else 0,
        "tolerance_m": TOLERANCE_M,
        "points": _raw(manifest.id) if track else [],
        "line": [{"at": _moment(at), "lon": lon, "lat": lat} for at, lon, lat in line],
        "findings": [_shown(finding, language) for finding in found],
        "raw_deleted_at": track.raw_deleted_at if track else None,
    }


def show_way(manifest_id: UUID, language: str) -> dict[str, Any]:
    """What a page shows of a load's way: how many points were sent, the simplified line as of now, and the
    findings as they were judged last, minutes ago at most."""
    track = db.session.get(Track, manifest_id)
    if track is None:
        return {"total": 0, "line": [], "findings": []}
    line = track.line if track.raw_deleted_at is not None else _simplified(judged_points(manifest_id))
    return {
        "total": track.points,
        "line": [{"at": _moment(at), "lon": lon, "lat": lat} for at, lon, lat in line],
        "findings": [_shown(finding, language) for finding in track.findings],
    }


def analyzed(manifest: Manifest, track: Track) -> tuple[list[list[float]], list[dict[str, Any]]]:
    """The simplified line and the findings, as `Track` keeps them: from the points, once they are deleted as
    they were kept."""
    if track.raw_deleted_at is not None:
        return track.line, track.findings
    points = judged_points(manifest.id)
    found = findings(points, plan_of(manifest), thresholds())
    return _simplified(points), [_stored(finding) for finding in found]


def _simplified(points: Points) -> list[list[float]]:
    """The simplified line as `Track` keeps it."""
    kept = kept_points(points.lon, points.lat)
    rows = zip(points.at[kept], points.lon[kept], points.lat[kept], strict=True)
    return [list(map(float, row)) for row in rows]


def judged_points(manifest_id: UUID) -> Points:
    """The points of a manifest that are not marked."""
    moment = func.extract("epoch", TrackPoint.at)
    rows = select(moment, TrackPoint.lon, TrackPoint.lat, func.coalesce(TrackPoint.speed, float("nan")))
    of_it = rows.where(TrackPoint.manifest_id == manifest_id, TrackPoint.mark.is_(None))
    return Points.of([tuple(map(float, row)) for row in db.session.execute(of_it)])


def _raw(manifest_id: UUID) -> Sequence[Any]:
    columns = (TrackPoint.at, TrackPoint.lon, TrackPoint.lat, TrackPoint.speed, TrackPoint.mark)
    of_it = select(*columns).where(TrackPoint.manifest_id == manifest_id)
    return db.session.execute(of_it.order_by(TrackPoint.at).limit(MOST_SHOWN)).all()


def _stored(finding: Finding) -> dict[str, Any]:
    names = ("at", "until", "lon", "lat", "figure")
    return {"kind": finding.kind.value, **{name: getattr(finding, name) for name in names}}


def _shown(stored: dict[str, Any], language: str) -> dict[str, Any]:
    """A finding with its moments, and what it means in a sentence."""
    kind = FindingKind(stored["kind"])
    figure = round(stored["figure"], 1)
    return {
        **stored,
        "kind": kind,
        "figure": figure,
        "at": _moment(stored["at"]),
        "until": _moment(stored["until"]),
        "detail": say(f"track_{kind}", language, figure=f"{figure:,.0f}"),
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
