"""What a process keeps for a while is computed by one, and nobody waits for it but the first."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from marketplace import clock
from marketplace.http import recent
from tests.marketplace import NOON


@pytest.fixture
def times():
    """The time, which the test sets."""
    now = [NOON]
    with Flask(__name__).app_context(), clock.at(lambda: now[0]):
        yield now


def test_a_result_is_kept_for_its_time_under_its_name(times):
    computed = iter(range(10))
    results = []
    for seconds in (0, 59, 60, 61, 119, 121):
        times[0] = NOON + timedelta(seconds=seconds)
        results.append(recent.kept_for("count", 60, lambda: next(computed)))
    assert results == [0, 0, 1, 1, 1, 2]
    assert recent.kept_for("other", 60, lambda: "other") == "other"


def test_while_one_computes_the_others_have_the_earlier_result(times):
    kept, begun, finish = recent.Kept(), threading.Event(), threading.Event()
    assert kept.get(60, lambda: "old") == "old"
    times[0] += timedelta(seconds=61)

    def compute():
        begun.set()
        assert finish.wait(10)
        return "new"

    computing = threading.Thread(target=kept.get, args=(60, compute))
    computing.start()
    assert begun.wait(10)
    assert kept.get(60, lambda: "second") == "old"
    finish.set()
    computing.join()
    assert kept.get(60, lambda: "second") == "new"


def test_a_computation_that_fails_leaves_the_earlier_result_and_is_tried_again(times):
    kept = recent.Kept()
    assert kept.get(60, lambda: "old") == "old"
    times[0] += timedelta(seconds=61)
    with pytest.raises(ZeroDivisionError):
        kept.get(60, lambda: 1 / 0)
    assert kept.get(60, lambda: "new") == "new"
