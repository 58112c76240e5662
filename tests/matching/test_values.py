"""Components, policies, distances and columns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import matching as m
from matching.model import Groups, geo, places
from matching.rules import score
from tests.effort import tries
from tests.matching import reference as ref
from tests.matching import worlds

quick = settings(max_examples=tries(80))
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
kilometres = st.floats(0, 20_100)
PLAIN = {
    "weights": {
        "code": 0.25,
        "distance": 0.25,
        "credit": 0.25,
        "price": 0.12,
        "quantity": 0.08,
        "time": 0.05,
    },
    "half_distance_km": {"default": 100, "cn-hw": 200, "SW07": 60, "SW7": 30},
    "price_scale_cny_per_t": 300,
    "cross_province": "white_list",
    "push_threshold": 0.5,
}


@given(worlds.cases())
@quick
def test_values_lie_between_0_and_1_and_contributions_add_up_to_the_score(case):
    world, rules = case
    columns = worlds.Columns(world, rules)
    for supply in world.supplies:
        for demand in world.demands:
            told = columns.explain(supply, demand)
            assert all(0 <= value <= m.VALUE_UNIT for value in told.values)
            parts = m.contributions(columns.policy, np.array(told.values))
            assert abs(parts.sum() - told.score / m.SCORE_UNIT) < 1e-9


@pytest.mark.slow
@given(worlds.cases())
@quick
def test_seen_from_the_other_side_only_the_credit_component_differs(case):
    world, rules = case
    columns = worlds.Columns(world, rules)
    for supply in world.supplies:
        for demand in world.demands:
            ours, theirs = columns.explain(supply, demand), columns.explain(supply, demand, "demand")
            assert ours.values[:2] + ours.values[3:] == theirs.values[:2] + theirs.values[3:]
            assert ours.values[2] == demand.credit_milli * 10_000
            assert theirs.values[2] == supply.credit_milli * 10_000
            assert (ours.failed, ours.warnings, ours.basis) == (theirs.failed, theirs.warnings, theirs.basis)


@given(kilometres, kilometres, st.floats(0.001, 10_000))
@quick
def test_farther_is_never_better_and_the_half_distance_is_worth_a_half(near, far, half):
    near, far = sorted((near, far))
    values = score.distance_value(np.array([0.0, near, far, half]), np.array(half))

    assert values[0] == 1
    assert values[3] == 0.5
    assert 1 >= values[1] >= values[2] >= 0


@given(st.integers(-(10**8), 10**8), st.integers(0, 10**8), st.integers(0, 10**8), st.floats(0.01, 10**5))
@quick
def test_a_greater_gap_in_price_is_never_worse(supply, gap, more, scale):
    prices = np.array([supply, supply + gap, supply + gap + more, m.NO_PRICE])
    none, some, wide, unnamed = score.price_value(np.array([supply]), prices, scale)

    assert none == unnamed == 0.5
    assert 0.5 <= some <= wide <= 1
    at_scale = score.price_value(np.array([0]), np.array([30_000]), 300.0)
    assert at_scale[0] == 0.75


def test_time_counts_both_ends_and_the_shorter_window():
    def value(*days):
        return score.time_value(*(np.array([day]) for day in days))[0]

    assert value(0, 9, 9, 18) == 0.1
    assert value(0, 9, 3, 4) == 1
    assert value(5, 5, 5, 5) == 1
    assert value(0, 4, 5, 9) == 0


@given(latitudes, longitudes, latitudes, longitudes)
@quick
def test_the_sphere_agrees_with_the_ellipsoid_and_with_itself_backwards(lat_a, lon_a, lat_b, lon_b):
    there = geo.sphere_km(*(np.array([degrees]) for degrees in (lat_a, lon_a, lat_b, lon_b)))[0]
    back = geo.sphere_km(*(np.array([degrees]) for degrees in (lat_b, lon_b, lat_a, lon_a)))[0]

    assert abs(there - back) < 1e-9
    assert 0 <= there <= math.pi * geo.EARTH_RADIUS_KM + 1e-9
    assert math.isclose(there, m.geodesic_km(lat_a, lon_a, lat_b, lon_b), rel_tol=0.006, abs_tol=1e-6)


@given(latitudes, longitudes, st.lists(st.tuples(latitudes, longitudes), max_size=3))
@quick
def test_shown_distances_are_geopy_s(lat, lon, others):
    shown = m.shown_kms((lat, lon), others)

    own, *theirs = (m.coarse(place).tolist() for place in ((lat, lon), *others))
    expected = [geodesic(own, place).kilometers for place in theirs]
    assert shown == pytest.approx(expected, abs=0.05 + 1e-9)
    assert shown == [m.shown_km(lat, lon, *other) for other in others]
    for place, km in zip(theirs, expected, strict=True):
        assert math.isclose(m.geodesic_km(*own, *place), km, abs_tol=1e-8)


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((0, 180), (0, -180), 0.0),
        ((0, 179.5), (0, -179.5), math.pi * 6371.0088 / 180),
        ((90, 10), (90, -170), 0.0),
        ((-30, -59.4), (30, 120.6), math.pi * 6371.0088),
        ((90, 0), (-90, 0), math.pi * 6371.0088),
    ],
)
def test_distances_hold_at_the_date_line_the_poles_and_the_antipode(a, b, km):
    (found,) = geo.sphere_km(*(np.array([float(degrees)]) for degrees in (*a, *b)))
    assert abs(found - km) < 1e-9


wide = st.one_of(st.integers(0, 6), st.sampled_from([-(2**63), 2**63 - 1, -7, 10**12]))


@given(st.lists(wide, max_size=8), st.lists(wide, max_size=8))
@quick
def test_a_join_is_what_two_loops_find(left, right):
    found = Groups.of(np.array(right, np.int64)).joined(np.array(left, np.int64))
    expected = [(i, j) for i, a in enumerate(left) for j, b in enumerate(right) if a == b]

    assert list(zip(*(result.tolist() for result in found), strict=True)) == expected
    if right:
        values = sorted(set(right))
        at = places(np.array(values, np.int64), np.array(left, np.int64)).tolist()
        assert at == [values.index(value) if value in values else -1 for value in left]


# policies


def code(name: str, category: str, scheme: str = "cn-sw") -> m.Code:
    return m.Code(scheme, name, category, False, True, "2024", {1: 1.0})


@pytest.mark.parametrize(
    ("name", "category", "scheme", "km"),
    [
        ("900-001-S07", "SW07", "cn-sw", 60),
        ("SW75", "SW75", "cn-sw", 30),
        ("900-349-34", "HW34", "cn-hw", 200),
        ("900-001-S17", "SW17", "cn-sw", 100),
        ("default-1", "", "other", 100),
    ],
)
def test_the_longest_prefix_sets_the_half_distance_then_the_scheme_then_the_default(
    name, category, scheme, km
):
    policy = m.Policy.from_mapping(PLAIN, version=3)

    assert policy.half_distance_for(code(name, category, scheme)) == km


def test_a_longer_prefix_of_the_code_beats_one_of_the_category():
    halves = {"default": 1, "HW34": 2, "900-3": 3, "900-34": 4, "cn-hw": 5}
    policy = m.Policy.from_mapping({**PLAIN, "half_distance_km": halves}, version=1)

    assert policy.half_distance_for(code("900-349-34", "HW34", "cn-hw")) == 4
    assert policy.half_distance_for(code("900-300-34", "HW34", "cn-hw")) == 3
    assert policy.half_distance_for(code("251-014-34", "HW34", "cn-hw")) == 2


def test_a_policy_as_people_write_it_becomes_whole_weights():
    policy = m.Policy.from_mapping(PLAIN, version=1)

    assert policy.weights == m.DEFAULT.weights == (250_000, 250_000, 250_000, 120_000, 80_000, 50_000)
    assert sum(m.COST_FIRST.weights) == 1_000_000
    assert m.COST_FIRST.weights[3] == 350_000


def without(mapping: dict, name: str) -> dict:
    return {key: value for key, value in mapping.items() if key != name}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weights": {**PLAIN["weights"], "time": 0.06}}, "weights"),
        ({"weights": {**PLAIN["weights"], "time": 0.050002}}, "weights"),
        ({"weights": {**PLAIN["weights"], "time": -0.05, "price": 0.22}}, "weights.time"),
        ({"weights": {**PLAIN["weights"], "time": math.nan}}, "weights.time"),
        ({"weights": {**PLAIN["weights"], "time": "0.05"}}, "weights.time"),
        ({"weights": {**PLAIN["weights"], "time": True}}, "weights.time"),
        ({"weights": without(PLAIN["weights"], "time")}, "weights.time"),
        ({"weights": {**PLAIN["weights"], "luck": 0.0}}, "weights.luck"),
        ({"weights": None}, "weights"),
        ({"half_distance_km": {"SW07": 5}}, "half_distance_km.default"),
        ({"half_distance_km": {"default": 5, "": 5}}, "half_distance_km"),
        ({"half_distance_km": {"default": 0}}, "half_distance_km.default"),
        ({"half_distance_km": {"default": 5, "SW07": math.inf}}, "half_distance_km.SW07"),
        ({"price_scale_cny_per_t": 0}, "price_scale_cny_per_t"),
        ({"cross_province": "never"}, "cross_province"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_field(change, field):
    with pytest.raises(m.PolicyError) as refused:
        m.Policy.from_mapping({**PLAIN, **change}, version=1)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["weights", "half_distance_km", "price_scale_cny_per_t", "cross_province"])
def test_a_policy_is_given_whole(name):
    with pytest.raises(m.PolicyError, match=name):
        m.Policy.from_mapping(without(PLAIN, name), version=1)


def test_a_weight_is_rounded_to_a_millionth_before_the_sum():
    weights = {**PLAIN["weights"], "time": 0.0500000004}
    assert m.Policy.from_mapping({**PLAIN, "weights": weights}, version=1).weights == m.DEFAULT.weights


# columns


def some_supplies() -> dict:
    supplies = worlds.supply_columns(worlds.crowded(3)[0].supplies)
    return {name: getattr(supplies, name) for name in type(supplies).__dataclass_fields__}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("lat", np.full(12, np.nan)),
        ("lat", np.full(12, 90.1)),
        ("lon", np.full(12, np.inf)),
        ("max_km", np.full(12, np.nan)),
        ("code", np.arange(11)),
        ("code", np.full(12, 2**31)),
        ("code", np.full(12, 0.5)),
        ("enterprise", np.full(12, None)),
        ("grade", np.full(12, 5)),
        ("credit_milli", np.full(12, 100_001)),
        ("province", np.zeros((12, 1), np.int16)),
    ],
)
def test_a_column_that_cannot_be_is_refused_by_name(name, column):
    with pytest.raises(ValueError, match=f"column {name}:"):
        m.Supplies(**{**some_supplies(), name: column})


def test_columns_can_be_empty_taken_from_and_counted():
    supplies = m.Supplies(**some_supplies())

    assert len(m.Demands.empty()) == 0 == len(m.Tables.empty({}).permits)
    assert supplies.take([3, 1]).key.tolist() == [supplies.key[3], supplies.key[1]]
    assert len(supplies.take(supplies.key > 0)) == len(supplies) == 12


def test_permits_are_taken_with_their_usage():
    world, _ = worlds.crowded(7)
    permits, index = worlds.permit_columns(world.permits), [5, 2, 5]
    taken = permits.take(index)

    for row, old in enumerate(index):
        for year in (1969, 1970, 1971):
            left = taken.left_kg(np.array([row]), np.array([year]))
            assert left == permits.left_kg(np.array([old]), np.array([year]))
            used = sum(kg for used_in, kg in world.permits[old].usage if used_in == year)
            assert left == world.permits[old].kg_per_year - used


def test_a_channel_without_a_generator_usage_of_no_permit_and_an_exemption_as_permit_are_refused():
    permit = ref.Permit("channel", 2, None, 1, ("use",), 0, 9, 100, worlds.UUID(int=1))
    with pytest.raises(ValueError, match="column generator"):
        worlds.permit_columns([permit])
    with pytest.raises(ValueError, match="column kind"):
        worlds.permit_columns([replace(permit, kind="exempt", generator=1)])
    usage = {"usage_permit": [0], "usage_year": [2026], "usage_kg": [5]}
    columns = {name: [] for name, it in m.Permits.__dataclass_fields__.items() if it.init}
    with pytest.raises(ValueError, match="column usage_permit"):
        m.Permits(**{**columns, **usage})


@pytest.mark.parametrize("factor", [0.0, 1.01, math.nan])
def test_a_factor_of_a_code_lies_above_0_and_not_above_1(factor):
    with pytest.raises(ValueError, match="factor"):
        m.Code("cn-sw", "SW17", "SW17", False, True, "2024", {1: factor})
