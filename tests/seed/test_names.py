"""Everyday names are whole, a bad row is refused by its line, and the figures are of the names that ship."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench import suggest as bench
from matching.suggestion import fold
from matching.suggestion.suggester_training import Example, category_of, near_copies, train
from seed import names
from seed.names import NameRow, SeedError, examples, held_out, read_names, shipped_codes, without_copies
from tests.effort import EFFORT

HEADER = "name,scheme,code,note\n"


@pytest.fixture(scope="module")
def codes():
    return shipped_codes()


@pytest.fixture(scope="module")
def shipped(codes):
    return read_names(known=codes)


def test_every_national_category_and_every_chapter_has_several_names(shipped, codes):
    found = Counter((row.scheme, category_of(row.scheme, row.code)) for row in shipped)
    wanted = {(row.scheme, row.code) for row in codes if row.level in {"category", "chapter"}}
    assert found.keys() == wanted
    assert min(found.values()) >= 3
    assert min(found[key] for key in wanted if key[0] != "eu-low") >= 10


def test_there_are_as_many_names_as_were_asked_for(shipped):
    found = Counter(row.scheme for row in shipped)
    assert found["cn-hw"] + found["cn-sw"] >= 700
    assert found["eu-low"] >= 150


def test_names_point_to_codes_or_to_categories_never_to_a_subchapter(shipped):
    assert all(len(row.code) == 8 for row in shipped if row.scheme == "eu-low")
    assert all(row.code.startswith("SW") for row in shipped if row.scheme == "cn-sw")


def test_a_name_may_mean_something_in_two_schemes(shipped):
    carbon = {(row.scheme, row.code) for row in shipped if row.name == "废活性炭"}
    assert carbon == {("cn-hw", "900-039-49"), ("cn-sw", "SW59")}


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("废机油,cn-hx,HW08,", "scheme", "not one of"),
        ("废机油,cn-hw,HW99,", "code", "is not in cn-hw"),
        ("废机油,cn-sw,HW08,", "code", "is not in cn-sw"),
        (",cn-hw,HW08,", "name", "is empty"),
        (" 废机油,cn-hw,HW08,", "name", "blanks"),
        ("粉煤灰,cn-sw,SW02,", "name", "official name"),
        ("粉　煤灰,cn-sw,SW02", "row", "has 3 cells"),
        (f"{'油' * 61},cn-hw,HW08,", "name", "longer than 60"),
    ],
)
def test_a_malformed_row_is_refused_by_its_line(tmp_path, codes, row, column, reason):
    file = tmp_path / "names.csv"
    file.write_text(f"{HEADER}旧机油,cn-hw,HW08,\n{row}\n")
    with pytest.raises(SeedError, match=reason) as refused:
        read_names(file, known=codes)
    assert (refused.value.line, refused.value.column) == (3, column)


def test_a_name_is_once_in_a_scheme_however_it_is_written(tmp_path, codes):
    file = tmp_path / "names.csv"
    file.write_text(f"{HEADER}废PCB板,cn-hw,900-045-49,\n废ＰＣＢ板,cn-sw,SW17,\n废ＰＣＢ板,cn-hw,HW49,\n")
    with pytest.raises(SeedError, match="stands above already, as 900-045-49") as refused:
        read_names(file, known=codes)
    assert refused.value.line == 4


# The split


def test_a_quarter_of_the_names_of_each_scheme_is_held_out(shipped):
    for scheme in names.SCHEMES:
        rows = [row for row in shipped if row.scheme == scheme]
        assert 0.2 < sum(held_out(row.name) for row in rows) / len(rows) < 0.3


@pytest.mark.parametrize(
    ("name", "kept"), [("废机油", False), ("漆渣", False), ("医疗垃圾", True), ("frying oil", True)]
)
def test_the_split_never_moves(name, kept):
    assert held_out(name) is kept


def test_spellings_of_one_name_fall_on_the_same_side(shipped):
    for row in shipped:
        assert held_out(row.name) == held_out(f"废{row.name}") == held_out(f" {row.name.upper()}！")


def test_no_near_copy_of_a_held_out_name_is_learnt(shipped):
    kept = [row for row in shipped if held_out(row.name)]
    learnt = without_copies([row for row in shipped if not held_out(row.name)], kept)
    assert 0 < len(learnt) < len(shipped) - len(kept)
    forms = {
        (row.scheme, category_of(row.scheme, row.code), form)
        for row in kept
        for form in near_copies(row.name)
    }
    for row in learnt:
        category = category_of(row.scheme, row.code)
        assert not any((row.scheme, category, form) in forms for form in near_copies(row.name)), row


# Examples and figures


def test_examples_know_their_category_and_their_code_where_there_is_one(codes):
    rows = [NameRow("废机油桶", "cn-hw", "900-249-08", ""), NameRow("废油", "cn-hw", "HW08", "")]
    can, oil = examples(rows, codes)[-2:]
    assert can == Example("废机油桶", "cn-hw", "HW08", "900-249-08", True, True)
    assert oil == Example("废油", "cn-hw", "HW08", None, True, True)
    eu = {example.text: example for example in examples([], codes) if example.scheme == "eu-low"}
    assert eu["end-of-life tyres"] == Example("end-of-life tyres", "eu-low", "16", "16 01 03", False, False)
    assert eu["waste hydraulic oils"].code is None


@pytest.mark.slow
@pytest.mark.skipif(EFFORT < 1, reason="it learns the names anew for 10 s: make thorough")
def test_nine_in_ten_held_out_names_find_their_category_among_five(shipped, codes):
    """The target is 0.85, and 0.15 above substrings; confidence and codes, long to learn, are left out."""
    kept = [row for row in shipped if held_out(row.name)]
    learnt = without_copies([row for row in shipped if not held_out(row.name)], kept)
    model = train(replace(example, everyday=False, code=None) for example in examples(learnt, codes))
    means = bench.meanings(shipped)
    found = bench.recall(bench.suggested(model), kept, means, 5)
    assert found >= 0.85
    assert found >= 0.15 + bench.recall(bench.substring(codes), kept, means, 5)


def test_the_figures_in_the_docs_are_of_the_names_that_ship():
    found = json.loads(bench.RESULTS.read_text())
    assert found["names"]["sha256"] == hashlib.sha256(Path(names.NAMES).read_bytes()).hexdigest(), (
        "run python -m bench.suggest"
    )
    page = bench.PAGE.read_text()
    assert bench.rewritten(page, bench.tables(found)) == page
    assert all(f"<!-- {name} -->" in page for name in bench.tables(found))


def test_the_measured_figures_reach_the_targets():
    found = json.loads(bench.RESULTS.read_text())
    assert found["recall"]["suggest"]["all"]["at_5"] >= 0.85
    assert found["recall"]["suggest"]["all"]["at_5"] >= 0.15 + found["recall"]["substring"]["all"]["at_5"]
    assert found["calibration"]["error"] <= 0.1
    assert found["calibration"]["sure"]["all"]["right_when_sure"] >= 0.9


def test_a_folded_name_is_not_empty(shipped):
    assert all(fold(row.name) for row in shipped)
