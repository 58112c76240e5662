"""The model without a database: monotone, without knowledge of the future, calibrated, explained, stored."""

import copy
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.warned_city import HABITS
from marketplace.early_warnings.models import WarningPart, WarningVerdict
from marketplace.early_warnings.service.features import (
    DOWN,
    FEATURES,
    FREE,
    REFERENCE,
    UP,
    features_of,
)
from marketplace.early_warnings.service.fitting import calibrate, fit
from marketplace.early_warnings.service.histories import (
    HORIZON,
    CreditHistory,
    PastEvaluation,
    course_of,
    months_between,
)
from marketplace.early_warnings.service.judging import calibration, calibration_error, lift
from marketplace.early_warnings.service.learning import (
    PARTS,
    SCORE,
    Lessons,
    Needs,
    earliest_first,
    learn,
)
from marketplace.early_warnings.service.monotone_model import BadModel, MonotoneModel, digest_of
from marketplace.early_warnings.service.scoring import explained
from tests.early_warnings.world import any_history, any_model, event_on, small_city, with_event
from tests.marketplace import TODAY

SEEDS = st.integers(0, 10**6)
DEDUCTIONS = sorted(habit.rule for habit in HABITS if habit.points < 0)
DAYS_AGO = st.integers(0, 1100)


def risk(model, row):
    return float(model.risks(np.array([row]))[0])


@given(seed=SEEDS, weights=SEEDS, rule=st.sampled_from(DEDUCTIONS), ago=DAYS_AGO, late=st.integers(0, 60))
def test_one_more_deduction_never_lowers_the_risk(seed, weights, rule, ago, late):
    """Of a cause of its own; what repeats a cause counts once, so that it is no further deduction."""
    history, day = any_history(seed), TODAY - timedelta(days=ago)
    more = with_event(history, event_on(day, rule, known=min(TODAY, day + timedelta(days=late))))
    before, after = features_of(history, TODAY), features_of(more, TODAY)
    if before is None:
        assert after is None, "a deduction brings nobody back to grade C"
    elif after is not None:
        model = any_model(weights)
        assert risk(model, after) >= risk(model, before) - 1e-12


@given(weights=SEEDS, seed=SEEDS, place=st.integers(0, len(FEATURES) - 1), more=st.floats(0, 2000))
def test_each_feature_moves_the_risk_in_its_direction_only(weights, seed, place, more):
    model, chance = any_model(weights), np.random.default_rng(seed)
    row = np.array([feature.knots[-1] * chance.random() * 1.2 for feature in FEATURES])
    other = row.copy()
    other[place] += more
    change = risk(model, other) - risk(model, row)
    if FEATURES[place].direction == UP:
        assert change >= -1e-12
    elif FEATURES[place].direction == DOWN:
        assert change <= 1e-12


def test_a_higher_score_never_raises_the_risk_and_all_features_but_tenure_have_a_direction():
    directions = {feature.part: feature.direction for feature in FEATURES}
    assert [feature.part for feature in FEATURES] == list(WarningPart)
    assert directions.pop(WarningPart.TENURE_DAYS) == FREE
    assert {part for part, direction in directions.items() if direction == DOWN} == {
        WarningPart.SCORE, WarningPart.SCORE_AHEAD, WarningPart.DAYS_SINCE_DEDUCTION,
    }  # fmt: skip
    assert FREE not in directions.values()


@given(seed=SEEDS, rule=st.sampled_from(DEDUCTIONS), ahead=st.integers(1, 400), ago=st.integers(0, 900))
def test_what_becomes_known_later_changes_no_feature(seed, rule, ahead, ago):
    history, later = any_history(seed), TODAY + timedelta(days=ahead)
    day = TODAY - timedelta(days=ago)
    told_later = event_on(day, rule, known=later)
    done_later = event_on(later, rule, known=later)
    evaluated = CreditHistory(
        history.since, [*history.events, told_later, done_later],
        [*history.evaluations, PastEvaluation(day, later + timedelta(days=700), later)],
    )  # fmt: skip
    assert features_of(evaluated, TODAY) == features_of(history, TODAY)


@given(seed=SEEDS, ahead=st.integers(1, 400))
def test_what_is_taken_back_later_still_counts_on_the_day(seed, ahead):
    history, later = any_history(seed), TODAY + timedelta(days=ahead)
    standing, taken_back = event_on(TODAY), event_on(TODAY, until=later)
    assert features_of(with_event(history, standing), TODAY) == features_of(
        with_event(history, taken_back), TODAY
    )
    gone = event_on(TODAY - timedelta(days=9), until=TODAY)
    assert features_of(with_event(history, gone), TODAY) == features_of(history, TODAY)


