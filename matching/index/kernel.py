"""The search, one row after the other, compiled by Numba: every gate and value once more, in scalars.

Held equal to brute force by tests. Whole numbers, divisions and roundings are those of IEEE 754 here as in
NumPy; only sines, arctangents and powers may differ in their last bits. So a row whose distance lies so near
to the middle between two whole millimetres, or its value between two counts of 1e-9, that the last bits could
decide, is doubtful: it never raises the bar, it stays while it could stand on the page, and where one
is left at the end the caller lets brute force judge the few rows that are left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from matching.index.block_bounds import NEVER, PAD
from matching.index.blocks import CHORD_PAD, COLD
from matching.index.search_plan import STEPS
from matching.model import (
    ANY_GENERATOR,
    EARTH_RADIUS_KM,
    MM_PER_KM,
    NO_PRICE,
    WEIGHT_UNIT,
    Basis,
    Grade,
    Mode,
    Review,
)
from matching.rules import CUSTOMS_TERRITORIES, NO_PERMIT, SCORE_UNIT, VALUE_UNIT, Lines, Warn, Ways

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:
    njit = None


def jit(function: Function) -> Function:
    """Compile at the first call, or take what an earlier process compiled; as it is without Numba."""
    return function if njit is None else njit(cache=True, nogil=True, error_model="numpy")(function)


SEEKER = [(name, COLD.fields[name][0]) for name in COLD.names or () if COLD.fields is not None]
ASK = np.dtype(
    [
        *SEEKER,
        ("x", "f8"), ("y", "f8"), ("z", "f8"), ("first", "i4"), ("last", "i4"), ("today", "i4"),
        ("supply", "?"), ("relaxed", "?"), ("paged", "?"), ("k", "i8"), ("floor", "i8"), ("scale", "f8"),
        ("after_score", "i8"), ("after_credit", "i8"), ("after_mm", "i8"), ("after_hi", "u8"),
        ("after_lo", "u8"), ("visit_start", "i8"), ("visit_stop", "i8"),
    ],
    align=True,
)  # fmt: skip
"""A seeker's row and what it asks. `supply`: the seeker is one; `relaxed`: hazardous waste may cross with
approval; `floor` and `after_*` are least score and last position; its visits are those of a `Plan` (`route`)
from `visit_start` to `visit_stop`."""


class View(NamedTuple):
    """A part and the version at which it is looked at; arrays as in `Part` and `Ways`."""

    hot: Any
    cold: Any
    died: Any
    blocks: Any
    provinces: Any
    group_code: Any
    group_start: Any
    ranges: Lines
    ways: Ways
    version: int


PART, ROW, KEY, ACCEPTED, BASIS, PERMIT, WARN, CREDIT, MM, ID_HI, ID_LO, DOUBT, SCORE, VALUES = range(14)
WIDTH = VALUES + 6
"""Columns of what is found."""
KEPT, FOUND = range(2)
"""Counters: scores on the heap, rows found."""

MARGIN = WEIGHT_UNIT
"""More than a doubtful row's score can be off by: one count of 1e-9 in its value of distance."""
DOUBT_VALUE = 2e-5
DOUBT_MM = 1e-5
DOUBT_RELATIVE = 1e-13
"""Sines and powers of any library are exact to a few units of 1e-16; these bands are over ten times that."""

USE, CHANNEL, COLLECTOR = int(Mode.USE), int(Basis.CHANNEL), int(Basis.COLLECTOR)
NONE, GENERAL, EXEMPT = int(Basis.NONE), int(Basis.GENERAL), int(Basis.EXEMPT)
GRADE_B, GRADE_E = int(Grade.B), int(Grade.E)
ACCEPTED_BY_ADMIN, REFUSED = int(Review.ACCEPTED), int(Review.REFUSED)
APPROVAL, FILING = int(Warn.TRANSFER_APPROVAL_REQUIRED), int(Warn.FILING_REQUIRED)
SUPERVISED, UNVERIFIED = int(Warn.SUPERVISED), int(Warn.EXEMPTION_UNVERIFIED)
PARTIAL, UNKNOWN = int(Warn.COMPOSITION_PARTIAL), int(Warn.COMPOSITION_UNKNOWN)
BARRED = -1
TAIWAN, HONG_KONG, MACAO = CUSTOMS_TERRITORIES
RADIANS = math.pi / 180


