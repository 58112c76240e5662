"""The gates that side tables decide, for one row: permits, exemptions, province lines, composition, codes.

Each function repeats one of `matching.rules` in scalars.
"""

from __future__ import annotations

import numpy as np

from matching.index.kernel.layout import (
    ACCEPTED_BY_ADMIN,
    APPROVAL,
    BARRED,
    CHANNEL,
    COLLECTOR,
    EXEMPT,
    GENERAL,
    GRADE_B,
    GRADE_E,
    HONG_KONG,
    MACAO,
    NONE,
    NOTICE,
    PARTIAL,
    REFUSED,
    TAIWAN,
    UNKNOWN,
    UNVERIFIED,
    USE,
    VERIFY,
    jit,
)
from matching.model import ANY_GENERATOR
from matching.rules import NO_PERMIT


@jit
def customs_zone(province):
    """The territory of a province: 0 is the mainland."""
    return province if province in (TAIWAN, HONG_KONG, MACAO) else 0


@jit
def lower_bound(values, wanted):
    """Position of `wanted` in ascending `values`, or the position where it would be inserted."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def records_of(lines, owner):
    """First and last (excluded) record of an owner."""
    place = owner - lines.low
    if len(lines.owner) > 0:
        place = lower_bound(lines.owner, owner)
        if place == len(lines.owner) or lines.owner[place] != owner:
            return 0, 0
    if place < 0 or place >= len(lines.start) - 1:
        return 0, 0
    return lines.start[place], lines.start[place + 1]


@jit
def visit_of(query, visits, code):
    """Number of the visit to a code, or -1."""
    low, high = query.visit_start, query.visit_stop
    while low < high:
        middle = (low + high) // 2
        if visits[middle].code < code:
            low = middle + 1
        else:
            high = middle
    return low if low < query.visit_stop and visits[low].code == code else -1


@jit
def covers_code(aliases, visit, code):
    """Whether a permit for `code` covers the supply's."""
    covered = False
    for at in range(visit.alias_start, visit.alias_stop):
        covered = covered or aliases[at] == code
    return covered


@jit
def by_side(supply_seeks, ours, theirs):
    """The values of the seeker and of the row, reordered as those of the supply and of the demand."""
    return (ours, theirs) if supply_seeks else (theirs, ours)


@jit
def bit_of(province):
    """The bit of a province, as in `blocks.province_bit`."""
    return np.uint64(1) << np.uint64(province & 63)


@jit
def year_of(day):
    """Calendar year of days since 1970-01-01, by Hinnant's `civil_from_days`."""
    shifted = day + 719468
    era = shifted // 146097
    day_of_era = shifted - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    return year_of_era + era * 400 + (1 if day_of_year >= 306 else 0)


@jit
def passes_credit(supply_grade, supply_blocked, demand_grade, demand_blocked):
    """Whether the credit gate lets the pair pass, as `gates.credit`."""
    fallen = supply_grade == GRADE_E or supply_blocked
    return demand_grade != GRADE_E and not demand_blocked and (not fallen or demand_grade <= GRADE_B)


@jit
def left_kg(used_year, used_kg, line, year):
    """Kilograms that a permit may still take in a year."""
    left = line.kg_per_year
    for at in range(line.used_start, line.used_stop):
        if used_year[at] == year:
            left -= used_kg[at]
    return left


