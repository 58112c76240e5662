"""Everything runs until a signal stops it, or until it is told to stop from elsewhere."""

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from .. import embedded
from ..settings import DEMO_LOGINS
from .options import ServeOptions, own_keys
from .reporting import SupervisorError, print_progress
from .stack import processes


def serve(env: Mapping[str, str]) -> None:
    """Run everything until a signal stops it.

    Raises:
        Stopped: a signal arrived; everything has been stopped.
        SupervisorError, EmbeddedError: something does not start.
    """
    options = ServeOptions.from_environment(env)
    with contextlib.ExitStack() as resources:
        servers = _needed_servers(options)
        if servers:
            resources.callback(servers.stop)
            began = time.monotonic()
            servers.start()
            seconds = time.monotonic() - began
            print_progress(f"{' and '.join(servers.names)} started in {options.data_dir} ({seconds:.1f} s)")
        if not options.database_url and embedded.create_database(options.data_dir, embedded.DATABASE):
            print_progress(f"database {embedded.DATABASE} created")
        child_env = {**env, **_addresses(options, env)}
        running = resources.enter_context(
            processes(
                child_env, demo=options.demo, host=options.host, port=options.port, log_dir=options.log_dir
            )
        )
        print_progress(f"ready: {running.base_url}  docs: {running.base_url}/docs  (Ctrl-C stops)")
        if options.demo:
            _print_logins(options.data_dir / DEMO_LOGINS, f"{running.base_url}/login")
        while True:
            _restart_ended_servers(servers)
            running.restart_ended()
            time.sleep(0.2)


def _print_logins(file: Path, address: str) -> None:
    """Name the persons of the demo, if it was seeded here."""
    if not file.exists():
        print_progress(
            f"no log-ins in {file}: it is written once, when the city is; an empty DATA_DIR has another"
        )
        return
    print_progress(f"log in at {address} (from {file}):")
    for line in file.read_text().splitlines():
        print_progress(f"  {line}")


def stop(env: Mapping[str, str]) -> None:
    """Stop the program that serves this DATA_DIR, and wait until it has.

    Raises:
        SupervisorError: it still runs after half a minute.
    """
    data_dir = ServeOptions.from_environment(env).data_dir
    holder = embedded.lock_holder(data_dir)
    if holder is None:
        print_progress(f"nothing is running in {data_dir}")
        return
    try:
        os.kill(holder, signal.SIGTERM)
    except ProcessLookupError:
        embedded.stop_orphans(data_dir)
    deadline = time.monotonic() + 30
    while embedded.lock_holder(data_dir) is not None:
        if time.monotonic() > deadline:
            raise SupervisorError(f"process {holder} is still running the servers in {data_dir}")
        time.sleep(0.1)
    print_progress(f"stopped everything that was running in {data_dir}")


def _needed_servers(options: ServeOptions) -> embedded.Servers | None:
    if options.database_url and options.redis_url:
        return None
    return embedded.Servers(
        options.data_dir,
        postgres=not options.database_url,
        valkey=not options.redis_url,
        pg_bin=options.pg_bin,
        report=print_progress,
    )


def _addresses(options: ServeOptions, env: Mapping[str, str]) -> dict[str, str]:
    """Where the processes connect: to the embedded servers, but for those that the environment names."""
    given = {"DATA_DIR": str(options.data_dir)}
    if options.database_url:
        given |= {"DATABASE_URL": options.database_url, "DATABASE_OWNER_URL": options.database_owner_url}
    here = embedded.addresses(options.data_dir).environment
    if options.redis_url:
        here = {name: url for name, url in here.items() if not name.endswith("REDIS_URL")}
    return {**here, **given, **own_keys(options.data_dir, env)}


def _restart_ended_servers(servers: embedded.Servers | None) -> None:
    try:
        for name in servers.restart_ended() if servers else ():
            print_progress(f"{name} had stopped and was restarted")
    except embedded.EmbeddedError as error:
        print_progress(f"{error}; trying again")
        time.sleep(1)
