"""The embedded servers, killed, blocked and put in odd places."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import redis

from marketplace import embedded
from tests.processes import children, gone

pytestmark = pytest.mark.own_servers
ROOT = Path(__file__).resolve().parent.parent.parent
STARTER = """
import sys, time
from pathlib import Path
from marketplace import embedded
with embedded.servers(Path(sys.argv[1]), report=lambda line: None):
    print("started", flush=True)
    time.sleep(60)
"""


def start(data: Path, **options: object) -> embedded.Servers:
    both = embedded.Servers(data, report=lambda line: None, **options)  # type: ignore[arg-type]
    both.start()
    return both


def answer(data: Path) -> tuple[int, bool]:
    here = embedded.addresses(data, "postgres")
    with psycopg.connect(here.database_url.replace("+psycopg", "", 1).replace("+", "%20")) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row
    return row[0], bool(redis.Redis.from_url(here.redis_url).ping())


def starter(data: Path) -> subprocess.Popen[str]:
    args = [sys.executable, "-c", STARTER, str(data)]
    return subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def servers_of(pid: int) -> list[psutil.Process]:
    return children(psutil.Process(pid), recursive=True)


def wait_until(true: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_servers_start_in_a_folder_with_a_space_and_chinese_in_its_name(open_place):
    data = open_place / "data of 环流"

    with embedded.servers(data, durable=False, report=lambda line: None):
        assert answer(data) == (1, True)
        assert embedded.is_running(data)

    assert not embedded.is_running(data)


def test_an_rq_worker_can_name_itself_whatever_the_folder(open_place):
    data = open_place / "a b=c\u3000d"

    with embedded.servers(data, durable=False, postgres=False, report=lambda line: None):
        assert redis.Redis.from_url(embedded.addresses(data).redis_url).client_info()["addr"]


def test_a_path_too_long_for_a_socket_works(open_place):
    data = open_place / ("long" * 30)

    with embedded.servers(data, durable=False, report=lambda line: None) as both:
        assert answer(data) == (1, True)
        assert both.run.stat().st_mode & 0o777 == 0o700

    assert not both.run.exists()


def test_a_second_start_on_the_same_folder_is_refused_with_who_holds_it(open_place):
    with embedded.servers(open_place / "data", durable=False, report=lambda line: None):
        with pytest.raises(embedded.AlreadyRunning, match=f"process {os.getpid()}"):
            start(open_place / "data")
        assert answer(open_place / "data") == (1, True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_killing_the_starter_leaves_no_server(open_place):
    process = starter(open_place / "data")
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    left = servers_of(process.pid)
    assert len(left) > 2

    process.kill()
    process.wait()

    assert wait_until(lambda: all(gone(server) for server in left))
    with embedded.servers(open_place / "data", durable=False, report=lambda line: None):
        assert answer(open_place / "data") == (1, True)


def test_a_stale_pid_file_with_a_living_strangers_number_does_not_stop_the_start(open_place):
    data = open_place / "data"
    with embedded.servers(data, durable=False, report=lambda line: None):
        stale = (data / "pg/postmaster.pid").read_text().splitlines()
    owner = (data / "pg").stat()
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.getuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "30"], **account)  # type: ignore[call-overload]
    try:
        (data / "pg/postmaster.pid").write_text("\n".join([str(stranger.pid), *stale[1:]]) + "\n")

        with embedded.servers(data, durable=False, report=lambda line: None):
            assert answer(data) == (1, True)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_killed_initdb_does_not_stop_the_next_start(open_place):
    data = open_place / "data"
    process = starter(data)
    assert wait_until(lambda: (data / "pg.new/PG_VERSION").exists())
    process.kill()
    process.wait()
    assert not (data / "pg").exists()

    with embedded.servers(data, durable=False, report=lambda line: None):
        assert answer(data) == (1, True)


def test_valkey_keeps_what_it_acknowledged_through_a_kill(open_place):
    data = open_place / "data"
    with embedded.servers(data, postgres=False, report=lambda line: None) as both:
        client = redis.Redis.from_url(embedded.addresses(data).redis_url)
        acknowledged = sum(client.incr("written") > 0 for _ in range(2000))
        client.connection_pool.disconnect()
        holder = client.info("server")["process_id"]
        os.kill(holder, signal.SIGKILL)
        assert wait_until(lambda: both.restart_ended() == ["valkey"])

        assert int(client.get("written")) == acknowledged


def test_postgres_killed_in_service_is_started_again(open_place):
    data = open_place / "data"
    with embedded.servers(data, valkey=False, report=lambda line: None) as both:
        embedded.create_database(data, "kept")
        os.kill(int((data / "pg/postmaster.pid").read_text().split()[0]), signal.SIGKILL)

        assert wait_until(lambda: both.restart_ended() == ["postgres"])
        assert not embedded.create_database(data, "kept")