@jit
def permit_basis(
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
    """The first valid permit, and whether a channel is valid: basis, row of `Permits`, channel."""
    basis, row, channel = NONE, NO_PERMIT, False
    start, stop = records_of(permits, receiver)
    for at in range(start, stop):
        line = permits.records[at]
        if basis != NONE and not (crossing and line.kind == CHANNEL):
            continue
        if line.generator != ANY_GENERATOR and line.generator != generator:
            continue
        if (line.modes >> mode) & 1 == 0 or (line.kind == COLLECTOR and not small):
            continue
        day = max(first, line.first)
        if day > min(last, line.last) or not covers_code(aliases, visit, line.code):
            continue
        if left_kg(used_year, used_kg, line, year_of(day)) < needed:
            continue
        if basis == NONE:
            basis, row = int(line.kind), int(line.row)
        channel = channel or line.kind == CHANNEL
    return basis, row, channel


@jit
def approval_of(approvals, aliases, visit, receiver, generator, mode, first, last, needed):
    """The row of `Approvals` by which the pair may cross, or -1, as `cross_province.valid_approvals`."""
    start, stop = records_of(approvals, receiver)
    for at in range(start, stop):
        line = approvals.records[at]
        if line.generator != generator or (line.modes >> mode) & 1 == 0 or line.left_kg < needed:
            continue
        if max(first, line.first) <= min(last, line.last) and covers_code(aliases, visit, line.code):
            return int(line.row)
    return NO_PERMIT


@jit
def is_exempt(exemptions, aliases, visit, item, review, mode):
    """Whether the demand's exemption item frees the waste at this stage, as `licensing.exempt`."""
    if item == 0 or review == REFUSED:
        return False
    for at in range(len(exemptions)):
        line = exemptions[at]
        if line.item == item and (line.modes >> mode) & 1 == 1 and covers_code(aliases, visit, line.code):
            return True
    return False


@jit
def has_dated_entry(lines, aliases, visit, receiver, about, first, last):
    """Whether a dated entry of the receiver for this code and `about` is valid on a shared day to come."""
    start, stop = records_of(lines, receiver)
    for at in range(start, stop):
        line = lines.records[at]
        valid = line.about == about and max(first, line.first) <= min(last, line.last)
        if valid and covers_code(aliases, visit, line.code):
            return True
    return False


@jit
def composition_warnings(required, need_start, need_stop, stated, has_start, has_stop):
    """The warnings that requirements and statements give, or `BARRED`, as `composition.check_composition`."""
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
def mixture_warnings(query, ranges, seeker_ranges, key):
    """The composition warnings of a pair, or `BARRED`."""
    ours_start, ours_stop = records_of(seeker_ranges, query.key)
    theirs_start, theirs_stop = records_of(ranges, key)
    if query.supply:
        return composition_warnings(ranges, theirs_start, theirs_stop, seeker_ranges, ours_start, ours_stop)
    return composition_warnings(seeker_ranges, ours_start, ours_stop, ranges, theirs_start, theirs_stop)


@jit
def has_better_sibling(query, visits, cold, row, visit):
    """Whether another row of the same demand fits better, or equally well and was given first."""
    other = cold[row].next
    while other != row:
        sibling = cold[other]
        number = visit_of(query, visits, sibling.code)
        if number >= 0:
            fit = visits[number].fit
            if fit > visit.fit or (fit == visit.fit and sibling.nth < cold[row].nth):
                return True
        other = sibling.next
    return False


@jit
def general_warnings(mode, crossing, approval):
    """The warnings of general waste, as `licensing.verification_warnings` and `cross_province.may_cross`."""
    if not crossing or (mode != USE and approval != NO_PERMIT):
        return VERIFY
    return VERIFY | (NOTICE if mode == USE else APPROVAL)


@jit
def legal_basis(query, aliases, side_tables, cold, hot, visit):
    """Basis (`NONE`: unlawful), permit, approval and warnings, as `licensing.legal_basis`,
    `cross_province.may_cross` and `licensing.exemption_warnings`."""
    generator, receiver = by_side(query.supply, query.enterprise, cold.enterprise)
    from_province, to_province = by_side(query.supply, query.province, cold.province)
    _, mode = by_side(query.supply, query.mode, cold.mode)
    crossing = from_province != to_province
    needed = max(query.min_lot, cold.min_lot, 1)
    first = max(np.int64(hot.first), np.int64(query.first), np.int64(query.today))
    last = min(np.int64(hot.last), np.int64(query.last))
    approval = NO_PERMIT
    if crossing and (visit.hazardous or mode != USE):
        approval = approval_of(
            side_tables.approvals, aliases, visit, receiver, generator, mode, first, last, needed
        )
    if not visit.hazardous:
        return GENERAL, NO_PERMIT, approval, general_warnings(mode, crossing, approval)
    small, _ = by_side(query.supply, query.small, cold.small)
    _, item = by_side(query.supply, query.item, cold.item)
    _, review = by_side(query.supply, query.review, cold.review)
    basis, permit, channel = permit_basis(
        side_tables.permits, side_tables.used_year, side_tables.used_kg, aliases, visit, receiver, generator,
        mode, small, first, last, needed, crossing,
    )  # fmt: skip
    if basis in (NONE, COLLECTOR) and is_exempt(side_tables.exemptions, aliases, visit, item, review, mode):
        basis, permit = EXEMPT, NO_PERMIT
    if basis == NONE:
        return NONE, NO_PERMIT, NO_PERMIT, 0
    warnings = 0
    free = (
        not crossing
        or channel
        or approval != NO_PERMIT
        or has_dated_entry(side_tables.white, aliases, visit, receiver, from_province, first, last)
    )
    if not free and not query.relaxed:
        return NONE, NO_PERMIT, NO_PERMIT, 0
    if not free:
        warnings |= APPROVAL
    seen = basis != EXEMPT or review == ACCEPTED_BY_ADMIN
    if not seen and not has_dated_entry(side_tables.verified, aliases, visit, receiver, item, first, last):
        warnings |= UNVERIFIED
    return basis, permit, approval, warnings


@jit
def open_provinces(query, side_tables):
    """Bits of the provinces that hazardous waste may come from or go to without a channel or an approval: the
    seeker's own, and for a receiver those that the white list names, whatever the code and the day."""
    mask = bit_of(query.province)
    if not query.supply:
        start, stop = records_of(side_tables.white, query.enterprise)
        for at in range(start, stop):
            mask |= bit_of(side_tables.white.records[at].about)
    return mask


@jit
def cross_province_rows(query, plan, cross_rows):
    """Rows across a province line that the white list, a channel or an approval names for this seeker:
    ascending, distinct."""
    start = lower_bound(cross_rows.pair_key, query.enterprise)
    stop = lower_bound(cross_rows.pair_key, query.enterprise + 1)
    rows = cross_rows.pair_row[start:stop]
    if query.supply and query.visit_start < query.visit_stop:
        visit = plan.visits[query.visit_start]
        for at in range(visit.alias_start, visit.alias_stop):
            key = np.int64(plan.aliases[at]) << 16 | (np.int64(query.province) & 0xFFFF)
            start, stop = lower_bound(cross_rows.white_key, key), lower_bound(cross_rows.white_key, key + 1)
            rows = np.concatenate((rows, cross_rows.white_row[start:stop]))
    return np.unique(rows)
