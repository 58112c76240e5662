"""Fixtures of all tests; the servers start only when a selected test needs them.

The process that runs pytest owns the servers: one PostgreSQL, one Valkey, a migrated and seeded template
database. Each process that runs tests (one, or a worker of xdist each) takes its own copy of the template and
its own Valkey number at its first test that needs them.
"""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketplace import embedded
from tests.effort import EFFORT, set_profile

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from flask import Flask

    from tests.marketplace import Kept, Marketplace
    from tests.restored import Restored

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "tpl"
NEEDED = "servers-needed"
"""File in the data folder by which a worker of xdist says that its tests need the servers."""
STARTED = pytest.StashKey[float]()
"""Seconds that the servers took to start."""
NO_CHROMIUM = "no Chromium"
"""Begins the reason of each test that is left out for want of one: the summary counts them."""
LONGEST_ID, LONGEST_NAME = 100, 1000
"""Characters of a value in the name of a test and of a name: it goes to and from the workers many times."""
GARBAGE = (50_000, 20, 20)
"""Thresholds of the collector, which with Python's own would take a twentieth of what the tests cost."""
_numbers = count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-servers", action="store_true", help="run only the tests that need no servers")


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder of the servers, for this process and the workers that it starts."""
    config.addinivalue_line("markers", "own_servers: starts PostgreSQL, Valkey or the application by itself")
    config.addinivalue_line("markers", "slow: takes seconds of computing; `make check` leaves it out")
    gc.set_threshold(*GARBAGE)
    set_profile()
    if _is_main(config):
        data = Path(tempfile.mkdtemp(prefix="huanliu-test-", dir="/tmp"))
        config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
        os.environ["HUANLIU_TEST_DATA"] = str(data)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse long names; leave out what needs servers if asked to; begin with what needs one of everything.

    These are then in the hands of one worker, which makes it for all of them; others steal from the end.
    """
    for item in items:
        if len(item.nodeid) > LONGEST_NAME:
            raise pytest.UsageError(f"{item.nodeid[:150]}... is named by {len(item.nodeid)} characters")
    items.sort(key=lambda item: "everything" not in getattr(item, "fixturenames", ()))
    if config.option.no_servers:
        left_out = [
            item for item in items if _needs_shared_servers(item) or item.get_closest_marker("own_servers")
        ]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test by the beginning of a long value."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_ID:
        return f"{len(val)} of {val[:20]!a}"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers when a selected test needs them; a worker of xdist asks the main process to."""
    config = session.config
    if config.option.collectonly or not any(map(_needs_shared_servers, session.items)):
        return
    if _is_main(config):
        _start_servers(config)
    else:
        (_data() / NEEDED).touch()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object) -> None:
    """In the main process, before any worker runs a test: start the servers when one has asked."""
    config = node.config  # type: ignore[attr-defined]
    if (_data() / NEEDED).exists() and STARTED not in config.stash:
        _start_servers(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if STARTED in config.stash:
        terminalreporter.write_line(f"servers started in {config.stash[STARTED]:.1f} s")
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    left_out = [reason for reason in reasons if NO_CHROMIUM in reason]
    if left_out:
        why = left_out[0].partition(NO_CHROMIUM)[2].rstrip("')")
        words = f"NOT TESTED: {len(left_out)} tests in a real browser did not run{why}"
        terminalreporter.write_line(words, red=True, bold=True)


def _is_main(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _needs_shared_servers(item: pytest.Item) -> bool:
    return "data_dir" in getattr(item, "fixturenames", ())


def _data() -> Path:
    return Path(os.environ["HUANLIU_TEST_DATA"])


def _start_servers(config: pytest.Config) -> None:
    """Start PostgreSQL and Valkey, make the template; they stop with this process."""
    began = time.monotonic()
    servers = embedded.Servers(_data(), durable=False, report=lambda line: None)
    servers.start()
    config.add_cleanup(servers.stop)
    _make_template(_data())
    config.stash[STARTED] = time.monotonic() - began


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Data folder of the servers; asking for it is what makes them start."""
    return _data()


