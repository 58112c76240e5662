"""The gates that two listings decide between them, and the score, for one row."""

from __future__ import annotations

import math

import numpy as np

from matching.index.kernel.lawfulness import by_side, customs_zone, passes_credit
from matching.index.kernel.layout import (
    CREDIT,
    DOUBT,
    DOUBT_MM,
    DOUBT_RELATIVE,
    DOUBT_VALUE,
    MARGIN,
    MM,
    RADIANS,
    SCORE,
    VALUES,
    jit,
)
from matching.model import EARTH_RADIUS_KM, MM_PER_KM, NO_PRICE
from matching.rules import VALUE_UNIT


@jit
def sphere_km(lat_a, lon_a, lat_b, lon_b):
    """Great-circle distance in km of two places in degrees, as `geo.sphere_km`."""
    phi_a, phi_b, turn = lat_a * RADIANS, lat_b * RADIANS, (lon_b - lon_a) * RADIANS / 2
    across = math.cos(phi_a) * math.cos(phi_b)
    near = math.sin((phi_b - phi_a) / 2) ** 2 + across * math.sin(turn) ** 2
    far = math.sin((phi_b + phi_a) / 2) ** 2 + across * math.cos(turn) ** 2
    return 2 * EARTH_RADIUS_KM * math.atan2(math.sqrt(near), math.sqrt(far))


@jit
def near_half(value, band):
    """Whether a number lies within `band` of the middle between two whole numbers."""
    return abs(value - math.floor(value) - 0.5) <= band


@jit
def nano_count(value):
    """A value in [0, 1] as a count of 1e-9."""
    return np.int64(np.rint(value * VALUE_UNIT))


@jit
def is_after_position(query, score, credit, mm, id_hi, id_lo):
    """Whether a row ranks after the position at which the page begins."""
    if score != query.after_score:
        return score < query.after_score
    if credit != query.after_credit:
        return credit < query.after_credit
    if mm != query.after_mm:
        return mm > query.after_mm
    if id_hi != query.after_hi:
        return id_hi > query.after_hi
    return id_lo > query.after_lo


@jit
def judge(query, weights, visit, cold, hot, bar, out):
    """Judge one row by the gates that two listings decide between them, and write its values and score to
    `out`.

    Returns:
        whether it passes and reaches the bar, and its distance in km.
    """
    if cold.enterprise == query.enterprise or customs_zone(cold.province) != customs_zone(query.province):
        return False, 0.0
    supply_grade, demand_grade = by_side(query.supply, query.grade, cold.grade)
    supply_blocked, demand_blocked = by_side(query.supply, query.blocked, cold.blocked)
    if not passes_credit(supply_grade, supply_blocked, demand_grade, demand_blocked):
        return False, 0.0
    if min(query.remaining, cold.remaining) < max(query.min_lot, cold.min_lot, 1):
        return False, 0.0
    starts, ends = (
        max(np.int64(hot.first), np.int64(query.first)),
        min(np.int64(hot.last), np.int64(query.last)),
    )
    if max(starts, np.int64(query.today)) > ends:
        return False, 0.0
    supply_price, demand_price = by_side(query.supply, query.price, cold.price)
    priced = supply_price != NO_PRICE and demand_price != NO_PRICE
    if priced and demand_price < supply_price:
        return False, 0.0
    km = sphere_km(query.lat, query.lon, cold.lat, cold.lon)
    exact_mm = km * MM_PER_KM
    mm = np.rint(exact_mm)
    nearness = np.exp2(-km / visit.half_km)
    doubt = near_half(exact_mm, DOUBT_MM + exact_mm * DOUBT_RELATIVE)
    doubt = doubt or near_half(nearness * VALUE_UNIT, DOUBT_VALUE)
    if mm - (1.0 if doubt else 0.0) > np.rint(min(query.max_km, cold.max_km) * MM_PER_KM):
        return False, 0.0

    gap = demand_price - supply_price if priced else 0
    supply_kg, demand_kg = by_side(query.supply, query.remaining, cold.remaining)
    shorter = min(np.int64(hot.last) - hot.first, np.int64(query.last) - query.first) + 1
    out[VALUES] = nano_count(visit.fit)
    out[VALUES + 1] = nano_count(nearness)
    out[VALUES + 2] = nano_count(hot.credit / 100_000)
    out[VALUES + 3] = nano_count(0.5 + 0.5 * (gap / (gap + query.scale)))
    out[VALUES + 4] = nano_count(min(max(demand_kg / max(supply_kg, 1), 0.0), 1.0))
    out[VALUES + 5] = nano_count(min(max((ends - starts + 1) / max(shorter, 1), 0.0), 1.0))
    score = np.int64(0)
    for number in range(6):
        score += weights[number] * out[VALUES + number]
    if score + (MARGIN if doubt else 0) < bar:
        return False, 0.0
    position = (score, np.int64(hot.credit), np.int64(mm), cold.id_hi, cold.id_lo)
    if query.paged and not doubt and not is_after_position(query, *position):
        return False, 0.0
    out[CREDIT], out[MM], out[DOUBT], out[SCORE] = hot.credit, np.int64(mm), doubt, score
    return True, km