@given(seed=SEEDS)
def test_a_fall_is_one_of_the_ninety_days_after_and_no_other(seed):
    history = any_history(seed)
    first = TODAY - timedelta(days=400)
    course = course_of(history, first, TODAY)
    for ago in (400, 300, 200, 91, 90):
        day = TODAY - timedelta(days=ago)
        if history.as_known_on(day).score_on(day) < 60_000:
            continue
        days = (day + timedelta(days=number) for number in range(1, HORIZON.days + 1))
        scores = [history.as_known_on(each).score_on(each) for each in days]
        assert course.falls_within(day) == (min(scores) < 60_000)


def test_features_counted_by_hand():
    """A newcomer of 500 days: late twice, fined once, and a complaint that counts no more."""
    events = [
        event_on(TODAY - timedelta(days=10), "manifest.late_close", cause="a"),
        event_on(TODAY - timedelta(days=100), "reporting.late", cause="b"),
        event_on(TODAY - timedelta(days=89), "law.penalty_minor"),
        event_on(TODAY - timedelta(days=400), "incident.complaint"),
    ]
    row = features_of(CreditHistory(TODAY - timedelta(days=500), events), TODAY)
    assert {feature.part.value: value for feature, value in zip(FEATURES, row, strict=True) if value} == {
        "score": 70, "score_ahead": 70, "lost_90_law": 6, "lost_90_manifests": 2, "lost_365_law": 6,
        "lost_365_manifests": 2, "lost_365_reporting": 2, "light_365": 3, "days_since_deduction": 10,
        "late_reports_365": 1, "late_manifests_365": 1, "tenure_days": 500,
    }  # fmt: skip


def test_the_score_ahead_knows_what_ends_by_itself():
    """An evaluation that ends in 60 days takes 20 points, a penalty that lapses in 60 gives 6 back."""
    evaluation = PastEvaluation(TODAY - timedelta(days=670), TODAY + timedelta(days=60), TODAY)
    penalty = event_on(TODAY - timedelta(days=305))
    row = features_of(CreditHistory(TODAY - timedelta(days=900), [penalty], [evaluation]), TODAY)
    assert row[:2] == [94, 80]


def test_who_has_fallen_or_is_no_member_yet_has_no_features():
    severe = event_on(TODAY, "law.penalty_severe")
    assert features_of(CreditHistory(TODAY - timedelta(days=9), [severe]), TODAY) is None
    assert features_of(CreditHistory(TODAY + timedelta(days=1), []), TODAY) is None


@given(weights=SEEDS, seed=SEEDS)
def test_parts_add_up_to_the_log_odds_beyond_the_reference(weights, seed):
    model, row = any_model(weights), features_of(any_history(seed), TODAY)
    if row is None:
        return
    values = np.array([row])
    parts = model.parts(values)[0]
    beyond = model.log_odds(values)[0] - model.log_odds(REFERENCE[None, :])[0]
    assert parts.sum() == pytest.approx(beyond, abs=1e-9)
    said = explained(row, parts.tolist())
    assert sum(part["log_odds"] for part in said["parts"]) + said["others"] == pytest.approx(beyond, abs=4e-4)
    shown = [part["log_odds"] for part in said["parts"]]
    assert shown == sorted(shown, reverse=True)
    assert len(shown) <= 3
    assert all(each > 0 for each in shown)
    assert max(parts.max(), 0) == pytest.approx(max(shown, default=0), abs=1e-4)


@given(weights=SEEDS)
def test_a_model_is_read_as_it_was_written(weights):
    parameters = any_model(weights).to_parameters()
    read = MonotoneModel.from_parameters(parameters, digest_of(parameters))
    assert read.to_parameters() == parameters


def corrupted(change):
    parameters = copy.deepcopy(any_model(1).to_parameters())
    change(parameters)
    return parameters


CORRUPTIONS = {
    "turns": lambda p: p["features"][0]["weights"].__setitem__(0, 1.0),
    "falls with more lost": lambda p: p["features"][3]["weights"].__setitem__(0, -1.0),
    "cut off": lambda p: p["features"].pop(),
    "another order": lambda p: p["features"].reverse(),
    "other knots": lambda p: p["features"][0]["knots"].__setitem__(0, 10),
    "too few weights": lambda p: p["features"][0]["weights"].pop(),
    "no number": lambda p: p["features"][0]["weights"].__setitem__(0, "-1"),
    "not finite": lambda p: p["features"][-1]["weights"].__setitem__(0, float("inf")),
    "beyond reason": lambda p: p.__setitem__("intercept", 1e9),
    "no intercept": lambda p: p.pop("intercept"),
    "another version": lambda p: p.__setitem__("version", 2),
    "another kind": lambda p: p.__setitem__("kind", "pickle"),
}


