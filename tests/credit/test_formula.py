"""The arithmetic of a score: sums, limits, lapses, grades; no database."""

import calendar
import random
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.credit.models import AXES, CreditEvent, Evaluation, Recorder, Severity
from marketplace.credit.service import Standing, lapse_date, standing
from marketplace.credit.service.score import CAP, clamped
from tests.effort import tries

TODAY = date(2026, 12, 1)
LONG_AGO = date(2020, 1, 1)
SYSTEM = Recorder.SYSTEM
RULES = {
    "law.penalty_minor": ("law", -6000, None),
    "law.penalty_major": ("law", -15000, None),
    "law.illegal_dumping": ("law", -60000, None),
    "manifest.late_close": ("manifests", -2000, None),
    "fulfilment.cancelled_by_fault": ("fulfilment", -4000, None),
    "fulfilment.completed": ("fulfilment", 500, 10000),
    "site.praised": ("site", 7000, 10000),
}
BY_PLATFORM = {
    "manifest.late_close": 10000, "manifest.weight_unexplained": None, "reporting.missing": None,
    "site.over_capacity": None, "fulfilment.completed": 10000,
}  # fmt: skip
"""Rules of the platform and the most of a year."""
POINTS = {
    "manifest.weight_unexplained": ("manifests", -4000),
    "reporting.missing": ("reporting", -5000),
    "site.over_capacity": ("site", -8000),
}


def event(rule, day=TODAY):
    axis, points, most = RULES[rule]
    return CreditEvent(
        rule=rule, axis=axis, points_milli=points, most_per_year_milli=most, effective_on=day,
        lapses_on=lapse_date(day),
    )  # fmt: skip


def by_platform(rule, day=TODAY, cause=None):
    axis, points = POINTS.get(rule) or RULES[rule][:2]
    light = rule.startswith("manifest.")
    return CreditEvent(
        rule=rule, axis=axis, points_milli=points, most_per_year_milli=BY_PLATFORM[rule], effective_on=day,
        lapses_on=lapse_date(day, 12), recorded_as=SYSTEM, cause=cause,
        severity=Severity.LIGHT if light else Severity.GENERAL,
    )  # fmt: skip


def evaluation(day=TODAY):
    return Evaluation(published_on=day, valid_until=lapse_date(day))


def of(*rules, today=TODAY, evaluations=(), since=TODAY):
    return standing(
        [rule if isinstance(rule, CreditEvent) else event(rule) for rule in rules], evaluations, since, today
    )


days = st.dates(TODAY - timedelta(days=1100), TODAY)
events = st.lists(st.builds(event, st.sampled_from(sorted(RULES)), days), max_size=40)
causes = st.sampled_from([None, "manifest:1:receipt", "manifest:2:receipt", "manifest:2:track"])
of_platform = st.lists(
    st.builds(by_platform, st.sampled_from(sorted(BY_PLATFORM)), days, causes), max_size=40
)
steady = settings(max_examples=tries(80))


# ---------------------------------------------------------------- properties


@steady
@given(events, of_platform, st.randoms(use_true_random=False))
def test_the_order_of_events_never_matters(some, more, chance):
    shuffled = some + more
    chance.shuffle(shuffled)
    one, other = of(*some, *more), of(*shuffled)
    assert (one, one.score, one.grade, one.axes) == (other, other.score, other.grade, other.axes)


@steady
@given(events)
def test_the_score_is_the_sum_of_its_parts_clamped_once_at_the_end(some):
    whole = of(*some)
    current = [event for event in some if event.effective_on <= TODAY < event.lapses_on]
    free = sum(event.points_milli for event in current if event.most_per_year_milli is None)
    limited: dict[tuple[str, int], int] = {}
    for event in current:
        if event.most_per_year_milli is not None:
            key = (event.rule, event.effective_on.year)
            limited[key] = limited.get(key, 0) + event.points_milli
    expected = whole.base + free + sum(min(10000, points) for points in limited.values())
    assert whole.sum == expected
    assert whole.score == min(100_000, max(0, expected))


@steady
@given(events)
def test_axes_stay_within_bounds_and_explain_the_score(some):
    whole = of(*some)
    assert tuple(whole.axes) == AXES
    assert all(0 <= points <= 100_000 for points in whole.axes.values())
    assert sum(line.points for line in whole.lines) == whole.sum - whole.base
    assert CAP not in {line.rule for line in whole.lines}, "nothing here is of the platform"
    assert sum(line.events for line in whole.lines) <= len(some)