@pytest.fixture(scope="session")
def addresses(data_dir: Path, request: pytest.FixtureRequest) -> embedded.Addresses:
    """This process's own migrated database and Valkey number: `main` has 0, `gw0` has 1."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"t_{worker}"
    embedded.create_database(data_dir, name, TEMPLATE)
    own = embedded.addresses(data_dir, name, redis_db=0 if worker == "main" else int(worker[2:]) + 1)
    os.environ.update(own.environment)
    return own


@pytest.fixture(scope="session")
def database_url(addresses: embedded.Addresses) -> str:
    """This process's own migrated database."""
    return addresses.database_url


@pytest.fixture(scope="session")
def redis_url(addresses: embedded.Addresses) -> str:
    """This process's own Valkey number."""
    return addresses.redis_url


@pytest.fixture
def fresh_database(data_dir: Path, database_url: str) -> Iterator[str]:
    """Address of a new copy of the template, as the owner of its tables; dropped afterwards."""
    name = f"{database_url.partition('?')[0].rpartition('/')[2]}_{next(_numbers)}"
    embedded.create_database(data_dir, name, TEMPLATE)
    yield embedded.addresses(data_dir, name).owner_url
    embedded.drop_database(data_dir, name)


def _make_template(data: Path) -> None:
    embedded.create_database(data, TEMPLATE)
    env = {**os.environ, **embedded.addresses(data, TEMPLATE).environment}
    args = [sys.executable, "-m", "tests.template"]
    done = subprocess.run(args, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        pytest.exit(f"no template was made:\n{done.stdout}{done.stderr}", returncode=3)
    embedded.seal_template(data, TEMPLATE)


@pytest.fixture(scope="session")
def readers() -> Iterator[None]:
    """Files are read by forks, except at full effort."""
    from marketplace.sandbox import running
    from tests.readers import ForkedReaders

    if EFFORT >= 1:
        yield
        return
    forked = ForkedReaders()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "subprocess", forked)
        yield
    forked.close()


@pytest.fixture
def own_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is read by a process started for it, as in service."""
    monkeypatch.setattr("marketplace.sandbox.running.subprocess", subprocess)


@pytest.fixture(scope="session")
def quick_passwords() -> "Iterator[PasswordHasher]":
    """Passwords are kept by a hundredth of the work, except at full effort and in processes of their own.

    Returns:
        what keeps them in service (tests/persons/test_passwords.py).
    """
    from argon2 import PasswordHasher

    from marketplace.persons.service.login import logging_in, passwords

    in_service = passwords.HASHER
    with pytest.MonkeyPatch.context() as patch:
        if EFFORT < 1:
            for module in (passwords, logging_in):
                patch.setattr(module, "HASHER", PasswordHasher(memory_cost=64, time_cost=1, parallelism=1))
        yield in_service


@pytest.fixture(scope="session")
def app(
    database_url: str, redis_url: str, data_dir: Path, readers: None, quick_passwords: "PasswordHasher"
) -> "Flask":
    """The application on this process's own database and Valkey number, with its rights in service."""
    from marketplace import create_app
    from marketplace.settings import Settings

    made = create_app(
        replace(
            Settings.from_environment(),
            files_dir=str(data_dir / f"files-{os.getpid()}"),
            rate_limit_key="1000000 per minute",
            rate_limit_publish="1000000 per minute",
            rate_limit_idempotency="1000000 per minute",
            rate_limit_registration="1000000 per minute",
            rate_limit_public="1000000 per minute",
        )
    )
    gc.collect()
    gc.freeze()  # as deploy/gunicorn.py does
    return made


@pytest.fixture
def configure(app: "Flask", monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes settings of the application for one test: `configure(quota_drafts=2)`."""

    def change(**settings: Any) -> None:
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **settings))

    return change


@pytest.fixture
def marketplace(app: "Flask") -> Iterator["Marketplace"]:
    """The marketplace as its users meet it, empty of enterprises at the start; it is NOON."""
    from tests.marketplace import Marketplace

    with Marketplace(app) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def everything(app: "Flask") -> "Restored":
    """One of everything, as it was made, whatever earlier tests did to it: `with everything() as samples`."""
    from tests.restored import Restored

    return Restored(app)


@pytest.fixture
def samples(everything: "Restored") -> Iterator[Any]:
    """One of everything that an id can name (tests/cases.py)."""
    with everything() as found:
        yield found


@pytest.fixture(scope="module")
def kept(app: "Flask") -> "Kept":
    """Keeps a world for those tests of a module that only read it: `with kept(make) as world`."""
    from tests.marketplace import Kept

    return Kept(app)
