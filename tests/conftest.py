"""Servers for the tests: started once by the controller, a database and a Valkey number per worker."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from marketplace import embedded

if TYPE_CHECKING:
    from flask import Flask

    from tests.marketplace import Marketplace

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "tpl"
_numbers = count()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers and make the template in the controller; take a copy of it in every process."""
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    if worker == "main":
        data = Path(tempfile.mkdtemp(prefix="huanliu-test-", dir="/tmp"))
        config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
        servers = embedded.Servers(data, durable=False, say=lambda line: None)
        servers.start()
        config.add_cleanup(servers.stop)
        os.environ["HUANLIU_TEST_DATA"] = str(data)
        _make_template(data)
    _take_copy(worker)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Data folder of the servers."""
    return Path(os.environ["HUANLIU_TEST_DATA"])


@pytest.fixture(scope="session")
def database_url(data_dir: Path) -> str:
    """This process's own migrated database."""
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def redis_url(data_dir: Path) -> str:
    """This process's own Valkey number."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def fresh_database(data_dir: Path, database_url: str) -> Iterator[str]:
    """Address of a new copy of the template, dropped afterwards."""
    name = f"{database_url.partition('?')[0].rpartition('/')[2]}_{next(_numbers)}"
    embedded.create_database(data_dir, name, TEMPLATE)
    yield embedded.addresses(data_dir, name).database_url
    embedded.drop_database(data_dir, name)


def _make_template(data: Path) -> None:
    embedded.create_database(data, TEMPLATE)
    here = embedded.addresses(data, TEMPLATE)
    env = {**os.environ, "DATABASE_URL": here.database_url, "REDIS_URL": here.redis_url}
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        args = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
        done = subprocess.run(args, cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            pytest.exit(f"flask {' '.join(command)} failed:\n{done.stdout}{done.stderr}", returncode=3)
    embedded.seal_template(data, TEMPLATE)


def _take_copy(worker: str) -> None:
    """Point this process at its own database and Valkey number; `main` has 0, `gw0` has 1."""
    data = Path(os.environ["HUANLIU_TEST_DATA"])
    name = f"t_{worker}"
    embedded.create_database(data, name, TEMPLATE)
    here = embedded.addresses(data, name, redis_db=0 if worker == "main" else int(worker[2:]) + 1)
    os.environ["DATABASE_URL"] = here.database_url
    os.environ["REDIS_URL"] = here.redis_url


@pytest.fixture(scope="session")
def app(database_url: str, redis_url: str) -> "Flask":
    """The application on this process's own database and Valkey number."""
    from marketplace import create_app
    from marketplace.settings import Settings

    return create_app(
        replace(
            Settings.from_environment(),
            rate_limit_key="1000000 per minute",
            rate_limit_registration="1000000 per minute",
        )
    )


@pytest.fixture
def marketplace(app: "Flask") -> Iterator["Marketplace"]:
    """The marketplace as its users meet it, empty of enterprises at the start; time stands at NOON."""
    from tests.marketplace import Marketplace

    with Marketplace(app) as fresh:
        yield fresh