@pytest.mark.parametrize("change", CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_corrupt_parameters_are_refused_even_with_their_own_digest(change):
    parameters = corrupted(change)
    with pytest.raises(BadModel):
        MonotoneModel.from_parameters(parameters, digest_of(parameters))


def test_parameters_that_changed_since_are_refused():
    parameters = any_model(1).to_parameters()
    digest = digest_of(parameters)
    parameters["intercept"] += 0.5
    for stored in (parameters, None, [], "x"):
        with pytest.raises(BadModel):
            MonotoneModel.from_parameters(stored, digest)


# ---------------------------------------------------------------- learning


@pytest.fixture(scope="module")
def lessons():
    city = small_city(1200)
    first = min(event.known_from for history in city for event in history.events)
    gathered = Lessons(max(first, earliest_first(TODAY)), TODAY)
    gathered.add(city)
    return gathered, first


@pytest.fixture(scope="module")
def learned(lessons):
    gathered, first = lessons
    return learn(gathered, first, Needs(falls=50, months=23))


def test_no_part_looks_into_the_next(lessons):
    gathered, _ = lessons
    days = np.array(gathered._days)
    places = [gathered.places()[part] for part in PARTS]
    for earlier, later in pairwise(places):
        assert days[earlier].max() + HORIZON.days <= days[later].min()
    assert days.max() + HORIZON.days <= TODAY.toordinal()


def test_on_later_months_it_is_calibrated_and_beats_both_baselines(lessons, learned):
    card, truth = learned.card, lessons[0].truth[lessons[0].places()["test"]]
    assert learned.verdict == WarningVerdict.IN_USE
    assert len(card["calibration"]) == 10
    assert card["calibration_error"] < 0.02
    assert card["lift"] > max(card["lift_of_score"], card["lift_of_recent"])
    assert card["brier"] < card["brier_of_mean"]
    assert sum(each["rows"] for each in card["calibration"]) == len(truth) == card["parts"]["test"]["rows"]
    assert card["calibration"][-1]["observed"] > 3 * truth.mean()


def test_the_learned_model_is_monotone_in_every_weight_and_the_same_each_time(lessons, learned):
    parameters = learned.model.to_parameters()
    again = learn(lessons[0], lessons[1], Needs(falls=50, months=23)).model.to_parameters()
    assert parameters == again
    assert MonotoneModel.from_parameters(parameters, digest_of(parameters)).to_parameters() == parameters


@pytest.mark.parametrize(("falls", "months"), [(10**6, 12), (1, 240), (10**6, 240)])
def test_without_enough_history_there_is_no_model_and_the_card_says_what_is_missing(lessons, falls, months):
    found = learn(lessons[0], lessons[1], Needs(falls=falls, months=months))
    assert found.verdict == WarningVerdict.NOT_ENOUGH_HISTORY
    assert found.model is None
    assert found.card["needed"] == {"falls": falls, "months": months}
    assert found.card["history"]["falls"] == lessons[0].falls > 50
    assert found.card["history"]["months"] in (23, 24)


def test_without_any_history_there_is_no_model():
    found = learn(Lessons(TODAY, TODAY), None, Needs(falls=1, months=12))
    assert found.verdict == WarningVerdict.NOT_ENOUGH_HISTORY
    assert found.card["history"] == {"months": 0, "falls": 0, "enterprises": 0}


def test_a_model_that_is_no_better_than_the_score_is_not_used(lessons):
    """Where only chance decides who falls."""
    gathered, first = lessons
    noise = Lessons(gathered.first, gathered.today)
    noise.falls, noise._values, noise._days, noise._recent = (
        gathered.falls, gathered._values, gathered._days, gathered._recent,
    )  # fmt: skip
    noise._truth = (np.random.default_rng(3).random(len(gathered.truth)) < 0.03).tolist()
    found = learn(noise, first, Needs(falls=50, months=23))
    assert found.verdict == WarningVerdict.NOT_BETTER
    assert found.model is None


def test_calibration_stretches_what_is_too_sure():
    chance = np.random.default_rng(1)
    values = np.tile(REFERENCE, (20_000, 1))
    values[:, SCORE] = chance.uniform(60, 100, len(values))
    true = MonotoneModel(-1.0, np.where(np.arange(len(any_model(1).weights)) < 6, -0.6, 0.0))
    truth = chance.random(len(values)) < true.risks(values)
    too_sure = true.calibrated(2.0, 1.0)
    better = calibrate(too_sure, values, truth)
    assert calibration_error(calibration(too_sure.risks(values), truth)) > 0.03
    assert calibration_error(calibration(better.risks(values), truth)) < 0.01
    assert better.weights == pytest.approx(true.weights, abs=0.1)
    fitted = fit(values, truth)
    assert calibration_error(calibration(fitted.risks(values), truth)) < 0.01


def test_lift_counts_ties_by_their_share():
    values = np.array([3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    truth = np.array([True, True, False, False, *[False] * 6])
    assert lift(values, truth, share=0.1) == pytest.approx(1 / 0.2)
    assert lift(values, truth, share=0.2) == pytest.approx((1 + 1 / 3) / 2 / 0.2)
    assert lift(np.zeros(10), truth) == pytest.approx(1)


def test_months_are_whole():
    assert months_between(date(2024, 12, 1), TODAY) == 24
    assert months_between(date(2024, 12, 2), TODAY) == 23
    assert earliest_first(TODAY) == date(2023, 12, 1)
