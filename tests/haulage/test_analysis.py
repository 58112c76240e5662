"""What a track shows beside its plan: whatever the order and repetition of points, with time and place."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.haulage.models import FindingKind
from marketplace.haulage.service.analysis import Plan, Points, findings, stays
from marketplace.haulage.service.simplification import TOLERANCE_M, kept_points, metres
from marketplace.haulage.service.thresholds import thresholds
from matching.model.geo import sphere_km
from tests.cost import cost_of
from tests.effort import tries

SHAOXING, HANGZHOU = (120.58, 30.03), (120.16, 30.27)
LIMITS = thresholds()
HOUR, MINUTE = 3600.0, 60.0
NAN = float("nan")


def journey(origin=SHAOXING, destination=HANGZHOU, lasts=HOUR, every=MINUTE, start=0.0):
    """Points of an even drive: rows (at, lon, lat, speed)."""
    moments = np.arange(0, lasts + 1, every)
    share = moments / lasts
    lon = origin[0] + share * (destination[0] - origin[0])
    lat = origin[1] + share * (destination[1] - origin[1])
    return np.column_stack([start + moments, lon, lat, np.full(len(moments), NAN)]).tolist()


def plan(ended_at=HOUR, **about):
    return replace(Plan([SHAOXING], [HANGZHOU], 0.0, ended_at, HOUR), **about)


def seen(rows, judged=None):
    return [(found.kind.value, found.at) for found in findings(Points.of(rows), judged or plan(), LIMITS)]


def test_an_even_drive_shows_nothing():
    assert seen(journey()) == []
    assert seen([]) == []


def test_a_stop_on_the_way_is_found_and_one_at_either_end_is_not():
    drive = journey()
    parked = [[row[0] + 40 * MINUTE, *row[1:]] for row in drive[30:]]
    stay = [[drive[30][0] + minute * MINUTE, *drive[30][1:]] for minute in range(40)]
    (stop,) = findings(Points.of(drive[:30] + stay + parked), plan(ended_at=100 * MINUTE), LIMITS)
    assert (stop.kind, stop.at, stop.figure) == (FindingKind.STOP, 30 * MINUTE, pytest.approx(40, abs=1))
    assert (stop.lon, stop.lat) == pytest.approx(tuple(drive[30][1:3]))
    waits = [[row[0] + 50 * MINUTE, *row[1:]] for row in drive]
    loading = [[minute * MINUTE, *SHAOXING, NAN] for minute in range(50)]
    assert seen(loading + waits, plan(ended_at=110 * MINUTE)) == []


def test_silence_is_found_on_the_way_at_its_end_and_while_it_lasts():
    drive = journey()
    assert seen(drive[:10] + drive[45:]) == [("silence", 9 * MINUTE)]
    assert seen(drive, plan(ended_at=2 * HOUR)) == [("silence", HOUR)]
    moving = plan(ended_at=None, now=59 * MINUTE)
    assert seen(drive[:30], replace(moving, now=59 * MINUTE)) == []
    assert seen(drive[:30], replace(moving, now=60 * MINUTE)) == [("silence", 29 * MINUTE)]
    assert seen(drive[40:], plan()) == [("silence", 0.0)]


def test_a_load_that_goes_elsewhere_is_off_its_route_and_never_near_the_receiver():
    ningbo = (121.55, 29.87)
    found = findings(Points.of(journey(destination=ningbo, lasts=2 * HOUR)), plan(ended_at=2 * HOUR), LIMITS)
    assert {finding.kind for finding in found} == {FindingKind.OFF_ROUTE, FindingKind.NEVER_NEAR_RECEIVER}
    (off,) = [finding for finding in found if finding.kind == FindingKind.OFF_ROUTE]
    assert (off.lon, off.lat) == pytest.approx(ningbo)
    assert off.until == 2 * HOUR
    assert off.figure > 150


def test_a_leap_and_a_stated_speed_beyond_all_vehicles_are_found_once_each():
    drive = journey()
    away = [*drive[20][:1], 118.0, 32.0, NAN]
    kinds = [kind for kind, _ in seen([*drive[:20], away, *drive[21:]])]
    assert sorted(kinds) == ["impossible_speed", "off_route"]
    fast = [[*row[:3], 400.0] if 10 <= place < 13 else row for place, row in enumerate(drive)]
    (found,) = findings(Points.of(fast), plan(), LIMITS)
    assert (found.kind, found.at, found.until, found.figure) == (
        FindingKind.IMPOSSIBLE_SPEED, 10 * MINUTE, 12 * MINUTE, 400,
    )  # fmt: skip
    two = [[0.0, *SHAOXING, NAN], [0.0, *HANGZHOU, NAN]]
    assert [kind for kind, _ in seen(two, plan(ended_at=0.0))] == ["impossible_speed"]


PLACES = st.tuples(
    st.floats(0, 5 * HOUR), st.floats(119, 122), st.floats(29, 31), st.one_of(st.just(NAN), st.floats(0, 300))
)
TRACKS = st.lists(PLACES, max_size=60)


@settings(max_examples=tries(200))
@given(TRACKS, st.randoms(use_true_random=False), st.booleans())
def test_neither_order_nor_repetition_matters(rows, random, is_delivered):
    judged = plan(ended_at=5 * HOUR if is_delivered else None, now=6 * HOUR)
    points = Points.of(rows)
    once = {(at, lon, lat): (at, lon, lat, speed) for at, lon, lat, speed in rows}
    shuffled = list(once.values())
    again = shuffled + shuffled[: len(shuffled) // 2]
    random.shuffle(again)
    assert findings(Points.of(again), judged, LIMITS) == findings(Points.of(shuffled), judged, LIMITS)
    for found in findings(points, judged, LIMITS):
        assert found.at <= found.until
        assert np.isfinite([found.at, found.until, found.lon, found.lat, found.figure]).all()
        if found.kind != FindingKind.SILENCE:
            assert points.at[0] <= found.at <= found.until <= points.at[-1]
        assert ((points.lon == found.lon) & (points.lat == found.lat)).any()


@settings(max_examples=tries(200))
@given(TRACKS, st.floats(0.01, 300))
def test_stays_part_a_track_and_keep_to_their_radius(rows, radius_km):
    points = Points.of(rows)
    parts = list(stays(points, radius_km))
    assert [place for first, last in parts for place in range(first, last + 1)] == list(range(len(points)))
    for number, (first, last) in enumerate(parts):
        inside = slice(first, last + 1)
        km = sphere_km(points.lat[first], points.lon[first], points.lat[inside], points.lon[inside])
        assert (km <= radius_km).all()
        if number + 1 < len(parts):
            after = parts[number + 1][0]
            assert (
                sphere_km(points.lat[first], points.lon[first], points.lat[after], points.lon[after])
                > radius_km
            )


def farthest_m(lon, lat, kept):
    """How far any point lies from the line of those that are kept, in metres."""
    x, y = metres(lon, lat)
    worst = 0.0
    for first, last in pairwise(kept):
        part = np.array([x[first : last + 1], y[first : last + 1]]).T
        way = part[-1] - part[0]
        length = way @ way
        share = np.clip((part - part[0]) @ way / length, 0, 1) if length else np.zeros(len(part))
        worst = max(worst, np.linalg.norm(part - (part[0] + share[:, None] * way), axis=1).max())
    return worst


@settings(max_examples=tries(100))
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.floats(0, 60))
def test_a_simplified_track_is_nowhere_farther_than_its_tolerance(seed, count, north):
    steps = np.random.default_rng(seed).normal(0, 3e-4, (2, count))
    lon, lat = 120 + np.cumsum(steps[0]), north + np.cumsum(steps[1])
    kept = kept_points(lon, lat)
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert (np.diff(kept) > 0).all()
    assert farthest_m(lon, lat, kept) <= TOLERANCE_M + 1e-6


def test_metres_on_the_map_are_never_shorter_than_on_the_ground():
    lon, lat = np.array([120.0, 120.0, 120.01]), np.array([30.0, 30.001, 40.0])
    x, y = metres(lon, lat)
    assert np.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(111.2, rel=1e-3)
    assert x[2] - x[0] >= sphere_km(lat[2:], lon[:1], lat[2:], lon[2:])[0] * 1000


def test_a_day_of_points_is_judged_in_a_moment():
    rows = journey(lasts=24 * HOUR, every=5.0)

    def judged():
        points = Points.of(rows)
        findings(points, plan(ended_at=24 * HOUR), LIMITS)
        return kept_points(points.lon, points.lat)

    seconds, kept = cost_of(judged, 2)
    assert (len(kept), seconds < 2) == (2, True), seconds
