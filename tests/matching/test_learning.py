"""The learned ranking: never against reason, never from the future, and better than what it must beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.evaluate import command as evaluate
from matching.evaluate import evaluation
from matching.evaluate.exchange_files import read
from matching.learning import FEATURES, NEVER, Facing, features, track_record, training
from matching.learning.training import KINDS, START, Model, compare, rounds
from tests.effort import tries
from tests.matching.exchange_worlds import World

SPLIT = 20_089
"""2025-01-01 in days since 1970."""
SILENT = lambda text: None  # noqa: E731


def split_of(world, folder, split=SPLIT):
    exchange = read(*world.write(folder).values())
    return exchange, evaluate.splits(exchange, split)[0]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Lessons of a town of 120 suppliers."""
    exchange, split = split_of(World(120, 25, seed=5), tmp_path_factory.mktemp("taught"))
    return training.joined(list(evaluate._lessons(exchange, split)))


@pytest.fixture(scope="module")
def models(taught):
    """A model of every kind that learns."""
    weights = training.fit_log_linear(taught)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "TREES", {**training.TREES, "max_iter": 30})
        trees = training.fit_trees(taught, weights, (1,))
    return [Model(kind, weights, trees if kind != "log_linear" else [], {}) for kind in KINDS[:3]]


# ---------------------------------------------------------------- never against reason


def a_facing(chance, m):
    """Two supplies and m receivers, many of them alike."""
    return Facing(
        code=1,
        family=0,
        lat=chance.uniform(30, 31, 2),
        lon=chance.uniform(120, 121, 2),
        receivers=np.arange(m),
        km=chance.choice([0.0, 5.0, 40.0, 40.0, 300.0], (2, m)),
        fit=chance.choice([0.5, 0.9, 1.0], m),
        credit=chance.choice([0.0, 0.5, 0.8, 1.0], m),
        quantity=chance.choice([0.0, 0.5, 1.0], (2, m)),
        capacity_t=chance.choice([0.0, 10.0, np.nan], m),
    )


def transfers(chance, m, size=12):
    """Supplier, receiver and day of some transfers."""
    return chance.integers(0, 5, size), chance.integers(0, m, size), chance.integers(0, 700, size)


def record(supplier, receiver, day, seed):
    chance = np.random.default_rng(seed)
    code, place = chance.integers(0, 3, 6), chance.uniform(0, 2, 6)
    return track_record(supplier, receiver, day, code, code % 2, 30 + place, 120 + place)


def rank(model, facing, known, receiver):
    """Place of a receiver for each of the two supplies, behind all that it ties with."""
    keys = model.keys(facing, features(facing, known, 700))
    last = np.broadcast_to(facing.receivers != receiver, facing.shape).astype(int)
    return evaluation.ranks(
        (*keys, -last, np.broadcast_to(facing.receivers, facing.shape)),
        *np.mgrid[:2, receiver : receiver + 1].reshape(2, -1),
    )


@given(st.integers(0, 2**32 - 1), st.sampled_from(["credit", "fit", "quantity", "km", "record"]))
@settings(max_examples=tries(25))
def test_better_credit_fit_record_or_nearness_never_costs_a_place(models, seed, what):
    chance = np.random.default_rng(seed)
    m = int(chance.integers(2, 12))
    worse, at = a_facing(chance, m), int(chance.integers(0, m))
    supplier, receiver, day = transfers(chance, m)
    known = better_known = record(supplier, receiver, day, seed)
    better = worse
    if what == "record":
        more = (np.append(supplier, chance.integers(0, 6)), np.append(receiver, at), np.append(day, 699))
        better_known = record(*more, seed)
    else:
        column = getattr(worse, what).copy()
        column[..., at] = column[..., at] * 0.5 if what == "km" else (column[..., at] + 1) / 2
        better = replace(worse, **{what: column})
    for model in models:
        before, after = rank(model, worse, known, at), rank(model, better, better_known, at)
        assert (after <= before).all(), model.kind


def test_every_feature_of_a_receiver_is_never_less_with_a_better_record():
    chance = np.random.default_rng(4)
    facing = a_facing(chance, 6)
    supplier, receiver, day = transfers(chance, 6)
    before = features(facing, record(supplier, receiver, day, 1), 700)
    after = features(
        facing, record(*(np.append(a, b) for a, b in ((supplier, 5), (receiver, 2), (day, 650))), 1), 700
    )

    assert (after[:, :, 2] >= before[:, :, 2]).all()
    assert (after > before).any()
    shares = [at for at, name in enumerate(FEATURES) if name.startswith("share")]
    assert (after[shares][:, :, [0, 1, 3, 4, 5]] <= before[shares][:, :, [0, 1, 3, 4, 5]]).all()


def test_features_know_nothing_of_what_is_unknown():
    chance = np.random.default_rng(5)
    facing = replace(a_facing(chance, 4), lat=np.full(2, np.nan), capacity_t=np.full(4, np.nan))
    none = track_record(*(np.empty(0, np.int64) for _ in range(5)), np.empty(0), np.empty(0))
    known = record(*transfers(chance, 4), 2)

    for them in (none, known, replace(known, last_day=np.full(len(known), NEVER))):
        assert np.isfinite(features(facing, them, 700)).all()


