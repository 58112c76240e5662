"""A running marketplace with its enterprises, made once, and a copy of it for each test."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from marketplace import embedded
from tests.faults.running import RunningMarketplace, place

VALKEY_NUMBERS_AFTER = 32


@pytest.fixture(scope="session")
def settled(data_dir: Path, addresses: embedded.Addresses) -> Iterator[RunningMarketplace]:
    """The marketplace that all others are copied from; nobody stays connected to it."""
    own = addresses.database_url.partition("?")[0].rpartition("/")[2]
    number = int(addresses.redis_url.rpartition("=")[2]) + VALKEY_NUMBERS_AFTER
    name = f"{own}_settled"
    embedded.create_database(data_dir, name, "tpl")
    here = embedded.addresses(data_dir, name, number)
    with tempfile.TemporaryDirectory() as folder:
        running = RunningMarketplace(here.database_url, here.redis_url, Path(folder))
        running.settle()
        running.close()
        yield running
    embedded.drop_database(data_dir, name)


@pytest.fixture
def running_on(
    settled: RunningMarketplace, data_dir: Path, tmp_path: Path
) -> Iterator[Callable[[str], RunningMarketplace]]:
    """A marketplace with a database to itself, on the Valkey at a given address; nothing runs yet."""
    original = settled.database_url.partition("?")[0].rpartition("/")[2]
    name = f"{original}_copy"
    embedded.create_database(data_dir, name, original)
    with ExitStack() as held:
        held.callback(embedded.drop_database, data_dir, name)

        def make(redis_url: str) -> RunningMarketplace:
            running = settled.copy(embedded.addresses(data_dir, name).database_url, redis_url, tmp_path)
            held.callback(running.close)
            return running

        yield make


@pytest.fixture
def running(
    running_on: Callable[[str], RunningMarketplace], settled: RunningMarketplace
) -> RunningMarketplace:
    """A marketplace with a database and a Valkey number to itself; nothing runs yet."""
    return running_on(settled.redis_url)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers of the test's own."""
    with place() as made:
        yield made


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder other users may pass through; pytest's own is closed to them at every start."""
    folder = Path(tempfile.mkdtemp(prefix="huanliu-place-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