# ---------------------------------------------------------------- looking things up


@jit
def place_of(values, wanted):
    """Where `wanted` stands in ascending `values`, or where it would."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def lines_of(lines, owner):
    """First and last (excluded) record of an owner."""
    place = owner - lines.low
    if len(lines.owner) > 0:
        place = place_of(lines.owner, owner)
        if place == len(lines.owner) or lines.owner[place] != owner:
            return 0, 0
    if place < 0 or place >= len(lines.start) - 1:
        return 0, 0
    return lines.start[place], lines.start[place + 1]


@jit
def visit_of(ask, visits, code):
    """Number of the visit to a code, or -1."""
    low, high = ask.visit_start, ask.visit_stop
    while low < high:
        middle = (low + high) // 2
        if visits[middle].code < code:
            low = middle + 1
        else:
            high = middle
    return low if low < ask.visit_stop and visits[low].code == code else -1


@jit
def covers(aliases, visit, code):
    """Whether a permit for `code` covers the supply's."""
    covered = False
    for at in range(visit.alias_start, visit.alias_stop):
        covered = covered or aliases[at] == code
    return covered


@jit
def sides(supply_seeks, ours, theirs):
    """The supply's and the demand's of what the seeker and the row have."""
    return (ours, theirs) if supply_seeks else (theirs, ours)


@jit
def bit_of(province):
    """As `blocks.province_bit`."""
    return np.uint64(1) << np.uint64(province & 63)


@jit
def zone(province):
    """0 for the mainland."""
    return province if province in (TAIWAN, HONG_KONG, MACAO) else 0


@jit
def year_of(day):
    """Calendar year of days since 1970-01-01, by Hinnant's `civil_from_days`."""
    shifted = day + 719468
    era = shifted // 146097
    day_of_era = shifted - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    return year_of_era + era * 400 + (1 if day_of_year >= 306 else 0)


# ---------------------------------------------------------------- bounds


@jit
def bar_of(ask, heap, count):
    """The score that a row must reach to matter."""
    return max(heap[0], ask.floor) if count[KEPT] == len(heap) else ask.floor


@jit
def worth_at(worth, steps, table, chord):
    """The most that nearness is worth at a chord."""
    step = int(max(chord, 0.0) * steps[table])
    return worth[table, min(step, STEPS - 1)]


@jit
def best_price(ask, price, is_open):
    """The greatest value of price, or `NEVER`."""
    if ask.price == NO_PRICE:
        return 0.5
    asked = float(ask.price)
    gap = price - asked if ask.supply else asked - price
    gap += abs(asked) * 1e-15
    if gap >= 0 and gap < np.inf:
        return 0.5 + 0.5 * (gap / (gap + ask.scale))
    return 0.5 if is_open else NEVER


@jit
def best_part(ask, mass):
    """The greatest value of quantity."""
    if ask.supply:
        return min(mass / max(float(ask.remaining), 1.0), 1.0)
    return min(float(ask.remaining) / max(mass, 1.0), 1.0)


@jit
def best_time(ask, first, last, shortest):
    """The greatest value of time, or `NEVER`."""
    until = min(last, ask.last)
    shared = until - max(first, ask.first) + 1
    if shared <= 0 or until < ask.today:
        return NEVER
    shorter = max(min(shortest, ask.last - ask.first + 1), 1)
    return min(shared / shorter, 1.0)


