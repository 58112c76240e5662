"""A database of the last version is upgraded with open tasks in it: none is lost, all can be run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from marketplace.events.models import NOBODY
from marketplace.subscriptions import TASKS

ROOT = Path(__file__).resolve().parents[2]
LISTING, OTHER = "0197c0de-0000-7000-8000-000000000001", "0197c0de-0000-7000-8000-000000000002"
TASKS_OF_0009 = {
    "allocations.jobs.run": ("bulk", {"allocation_id": LISTING}),
    "listings.jobs.run_import": ("bulk", {"import_id": LISTING}),
    "matches.jobs.rerank": ("bulk", {"reason": "nightly", "night": "2026-12-01"}),
    "matches.jobs.rerank_for_policy": ("bulk", {"version": 3}),
    "matches.jobs.rerank_part": ("rerank", {"run_id": 7, "number": 0}),
    "matches.jobs.train": ("bulk", {"version": 2}),
    "notifications.jobs.drop": ("matching", {"listing_id": LISTING, "status": "withdrawn"}),
    "notifications.jobs.mail_digest": (
        "delivery", {"enterprise_id": LISTING, "digest_at": "2026-12-01T00:00:00+00:00"},
    ),
    "notifications.jobs.mail_one": ("delivery", {"notification_id": LISTING}),
    "notifications.jobs.plan": ("matching", {"listing_id": LISTING}),
    "notifications.jobs.plan_news": ("bulk", {"run_id": 7}),
    "notifications.jobs.seek": (
        "matching", {"listing_id": LISTING, "since": "2026-12-01T00:00:00+00:00", "after": OTHER},
    ),
    "notifications.jobs.tell_key_expiring": (
        "matching",
        {"enterprise_id": LISTING, "key_id": OTHER, "name": "till", "expires_at": "2026-12-31T00:00:00Z"},
    ),
    "notifications.jobs.tell_mutual": ("matching", {"listing_id": LISTING, "other_id": OTHER}),
    "notifications.jobs.tell_new": ("bulk", {"run_id": 7, "grade": "B"}),
}  # fmt: skip
"""Every task that version 0.1 wrote, with its queue and a payload: frozen, never to be renamed here."""
SITUATIONS = {"pending": ("pending", 0), "dispatched": ("pending", 2), "parked": ("parked", 0)}


@pytest.fixture
def config(fresh_database: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", fresh_database.replace("%", "%%"))
    return config


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = create_engine(fresh_database)
    yield engine
    engine.dispose()


INSERT = text(
    "INSERT INTO task (subscriber, queue, payload, status, due_at, attempts, handed, reason, created_at)"
    " VALUES (:name, :queue, CAST(:payload AS jsonb), :status, now(), 1, :handed, 'why', now())"
)


def fill(engine: Engine) -> None:
    """Write every task of the last version in every situation, and one that is done."""
    with engine.begin() as connection:
        for name, (queue, payload) in TASKS_OF_0009.items():
            about = {"name": name, "queue": queue, "payload": json.dumps(payload)}
            for status, handed in SITUATIONS.values():
                connection.execute(INSERT, {**about, "status": status, "handed": handed})
        connection.execute(INSERT, {**about, "status": "done", "handed": 1})


def payload_today(task: dict) -> dict:
    """What a task of the last version is about, as it is written now: a reminder names all keys at once."""
    if task["subscriber"] != "notifications.jobs.tell_key_expiring" or task["status"] == "done":
        return task["payload"]
    key = {name: value for name, value in task["payload"].items() if name != "enterprise_id"}
    return {"enterprise_id": task["payload"]["enterprise_id"], "keys": [key]}


def rows(engine: Engine) -> list[dict]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM task ORDER BY id")).mappings()]


def test_open_tasks_of_the_last_version_can_be_run_after_the_upgrade(config, engine):
    alembic.downgrade(config, "0009")
    fill(engine)
    before = rows(engine)

    alembic.upgrade(config, "head")

    after = rows(engine)
    types = {task_type.name: task_type for task_type in TASKS}
    assert len(after) == len(before) == len(TASKS_OF_0009) * len(SITUATIONS) + 1
    for old, new in zip(before, after, strict=True):
        expected = {
            **old,
            "owner_id": NOBODY,
            "bulk": False,
            "payload": payload_today(old),
            "subscriber": new["subscriber"],
        }
        assert new == expected, "only the name may change, and how a reminder names its keys"
        if new["status"] == "done":
            continue
        name = new["subscriber"]
        assert name in types, f"{old['subscriber']} is lost: add it to TASKS of migration 0010"
        types[name].check(new["payload"])
        assert types[name].queue == new["queue"]

    alembic.downgrade(config, "0009")
    assert rows(engine) == before


def test_the_new_names_are_names_of_no_other_old_task(config):
    """Else a rename would take what another one has just named."""
    renames = ScriptDirectory.from_config(config).get_revision("0010").module.TASKS
    assert len(set(renames.values())) == len(renames)
    assert set(renames) <= set(TASKS_OF_0009)
    assert set(renames.values()).isdisjoint(TASKS_OF_0009)
