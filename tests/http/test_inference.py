"""Nobody but owner and staff can tell two exact places apart that round to the same 0.01 degree.

`make test` asks a little, `make inference` asks 1,000 questions (or CASES) of an attacker.
"""

import logging
import os
import re

import pytest

from tests.inference import Market, Questions, learned_from, plan, steady, sweep, true_places
from tests.marketplace import Marketplace

CASES = int(os.environ.get("INFERENCE_CASES", 0))
"""How many questions `make inference` asks; 0 in `make test`."""
FEW = 13
"""Each way to ask once."""


@pytest.fixture(autouse=True)
def quiet():
    """Without a log line for each request."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


def told(app, places):
    """A market with these true places: all that it answers, and the places."""
    with Marketplace(app) as marketplace:
        market = Market(marketplace, places)
        answers = steady(Questions(market, seed=7).ask(CASES or FEW))
        if CASES:
            answers += steady(sweep(market))
        answers += steady(plan(market))
        return answers, learned_from(market), true_places(market)


def test_where_within_its_cell_a_listing_lies_changes_no_answer(app):
    answers, outcomes, places = told(app, places=1)
    others, other_outcomes, other_places = told(app, places=2)

    assert len(places) == len(other_places) > 30
    assert [lon for lon, _, _ in places] != [lon for lon, _, _ in other_places]
    assert [county for *_, county in places] != [county for *_, county in other_places], "a cell on a border"
    for answer, other in zip(answers, others, strict=True):
        assert answer == other
    assert outcomes == other_outcomes != []
    worth_asking("\n".join(answers))


def worth_asking(text):
    """That the questions met what could tell: distances, gates of distance, near misses, messages, pages."""
    for sign in ('"distance_km": ', '"gate": "distance"', '"max_distance_km", "now"', '"next": "..."'):
        assert sign in text, sign
    assert len(set(figures(text, "score"))) > 10
    assert all(len(km.partition(".")[2]) <= 1 for km in figures(text, "distance_km"))


def figures(text, name):
    return re.findall(rf'"{name}": (-?[\d.]+)', text)