@steady
@given(events, of_platform)
def test_the_platform_alone_never_makes_grade_e(some, more):
    """The formula as it is written down, of sums that the lines show."""
    whole = of(*some, *more)
    own = [line for line in whole.lines if line.rule != CAP]
    r = whole.base + sum(line.points for line in own if line.recorded_as != SYSTEM)
    s = sum(line.points for line in own if line.recorded_as == SYSTEM)
    assert whole.score == clamped(r + s if r + s >= 40_000 else min(40_000, max(r, r + s)))
    assert whole.grade != "E" or r < 40_000
    assert whole.base + sum(line.points for line in whole.lines) == whole.sum
    assert 0 <= whole.score <= 100_000


@steady
@given(events, of_platform, days, causes)
def test_a_deduction_never_helps_and_a_merit_never_harms(some, more, day, cause):
    some = some + more
    before = of(*some)
    assert of(*some, event("law.penalty_minor", day)).score <= before.score
    assert of(*some, by_platform("manifest.weight_unexplained", day, cause)).score <= before.score
    assert of(*some, event("fulfilment.completed", day)).score >= before.score


@steady
@given(st.dates(date(1990, 1, 1), date(2200, 12, 31)))
def test_a_lapse_is_two_calendar_years_on_and_the_last_day_of_february_lapses_on_the_first_of_march(day):
    lapse = lapse_date(day)
    if (day.month, day.day) == (2, 29) and not calendar.isleap(day.year + 2):
        assert lapse == date(day.year + 2, 3, 1)
    else:
        assert (lapse.year, lapse.month, lapse.day) == (day.year + 2, day.month, day.day)


@steady
@given(st.dates(date(1990, 1, 1), date(2150, 12, 31)), st.integers(1, 120))
@example(date(2024, 8, 31), 18)
@example(date(2024, 2, 29), 12)
def test_a_lapse_is_so_many_months_on_or_the_first_of_the_next(day, months):
    lapse = lapse_date(day, months)
    number = day.year * 12 + day.month - 1 + months
    same = (lapse.year * 12 + lapse.month - 1, lapse.day) == (number, day.day)
    year, month = divmod(number, 12)
    too_short = calendar.monthrange(year, month + 1)[1] < day.day
    assert same != too_short
    assert same or (lapse.year * 12 + lapse.month - 1, lapse.day) == (number + 1, 1)
    assert lapse_date(day + timedelta(days=1), months) >= lapse


# ---------------------------------------------------------------- examples


def test_a_clamp_in_the_middle_would_give_another_score():
    some = ["law.illegal_dumping", "law.illegal_dumping", "site.praised"]
    for _ in range(3):
        random.Random(3).shuffle(some)
        assert of(*some).score == 0, "80 - 120 + 7, not 0 + 7"
    assert of("site.praised", "law.penalty_minor", evaluations=[evaluation()]).score == 100_000
    assert of("site.praised", "law.penalty_major", evaluations=[evaluation()]).score == 92_000


def test_an_event_counts_from_its_day_to_the_day_before_two_years_later():
    first = date(2024, 3, 10)
    for today, counts in (
        (date(2024, 3, 9), False), (first, True), (date(2026, 3, 9), True), (date(2026, 3, 10), False),
    ):  # fmt: skip
        assert bool(of(event("law.penalty_minor", first), today=today).lines) is counts, today
    leap = date(2024, 2, 29)
    assert of(event("law.penalty_minor", leap), today=date(2026, 2, 28)).lines
    assert not of(event("law.penalty_minor", leap), today=date(2026, 3, 1)).lines


@pytest.mark.parametrize(
    ("recorded", "of_system", "score", "capped"),
    [
        (["law.penalty_major"] * 2, ["site.over_capacity"], 42_000, 0),
        (["law.penalty_major"] * 2, ["site.over_capacity"] * 2, 40_000, 6_000),
        (["law.penalty_major"] * 3, ["site.over_capacity"] * 2, 35_000, 16_000),
        (["law.penalty_major"] * 3, ["fulfilment.completed"] * 20, 45_000, 0),
        (["law.illegal_dumping"] * 2, ["site.over_capacity"], 0, 8_000),
        ([], ["site.over_capacity"] * 20, 40_000, 120_000),
    ],
)
def test_the_cap_stops_the_platform_at_grade_d_and_helps_nobody_else(recorded, of_system, score, capped):
    whole = of(*recorded, *map(by_platform, of_system))
    cap = sum(line.points for line in whole.lines if line.rule == CAP)
    assert (whole.score, cap) == (score, capped)


def test_light_events_of_one_cause_count_once_the_heaviest():
    late, unexplained = "manifest.late_close", "manifest.weight_unexplained"
    one = [by_platform(rule, cause="manifest:1:receipt") for rule in (late, unexplained)]
    assert of(*one).sum == 80_000 - 4_000 == of(*one[::-1]).sum
    other = [by_platform(late, cause="manifest:1:track"), by_platform(late, cause="manifest:2:receipt")]
    assert of(*one, *other).sum == 80_000 - 4_000 - 4_000
    assert of(*[by_platform(late)] * 2).sum == 80_000 - 4_000, "without a cause each counts"
    grave = [by_platform("reporting.missing", cause="x")] * 2
    assert of(*grave).sum == 80_000 - 10_000, "only light ones count once"