@jit
def reach_of(ask, weights, worth, steps, visit, block):
    """As `reach.reach`, for one block."""
    if block.most < max(ask.min_lot, 1):
        return NEVER
    time = best_time(ask, np.int64(block.first), np.int64(block.last), np.int64(block.shortest))
    if time == NEVER:
        return NEVER
    price = best_price(ask, float(block.price), block.open)
    if price == NEVER:
        return NEVER
    x, y, z = block.x - ask.x, block.y - ask.y, block.z - ask.z
    chord = math.sqrt(x * x + y * y + z * z) - block.radius - CHORD_PAD
    return (
        weights[0] * visit.fit
        + weights[1] * worth_at(worth, steps, visit.table, chord)
        + weights[2] * (block.credit / 100_000)
        + weights[3] * price
        + weights[4] * best_part(ask, float(block.mass))
        + weights[5] * time
    ) / WEIGHT_UNIT + PAD


@jit
def reach_of_row(ask, weights, worth, steps, visit, hot, bar):
    """The greatest score that a row could have, or `NEVER` where it cannot reach the bar; the costly values
    last."""
    x, y, z = hot.x - ask.x, hot.y - ask.y, hot.z - ask.z
    chord = math.sqrt(x * x + y * y + z * z) - CHORD_PAD
    most = weights[0] * visit.fit + weights[1] * worth_at(worth, steps, visit.table, chord)
    most += weights[2] * (hot.credit / 100_000)
    if (most + weights[3] + weights[4] + weights[5]) / WEIGHT_UNIT + PAD < bar:
        return NEVER
    price = 0.5 if math.isnan(hot.price) else best_price(ask, float(hot.price), False)
    time = best_time(ask, np.int64(hot.first), np.int64(hot.last), np.int64(hot.last) - hot.first + 1)
    if price == NEVER or time == NEVER:
        return NEVER
    most += weights[3] * price + weights[4] * best_part(ask, float(hot.mass)) + weights[5] * time
    most = most / WEIGHT_UNIT + PAD
    return most if most >= bar else NEVER


# ---------------------------------------------------------------- gates


@jit
def trusted(supply_grade, supply_blocked, demand_grade, demand_blocked):
    """As `gates.credit`."""
    fallen = supply_grade == GRADE_E or supply_blocked
    return demand_grade != GRADE_E and not demand_blocked and (not fallen or demand_grade <= GRADE_B)


@jit
def left_kg(used_year, used_kg, line, year):
    """What a permit may still take in a year."""
    left = line.kg_per_year
    for at in range(line.used_start, line.used_stop):
        if used_year[at] == year:
            left -= used_kg[at]
    return left


@jit
def permitted(
    permits,
    used_year,
    used_kg,
    aliases,
    visit,
    receiver,
    generator,
    mode,
    small,
    first,
    last,
    needed,
    crossing,
):
    """The permit that counts first, and whether a channel holds: basis, row, channel."""
    basis, row, channel = NONE, NO_PERMIT, False
    start, stop = lines_of(permits, receiver)
    for at in range(start, stop):
        line = permits.records[at]
        if basis != NONE and not (crossing and line.kind == CHANNEL):
            continue
        if line.generator != ANY_GENERATOR and line.generator != generator:
            continue
        if (line.modes >> mode) & 1 == 0 or (line.kind == COLLECTOR and not small):
            continue
        day = max(first, line.first)
        if day > min(last, line.last) or not covers(aliases, visit, line.code):
            continue
        if left_kg(used_year, used_kg, line, year_of(day)) < needed:
            continue
        if basis == NONE:
            basis, row = int(line.kind), int(line.row)
        channel = channel or line.kind == CHANNEL
    return basis, row, channel


@jit
def exempt(exemptions, aliases, visit, item, review, mode):
    """As `gates.exempt`."""
    if item == 0 or review == REFUSED:
        return False
    for at in range(len(exemptions)):
        line = exemptions[at]
        if line.item == item and (line.modes >> mode) & 1 == 1 and covers(aliases, visit, line.code):
            return True
    return False


@jit
def listed(lines, aliases, visit, receiver, about, first, last):
    """Whether a dated line of the receiver about this code and `about` holds on a day to come."""
    start, stop = lines_of(lines, receiver)
    for at in range(start, stop):
        line = lines.records[at]
        valid = line.about == about and max(first, line.first) <= min(last, line.last)
        if valid and covers(aliases, visit, line.code):
            return True
    return False


