"""A settled town, made once, and a copy of it for each test."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from marketplace import embedded
from tests.faults.town import Town, place

VALKEY_NUMBERS_AFTER = 32


@pytest.fixture(scope="session")
def settled(data_dir: Path) -> Iterator[Town]:
    """The town all others are copied from; nobody stays connected to it."""
    own = os.environ["DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    number = int(os.environ["REDIS_URL"].rpartition("=")[2]) + VALKEY_NUMBERS_AFTER
    name = f"{own}_town"
    embedded.create_database(data_dir, name, "tpl")
    here = embedded.addresses(data_dir, name, number)
    with tempfile.TemporaryDirectory() as folder:
        town = Town(here.database_url, here.redis_url, Path(folder))
        town.settle()
        town.close()
        yield town
    embedded.drop_database(data_dir, name)


@pytest.fixture
def town_on(settled: Town, data_dir: Path, tmp_path: Path) -> Iterator[Callable[[str], Town]]:
    """A town with a database to itself, on the Valkey at a given address; nothing runs yet."""
    original = settled.database_url.partition("?")[0].rpartition("/")[2]
    name = f"{original}_copy"
    embedded.create_database(data_dir, name, original)
    with ExitStack() as held:
        held.callback(embedded.drop_database, data_dir, name)

        def make(redis_url: str) -> Town:
            town = settled.copy(embedded.addresses(data_dir, name).database_url, redis_url, tmp_path)
            held.callback(town.close)
            return town

        yield make


@pytest.fixture
def town(town_on: Callable[[str], Town], settled: Town) -> Town:
    """A town with a database and a Valkey number to itself; nothing runs yet."""
    return town_on(settled.redis_url)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers of the test's own."""
    with place() as made:
        yield made
