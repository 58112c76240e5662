"""The pruned search: blocks and rows by falling bound, until no other can reach the page."""

from __future__ import annotations

import numpy as np

from matching.index.block_bounds import EXCLUDED
from matching.index.kernel.bounds import block_bound, row_bound
from matching.index.kernel.lawfulness import (
    bit_of,
    by_side,
    cross_province_rows,
    has_better_sibling,
    legal_basis,
    lower_bound,
    mixture_warnings,
    open_provinces,
    visit_of,
)
from matching.index.kernel.layout import (
    ACCEPTED,
    APPROVED,
    BARRED,
    BASIS,
    CREDIT,
    DOUBT,
    FOUND,
    GRADE_E,
    ID_HI,
    ID_LO,
    KEPT,
    KEY,
    MARGIN,
    MM,
    NONE,
    PERMIT,
    ROW,
    SCORE,
    SEGMENT,
    SUPERVISED,
    WARN,
    WIDTH,
    jit,
)
from matching.index.kernel.row_score import judge
from matching.rules import SCORE_UNIT


@jit
def least_score(query, heap, count):
    """The bar: the score that a row must reach to be on the page."""
    return max(heap[0], query.floor) if count[KEPT] == len(heap) else query.floor


@jit
def push_score(heap, count, score):
    """Push a score onto the heap of the best ones, the least on top."""
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
def drop_below_bar(found, km, count, bar):
    """Drop the rows found that can no longer be on the page."""
    kept = 0
    for at in range(count[FOUND]):
        if found[at, SCORE] + (MARGIN if found[at, DOUBT] else 0) >= bar:
            if kept != at:
                found[kept] = found[at]
                km[kept] = km[at]
            kept += 1
    count[FOUND] = kept


@jit
def ensure_space(found, km, count, bar):
    """The two tables with at least one free row."""
    if count[FOUND] < len(found):
        return found, km
    drop_below_bar(found, km, count, bar)
    if 2 * count[FOUND] <= len(found):
        return found, km
    more, more_km = np.empty((2 * len(found), WIDTH), np.int64), np.empty(2 * len(found))
    more[: len(found)] = found
    more_km[: len(found)] = km
    return more, more_km


@jit
def add_if_lawful(
    query, visits, aliases, side_tables, view, seeker_ranges, segment, visit, row, heap, out, count
):
    """Judge a row that passed `judge` by the gates of the side tables, and keep it if it is lawful."""
    cold, hot = view.cold[row], view.hot[row]
    if view.died[row] <= view.version:
        return
    if cold.next != row and query.supply and has_better_sibling(query, visits, view.cold, row, visit):
        return
    basis, permit, approval, warnings = legal_basis(query, aliases, side_tables, cold, hot, visit)
    if basis == NONE:
        return
    if len(view.ranges.records) > 0 or len(seeker_ranges.records) > 0:
        mixture = mixture_warnings(query, view.ranges, seeker_ranges, cold.key)
        if mixture == BARRED:
            return
        warnings |= mixture
    grade, _ = by_side(query.supply, query.grade, cold.grade)
    blocked, _ = by_side(query.supply, query.blocked, cold.blocked)
    if grade == GRADE_E or blocked:
        warnings |= SUPERVISED
    out[SEGMENT], out[ROW], out[KEY], out[ACCEPTED] = segment, row, cold.key, visit.accepted
    out[BASIS], out[PERMIT], out[APPROVED], out[WARN] = basis, permit, approval, warnings
    out[ID_HI], out[ID_LO] = np.int64(cold.id_hi), np.int64(cold.id_lo)
    count[FOUND] += 1
    if not out[DOUBT]:
        push_score(heap, count, out[SCORE])


@jit
def sift_down(bounds, blocks, visits, at, size):
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
def candidate_blocks(query, plan, view, mask, bar):
    """Blocks that could hold a row above the bar: bounds, blocks and visits, as a heap, and its size."""
    size = 0
    for number in range(query.visit_start, query.visit_stop):
        group = lower_bound(view.group_code, plan.visits[number].code)
        if group < len(view.group_code) and view.group_code[group] == plan.visits[number].code:
            size += view.group_start[group + 1] - view.group_start[group]
    bounds, blocks, visits = np.empty(size), np.empty(size, np.int32), np.empty(size, np.int32)
    size = 0
    weights, worth, steps, every = plan.weights, plan.worth, plan.steps, view.blocks
    provinces = view.provinces
    for number in range(query.visit_start, query.visit_stop):
        visit = plan.visits[number]
        group = lower_bound(view.group_code, visit.code)
        if group == len(view.group_code) or view.group_code[group] != visit.code:
            continue
        bound_to_province = visit.hazardous and not query.relaxed
        for at in range(view.group_start[group], view.group_start[group + 1]):
            if bound_to_province and provinces[at] & mask == 0:
                continue
            bound = block_bound(query, weights, worth, steps, visit, every[at])
            if bound >= bar:
                bounds[size], blocks[size], visits[size] = bound, at, number
                size += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(bounds, blocks, visits, at, size)
    return bounds, blocks, visits, size


