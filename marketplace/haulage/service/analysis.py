"""What a track shows beside its plan; arithmetic on columns, without clock, session or request.

There is no network of roads: the way is taken to be in order as long as the detour over a point, from the
sender to it and on to the receiver, is not much longer than the straight way. That finds a load that goes
elsewhere, not one that takes another road beside the planned one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.model import Floats, sphere_km

from ..models import FindingKind
from .thresholds import Thresholds

SECONDS_PER_H = 3600
LonLat = tuple[float, float]
"""Longitude and latitude in degrees."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Points:
    """Points in the order of time, one for each moment and place.

    Attributes:
        at: seconds since 1970, shape (n,). lon, lat: degrees. speed: km/h as the device says, NaN unknown.
    """

    at: Floats
    lon: Floats
    lat: Floats
    speed: Floats

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> "Points":
        """Points of rows (at, lon, lat, speed) in any order, repeated ones once."""
        table = np.asarray(rows, dtype=np.float64).reshape(-1, 4)
        table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
        places = table[:, :3]
        is_new = np.ones(len(table), dtype=np.bool_)
        is_new[1:] = (places[1:] != places[:-1]).any(axis=1)
        return cls(*table[is_new].T)

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was to happen.

    Attributes:
        origins, destinations: places of either end, at least one each: a firm's seat, where its waste lies.
        started_at: the pickup, seconds since 1970.
        ended_at: the delivery; None while the load moves.
        now: the present moment.
    """

    origins: Sequence[LonLat]
    destinations: Sequence[LonLat]
    started_at: float
    ended_at: float | None
    now: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be explained, with time and place.

    Attributes:
        at, until: seconds since 1970, from when to when.
        lon, lat: where: the worst point, or where it begins.
        figure: kilometres of detour or distance, minutes of a stop or silence, km/h.
    """

    kind: FindingKind
    at: float
    until: float
    lon: float
    lat: float
    figure: float


def findings(points: Points, plan: Plan, limits: Thresholds) -> list[Finding]:
    """All that a track shows, in the order of time; nothing of a track without points."""
    if not len(points):
        return []
    found = [
        *_off_route(points, plan, limits),
        *_stops(points, plan, limits),
        *_silences(points, plan, limits),
        *_impossible_speeds(points, limits),
        *_never_near(points, plan, limits),
    ]
    return sorted(found, key=lambda finding: (finding.at, finding.kind))


def _km_to(points: Points, places: Sequence[LonLat]) -> Floats:
    """Kilometres from each point to the nearest of these places."""
    lon, lat = np.asarray(places, dtype=np.float64).T[:, :, None]
    nearest: Floats = sphere_km(points.lat, points.lon, lat, lon).min(axis=0)
    return nearest


def _off_route(points: Points, plan: Plan, limits: Thresholds) -> Iterator[Finding]:
    """Each run of points over which the detour is too long, at the worst of them."""
    straight = _km_to(Points.of([(0, *place, 0) for place in plan.origins]), plan.destinations).min()
    over = _km_to(points, plan.origins) + _km_to(points, plan.destinations)
    detour = over - (limits.detour_factor * straight + limits.detour_extra_km)
    for first, last in _runs(detour > 0):
        worst = first + int(np.argmax(detour[first : last + 1]))
        yield _finding(FindingKind.OFF_ROUTE, points, first, last, worst, over[worst] - straight)


def _stops(points: Points, plan: Plan, limits: Thresholds) -> Iterator[Finding]:
    """Each stay within the radius of its first point that lasts too long, but at either end of the way."""
    at_an_end = np.minimum(_km_to(points, plan.origins), _km_to(points, plan.destinations)) <= limits.near_km
    for first, last in stays(points, limits.stop_radius_km):
        lasted = points.at[last] - points.at[first]
        if lasted > limits.stop_s and not at_an_end[first]:
            yield _finding(FindingKind.STOP, points, first, last, first, lasted / 60)


def stays(points: Points, radius_km: float) -> Iterator[tuple[int, int]]:
    """The track parted into stays: the first and last point of each, all within `radius_km` of its first."""
    anchor = 0
    while anchor < len(points):
        end = _end_of_stay(points, anchor, radius_km)
        yield anchor, end - 1
        anchor = end


def _end_of_stay(points: Points, anchor: int, radius_km: float) -> int:
    """The first point after a stay; looks at ever larger parts, so that a long drive costs no more."""
    here, size, start = (points.lat[anchor], points.lon[anchor]), 8, anchor + 1
    while start < len(points):
        stop = min(start + size, len(points))
        away = sphere_km(here[0], here[1], points.lat[start:stop], points.lon[start:stop]) > radius_km
        if away.any():
            return start + int(np.argmax(away))
        start, size = stop, size * 2
    return len(points)


def _silences(points: Points, plan: Plan, limits: Thresholds) -> Iterator[Finding]:
    """Each time without a point that lasts too long, from pickup to delivery or now; where it began."""
    end = plan.now if plan.ended_at is None else plan.ended_at
    moments = np.concatenate([[plan.started_at], points.at, [end]])
    gaps = np.diff(moments)
    for gap in np.flatnonzero(gaps > limits.silence_s):
        place = max(int(gap) - 1, 0)
        yield Finding(
            FindingKind.SILENCE,
            float(moments[gap]),
            float(moments[gap + 1]),
            float(points.lon[place]),
            float(points.lat[place]),
            float(gaps[gap] / 60),
        )


def _impossible_speeds(points: Points, limits: Thresholds) -> Iterator[Finding]:
    """Each run of points that the vehicle cannot have reached in time, or with a speed that none has."""
    km = sphere_km(points.lat[:-1], points.lon[:-1], points.lat[1:], points.lon[1:])
    hours = np.diff(points.at) / SECONDS_PER_H
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        between = np.where(km > limits.jump_km, km / hours, 0.0)
    speed = np.fmax(np.concatenate([[0.0], between]), points.speed)
    for first, last in _runs(speed > limits.fastest_kmh):
        fastest = first + int(np.argmax(speed[first : last + 1]))
        figure = min(float(speed[fastest]), FASTEST_SHOWN)
        yield _finding(FindingKind.IMPOSSIBLE_SPEED, points, first, last, fastest, figure)


FASTEST_SHOWN = 99_999.0
"""Kilometres an hour; two places at one moment are no number."""


def _never_near(points: Points, plan: Plan, limits: Thresholds) -> Iterator[Finding]:
    """That a load which is said to be delivered was never near its receiver; at the nearest point."""
    km = _km_to(points, plan.destinations)
    nearest = int(np.argmin(km))
    if plan.ended_at is not None and km[nearest] > limits.near_km:
        yield _finding(FindingKind.NEVER_NEAR_RECEIVER, points, nearest, nearest, nearest, km[nearest])


def _finding(kind: FindingKind, points: Points, first: int, last: int, place: int, figure: Any) -> Finding:
    return Finding(
        kind,
        float(points.at[first]),
        float(points.at[last]),
        float(points.lon[place]),
        float(points.lat[place]),
        float(figure),
    )


def _runs(is_so: Bools) -> Iterator[tuple[int, int]]:
    """First and last position of each run of True."""
    edges = np.diff(np.concatenate([[0], is_so.astype(np.int8), [0]]))
    for first, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        yield int(first), int(end) - 1
