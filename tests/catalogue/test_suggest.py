"""Codes from plain words over HTTP, with the model that ships."""

from dataclasses import replace
from pathlib import Path

import pytest

from matching.suggestion import Suggester
from matching.suggestion.suggester_training import category_of, digest
from seed.names import MODEL, examples, read_names, shipped_codes
from tests.http.responses import refused


def suggest(marketplace, text, **more):
    response = marketplace.admin.post("/waste-codes/suggest", {"text": text, **more})
    assert response.status_code == 200, response.json
    return response.json


def test_the_model_that_ships_was_trained_on_the_names_that_ship():
    codes = shipped_codes()
    learnt = digest(examples(read_names(known=codes), codes))

    assert Suggester.load(MODEL).learnt_from == learnt, "run python -m seed.names"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("废机油", "HW08"), ("漆渣", "HW12"), ("废铅酸电池", "HW31"), ("染料厂 稀硫酸", "HW34"),
        ("废线路板", "HW49"), ("粉煤灰", "SW02"), ("used engine oil", "13"),
    ],
)  # fmt: skip
def test_an_everyday_name_finds_its_code(marketplace, text, category):
    found = suggest(marketplace, text)

    first = found["items"][0]
    assert set(first) == {"scheme", "code", "name", "hazardous", "confidence"}
    assert category_of(first["scheme"], first["code"]) == category
    assert found["sure"] is True
    assert found["warnings"] == []


def test_suggestions_are_of_the_catalogue_and_by_falling_confidence(marketplace):
    items = suggest(marketplace, "废活性炭", limit=20)["items"]

    assert len(items) == 20
    confidence = [suggestion["confidence"] for suggestion in items]
    assert confidence == sorted(confidence, reverse=True)
    assert 0 <= confidence[-1] <= confidence[0] <= 1
    for suggestion in items[:5]:
        shown = marketplace.admin.get(f"/waste-codes/{suggestion['scheme']}/{suggestion['code']}").json
        assert (shown["name"], shown["hazardous"]) == (suggestion["name"], suggestion["hazardous"])


def test_a_scheme_can_be_asked_for(marketplace):
    assert {
        suggestion["scheme"] for suggestion in suggest(marketplace, "废机油", scheme="cn-sw")["items"]
    } == {"cn-sw"}

    response = marketplace.admin.post("/waste-codes/suggest", {"text": "废机油", "scheme": "isw"})
    refused(response, 422, "scheme_not_suggested", "scheme")


def test_a_harmless_code_for_a_hazardous_name_has_a_warning_in_the_readers_language(marketplace):
    body = {"text": "废机油", "scheme": "cn-sw"}
    response = marketplace.admin.call(
        "POST", "/waste-codes/suggest", json=body, headers={"Accept-Language": "zh-CN"}
    ).json

    assert response["sure"] is False
    (warning,) = response["warnings"]
    assert (warning["code"], warning["field"]) == ("hazard_likely", "text")
    assert "危险废物" in warning["detail"]


def test_what_is_not_understood_is_stated_rather_than_guessed(marketplace):
    found = suggest(marketplace, "😀")

    assert (found["items"], found["sure"]) == ([], False)
    assert [warning["code"] for warning in found["warnings"]] == ["not_understood"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"), ({"text": ""}, "text"), ({"text": "油" * 401}, "text"),
        ({"text": "油", "limit": 0}, "limit"), ({"text": "油", "limit": 21}, "limit"),
        ({"text": "油", "colour": 1}, "colour"),
    ],
)  # fmt: skip
def test_an_invalid_request_is_refused_by_its_field(marketplace, body, field):
    response = marketplace.admin.post("/waste-codes/suggest", body)

    refused(response, 422, "invalid_input", field)


def test_a_missing_model_is_reported_with_a_time_to_retry(marketplace):
    settings = marketplace.app.config["SETTINGS"]
    marketplace.app.config["SETTINGS"] = replace(settings, suggestion_model=Path("nowhere.npz"))
    try:
        response = marketplace.admin.post("/waste-codes/suggest", {"text": "废机油"})
    finally:
        marketplace.app.config["SETTINGS"] = settings

    refused(response, 503, "suggestions_missing")
    assert int(response.headers["Retry-After"]) > 0