@jit
def sift_up(bounds, entries, visits, at):
    """Restore the heap above `at`."""
    bound, entry, visit = bounds[at], entries[at], visits[at]
    while at > 0 and bounds[(at - 1) // 2] < bound:
        above = (at - 1) // 2
        bounds[at], entries[at], visits[at] = bounds[above], entries[above], visits[above]
        at = above
    bounds[at], entries[at], visits[at] = bound, entry, visit


@jit
def grow(array, size):
    """A copy of the array with space for twice `size` items."""
    more = np.empty(2 * size, array.dtype)
    more[: len(array)] = array
    return more


@jit
def open_block(query, plan, view, block, number, bar, bounds, entries, numbers, size):
    """Push onto the heap the rows of a block that can reach the bar: the heap's arrays and its size."""
    start, stop = view.blocks[block].start, view.blocks[block].stop
    wanted = size + stop - start
    if wanted > len(bounds):
        bounds, entries, numbers = grow(bounds, wanted), grow(entries, wanted), grow(numbers, wanted)
    visit = plan.visits[number]
    for row in range(start, stop):
        bound = row_bound(query, plan.weights, plan.worth, plan.steps, visit, view.hot[row], bar)
        if bound != EXCLUDED:
            bounds[size], entries[size], numbers[size] = bound, -1 - row, number
            sift_up(bounds, entries, numbers, size)
            size += 1
    return bounds, entries, numbers, size


@jit
def scan(query, plan, side_tables, view, seeker_ranges, segment, heap, found, km, count):
    """Search a segment: blocks and rows by falling bound down to the bar, then rows across province lines.

    On the heap a block is its number, and a row of an opened block is -1 minus its number, so only rows that
    no better one has displaced are judged.
    """
    visits, aliases, worth, steps, weights = plan
    hot, cold = view.hot, view.cold
    mask = open_provinces(query, side_tables)
    least = least_score(query, heap, count)
    bar = least / SCORE_UNIT
    bounds, entries, numbers, size = candidate_blocks(query, plan, view, mask, bar)
    across = cross_province_rows(query, plan, view.cross_rows) if not query.relaxed else np.empty(0, np.int32)
    done = 0
    while True:
        inside = size > 0 and bounds[0] >= bar
        if inside:
            entry, number = entries[0], numbers[0]
            size -= 1
            bounds[0], entries[0], numbers[0] = bounds[size], entries[size], numbers[size]
            sift_down(bounds, entries, numbers, 0, size)
            if entry >= 0:
                bounds, entries, numbers, size = open_block(
                    query, plan, view, entry, number, bar, bounds, entries, numbers, size
                )
                continue
            visit, row = visits[number], np.int64(-1 - entry)
        elif done < len(across):
            row = np.int64(across[done])
            done += 1
            number = np.int32(visit_of(query, visits, cold[row].code))
            if number < 0 or not visits[number].hazardous:
                continue
            visit = visits[number]
            if row_bound(query, weights, worth, steps, visit, hot[row], bar) == EXCLUDED:
                continue
        else:
            return found, km
        bound_to_province = visit.hazardous and not query.relaxed
        if bound_to_province and (bit_of(cold[row].province) & mask != 0) != inside:
            continue
        found, km = ensure_space(found, km, count, least)
        at = count[FOUND]
        passed, far = judge(query, weights, visit, cold[row], hot[row], least, found[at])
        if passed:
            km[at] = far
            add_if_lawful(
                query, visits, aliases, side_tables, view, seeker_ranges, segment, visit, row, heap,
                found[at], count,
            )  # fmt: skip
            least = least_score(query, heap, count)
            bar = least / SCORE_UNIT


@jit
def precedes(found, one, other):
    """Whether one row found ranks before another."""
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
def best_first(found, size):
    """Numbers of the rows found, best first, by a bottom-up merge sort."""
    ranking, spare = np.arange(size), np.empty(size, np.int64)
    run = 1
    while run < size:
        for start in range(0, size, 2 * run):
            middle, stop = min(start + run, size), min(start + 2 * run, size)
            left, right = start, middle
            for at in range(start, stop):
                if left < middle and (right >= stop or not precedes(found, ranking[right], ranking[left])):
                    spare[at] = ranking[left]
                    left += 1
                else:
                    spare[at] = ranking[right]
                    right += 1
        ranking, spare = spare, ranking
        run *= 2
    return ranking


@jit
def search(queries, plan, side_tables, main, fresh, seeker_ranges, found, km, size):
    """The best rows of both segments for each of `queries`, best first and at most its `k`.

    Writes the rows found for query i to the first `size[i]` of `found[i]`, shape (k, WIDTH), and `km[i]`,
    shape (k,). Where brute force must decide, `size[i]` is negative: minus the number of rows that could be
    on the page, which are returned, one query after the other.

    Returns:
        segment and row of the rows left to brute force, shape (m, 2).
    """
    leftovers = np.empty((0, 2), np.int64)
    for number in range(len(queries)):
        query = queries[number]
        heap, count = np.empty(query.k, np.int64), np.zeros(2, np.int64)
        best, far = np.empty((2 * query.k + 64, WIDTH), np.int64), np.empty(2 * query.k + 64)
        for segment in range(2):
            view = main if segment == 0 else fresh
            best, far = scan(query, plan, side_tables, view, seeker_ranges, segment, heap, best, far, count)
        drop_below_bar(best, far, count, least_score(query, heap, count))
        if np.any(best[: count[FOUND], DOUBT] != 0):
            size[number] = -count[FOUND]
            leftovers = np.concatenate((leftovers, best[: count[FOUND], SEGMENT : ROW + 1]))
            continue
        ranking = best_first(best, count[FOUND])[: query.k]
        size[number] = len(ranking)
        for place in range(len(ranking)):
            found[number, place] = best[ranking[place]]
            km[number, place] = far[ranking[place]]
    return leftovers
