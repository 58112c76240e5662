"""`kill -9` of a worker in the midst of a delivery: it is sent once more by the same id, and none is lost."""

from dataclasses import replace

import pytest

from tests.effort import some
from tests.faults.running import CODES, supply, until
from tests.webhooks.receiver import receiving

POINTS = (
    ("webhook sent, not recorded", 2),
    ("webhook recorded, task not marked", 1),
    ("webhook claimed, not sent", 1),
)
"""Where the worker dies, and how often the event arrives in all."""
KEYS = f"a:{'0f' * 32}"
DELIVERIES = "SELECT status, tries FROM webhook_delivery"


@pytest.mark.parametrize(("point", "times"), some(POINTS, 2))
def test_a_worker_killed_in_the_midst_of_a_delivery_loses_none(running, monkeypatch, point, times):
    settings = running.app.config["SETTINGS"]
    settings = replace(settings, secret_keys=KEYS, webhooks_to_loopback=True)
    monkeypatch.setitem(running.app.config, "SETTINGS", settings)
    running.more = {"SECRET_KEYS": KEYS, "WEBHOOKS_TO_LOOPBACK": "true"}
    generator = running.generators[0]
    with receiving() as receiver:
        about = {"url": receiver.url, "kinds": ["listing"]}
        assert generator.post("/webhook-endpoints", about).status_code == 201
        running.post(generator, supply(CODES[0]))
        running.scheduler()
        running.worker("webhooks", point=point, whom="itself")
        until(running.mark.exists, f"killed at: {point}")

        until(
            lambda: running.restart_ended() and running.ask(DELIVERIES)[0][0] == "delivered", "its delivery"
        )
        until(lambda: running.restart_ended() and not running.open_tasks("webhooks"), "the mark of its task")

    assert (len(receiver.ids), len(set(receiver.ids))) == (times, 1)
