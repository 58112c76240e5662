"""The queue and the database die, come back, come back empty, while listings are being published."""

import os
import shutil
import signal

import pytest
import redis

from marketplace import embedded
from tests.faults.running import supply


@pytest.mark.parametrize("wiped", [False, True], ids=["with its data", "empty"])
def test_valkey_killed_while_listings_are_published_comes_back(running_on, folder, wiped):
    data = folder / "data"
    with embedded.servers(data, postgres=False, report=lambda line: None) as valkey:
        running = running_on(embedded.addresses(data).redis_url)
        pid = redis.Redis.from_url(running.redis_url).info("server")["process_id"]
        running.open_demands()
        running.worker()
        running.scheduler()
        running.wait_until_done()
        for number, (generator, code) in enumerate(running.supplies()):
            if number == 4:
                os.kill(pid, signal.SIGKILL)
            if number == 8:
                if wiped:
                    shutil.rmtree(data / "valkey")
                assert valkey.restart_ended() == ["valkey"]
            running.restart_ended()
            running.post(generator, supply(code))
        running.wait_until_done()

    assert running.messages() == running.expected_of_recyclers()
