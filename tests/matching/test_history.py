"""What became of pairings teaches a ranking: by the earlier part only, used only where it wins later."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.learning import (
    FEATURES,
    Facing,
    LearnedRanking,
    Record,
    features,
    history,
    track_record,
    training,
)
from matching.learning.history import (
    CLOSED,
    DAY_S,
    INTERESTED,
    NOT_SUITABLE,
    OFFERED,
    SHOWN,
    History,
    Pairings,
    train_and_compare,
)
from tests.effort import tries
from tests.matching.pasts import a_past

SILENT = lambda text: None  # noqa: E731


@pytest.fixture(scope="module")
def rankings():
    """A ranking of every kind that learns, as it is served, and the models they come from."""
    past = Pairings.of_history(a_past(suppliers=40, supplies=160, seed=3))
    taught = training.joined(list(history.lessons(past, int(past.log.second.max()))))
    weights = training.fit_log_linear(taught)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "TREES", {**training.TREES, "max_iter": 30, "min_samples_leaf": 5})
        trees = training.fit_trees(taught, weights)
    models = [training.Model(kind, weights, trees if kind != "log_linear" else [], {}) for kind in KINDS]
    return [(model, LearnedRanking.of(model)) for model in models]


KINDS = training.KINDS[:3]


def a_facing(chance, m) -> Facing:
    """One supply and m receivers, many of them alike."""
    return Facing(
        code=1,
        family=1,
        lat=np.array([30.0]),
        lon=np.array([120.0]),
        receivers=np.arange(m),
        km=chance.choice([0.0, 5.0, 40.0, 40.0, 300.0], (1, m)),
        fit=chance.choice([0.9, 1.0], m),
        credit=chance.choice([0.0, 0.5, 0.8, 1.0], m),
        quantity=chance.choice([0.1, 0.5, 1.0], (1, m)),
        capacity_t=chance.choice([10.0, 900.0], m),
    )


def a_record(chance, receivers) -> Record:
    """Transfers of six suppliers to some of these receivers; equal numbers have equal records."""
    size = 20
    place = chance.uniform(0, 2, 6)
    made = track_record(
        chance.integers(0, 6, size), chance.choice(np.unique(receivers), size), chance.integers(0, 700, size),
        *np.ones((2, 6), np.int64), 30 + place, 120 + place,
    )  # fmt: skip
    place, row = np.nonzero(receivers[:, None] == made.receiver)
    return replace(made.take(row), receiver=place)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["credit", "km"]))
@settings(max_examples=tries(60))
def test_of_two_that_differ_only_in_credit_or_distance_the_worse_is_never_higher(rankings, seed, what):
    chance = np.random.default_rng(seed)
    m = int(chance.integers(2, 40))
    facing, receivers = a_facing(chance, m), chance.integers(0, m, m)
    better, worse = chance.choice(m, 2, replace=False)
    receivers[worse] = receivers[better]
    for column in (facing.km, facing.fit, facing.credit, facing.quantity, facing.capacity_t):
        column[..., worse] = column[..., better]
    step = chance.choice([1e-9, 1e-3, 0.3])
    if what == "credit":
        facing.credit[worse] = facing.credit[better] * (1 - step)
    else:
        facing.km[0, worse] = facing.km[0, better] + 300 * step
    for _, ranking in rankings:
        value = ranking.values(facing, a_record(chance, receivers), 700)
        assert value[better] >= value[worse], ranking.kind


def test_what_is_stored_ranks_as_what_was_trained(rankings):
    chance = np.random.default_rng(7)
    facing = a_facing(chance, 30)
    record = a_record(chance, np.arange(30))
    for model, ranking in rankings:
        matrix = features(facing, record, 700)
        lead = -model.keys(facing, matrix)[-2 if model.trees else 0][0]
        assert ranking.values(facing, record, 700) / 1e6 == pytest.approx(lead, abs=2e-5)
        again = LearnedRanking.load(ranking.dump())
        assert (again.values(facing, record, 700) == ranking.values(facing, record, 700)).all()
        assert again.kind == model.kind


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04", b"\x80\x04}."], ids=["nothing", "zip", "pickle"])
def test_what_is_no_learned_ranking_is_refused(broken):
    with pytest.raises(ValueError, match=r"not a learned ranking|pickled"):
        LearnedRanking.load(broken)


def test_a_ranking_of_other_features_is_refused(rankings, monkeypatch):
    kept = rankings[0][1].dump()
    monkeypatch.setattr("matching.learning.learned_ranking.FEATURES", (*FEATURES, "colour"))
    with pytest.raises(ValueError, match="features"):
        LearnedRanking.load(kept)


# ---------------------------------------------------------------- what counts


def rows(*told: tuple[int, int, int]) -> History:
    """Outcomes of one supply: (demand, outcome, day)."""
    demand, outcome, day = (np.array(column) for column in zip(*told, strict=True))
    one = np.ones(len(told))
    whole = {"demand": demand, "outcome": outcome, "second": day * DAY_S}
    return History(
        *(
            whole.get(column.name, one if column.type == "Floats" else one.astype(np.int64))
            for column in fields(History)
        )
    )


@pytest.mark.parametrize(
    ("told", "truth"),
    [
        ([(1, SHOWN, 0), (2, SHOWN, 0), (2, INTERESTED, 1)], {2}),
        ([(1, INTERESTED, 0), (2, OFFERED, 1), (3, CLOSED, 2)], {3}),
        ([(1, INTERESTED, 0), (2, INTERESTED, 1)], {1, 2}),
        ([(1, INTERESTED, 0), (1, NOT_SUITABLE, 1), (2, SHOWN, 0)], set()),
        ([(1, NOT_SUITABLE, 0), (1, INTERESTED, 1)], {1}),
        ([(1, INTERESTED, 0), (1, NOT_SUITABLE, 1), (1, OFFERED, 2)], {1}),
    ],
)
def test_the_pairings_that_went_furthest_are_the_truth(told, truth):
    past = Pairings.of_history(rows(*told))
    reached = past.reached(np.ones(len(told), np.bool_))

    assert set(past.facts.demand[reached.truth(past.supply)].tolist()) == truth


# ---------------------------------------------------------------- what is learned


def test_it_is_used_where_it_beats_the_formula_and_the_card_says_by_how_much():
    past = a_past()
    taught = train_and_compare(past, SILENT)

    assert taught.reason is None
    assert taught.ranking is not None
    gain = taught.card["metrics"]["mrr"]["gain"]
    assert 0 < gain["low"] <= gain["value"] <= gain["high"]
    assert taught.card["outcomes"]["shown"] == 3600
    assert taught.card["outcomes"]["closed"] == 300
    assert taught.card["metrics"]["mrr"]["formula"]["value"] == pytest.approx(formula_mrr(past), 1e-5)


def formula_mrr(past: History) -> float:
    """Mean of 1 / place by score of the one receiver dealt with, over supplies whose interest came later."""
    found = []
    for supply in np.unique(past.supply):
        mine = past.supply == supply
        (interest,) = np.flatnonzero(mine & (past.outcome == INTERESTED))
        if past.second[interest] >= cut_of(past):
            scores = past.score[mine & (past.outcome == SHOWN)]
            found.append(1 / (1 + (scores > past.score[interest]).sum()))
    return float(np.mean(found))


def cut_of(past: History) -> int:
    """Where the last quarter of the time begins."""
    done = past.second[past.outcome >= INTERESTED]
    return int(done.max() - (done.max() - done.min()) // 4)


def test_it_is_not_used_where_the_formula_cannot_be_beaten():
    taught = train_and_compare(a_past(pull=0.0, haul_km=5.0), SILENT)

    assert taught.reason == history.NOT_BETTER
    assert taught.card["metrics"]["mrr"]["gain"]["low"] <= 0


def test_what_came_later_teaches_nothing():
    """Were everything in the later part different, the same would have been learned."""
    past = a_past(suppliers=40, supplies=120)
    later = past.second >= cut_of(past)
    other = replace(
        past,
        demand=np.where(later, past.demand + 1000, past.demand),
        receiver=np.where(later, past.receiver + 1000, past.receiver),
        km=np.where(later, 1.0, past.km),
        outcome=np.where(later & (past.outcome == CLOSED), OFFERED, past.outcome),
    )

    assert train_and_compare(other, SILENT).ranking.dump() == train_and_compare(past, SILENT).ranking.dump()


@pytest.mark.parametrize("kept", [0, 1])
def test_where_hardly_any_transfer_is_closed_interest_alone_teaches(kept):
    past = a_past(suppliers=40, supplies=120)
    is_closed = past.outcome == CLOSED
    last = past.second >= np.sort(past.second[is_closed])[-1] if kept else np.zeros(len(past), np.bool_)
    past = replace(past, outcome=np.where(is_closed & ~last, INTERESTED, past.outcome))

    assert train_and_compare(past, SILENT).card["outcomes"]["interested"] > 0


def test_the_order_of_rows_changes_nothing():
    past = a_past(suppliers=30, supplies=90)
    mixed = past.take(np.random.default_rng(1).permutation(len(past)))

    assert train_and_compare(mixed, SILENT).card == train_and_compare(past, SILENT).card


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        (a_past(supplies=20).take(slice(0)), history.TOO_FEW_EARLIER),
        (a_past(suppliers=6), history.TOO_FEW_EARLIER),
        (a_past(suppliers=12), history.TOO_FEW_LATER),
    ],
    ids=["nothing", "few", "few later"],
)
def test_too_little_is_said_and_nothing_is_used(past, reason):
    taught = train_and_compare(past, SILENT)

    assert taught.reason == reason
    assert taught.card["outcomes"]["shown"] == int((past.outcome == SHOWN).sum())