@jit
def mixes(required, need_start, need_stop, stated, has_start, has_stop):
    """As `gates.composition`: the warnings, or `BARRED`."""
    warnings = 0
    for need in range(need_start, need_stop):
        wanted, silent = required.records[need], True
        for has in range(has_start, has_stop):
            given = stated.records[has]
            if given.component != wanted.component:
                continue
            silent = False
            if max(wanted.low, given.low) > min(wanted.high, given.high):
                return BARRED
            if not (wanted.low <= given.low and given.high <= wanted.high):
                warnings |= PARTIAL
        if silent:
            warnings |= UNKNOWN
    return warnings


@jit
def outdone(ask, visits, cold, row, visit):
    """Whether another row of the listing fits better, or as well and was given first."""
    other = cold[row].next
    while other != row:
        sibling = cold[other]
        number = visit_of(ask, visits, sibling.code)
        if number >= 0:
            fit = visits[number].fit
            if fit > visit.fit or (fit == visit.fit and sibling.nth < cold[row].nth):
                return True
        other = sibling.next
    return False


# ---------------------------------------------------------------- one row


@jit
def sphere_km(lat_a, lon_a, lat_b, lon_b):
    """As `geo.sphere_km`."""
    phi_a, phi_b, turn = lat_a * RADIANS, lat_b * RADIANS, (lon_b - lon_a) * RADIANS / 2
    across = math.cos(phi_a) * math.cos(phi_b)
    near = math.sin((phi_b - phi_a) / 2) ** 2 + across * math.sin(turn) ** 2
    far = math.sin((phi_b + phi_a) / 2) ** 2 + across * math.cos(turn) ** 2
    return 2 * EARTH_RADIUS_KM * math.atan2(math.sqrt(near), math.sqrt(far))


@jit
def between(value, band):
    """Whether a number lies within `band` of the middle between two whole ones."""
    return abs(value - math.floor(value) - 0.5) <= band


@jit
def counts(value):
    """A value as a count of 1e-9."""
    return np.int64(np.rint(value * VALUE_UNIT))


@jit
def beyond(ask, score, credit, mm, id_hi, id_lo):
    """Whether a row comes after the position that the page begins at."""
    if score != ask.after_score:
        return score < ask.after_score
    if credit != ask.after_credit:
        return credit < ask.after_credit
    if mm != ask.after_mm:
        return mm > ask.after_mm
    if id_hi != ask.after_hi:
        return id_hi > ask.after_hi
    return id_lo > ask.after_lo