# ---------------------------------------------------------------- never from the future


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), min_size=1, max_size=60), st.booleans())
@example([(0, 3)] * 40 + [(1, 9)], True)  # all but one of a day: no quantile is later than the first day
@example([(number % 4, 0) for number in range(20)] + [(5, 1), (6, 30)], True)
@settings(max_examples=tries(60))
def test_a_training_supply_sees_others_earlier_transfers_only(rows, by_time):
    supplier, day = np.array(rows).T
    fold = np.arange(9) % 4
    turns = rounds(supplier, fold, day, by_time=by_time)

    wanted = np.concatenate([np.unique(supplier[turn.wanted]) for turn in turns] or [[]])
    assert len(set(wanted.tolist())) == len(wanted), "each supplier is asked once"
    for turn in turns:
        assert not set(supplier[turn.known]) & set(supplier[turn.wanted])
        if by_time and len(np.unique(day)) > 1 and turn.known.any():
            assert day[turn.known].max() < turn.today <= day[turn.wanted].min()


def test_what_others_know_of_a_supplier_teaches_it_nothing_about_itself(tmp_path):
    """Leaving out a supplier's own pairs, nothing in its rows changes."""
    exchange, split = split_of(World(60, 10, dated=False), tmp_path, None)
    (first, *_) = rounds(
        split.known.supply, training.folds(exchange.supplies.hashes, 4), split.known.day, by_time=False
    )
    known = evaluation.record_of(exchange, split.known.take(first.known))
    assert not set(known.supplier) & set(split.known.supply[first.wanted])


# ---------------------------------------------------------------- better than what it must beat


@pytest.mark.parametrize(
    ("world", "split", "least_for_trees"),
    [
        (World(160, 40, hubs=1.5, haul_km=150, seed=11), SPLIT, 50),
        (World(90, 30, hubs=2.0, haul_km=500, dated=False, seed=12), None, 10_000),
    ],
    ids=["dated", "undated"],
)
def test_on_suppliers_never_seen_it_beats_nearest_and_most_popular_first(
    tmp_path, monkeypatch, world, split, least_for_trees
):
    monkeypatch.setattr(training, "LEAST_FOR_TREES", least_for_trees)
    exchange = read(*world.write(tmp_path).values())
    report = evaluate.evaluate(exchange, evaluate.splits(exchange, split), (1,), SILENT)

    unseen = report["unseen"] if split else report
    for baseline in ("nearest", "popular"):
        assert unseen["learned_against"][baseline]["mrr_gain"] > 0.05
        assert unseen["learned_against"][baseline]["ci"][0] > 0


@pytest.mark.parametrize(
    ("world", "best"),
    [(World(60, 30, hubs=0, haul_km=20, liking=0, custom=0, seed=2), "nearest"),
     (World(60, 30, hubs=3, haul_km=9e9, liking=0, custom=0, seed=2), "popular")],
)  # fmt: skip
def test_where_a_plain_order_is_right_little_is_lost(tmp_path, monkeypatch, world, best):
    monkeypatch.setattr(training, "LEAST_FOR_TREES", 10_000)
    exchange = read(*world.write(tmp_path).values())
    methods = evaluate.evaluate(exchange, evaluate.splits(exchange, SPLIT), (1,), SILENT)["methods"]

    assert methods["learned"]["mrr"] >= methods[best]["mrr"] - 0.05


def test_the_same_lessons_teach_the_same_and_the_card_says_what(taught, monkeypatch):
    monkeypatch.setattr(training, "KINDS", ("trees",))
    monkeypatch.setattr(training, "LEAST_FOR_TREES", training.LEAST_SUPPLIES)
    monkeypatch.setattr(training, "TREES", {**training.TREES, "max_iter": 10})
    one, other = training.train(taught, (1, 2)), training.train(taught, (1, 2))

    assert one.card == other.card
    assert one.card["kind"] == "trees"
    assert one.card["window"] == (1, 2)
    assert set(FEATURES) < set(one.card["features"])
    assert 0 < one.card["mrr_on_suppliers_left_out"]["trees"] <= 1
    facing = a_facing(np.random.default_rng(1), 9)
    matrix = features(facing, record(*transfers(np.random.default_rng(1), 9), 1), 700)
    assert all(
        (a == b).all() for a, b in zip(one.keys(facing, matrix), other.keys(facing, matrix), strict=True)
    )


def test_too_few_suppliers_teach_nothing(taught):
    few = taught.of(np.isin(taught.supplier, np.unique(taught.supplier)[: training.LEAST_SUPPLIES - 1]))
    assert training.train(few) is None


def test_weights_start_from_names_that_exist():
    assert set(START) <= set(FEATURES)
    assert all(set(plain) <= set(FEATURES) for plain in training.PLAIN.values())


def test_an_order_wins_only_by_more_than_noise():
    chance = np.random.default_rng(1)
    formula = chance.random(200)

    assert not compare(formula, formula).wins
    assert compare(formula, formula + 0.05).wins
    assert not compare(formula, formula - 0.05).wins
    noise = chance.normal(0, 0.3, 200)
    assert not compare(formula, formula + noise - noise.mean()).wins