def test_merits_of_one_calendar_year_add_at_most_ten_points():
    this_year = [event("fulfilment.completed", date(2026, 1, 1))] * 15
    more = [event("fulfilment.completed", date(2026, 11, 30))] * 15
    last_year = [event("fulfilment.completed", date(2025, 12, 31))] * 12
    both = of(*this_year, *more, *last_year)
    assert {line.year: (line.events, line.points) for line in both.lines} == {
        2025: (12, 6000),
        2026: (30, 10000),
    }
    assert both.sum == 80_000 + 16_000


def test_two_rules_of_an_axis_are_limited_each_for_itself():
    whole = of(*["fulfilment.completed"] * 30, "fulfilment.cancelled_by_fault")
    assert whole.axes["fulfilment"] == 100_000, "100 + 10 - 4, clamped"
    assert whole.sum == 86_000


def test_an_axis_shows_a_hundred_plus_its_own_points_and_no_others():
    axes = of("law.penalty_major", "manifest.late_close", "site.praised").axes
    assert axes == {
        "law": 85_000, "manifests": 98_000, "reporting": 100_000, "site": 100_000, "fulfilment": 100_000,
        "incidents": 100_000,
    }  # fmt: skip
    assert of(*["law.illegal_dumping"] * 2).axes["law"] == 0


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (100_000, "A"), (90_000, "A"), (89_999, "B"), (75_000, "B"), (74_999, "C"), (60_000, "C"),
        (59_999, "D"), (40_000, "D"), (39_999, "E"), (0, "E"), (-20_000, "E"), (120_000, "A"),
    ],
)  # fmt: skip
def test_grades_begin_at_90_75_60_and_40(score, grade):
    assert Standing(score, None, (), None).grade == grade


def test_a_newcomer_has_eighty_and_one_with_an_evaluation_a_hundred():
    assert (of().base, of().established_by) == (80_000, None)
    whole = of(evaluations=[evaluation()])
    assert (whole.base, whole.established_by, whole.valid_until) == (100_000, "evaluation", date(2028, 12, 1))


def test_an_evaluation_is_valid_from_its_day_for_two_years_and_the_latest_counts():
    one, two = evaluation(date(2024, 2, 29)), evaluation(date(2025, 6, 1))
    assert of(evaluations=[one], today=date(2024, 2, 28)).established_by is None
    assert of(evaluations=[one], today=date(2026, 2, 28)).established_by == "evaluation"
    assert of(evaluations=[one], today=date(2026, 3, 1)).established_by is None
    assert of(evaluations=[two, one], today=date(2026, 1, 1)).valid_until == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("since", "today", "completed", "deductions", "established"),
    [
        (date(2025, 12, 1), TODAY, 5, 0, True),
        (date(2025, 12, 2), TODAY, 5, 0, False),
        (LONG_AGO, TODAY, 4, 0, False),
        (LONG_AGO, TODAY, 5, 1, False),
        (date(2025, 3, 31), date(2026, 3, 31), 5, 0, True),
        (date(2025, 3, 29), date(2026, 3, 29), 5, 0, True),
        (date(2025, 3, 30), date(2026, 3, 29), 5, 0, False),
        (date(2024, 2, 29), date(2025, 2, 28), 5, 0, False),
        (date(2024, 2, 29), date(2025, 3, 1), 5, 0, True),
        (date(2027, 2, 28), date(2028, 2, 29), 5, 0, True),
    ],
)
def test_a_year_with_five_completed_deals_and_no_deduction_establishes(
    since, today, completed, deductions, established
):
    day = today - timedelta(days=30)
    some = [event("fulfilment.completed", day)] * completed + [event("manifest.late_close", day)] * deductions
    whole = of(*some, today=today, since=since)
    assert (whole.established_by == "record") is established
    assert whole.base == (100_000 if established else 80_000)


def test_a_lapsed_deduction_no_longer_stands_in_the_way_and_lapsed_deals_no_longer_help():
    deals = [event("fulfilment.completed", TODAY - timedelta(days=5))] * 5
    old_sin = event("law.penalty_major", date(2024, 12, 1))
    assert of(*deals, old_sin, since=LONG_AGO).established_by == "record"
    assert of(*deals, old_sin, since=LONG_AGO, today=date(2026, 11, 30)).established_by is None
    old_deals = [event("fulfilment.completed", date(2024, 12, 1))] * 5
    assert of(*old_deals, since=LONG_AGO).established_by is None