@jit
def judge(ask, weights, visit, cold, hot, bar, out):
    """Hold one row against the gates that two listings decide between them, and write to `out` what is
    worked out of its score.

    Returns:
        whether it passes and reaches the bar, and its distance in km.
    """
    if cold.enterprise == ask.enterprise or zone(cold.province) != zone(ask.province):
        return False, 0.0
    supply_grade, demand_grade = sides(ask.supply, ask.grade, cold.grade)
    supply_blocked, demand_blocked = sides(ask.supply, ask.blocked, cold.blocked)
    if not trusted(supply_grade, supply_blocked, demand_grade, demand_blocked):
        return False, 0.0
    if min(ask.remaining, cold.remaining) < max(ask.min_lot, cold.min_lot, 1):
        return False, 0.0
    starts, ends = max(np.int64(hot.first), np.int64(ask.first)), min(np.int64(hot.last), np.int64(ask.last))
    if max(starts, np.int64(ask.today)) > ends:
        return False, 0.0
    supply_price, demand_price = sides(ask.supply, ask.price, cold.price)
    priced = supply_price != NO_PRICE and demand_price != NO_PRICE
    if priced and demand_price < supply_price:
        return False, 0.0
    km = sphere_km(ask.lat, ask.lon, cold.lat, cold.lon)
    exact_mm = km * MM_PER_KM
    mm = np.rint(exact_mm)
    nearness = np.exp2(-km / visit.half_km)
    doubt = between(exact_mm, DOUBT_MM + exact_mm * DOUBT_RELATIVE)
    doubt = doubt or between(nearness * VALUE_UNIT, DOUBT_VALUE)
    if mm - (1.0 if doubt else 0.0) > np.rint(min(ask.max_km, cold.max_km) * MM_PER_KM):
        return False, 0.0

    gap = demand_price - supply_price if priced else 0
    supply_kg, demand_kg = sides(ask.supply, ask.remaining, cold.remaining)
    shorter = min(np.int64(hot.last) - hot.first, np.int64(ask.last) - ask.first) + 1
    out[VALUES] = counts(visit.fit)
    out[VALUES + 1] = counts(nearness)
    out[VALUES + 2] = counts(hot.credit / 100_000)
    out[VALUES + 3] = counts(0.5 + 0.5 * (gap / (gap + ask.scale)))
    out[VALUES + 4] = counts(min(max(demand_kg / max(supply_kg, 1), 0.0), 1.0))
    out[VALUES + 5] = counts(min(max((ends - starts + 1) / max(shorter, 1), 0.0), 1.0))
    score = np.int64(0)
    for number in range(6):
        score += weights[number] * out[VALUES + number]
    if score + (MARGIN if doubt else 0) < bar:
        return False, 0.0
    position = (score, np.int64(hot.credit), np.int64(mm), cold.id_hi, cold.id_lo)
    if ask.paged and not doubt and not beyond(ask, *position):
        return False, 0.0
    out[CREDIT], out[MM], out[DOUBT], out[SCORE] = hot.credit, np.int64(mm), doubt, score
    return True, km


@jit
def lawful(ask, aliases, law, cold, hot, visit):
    """Basis (`NONE`: unlawful), permit and warnings, as `gates.legal`, `gates.region` and
    `gates.exemption_warnings` have them."""
    generator, receiver = sides(ask.supply, ask.enterprise, cold.enterprise)
    from_province, to_province = sides(ask.supply, ask.province, cold.province)
    _, mode = sides(ask.supply, ask.mode, cold.mode)
    crossing = from_province != to_province
    if not visit.hazardous:
        return GENERAL, NO_PERMIT, (FILING if mode == USE else APPROVAL) if crossing else 0
    small, _ = sides(ask.supply, ask.small, cold.small)
    _, item = sides(ask.supply, ask.item, cold.item)
    _, review = sides(ask.supply, ask.review, cold.review)
    needed = max(ask.min_lot, cold.min_lot, 1)
    first = max(np.int64(hot.first), np.int64(ask.first), np.int64(ask.today))
    last = min(np.int64(hot.last), np.int64(ask.last))
    basis, permit, channel = permitted(
        law.permits, law.used_year, law.used_kg, aliases, visit, receiver, generator, mode, small, first,
        last, needed, crossing,
    )  # fmt: skip
    if basis in (NONE, COLLECTOR) and exempt(law.exemptions, aliases, visit, item, review, mode):
        basis, permit = EXEMPT, NO_PERMIT
    if basis == NONE:
        return NONE, NO_PERMIT, 0
    warnings = 0
    free = not crossing or channel or listed(law.white, aliases, visit, receiver, from_province, first, last)
    if not free and not ask.relaxed:
        return NONE, NO_PERMIT, 0
    if not free:
        warnings |= APPROVAL
    seen = basis != EXEMPT or review == ACCEPTED_BY_ADMIN
    if not seen and not listed(law.verified, aliases, visit, receiver, item, first, last):
        warnings |= UNVERIFIED
    return basis, permit, warnings


@jit
def mixture_of(ask, ranges, asking, key):
    """What the composition of a pair warns of, or `BARRED`."""
    ours_start, ours_stop = lines_of(asking, ask.key)
    theirs_start, theirs_stop = lines_of(ranges, key)
    if ask.supply:
        return mixes(ranges, theirs_start, theirs_stop, asking, ours_start, ours_stop)
    return mixes(asking, ours_start, ours_stop, ranges, theirs_start, theirs_stop)


