"""Codes from plain words: what is answered, how sure, and that a kept model answers as a trained one."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.suggestion import HAZARD_LIKELY, LONGEST_TEXT, NOT_UNDERSTOOD, Suggester, fold
from matching.suggestion import suggester_training as training
from matching.suggestion.suggester_training import Example, near_copies, train
from seed.names import MODEL, examples, read_names, shipped_codes
from tests.cost import cost_of
from tests.effort import tries

TAUGHT = {
    *(("cn-hw", f"HW{number}") for number in ("08", "12", "31", "34", "49")),
    *(("cn-sw", f"SW{number}") for number in ("03", "07", "17", "59", "80")),
    *(("eu-low", chapter) for chapter in ("13",)),
}
SENTENCES = ["我们厂每个月有20吨左右的废机油要处理，找下家", "Do you take used engine oil from trucks?"]
ODD = ["", " ", "\t\n", "😀🛢️", "1234567890", "\x00", "\u202e油", "ﷺ" * 50, "a" * 100_000, "废机油" * 50_000]


@pytest.fixture(scope="module")
def taught() -> list[Example]:
    codes = shipped_codes()
    return [
        entry
        for entry in examples(read_names(known=codes), codes)
        if (entry.scheme, entry.category) in TAUGHT
    ]


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    """The model that ships."""
    return Suggester.load(MODEL)


def first(suggester, text, **asked):
    return suggester.suggest(text, **asked).items[0]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("废机油", "08"),
        ("汽修店换下来的旧机油", "08"),
        ("费机油", "08"),
        ("喷房里清出来的漆渣", "12"),
        ("电动车上拆下来的旧电瓶", "31"),
        ("染料厂 稀硫酸", "34"),
        ("废ＰＣＢ板", "49"),
        (SENTENCES[0], "08"),
    ],
)
def test_a_plain_name_finds_its_hazardous_category(suggester, text, category):
    best = first(suggester, text)
    assert best.scheme == "cn-hw"
    assert best.code[-2:] == category


@pytest.mark.parametrize(
    ("text", "code"), [("锅炉烧煤剩下的煤渣", "SW03"), ("印染污泥", "SW07"), ("玉米秸秆", "SW80")]
)
def test_a_plain_name_finds_its_category_of_ordinary_waste(suggester, text, code):
    assert first(suggester, text)[:2] == ("cn-sw", code)


def test_english_words_find_the_european_list(suggester):
    best = first(suggester, "used engine oil")
    assert (best.scheme, best.code[:2]) == ("eu-low", "13")


def test_a_number_of_a_category_is_understood(suggester):
    assert first(suggester, "HW31废电瓶").code in {"HW31", "900-052-31"}


def test_codes_are_named_and_not_their_category_though_none_of_them_stands_out(suggester):
    items, sure, _ = suggester.suggest("废油")
    assert all(item.scheme == "cn-hw" and item.code.endswith("-08") for item in items[:2])
    assert items[0].confidence >= items[1].confidence
    assert not sure


def test_suggestions_can_be_kept_within_categories(suggester):
    items, _, _ = suggester.suggest("废油", within={("cn-hw", "HW09")})
    assert items
    assert all(item.code.endswith("-09") for item in items)


@pytest.mark.slow
@given(st.text(max_size=80), st.integers(1, 30), st.sampled_from([None, "cn-hw", "cn-sw", "eu-low"]))
@settings(max_examples=tries(100))
@example(ODD[0], 5, None)
@example(ODD[3], 5, None)
@example(ODD[4], 5, "eu-low")
@example(ODD[7], 5, None)
@example(ODD[8], 10, None)
@example(ODD[9], 10, "cn-hw")
def test_any_text_gets_falling_confidence_within_the_calibrated_range(suggester, text, limit, scheme):
    items, sure, warnings = suggester.suggest(text, limit, scheme)
    assert len(items) <= limit
    assert len({item[:2] for item in items}) == len(items)
    assert all(0 <= item.confidence <= round(suggester.ceiling, 4) < 1 for item in items)
    assert [item.confidence for item in items] == sorted((item.confidence for item in items), reverse=True)
    assert all(scheme in (None, item.scheme) for item in items)
    assert set(warnings) <= {HAZARD_LIKELY, NOT_UNDERSTOOD}
    assert not sure or items[0].confidence >= suggester.sure_from
    assert bool(items) != (NOT_UNDERSTOOD in warnings)


@pytest.mark.parametrize("text", ODD[:6])
def test_what_says_nothing_is_never_sure(suggester, text):
    assert not suggester.suggest(text).sure


@pytest.mark.parametrize("text", ["油", "渣", "废 渣", "泥!"])
def test_one_character_is_never_sure(suggester, text):
    assert not suggester.suggest(text).sure


def test_width_case_and_blanks_make_no_difference(suggester):
    assert suggester.suggest("废ＰＣＢ板　２吨") == suggester.suggest(" 废pcb板  2吨 ")


def test_only_the_beginning_of_a_long_text_is_read_and_soon(suggester):
    text = "汽修厂的废机油，" * 10_000
    assert suggester.suggest(text) == suggester.suggest(text[:LONGEST_TEXT])
    assert cost_of(lambda: suggester.suggest(text, 10), 0.010, tries=5)[0] < 0.010


def test_a_name_that_may_be_hazardous_comes_with_a_warning(suggester):
    found = suggester.suggest("废活性炭")
    assert {item.scheme for item in found.items[:2]} == {"cn-hw", "cn-sw"}
    assert found.warnings == (HAZARD_LIKELY,)


def test_looking_for_an_ordinary_code_for_used_oil_warns_and_is_not_sure(suggester):
    found = suggester.suggest("废机油", scheme="cn-sw")
    assert {item.scheme for item in found.items} == {"cn-sw"}
    assert (found.sure, found.warnings) == (False, (HAZARD_LIKELY,))


def test_a_hazardous_answer_and_a_harmless_name_need_no_warning(suggester):
    assert suggester.suggest("汽车废机油").warnings == ()
    assert suggester.suggest("玉米秸秆").warnings == ()


def test_words_in_another_language_than_the_scheme_are_not_sure(suggester):
    assert not suggester.suggest("used engine oil", scheme="cn-hw").sure
    assert not suggester.suggest("废机油", scheme="eu-low").sure


def test_no_room_for_an_answer_and_an_unknown_scheme_are_refused(suggester):
    assert suggester.schemes == ("cn-hw", "cn-sw", "eu-low")
    with pytest.raises(ValueError, match="limit"):
        suggester.suggest("废机油", 0)
    with pytest.raises(ValueError, match="scheme"):
        suggester.suggest("废机油", scheme="isw")


def test_with_few_everyday_names_it_is_never_sure(taught):
    few = [entry for entry in taught if entry.category in {"HW31", "SW03"}]
    model = train(
        [entry for entry in few if not entry.everyday] + [entry for entry in few if entry.everyday][:20]
    )
    assert model.sure_from > 1
    assert not model.suggest("废电瓶").sure


# Training and keeping


def test_training_twice_gives_the_same_file(taught):
    few = [entry for entry in taught if entry.category in {"HW31", "SW03", "SW80"}]
    once, again = train(few), train(few)
    assert again.to_bytes() == once.to_bytes()
    assert again.learnt_from == once.learnt_from == training.digest(few)


def test_a_kept_model_answers_as_the_trained_one(suggester, taught, tmp_path):
    suggester.save(tmp_path / "model.npz")
    kept = Suggester.load(tmp_path / "model.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]
    for text in [*SENTENCES, *ODD[:6], *(entry.text for entry in taught[::40])]:
        assert kept.suggest(text, 10) == suggester.suggest(text, 10)


def test_the_arithmetic_is_that_of_scikit_learn_to_the_last_bit(taught):
    """With the weights as kept, in grains, the features and the scores are equal, not close."""
    taught = [entry for entry in taught if entry.category in {"HW31", "SW03", "SW80"}]
    suggester = train(taught)
    words = training.vectorizer()
    matrix = words.fit_transform([entry.text for entry in taught])
    head = suggester.categories
    place = {label: at for at, label in enumerate(head.labels)}
    model = training.regression()
    model.fit(matrix, [place[entry.scheme, entry.category] for entry in taught])
    model.coef_ = training.in_grains(model.coef_).astype(np.float64)
    texts = [*SENTENCES, "废ＰＣＢ板", *(entry.text for entry in taught[::7])]
    for text, row, scores in zip(
        texts, words.transform(texts), model.decision_function(words.transform(texts)), strict=True
    ):
        features = suggester.features(text)
        assert np.array_equal(features.columns, row.indices)
        assert np.array_equal(features.values, row.data)
        assert np.array_equal(head.decisions(features), scores)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"not a model", "废".encode()])
def test_another_file_is_refused(raw):
    with pytest.raises(ValueError, match=r"not a file of suggestions|pickled"):
        Suggester.from_bytes(raw)


def test_a_file_with_pickled_objects_is_refused_unread():
    out = io.BytesIO()
    np.savez(out, text=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        Suggester.from_bytes(out.getvalue())


def test_a_truncated_file_is_refused(suggester):
    raw = suggester.to_bytes()
    with pytest.raises(ValueError, match=r"not a file of suggestions|pickled"):
        Suggester.from_bytes(raw[: len(raw) // 2])


def test_serving_never_imports_scikit_learn(suggester, tmp_path):
    suggester.save(tmp_path / "model.npz")
    script = (
        "import sys; from pathlib import Path; from matching.suggestion import Suggester;"
        "assert Suggester.load(Path(sys.argv[1])).suggest('废机油').items;"
        "assert not {'sklearn', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "model.npz")], check=True)


# Near copies


def test_spellings_and_slips_of_one_name_are_near_copies():
    for one, other in [
        ("废机油滤芯", "机油滤芯"),
        ("喷漆房废渣", "喷柒房废渣"),
        ("ＰＣＢ板边料", "pcb 板边料"),
        ("paint thinner", "paint thiner"),
    ]:
        assert near_copies(one) & near_copies(other) or fold(one) == fold(other), (one, other)


def test_short_names_of_two_things_are_not():
    assert not near_copies("镀锌液") & near_copies("镀镍液")


def test_near_copies_are_left_out_together(taught):
    one = next(entry for entry in taught if entry.everyday and len(entry.text) > 4)
    slip = replace(one, text=one.text[:-1])
    folds = training._folds([*taught, slip])
    assert folds[taught.index(one)] == folds[-1] >= 0
