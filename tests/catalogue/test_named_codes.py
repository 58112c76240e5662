"""Suggestions for texts that name codes themselves: looked up first, and what is odd about them said."""

from dataclasses import replace
from pathlib import Path

import pytest


def suggest(party, text, **more):
    """The codes suggested, whether the first is sure, and the codes of the warnings."""
    response = party.post("/waste-codes/suggest", {"text": text, **more})
    assert response.status_code == 200, response.json
    found = response.json
    warnings = [warning["code"] for warning in found["warnings"]]
    return [suggestion["code"] for suggestion in found["items"]], found["sure"], warnings


NAMED = {
    "900-249-08": "900-249-08", "HW08 900－249－08": "900-249-08", "90024908": "900-249-08",
    "废矿物油（HW08，900-249-08）": "900-249-08", "16 05 06*": "16 05 06", "EWC 160506": "16 05 06",
    "code 13 02 05* engine oil": "13 02 05", "ISW-05-01-01": "ISW-05-01-01", "sw17": "SW17",
}  # fmt: skip


def test_a_code_in_the_text_is_looked_up(marketplace):
    for text, code in NAMED.items():
        items, sure, warnings = suggest(marketplace.admin, text)
        assert (items[0], sure, warnings) == (code, True, []), text


ODD = [
    ("900-249-08 或 900-214-08", None, ["900-249-08", "900-214-08"], ["several_codes_named"]),
    ("HW09 900-249-08", None, ["900-249-08"], ["code_contradicts"]),
    ("17 04 05*", None, ["17 04 05"], ["star_contradicts"]),
    ("841-001-01", None, ["841-001-01"], ["suggestion_not_traded"]),
    ("900-249-08", "eu-low", [], ["filter_other_scheme", "not_understood"]),
]


def test_what_is_odd_about_codes_in_the_text_is_said_and_never_sure(marketplace):
    for text, scheme, codes, warnings in ODD:
        assert suggest(marketplace.admin, text, scheme=scheme) == (codes, False, warnings), text


def test_a_code_that_does_not_exist_is_said_and_the_words_are_read(marketplace):
    items, _, warnings = suggest(marketplace.admin, "废铅酸电池 900-999-31")
    assert (items[0], warnings) == ("900-052-31", ["named_code_unknown"])


def test_words_that_clearly_mean_another_code_are_said(marketplace):
    items, sure, warnings = suggest(marketplace.admin, "900-249-08 废铅酸电池")
    assert (items[:2], sure, warnings) == (["900-249-08", "900-052-31"], False, ["words_mean_another_code"])


def test_a_number_that_only_looks_like_a_code_is_none(marketplace):
    items, _, warnings = suggest(marketplace.admin, "20261201 产生的废铅酸电池，电话 0575-85000000")
    assert (items[0], warnings) == ("900-052-31", [])


def test_a_category_is_answered_by_codes_in_it_and_not_sure(marketplace):
    for text in ("HW08", "hw8", "HW08 类", "16", "13 02"):
        items, sure, warnings = suggest(marketplace.admin, text, limit=20)
        assert all(code.startswith(text) if text[0].isdigit() else code.endswith("-08") for code in items)
        assert all(len(code) > 5 for code in items)
        assert (bool(items), sure, warnings) == (True, False, []), text


def test_words_beside_a_category_choose_among_its_codes(marketplace):
    items, sure, _ = suggest(marketplace.admin, "HW31 废铅酸电池")
    assert (items[0], sure) == ("900-052-31", True)
    assert all(code.endswith("-31") for code in items)


WORDS = ("废机油", "漆渣", "废油", "废活性炭", "酸洗废液", "污泥", "used oil", "paint", "废酸", "废碱")


def test_a_category_that_has_codes_is_never_suggested(marketplace):
    for text in WORDS:
        items, _, _ = suggest(marketplace.admin, text, limit=20)
        assert not any(code.startswith("HW") for code in items)
        assert not any(code.isdigit() or len(code) == 5 for code in items), text


DENIED = [
    ("不是900-249-08，是废铅酸电池", "900-249-08", "900-052-31"),
    ("废油，非HW08", "-08", ""),
    ("waste oil, not 13 02 05", "13 02 05", ""),
    ("不是废机油，是废铅酸电池", "-08", "900-052-31"),
    ("废铅酸电池，不是废机油", "-08", "900-052-31"),
]


@pytest.mark.parametrize(("text", "denied", "first"), DENIED)
def test_what_the_waste_is_said_not_to_be_is_not_suggested(marketplace, text, denied, first):
    items, _, _ = suggest(marketplace.admin, text, limit=3)
    assert items
    assert not any(code.endswith(denied) for code in items)
    assert items[0].startswith(first)


def test_a_code_is_looked_up_without_the_model(marketplace):
    settings = marketplace.app.config["SETTINGS"]
    marketplace.app.config["SETTINGS"] = replace(settings, suggestion_model=Path("nowhere.npz"))
    try:
        assert suggest(marketplace.admin, "废矿物油 900-249-08")[0] == ["900-249-08"]
    finally:
        marketplace.app.config["SETTINGS"] = settings
