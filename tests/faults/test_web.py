"""gunicorn's workers and PostgreSQL die under clients that retry with their Idempotency-Key."""

import os
import signal
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import make_url

from marketplace import embedded
from marketplace.embedded.address import PORT, SUPERUSER
from marketplace.embedded.server import wheel_pg_bin
from tests.faults.killable import REQUEST_POINTS
from tests.faults.running import CODES, Web, supply, until


def test_a_request_whose_gunicorn_worker_is_killed_can_be_retried_and_is_done_once(running):
    env = {**running.env, "KILL_FOLDER": str(running.folder)}
    owner = running.generators[0]
    with Web(env, "tests/faults/gunicorn_killable.py", running.folder / "web.log") as web:
        for key in REQUEST_POINTS:
            body = supply(CODES[0], title=key)
            assert web.post(owner, body, key) == (None, None)
            status, first = web.post(owner, body, key)
            assert status == 201
            assert web.post(owner, body, key) == (201, first)

    titles = running.ask("SELECT title, count(*) FROM listing GROUP BY title")
    assert dict(titles) == dict.fromkeys(REQUEST_POINTS, 1)


def test_postgres_restarted_under_a_load_of_publishing_loses_and_doubles_nothing(
    settled, data_dir, folder, tmp_path
):
    data = folder / "data"
    with embedded.servers(data, valkey=False, report=lambda line: None) as postgres:
        embedded.create_database(data, embedded.DATABASE)
        bring(make_url(settled.database_url).database, data_dir, data)
        running = settled.copy(embedded.addresses(data).database_url, settled.redis_url, tmp_path)
        try:
            running.open_demands()
            running.worker()
            running.scheduler()
            running.wait_until_done()
            with Web(running.env, "deploy/gunicorn.py", tmp_path / "web.log") as web:
                seen = publish_while(running, web, lambda: restart(postgres, data))
            running.reconnect()
            running.wait_until_done()

            titles = dict(
                running.ask("SELECT title, count(*) FROM listing WHERE kind = 'supply' GROUP BY title")
            )
            assert titles == dict.fromkeys((f"废酸 {number}" for number in range(TIMES)), 12)
            assert running.messages() == running.expected_of_recyclers()
            assert seen[503] + seen[None] > 0, "nobody noticed"
        finally:
            running.close()


def bring(name, data_dir, data):
    """Copy a database of one server into that of another."""
    dumped = run_by(data_dir, "pg_dump", "--format=custom", "--no-owner", name).stdout
    run_by(
        data, "pg_restore", "--exit-on-error", "--no-owner", f"--role={embedded.OWNER}",
        f"--dbname={embedded.DATABASE}", given=dumped,
    )  # fmt: skip


def run_by(data, program, *args, given=None):
    """Run a program of PostgreSQL on the server of a folder, as its superuser."""
    place = {"PGHOST": str(embedded.run_dir(data)), "PGPORT": str(PORT), "PGUSER": SUPERUSER}
    return subprocess.run(
        [wheel_pg_bin() / program, *args], env={"LC_ALL": "C", **place}, input=given, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip


TIMES = 2
"""How often each generator offers each code."""


def publish_while(running, web, fault):
    """Publish from three clients at once, `fault` twice meanwhile; what their answers were."""
    offers = [
        (owner, supply(code, title=f"废酸 {number}"), f"{owner.id} {code} {number}")
        for number in range(TIMES)
        for owner, code in running.supplies()
    ]
    with ThreadPoolExecutor(3) as clients:
        answers = [clients.submit(web.insist, *offer) for offer in offers]
        for part in (1, 2):
            until(
                lambda part=part: sum(answer.done() for answer in answers) > part * len(answers) / 3,
                "under load",
            )
            fault()
        return sum((answer.result() for answer in answers), Counter())


def restart(postgres, data):
    """An immediate shutdown, which leaves all to recovery, and the start that the supervisor would do."""
    os.kill(int((data / "pg/postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    until(lambda: postgres.restart_ended() == ["postgres"], "PostgreSQL started again")
