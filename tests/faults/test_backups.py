"""The embedded database, written to a file and put back, by the commands that `make` runs."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from marketplace import embedded
from tests.faults.running import place

pytestmark = pytest.mark.own_servers
ROOT = Path(__file__).resolve().parent.parent.parent


def supervisor(data: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return subprocess.run(
        [sys.executable, "-m", "marketplace.supervisor", *words],
        cwd=ROOT, env={**clean, "DATA_DIR": str(data), **env}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def execute(data: Path, statement: str) -> list[tuple[object, ...]]:
    url = embedded.addresses(data).owner_url.replace("+psycopg", "", 1).replace("+", "%20")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def made():
    """A data folder with a database of one row, whose servers do not run; tests work on copies of it."""
    with place() as folder:
        fill(folder / "data")
        yield folder / "data"


def fill(folder):
    with embedded.servers(folder, durable=False, report=lambda line: None):
        embedded.create_database(folder, embedded.DATABASE)
        execute(folder, "CREATE EXTENSION cube")
        execute(folder, "CREATE TABLE load (tonnes numeric CHECK (tonnes > 0))")
        execute(folder, "INSERT INTO load VALUES (1.5)")


@pytest.fixture(scope="module")
def backup(made):
    """A backup of that database, for tests that put it back elsewhere."""
    with place() as folder:
        done = supervisor(made, "backup", FILE=str(folder / "x.dump"))
        assert done.returncode == 0, done.stderr
        yield folder / "x.dump"


@pytest.fixture
def data(made, open_place):
    """A copy of that folder, with its owners and modes."""
    folder = open_place / "data of 环流"
    subprocess.run(["cp", "-a", made, folder], check=True)
    return folder


def test_a_backup_brings_back_what_was_there_and_keeps_what_it_replaced(data, open_place):
    file = open_place / "backup.dump"
    with embedded.servers(data, durable=False, report=lambda line: None):
        made = supervisor(data, "backup", FILE=str(file))
        execute(data, "INSERT INTO load VALUES (99)")
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    restored = supervisor(data, "restore", FILE=str(file))
    assert restored.returncode == 0, restored.stderr
    assert "kept as the database huanliu_before_restore" in restored.stderr
    with embedded.servers(data, durable=False, report=lambda line: None):
        assert execute(data, "SELECT tonnes::text FROM load") == [("1.5",)]
        with pytest.raises(psycopg.errors.CheckViolation):
            execute(data, "INSERT INTO load VALUES (-1)")
    again = supervisor(data, "restore", FILE=str(file))
    assert again.returncode == 0, again.stderr


def test_a_backup_is_made_while_nothing_runs_and_has_a_name_by_itself(data):
    made = supervisor(data, "backup")

    assert made.returncode == 0, made.stderr
    dump, files = sorted((data / "backups").iterdir())
    assert dump.name.startswith("huanliu-")
    assert files.name.startswith(dump.name)
    assert not embedded.is_running(data)


def test_a_backup_is_restored_into_an_empty_folder(backup, open_place):
    elsewhere = open_place / "another machine"

    assert supervisor(elsewhere, "restore", FILE=str(backup)).returncode == 0
    with embedded.servers(elsewhere, durable=False, report=lambda line: None):
        assert execute(elsewhere, "SELECT count(*) FROM load") == [(1,)]


def test_a_broken_backup_leaves_the_present_database_as_it_was(data, backup, open_place):
    file = open_place / "torn.dump"
    file.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])

    refused = supervisor(data, "restore", FILE=str(file))
    assert refused.returncode == 1
    assert "pg_restore failed" in refused.stderr
    with embedded.servers(data, durable=False, report=lambda line: None):
        assert execute(data, "SELECT count(*) FROM load") == [(1,)]


def test_what_cannot_be_done_is_said_in_one_line(data):
    for word, env, said in (
        ("restore", {}, "which backup?"),
        ("restore", {"FILE": "/nowhere/x.dump"}, "there is no file"),
        ("backup", {"DATABASE_URL": "postgresql://elsewhere/db"}, "use pg_dump"),
        ("restore", {"DATABASE_URL": "postgresql://elsewhere/db"}, "use pg_restore"),
        ("backup", {"FILE": __file__}, "exists already"),
    ):
        refused = supervisor(data, word, **env)

        assert (refused.returncode, said in refused.stderr) == (1, True), (word, env, refused.stderr)
        assert "Traceback" not in refused.stderr


def test_nothing_is_restored_under_a_running_service(data, backup):
    with embedded.servers(data, durable=False, report=lambda line: None):
        refused = supervisor(data, "restore", FILE=str(backup))

    assert refused.returncode == 1
    assert "make stop" in refused.stderr
