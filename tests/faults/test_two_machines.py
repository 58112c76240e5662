"""Two machines, each with folders, web, worker and scheduler of its own, on one database and one Valkey."""

import os
import signal
from contextlib import ExitStack

from tests.effort import EFFORT
from tests.faults import killable
from tests.faults.running import RunningMarketplace, Web, supply, until


class Machine:
    """What would run on a machine of its own; nothing of it is shared but the servers' addresses."""

    def __init__(self, running: RunningMarketplace, name: str) -> None:
        self.running, self.folder = running, running.folder / name
        self.folder.mkdir()
        self.env = {**running.env, "DATA_DIR": str(self.folder)}
        self.web = Web(self.env, "deploy/gunicorn.py", self.folder / "web.log")
        self.start()

    def start(self) -> None:
        self.web.master.start()
        self.programs = [
            self.running.run(killable.run_worker, "matching", self.env, self.folder / "worker.log"),
            self.running.run(killable.run_scheduler, self.env, self.folder / "scheduler.log"),
        ]

    def await_ready(self) -> None:
        until(lambda: all(self.web.ready() for _ in range(8)), "every web worker holds its index")

    def lose_power(self) -> None:
        """kill -9 of everything at once."""
        os.killpg(self.web.master.pid, signal.SIGKILL)
        for program in self.programs:
            program.kill()
            self.running.programs.remove(program)
        self.web.master.wait_until_ended(0)

    def matches(self, owner, listing_id) -> list[str]:
        """Listings on its first page, best first."""
        path = f"/api/v1/listings/{listing_id}/matches"
        status, page = self.web.answer("GET", path, **owner.headers)
        assert status == 200, page
        return [item["listing"]["id"] for item in page["items"]]

    def post(self, owner, code) -> str:
        status, listing = self.web.post(owner, supply(code), f"{owner.id} {code}")
        assert status == 201, listing
        return listing["id"]


def test_two_machines_answer_alike_and_either_may_die(running):
    """The one that died comes back, and the other dies in its turn, in `make faults`."""
    running.open_demands()
    offers = list(running.supplies())
    with ExitStack() as at_the_end:
        here, there = (Machine(running, name) for name in ("here", "there"))
        for machine in (here, there):
            at_the_end.callback(machine.web.master.wait_until_ended, 0)
            machine.await_ready()
        running.wait_until_done()  # else the demands may be planned when supplies are there, and told to them

        for owner, code in offers[:4]:
            here, there = there, here
            assert_both_know_at_once(here, there, owner, here.post(owner, code))

        for owner, code in offers[4:8]:
            here.post(owner, code)
        here.lose_power()
        before = there.post(*offers[8])
        running.wait_until_done()
        assert running.messages().keys() <= running.expected_of_recyclers().keys()

        left = there
        if EFFORT >= 1:
            here.start()
            here.await_ready()
            assert_both_know_at_once(there, here, offers[8][0], before)
            there.lose_power()
            left = here
        for owner, code in offers[9:]:
            left.post(owner, code)
        running.wait_until_done()

    assert running.messages() == running.expected_of_recyclers()


def assert_both_know_at_once(posted_at, elsewhere, owner, listing_id):
    """The other machine ranks a listing as soon as it is posted, and both give the same page."""
    ranked = elsewhere.matches(owner, listing_id)
    assert len(ranked) == len(posted_at.running.recyclers)
    assert posted_at.matches(owner, listing_id) == ranked