# ---------------------------------------------------------------- the best so far


@jit
def raise_bar(heap, count, score):
    """Add a score to the heap of the best ones, the least on top."""
    size = count[KEPT]
    if size < len(heap):
        at = size
        count[KEPT] = size + 1
        while at > 0 and heap[(at - 1) // 2] > score:
            heap[at] = heap[(at - 1) // 2]
            at = (at - 1) // 2
        heap[at] = score
    elif score > heap[0]:
        at = 0
        while 2 * at + 1 < size:
            child = 2 * at + 1
            if child + 1 < size and heap[child + 1] < heap[child]:
                child += 1
            if heap[child] >= score:
                break
            heap[at] = heap[child]
            at = child
        heap[at] = score


@jit
def weed(found, km, count, bar):
    """Forget what can no longer stand on the page."""
    kept = 0
    for at in range(count[FOUND]):
        if found[at, SCORE] + (MARGIN if found[at, DOUBT] else 0) >= bar:
            if kept != at:
                found[kept] = found[at]
                km[kept] = km[at]
            kept += 1
    count[FOUND] = kept


@jit
def room(found, km, count, bar):
    """The two tables with a free row."""
    if count[FOUND] < len(found):
        return found, km
    weed(found, km, count, bar)
    if 2 * count[FOUND] <= len(found):
        return found, km
    more, more_km = np.empty((2 * len(found), WIDTH), np.int64), np.empty(2 * len(found))
    more[: len(found)] = found
    more_km[: len(found)] = km
    return more, more_km


@jit
def keep(ask, visits, aliases, law, view, asking, part, visit, row, heap, out, count):
    """Hold a row that `judge` let pass against the gates that side tables decide; keep it if it is lawful."""
    cold, hot = view.cold[row], view.hot[row]
    if view.died[row] <= view.version:
        return
    if cold.next != row and ask.supply and outdone(ask, visits, view.cold, row, visit):
        return
    basis, permit, warnings = lawful(ask, aliases, law, cold, hot, visit)
    if basis == NONE:
        return
    if len(view.ranges.records) > 0 or len(asking.records) > 0:
        mixture = mixture_of(ask, view.ranges, asking, cold.key)
        if mixture == BARRED:
            return
        warnings |= mixture
    grade, _ = sides(ask.supply, ask.grade, cold.grade)
    blocked, _ = sides(ask.supply, ask.blocked, cold.blocked)
    if grade == GRADE_E or blocked:
        warnings |= SUPERVISED
    out[PART], out[ROW], out[KEY], out[ACCEPTED] = part, row, cold.key, visit.accepted
    out[BASIS], out[PERMIT], out[WARN] = basis, permit, warnings
    out[ID_HI], out[ID_LO] = np.int64(cold.id_hi), np.int64(cold.id_lo)
    count[FOUND] += 1
    if not out[DOUBT]:
        raise_bar(heap, count, out[SCORE])


# ---------------------------------------------------------------- the search


@jit
def sink(bounds, blocks, visits, at, size):
    """Restore the heap of blocks, the greatest bound on top, below `at`."""
    bound, block, visit = bounds[at], blocks[at], visits[at]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and bounds[child + 1] > bounds[child]:
            child += 1
        if bounds[child] <= bound:
            break
        bounds[at], blocks[at], visits[at] = bounds[child], blocks[child], visits[child]
        at = child
    bounds[at], blocks[at], visits[at] = bound, block, visit


@jit
def open_provinces(ask, law):
    """Bits of provinces from or to which hazardous waste may go without a channel: the own one, and for a
    receiver those that the white list has for it, whatever the code and the day."""
    mask = bit_of(ask.province)
    if not ask.supply:
        start, stop = lines_of(law.white, ask.enterprise)
        for at in range(start, stop):
            mask |= bit_of(law.white.records[at].about)
    return mask


@jit
def beyond_the_line(ask, route, ways):
    """Rows that the white list or a channel names for this seeker, ascending, once."""
    start = place_of(ways.channel_key, ask.enterprise)
    stop = place_of(ways.channel_key, ask.enterprise + 1)
    rows = ways.channel_row[start:stop]
    if ask.supply and ask.visit_start < ask.visit_stop:
        visit = route.visits[ask.visit_start]
        for at in range(visit.alias_start, visit.alias_stop):
            key = np.int64(route.aliases[at]) << 16 | (np.int64(ask.province) & 0xFFFF)
            start, stop = place_of(ways.white_key, key), place_of(ways.white_key, key + 1)
            rows = np.concatenate((rows, ways.white_row[start:stop]))
    return np.unique(rows)


@jit
def candidates(ask, route, view, mask, bar):
    """Blocks that could hold a row worth having: bounds, blocks and visits, as a heap, and how many."""
    size = 0
    for number in range(ask.visit_start, ask.visit_stop):
        group = place_of(view.group_code, route.visits[number].code)
        if group < len(view.group_code) and view.group_code[group] == route.visits[number].code:
            size += view.group_start[group + 1] - view.group_start[group]
    bounds, blocks, visits = np.empty(size), np.empty(size, np.int32), np.empty(size, np.int32)
    size = 0
    weights, worth, steps, every = route.weights, route.worth, route.steps, view.blocks
    provinces = view.provinces
    for number in range(ask.visit_start, ask.visit_stop):
        visit = route.visits[number]
        group = place_of(view.group_code, visit.code)
        if group == len(view.group_code) or view.group_code[group] != visit.code:
            continue
        bound_to_province = visit.hazardous and not ask.relaxed
        for at in range(view.group_start[group], view.group_start[group + 1]):
            if bound_to_province and provinces[at] & mask == 0:
                continue
            bound = reach_of(ask, weights, worth, steps, visit, every[at])
            if bound >= bar:
                bounds[size], blocks[size], visits[size] = bound, at, number
                size += 1
    for at in range(size // 2 - 1, -1, -1):
        sink(bounds, blocks, visits, at, size)
    return bounds, blocks, visits, size


@jit
def rise(bounds, things, visits, at):
    """Restore the heap above `at`."""
    bound, thing, visit = bounds[at], things[at], visits[at]
    while at > 0 and bounds[(at - 1) // 2] < bound:
        above = (at - 1) // 2
        bounds[at], things[at], visits[at] = bounds[above], things[above], visits[above]
        at = above
    bounds[at], things[at], visits[at] = bound, thing, visit


@jit
def roomier(array, size):
    """The array with room for twice as many."""
    more = np.empty(2 * size, array.dtype)
    more[: len(array)] = array
    return more


@jit
def scan(ask, route, law, view, asking, part, heap, found, km, count):
    """Search a part: blocks and rows by falling reach until the bar, then rows across province lines.

    On the heap a block is its number, and a row of an opened block -1 less its number: so of all rows only
    those that no better one has pushed aside are judged.
    """
    visits, aliases, worth, steps, weights = (
        route.visits,
        route.aliases,
        route.worth,
        route.steps,
        route.weights,
    )
    hot, cold, blocks = view.hot, view.cold, view.blocks
    mask = open_provinces(ask, law)
    least = bar_of(ask, heap, count)
    bar = least / SCORE_UNIT
    bounds, things, numbers, size = candidates(ask, route, view, mask, bar)
    beyond_line = beyond_the_line(ask, route, view.ways) if not ask.relaxed else np.empty(0, np.int32)
    done = 0
    while True:
        inside = size > 0 and bounds[0] >= bar
        if inside:
            thing, number = things[0], numbers[0]
            size -= 1
            bounds[0], things[0], numbers[0] = bounds[size], things[size], numbers[size]
            sink(bounds, things, numbers, 0, size)
            visit = visits[number]
            if thing >= 0:
                start, stop = blocks[thing].start, blocks[thing].stop
                if size + stop - start > len(bounds):
                    wanted = size + stop - start
                    bounds, things = roomier(bounds, wanted), roomier(things, wanted)
                    numbers = roomier(numbers, wanted)
                for row in range(start, stop):
                    bound = reach_of_row(ask, weights, worth, steps, visit, hot[row], bar)
                    if bound != NEVER:
                        bounds[size], things[size], numbers[size] = bound, -1 - row, number
                        rise(bounds, things, numbers, size)
                        size += 1
                continue
            row = np.int64(-1 - thing)
        elif done < len(beyond_line):
            row = np.int64(beyond_line[done])
            done += 1
            number = np.int32(visit_of(ask, visits, cold[row].code))
            if number < 0 or not visits[number].hazardous:
                continue
            visit = visits[number]
            if reach_of_row(ask, weights, worth, steps, visit, hot[row], bar) == NEVER:
                continue
        else:
            return found, km
        bound_to_province = visit.hazardous and not ask.relaxed
        if bound_to_province and (bit_of(cold[row].province) & mask != 0) != inside:
            continue
        found, km = room(found, km, count, least)
        at = count[FOUND]
        passed, far = judge(ask, weights, visit, cold[row], hot[row], least, found[at])
        if passed:
            km[at] = far
            keep(ask, visits, aliases, law, view, asking, part, visit, row, heap, found[at], count)
            least = bar_of(ask, heap, count)
            bar = least / SCORE_UNIT


@jit
def before(found, one, other):
    """Whether one row found stands before another."""
    if found[one, SCORE] != found[other, SCORE]:
        return found[one, SCORE] > found[other, SCORE]
    if found[one, CREDIT] != found[other, CREDIT]:
        return found[one, CREDIT] > found[other, CREDIT]
    if found[one, MM] != found[other, MM]:
        return found[one, MM] < found[other, MM]
    if found[one, ID_HI] != found[other, ID_HI]:
        return np.uint64(found[one, ID_HI]) < np.uint64(found[other, ID_HI])
    return np.uint64(found[one, ID_LO]) < np.uint64(found[other, ID_LO])


@jit
def in_order(found, size):
    """Numbers of rows found, best first, by merging runs."""
    order, spare = np.arange(size), np.empty(size, np.int64)
    run = 1
    while run < size:
        for start in range(0, size, 2 * run):
            middle, stop = min(start + run, size), min(start + 2 * run, size)
            left, right = start, middle
            for at in range(start, stop):
                if left < middle and (right >= stop or not before(found, order[right], order[left])):
                    spare[at] = order[left]
                    left += 1
                else:
                    spare[at] = order[right]
                    right += 1
        order, spare = spare, order
        run *= 2
    return order


@jit
def search(asks, route, law, main, fresh, asking, found, km, size):
    """The best rows of both parts for each of `asks`, best first and at most its `k`.

    Writes what is found for question i to the first `size[i]` of `found[i]`, shape (k, WIDTH), and `km[i]`,
    shape (k,). Where brute force must decide, `size[i]` is less than 0: less the number of rows that could
    stand on the page, which `leftovers` has one question after the other.

    Returns:
        part and row of the leftovers, shape (m, 2).
    """
    leftovers = np.empty((0, 2), np.int64)
    for number in range(len(asks)):
        ask = asks[number]
        heap, count = np.empty(ask.k, np.int64), np.zeros(2, np.int64)
        best, far = np.empty((2 * ask.k + 64, WIDTH), np.int64), np.empty(2 * ask.k + 64)
        for part in range(2):
            view = main if part == 0 else fresh
            best, far = scan(ask, route, law, view, asking, part, heap, best, far, count)
        weed(best, far, count, bar_of(ask, heap, count))
        if np.any(best[: count[FOUND], DOUBT] != 0):
            size[number] = -count[FOUND]
            leftovers = np.concatenate((leftovers, best[: count[FOUND], PART : ROW + 1]))
            continue
        order = in_order(best, count[FOUND])[: ask.k]
        size[number] = len(order)
        for place in range(len(order)):
            found[number, place] = best[order[place]]
            km[number, place] = far[order[place]]
    return leftovers
