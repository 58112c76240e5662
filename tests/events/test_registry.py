"""The table of tasks: what it refuses when the application starts, and when a task is written."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from marketplace.events import registry
from marketplace.events.registry import TaskType
from marketplace.events.work import Work
from marketplace.subscriptions import SUBSCRIPTIONS, TASKS

ROOT = Path(__file__).resolve().parents[2]


def weigh(load_id: str, tonnes: int, note: str | None = None) -> None: ...
def remind(due_at: str) -> None: ...


WEIGH = TaskType(weigh, "bulk")


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({}, "load_id is missing; tonnes is missing"),
        ({"load_id": "a", "tonnes": 1, "colour": "red"}, "it has no parameter colour"),
        ({"load_id": 7, "tonnes": 1}, "load_id must not be of type int"),
        ({"load_id": "a", "tonnes": "1"}, "tonnes must not be of type str"),
        ({"load_id": "a", "tonnes": 1, "note": 3}, "note must not be of type int"),
    ],
)
def test_a_payload_that_the_function_does_not_take_is_refused_by_name(payload, fault):
    with pytest.raises(TypeError) as caught:
        WEIGH.check(payload)
    assert str(caught.value) == (
        f"{WEIGH.name}(load_id: str, tonnes: int, note: str | None = None) -> None: {fault}"
    )


def test_a_payload_that_the_function_takes_passes():
    WEIGH.check({"load_id": "a", "tonnes": 1})
    WEIGH.check({"load_id": "a", "tonnes": 1, "note": None})
    WEIGH.check({"load_id": "a", "tonnes": 1, "note": "wet"})


def test_an_unknown_task_is_refused_with_what_to_add_and_where(app):
    with pytest.raises(
        KeyError, match=r"no task is called loads\.weigh: add its function to TASKS in marketplace"
    ):
        Work(None).enqueue("loads.weigh", load_id="a")


def test_a_task_is_held_to_its_function_when_it_is_written(app):
    for arguments in ({}, {"listing": "a"}, {"listing_id": "a", "queue": "bulk"}, {"listing_id": 7}):
        with pytest.raises(TypeError, match=r"^notifications\.jobs\.plan_listing_push\(listing_id"):
            Work(None).enqueue("notifications.jobs.plan_listing_push", due_at=datetime.max, **arguments)


def test_an_event_that_many_are_told_of_is_held_to_the_functions_it_enqueues(app):
    with pytest.raises(TypeError, match="listing_id is missing; it has no parameter id"):
        Work(None).emit_many("listing.published", [{"listing_id": "a"}, {"id": "b"}])


@pytest.mark.parametrize(
    ("types", "subscriptions", "sentence"),
    [
        (
            (WEIGH, TaskType(weigh, "matching")),
            {},
            r"test_registry\.weigh is named twice in TASKS of marketplace",
        ),
        (
            (WEIGH,),
            {"load.arrived": (remind,)},
            "load.arrived enqueues remind: add it to TASKS in marketplace",
        ),
        ((TaskType(remind, "bulk"),), {}, "has the parameter due_at, which `enqueue` keeps: rename it"),
    ],
)
def test_a_table_that_does_not_fit_stops_the_application(types, subscriptions, sentence):
    before = dict(registry._types)
    with pytest.raises(ValueError, match=sentence):
        registry.install(types, subscriptions, {})
    assert registry._types == before


def test_every_task_that_the_source_names_is_in_the_table():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "marketplace").rglob("*.py"))
    named = set(re.findall(r'"(\w+\.jobs\.\w+)"', source))
    assert named <= {task_type.name for task_type in TASKS}, "add the function to TASKS in subscriptions.py"
    emitted = {function for functions in SUBSCRIPTIONS.values() for function in functions}
    silent = {task_type.name for task_type in TASKS if task_type.function not in emitted}
    idle = sorted(silent - named)
    assert not idle, (
        f"nothing enqueues {idle}: name the event that does in SUBSCRIPTIONS of marketplace/subscriptions.py,"
        " or remove them from TASKS"
    )
