"""Evaluation from files: what is ranked, how it is measured, and what is said of files that are wrong."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.evaluate import command as evaluate
from matching.evaluate import evaluation
from matching.evaluate.evaluation import METHODS
from matching.evaluate.exchange_files import read
from matching.evaluate.sheets import BadFiles
from matching.learning import metrics
from matching.learning.metrics import NOWHERE, RankingResult
from matching.model import sphere_km
from tests.effort import tries
from tests.matching.exchange_worlds import HEADERS, World, shuffled, write, write_texts

EXAMPLE = Path(__file__).resolve().parents[2] / "seed" / "data" / "example_exchanges"


def run(paths, *options):
    """The report of the command, run in this process."""
    out = next(iter(paths.values())).parent / "out.json"
    files = {"scheme" if name == "tree" else name: path for name, path in paths.items()}
    given_ = [str(argument) for name, path in files.items() for argument in (f"--{name}", path)]
    assert evaluate.main([*given_, "--json", str(out), *options]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def tiny(folder, **changed):
    """Three supplies of two codes, four demands in a row on the equator, 0.1 degrees apart."""
    tables = {
        "supplies": [("s1", "a", 0, 0, 10, ""), ("s2", "a", 0, 0.31, 10, ""), ("s3", "b", 0, 0, 10, "")],
        "demands": [(f"d{at}", "a", 0, at / 10, 10, 80) for at in range(4)],
        "pairs": [("s1", "d1", "2026-01-01"), ("s2", "d3", "2026-02-01"), ("s2", "d0", "2026-02-02")],
    }
    return write(folder, **{**tables, **changed})


# ---------------------------------------------------------------- metrics

SCORES = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=30).filter(
    lambda rows: any(true for _, true in rows)
)


def found(order, truth):
    """What an order (row numbers, best first) did with one supply."""
    place = np.argsort(order) + 1
    rows = np.flatnonzero(truth)
    return RankingResult(1, np.zeros(len(rows), np.int64), place[rows], np.zeros(len(truth), np.int64))


def theirs(truth, scores, k):
    """What scikit-learn says; loaded here, since it takes a second that other tests need not wait."""
    from sklearn.metrics import ndcg_score

    return ndcg_score([truth], [scores], k=k)


@given(SCORES, st.integers(0, 99))
@settings(max_examples=tries(60))
def test_ndcg_is_scikit_learns_once_ties_are_broken(rows, seed):
    scores, truth = np.array(rows).T
    last = np.random.default_rng(seed).permutation(len(rows))
    order = np.lexsort((last, -scores))
    untied = -np.argsort(order).astype(float)

    ours = metrics.ndcg(found(order, truth))
    assert ours[0] == pytest.approx(theirs(truth, untied, 10))


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=2, max_size=6).filter(
    lambda rows: any(true for _, true in rows)
))  # fmt: skip
@settings(max_examples=tries(25))
def test_over_all_ways_to_break_ties_ndcg_is_what_scikit_learn_says_of_ties(rows):
    scores, truth = np.array(rows).T
    ways = [np.lexsort((last, -scores)) for last in itertools.permutations(range(len(rows)))]

    mean = np.mean([metrics.ndcg(found(order, truth), 3)[0] for order in ways])
    assert mean == pytest.approx(theirs(truth, scores, 3))


@given(st.integers(0, 10_000))
@settings(max_examples=tries(40))
def test_ranks_and_tops_are_those_of_a_whole_sort(seed):
    chance = np.random.default_rng(seed)
    n, m = chance.integers(1, 5), chance.integers(1, 30)
    keys = (
        chance.integers(0, 3, (n, m)),
        chance.integers(0, 3, (n, m)) / 7,
        chance.permuted(np.tile(np.arange(m), (n, 1)), axis=1),
    )
    row, column = chance.integers(0, n, 9), chance.integers(0, m, 9)
    orders = [np.lexsort([key[at] for key in reversed(keys)]) for at in range(n)]

    assert evaluation.ranks(keys, row, column).tolist() == [
        orders[r].tolist().index(c) + 1 for r, c in zip(row.tolist(), column.tolist(), strict=True)
    ]
    shown = evaluation.exposure(keys, np.arange(m), m)
    assert (
        shown.tolist()
        == np.bincount(np.concatenate([ranking[:10] for ranking in orders]), minlength=m).tolist()
    )


def test_metrics_by_hand():
    both = RankingResult(2, np.array([0, 0, 1]), np.array([2, NOWHERE, 1]), np.zeros(3, np.int64))

    assert metrics.reciprocal_ranks(both).tolist() == [0.5, 1.0]
    assert metrics.hits(both, 1).tolist() == [0, 1]
    assert metrics.hits(both, 5).tolist() == [1, 1]
    assert metrics.ndcg(both)[0] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


@pytest.mark.parametrize(
    ("shown", "expected"), [([5, 5, 5], 0), ([0, 0, 9], 2 / 3), ([], 0), ([0, 0], 0), ([1, 3], 0.25)]
)
def test_gini_by_hand(shown, expected):
    assert metrics.gini(np.array(shown, np.int64)) == pytest.approx(expected)


# ---------------------------------------------------------------- what is ranked


def test_nearest_first_is_measured_as_by_hand(tmp_path, capsys):
    report = run(tiny(tmp_path))

    nearest = report["methods"]["nearest"]
    assert (report["n_supplies"], report["n_pairs"], report["no_lawful_candidate"]) == (2, 3, 0)
    assert nearest["mrr"] == pytest.approx((1 / 2 + 1) / 2)
    assert nearest["recall@1"] == pytest.approx(1 / 3)
    assert nearest["recall@5"] == 1
    assert nearest["ndcg@10"] == pytest.approx(
        np.mean([1 / np.log2(3), (1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3))])
    )
    assert report["learned_by"] == [{"kind": "formula"}] * 2
    assert "95 %" in capsys.readouterr().out


def test_the_report_has_the_keys_that_were_promised(tmp_path):
    report = run(tiny(tmp_path), "--at", "1,3")

    assert list(report["methods"]) == list(METHODS) == ["formula", "learned", "nearest", "popular", "random"]
    for figures in report["methods"].values():
        assert {"mrr", "mrr_ci", "recall@1", "recall@3", "ndcg@10", "exposure_gini", "coverage"} <= set(
            figures
        )
        assert "recall@5" not in figures
        assert figures["mrr_ci"][0] <= figures["mrr"] <= figures["mrr_ci"][1]


def test_a_split_asks_for_later_pairs_and_knows_earlier_ones(tmp_path):
    report = run(tiny(tmp_path), "--split-date", "2026-02-01")

    assert (report["n_supplies"], report["n_pairs"], report["split_date"]) == (1, 2, "2026-02-01")
    assert report["unseen"]["n_supplies"] == 1


def test_most_popular_first_counts_suppliers_of_earlier_pairs_not_transfers(tmp_path):
    often = [("s3", "d0", f"2026-01-0{day}") for day in range(1, 9)]
    pairs = [*often, ("s1", "d2", "2026-01-01"), ("s2", "d2", "2026-01-01"), ("s1", "d2", "2026-03-01")]
    supplies = [(f"s{at}", "a", 0, 0, 1, "") for at in (1, 2, 3)]

    report = run(tiny(tmp_path, supplies=supplies, pairs=pairs), "--split-date", "2026-03-01")
    assert report["methods"]["popular"]["mrr"] == 1


def test_a_pair_without_a_date_takes_its_supplys(tmp_path):
    supplies = [("s1", "a", 0, 0, 10, "2026-03-01"), ("s2", "a", 0, 0, 10, "")]
    report = run(
        tiny(tmp_path, supplies=supplies, pairs=[("s1", "d0", ""), ("s2", "d0", "2026-01-01")]),
        "--split-date", "2026-02-01",
    )  # fmt: skip
    assert report["n_pairs"] == 1


def test_what_does_not_fit_is_told_and_counts_as_not_found(tmp_path):
    pairs = [("s3", "d1", ""), ("s1", "d1", ""), ("s2", "d2", "")]
    demands = [("d1", "a", 0, 0, "", ""), ("d2", "c", 0, 0, "", "")]

    report = run(tiny(tmp_path, demands=demands, pairs=pairs))
    assert report["no_lawful_candidate"] == 1
    assert report["pairs_that_do_not_fit"] == 2
    assert [figures["mrr"] for figures in report["methods"].values()] == pytest.approx([1 / 3] * len(METHODS))


def test_an_empty_code_fits_everything_and_a_tree_any_depth(tmp_path):
    supplies = [("deep", "a.1.x", 0, 0, 1, ""), ("none", "", 0, 0, 1, ""), ("other", "b", 0, 0, 1, "")]
    demands = [("1", "a", 0, 0, 1, ""), ("2", "a.1.x;b.1", 0, 0, 1, ""), ("3", " ; ", 0, 0, 1, "")]
    pairs = [("deep", "1", ""), ("none", "1", "")]
    tree = [("a", ""), ("a.1", "a"), ("a.1.x", "a.1"), ("b.1", "b")]

    def fits(**tables):
        paths = tiny(tmp_path, supplies=supplies, demands=demands, pairs=pairs, **tables)
        exchange = read(*paths.values())
        return [exchange.fit(code).tolist() for code in exchange.supplies.code.tolist()]

    assert fits(tree=tree) == [[0.9, 1.0, 0.5], [0.5, 0.5, 0.5], [0.0, 0.0, 0.5]]
    assert fits() == [[0.0, 1.0, 0.5], [0.5, 0.5, 0.5], [0.0, 0.0, 0.5]]


def test_the_formula_is_the_products_with_neutral_values_for_what_files_lack(tmp_path):
    supplies = [("s1", "a", 30, 120, 20, ""), ("s2", "a", "", "", "", "")]
    demands = [("d1", "a", 31, 121, 5, 80), ("d2", "", 31, 121, "", "")]
    exchange = read(*tiny(tmp_path, supplies=supplies, demands=demands, pairs=[("s1", "d1", "")]).values())
    ((_, facing),) = evaluation.facings(exchange, np.array([0, 1]))

    less, *_ = evaluation.formula_keys(facing, evaluation.DEFAULT, 100.0)
    near = 2 ** (-sphere_km(*map(np.float64, (30, 120, 31, 121))) / 100)
    expected = [
        [
            0.25 + 0.25 * near + 0.25 * 0.8 + 0.06 + 0.08 * 0.25 + 0.025,
            0.125 + 0.25 * near + 0.125 + 0.06 + 0.04 + 0.025,
        ],
        [0.25 + 0.125 + 0.25 * 0.8 + 0.06 + 0.04 + 0.025, 0.5],
    ]
    assert -less / 1e15 == pytest.approx(np.array(expected), abs=2e-9)


@pytest.mark.parametrize(
    ("here", "there"), [((0, 180), (0, -180)), ((90, 0), (90, 123)), ((-90, 5), (-90, -5))]
)
def test_the_date_line_and_the_poles_are_near_themselves(tmp_path, here, there):
    demands = [("far", "a", 45, 90, 1, ""), ("near", "a", *there, 0, 0)]
    report = run(
        tiny(tmp_path, supplies=[("s1", "a", *here, 0, "")], demands=demands, pairs=[("s1", "near", "")])
    )
    assert report["methods"]["nearest"]["mrr"] == 1


def test_neither_the_order_of_files_nor_the_run_changes_a_figure(tmp_path):
    paths = World(40, 12, seed=3).write(tmp_path / "a")
    split = ("--split-date", "2025-01-01")
    first, second = run(paths, *split), run(shuffled(paths, tmp_path / "b", 7), *split)

    assert first.pop("seconds") >= 0 <= second.pop("seconds")
    assert first == second


def test_ties_favour_nobody(tmp_path):
    """Forty demands that are alike: the true one, first or last in the file, is found as by chance."""
    alike = [(f"d{at:02}", "a", 0, 0, 1, 50) for at in range(40)]
    supplies = [(f"s{at}", "a", 0, 0, 1, "") for at in range(40)]
    pairs = [(f"s{at}", f"d{at:02}", "") for at in range(40)]

    methods = run(tiny(tmp_path, supplies=supplies, demands=alike, pairs=pairs))["methods"]
    chance = sum(1 / place for place in range(1, 41)) / 40
    assert methods["formula"]["mrr"] == methods["nearest"]["mrr"] == pytest.approx(chance)
    assert methods["random"]["mrr"] == pytest.approx(chance, abs=0.08)


def test_the_public_example_runs(capsys):
    paths = {name: EXAMPLE / f"{name}.csv" for name in ("supplies", "demands", "pairs", "tree")}
    files = [str(it) for name, path in paths.items() for it in (f"--{name.replace('tree', 'scheme')}", path)]

    assert evaluate.main(files) == 0
    out = capsys.readouterr().out
    assert "48 supplies, 57 pairs to find in 44 demands" in out
    assert all(method in out for method in METHODS)


# ---------------------------------------------------------------- files that are wrong

GOOD = {
    "supplies": "id,code,lat,lon,quantity_t,date\ns1,a,0,0,1,\ns2,a,0,0,1,\n",
    "demands": "id,codes,lat,lon,capacity_t,credit\nd1,a,0,0,1,80\n",
    "pairs": "supply_id,demand_id,date\ns1,d1,2026-01-01\n",
}


def problems(folder, **texts):
    with pytest.raises(BadFiles) as bad:
        read(*write_texts(folder, {**GOOD, **texts}).values())
    return str(bad.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("supplies", "", "supplies.csv line 1: header: the file is empty"),
        ("pairs", "\ufeff", "pairs.csv line 1: header: the file is empty"),
        ("demands", "id,codes,lat,lon,credit\n", "demands.csv line 1: header: no column capacity_t"),
        ("demands", "id,codes,lat,lon,capacity_t,credit,lat\n", "line 1: header: column lat comes twice"),
        ("supplies", GOOD["supplies"] + "s3,a,0\n", "supplies.csv line 4: row: has 3 cells, the header 6"),
        ("supplies", GOOD["supplies"] + "s3,a,NaN,0,1,\n", "supplies.csv line 4: lat: 'NaN' is not a number"),
        ("supplies", GOOD["supplies"] + "s3,a,0,inf,1,\n", "line 4: lon: 'inf' is not a number"),
        ("supplies", GOOD["supplies"] + "s3,a,90.1,0,1,\n", "line 4: lat: '90.1' is outside -90 to 90"),
        ("supplies", GOOD["supplies"] + "s3,a,0,0,-1,\n", "line 4: quantity_t: '-1' is outside 0 to"),
        ("supplies", GOOD["supplies"] + "s3,a,0,0,1,2026-02-30\n", "line 4: date: '2026-02-30' is not"),
        ("supplies", GOOD["supplies"] + "s3,a,0,0,1,20260201\n", "line 4: date: '20260201' is not a date"),
        ("supplies", GOOD["supplies"] + "s1,a,0,0,1,\n", "line 4: id: 's1' is already on line 2"),
        ("supplies", GOOD["supplies"] + ",a,0,0,1,\n", "line 4: id: is empty"),
        ("supplies", GOOD["supplies"] + '"s3,a,0,0,1,\n', "line 4: row: unexpected end of data"),
        ("supplies", b"id,code,lat,lon,quantity_t,date\n\xff,a,0,,,\n", "line 2: file: is not UTF-8"),
        ("demands", GOOD["demands"] + "d2,a,0,0,1,101\n", "line 3: credit: '101' is outside 0 to 100"),
        ("pairs", GOOD["pairs"] + "s9,d1,\n", "pairs.csv line 3: supply_id: there is no supply 's9'"),
        ("pairs", GOOD["pairs"] + "s1,d9,\n", "pairs.csv line 3: demand_id: there is no demand 'd9'"),
        ("pairs", GOOD["pairs"] + "s1,,\n", "pairs.csv line 3: demand_id: is empty"),
        ("pairs", "supply_id,demand_id,date\n", "pairs.csv line 1: rows: there are none"),
        ("demands", HEADERS["demands"], "pairs.csv line 2: demand_id: there is no demand 'd1'"),
        ("tree", "code,parent\na,b\nb,c\nc,a\n", "tree.csv line 2: parent: 'a' would be its own ancestor"),
        ("tree", "code,parent\na,\na,b\n", "tree.csv line 3: code: 'a' is already on line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_place_and_reason(tmp_path, name, text, message):
    assert message in problems(tmp_path, **{name: text})


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    told = problems(
        tmp_path,
        supplies=GOOD["supplies"] + "s1,a,x,0,1,\n",
        pairs=GOOD["pairs"] + "s7,d1,\n" * 30,
    ).splitlines()
    assert told[0].startswith("supplies.csv line 4: id") or told[0].startswith("supplies.csv line 4: lat")
    assert told[-1] == "... and 12 more"


def test_a_split_needs_dates(tmp_path, capsys):
    paths = write_texts(tmp_path, {**GOOD, "pairs": GOOD["pairs"] + "s2,d1,\n"})
    files = [str(argument) for name, path in paths.items() for argument in (f"--{name}", path)]

    assert evaluate.main([*files, "--split-date", "2026-01-01"]) == 2
    assert f"{paths['pairs']} line 3: date: is empty" in capsys.readouterr().err
    assert evaluate.main([*files[:4], "--pairs", str(tmp_path / "none.csv")]) == 2
    assert "none.csv line 0: file: cannot be read: No such file" in capsys.readouterr().err


def test_a_split_after_everything_asks_nothing(tmp_path):
    exchange = read(*write_texts(tmp_path, GOOD).values())
    with pytest.raises(BadFiles, match="none is on or after the split; the last is 2026-01-01"):
        evaluate.splits(exchange, 99_999)


@pytest.mark.parametrize("options", [["--at", "0"], ["--at", "5,5"], ["--at", "x"], ["--split-date", "soon"]])
def test_options_that_make_no_sense_are_refused(tmp_path, options):
    paths = write_texts(tmp_path, GOOD)
    with pytest.raises(SystemExit):
        evaluate.main(
            [*(str(argument) for name, path in paths.items() for argument in (f"--{name}", path)), *options]
        )


def test_marks_blanks_spare_columns_and_strange_codes_are_no_crime(tmp_path):
    supplies = "\ufeffcode, id ,lat,lon,quantity_t,date,colour\r\n a ,s1,0,0,1,,red\r\n\r\nzz,s2,0,0,1,,\r\n"
    paths = write_texts(tmp_path, {**GOOD, "supplies": supplies, "tree": "code,parent\na,top\n"})

    report = run(paths)
    assert report["n_supplies"] == 1
    assert any("columns not used: colour" in note for note in report["notes"])
    assert any(
        "codes outside the tree, each of which fits only itself: 1 ('zz')" in note for note in report["notes"]
    )


def test_reading_and_learning_import_no_scikit_learn():
    """Serving code may import both; only training needs it."""
    modules = "matching.learning.training, matching.evaluate.exchange_files"
    code = f"import sys, {modules}; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
