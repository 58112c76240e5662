"""The embedded database in one file, and back: by pg_dump and pg_restore of the same wheel."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .address import DATABASE, OWNER, PORT, SUPERUSER, run_dir
from .databases import create_database, drop_database, replace_database
from .errors import EmbeddedError
from .ownership import lock_holder
from .place import place_of
from .server import Servers, servers, wheel_pg_bin

RESTORING = f"{DATABASE}_restoring"
REPLACED = f"{DATABASE}_before_restore"


def back_up(data_dir: Path, file: Path, pg_bin: Path | None = None) -> int:
    """Write the whole database to `file`, whether the service runs or not. Returns its size in bytes.

    What is written is one moment's state; nobody waits for it. The file has mode 0600: it holds everything.

    Raises:
        EmbeddedError: there is no database in this folder, `file` exists, or pg_dump failed.
    """
    if not (place_of(data_dir) / "pg").exists():
        raise EmbeddedError(f"there is no database in {data_dir}")
    if file.exists():
        raise EmbeddedError(f"{file} exists already: choose another FILE")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    with _running_postgres(data_dir, pg_bin):
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _run(data_dir, pg_bin, "pg_dump", "--format=custom", f"--file={part}", DATABASE)
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    return file.stat().st_size


def restore(data_dir: Path, file: Path, pg_bin: Path | None = None) -> bool:
    """Put the database of `file` in place of the present one, which is kept as `huanliu_before_restore`.

    Until the last step the present one is untouched. Valkey is emptied: its jobs name tasks of the
    database that was replaced, and the scheduler dispatches all that are due again.

    Returns:
        whether a database was replaced.
    Raises:
        EmbeddedError: the service runs, there is no such file, or pg_restore refuses it.
    """
    if not file.is_file():
        raise EmbeddedError(f"there is no file {file}")
    if lock_holder(data_dir) is not None:
        raise EmbeddedError(f"something is running in {data_dir}: run `make stop` first")
    with _running_postgres(data_dir, pg_bin):
        drop_database(data_dir, RESTORING)
        create_database(data_dir, RESTORING)
        try:
            options = (
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                f"--role={OWNER}",
                f"--dbname={RESTORING}",
            )
            _run(data_dir, pg_bin, "pg_restore", *options, str(file))
        except EmbeddedError:
            drop_database(data_dir, RESTORING)
            raise
        replaced = replace_database(data_dir, DATABASE, by=RESTORING, keep_as=REPLACED)
    shutil.rmtree(place_of(data_dir) / "valkey", ignore_errors=True)
    return replaced


@contextlib.contextmanager
def _running_postgres(data_dir: Path, pg_bin: Path | None) -> Iterator[Servers | None]:
    """PostgreSQL of this folder for the length of a block; the one that runs already, if it does."""
    if lock_holder(data_dir) is not None:
        yield None
        return
    with servers(data_dir, valkey=False, pg_bin=pg_bin) as started:
        yield started


def _run(data_dir: Path, pg_bin: Path | None, program: str, *args: str) -> None:
    """Run a program of PostgreSQL on the folder's server. Raises: EmbeddedError, with what it said."""
    place = {"PGHOST": str(run_dir(data_dir)), "PGPORT": str(PORT), "PGUSER": SUPERUSER}
    ended = subprocess.run(
        [str((pg_bin or wheel_pg_bin()) / program), *args],
        env={"PATH": os.defpath, "LC_ALL": "C", **place},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise EmbeddedError(f"{program} failed:\n{ended.stderr.strip()}")
