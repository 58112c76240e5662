"""The embedded database and the files kept beside it, written away and put back."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .. import embedded
from ..settings import Settings
from .options import ServeOptions, folder
from .reporting import SupervisorError, print_progress


def back_up(env: Mapping[str, str]) -> None:
    """Write the embedded database to FILE, by default a new one named by the time in DATA_DIR/backups.

    The files kept on the disk go into an archive of the same name that ends in .files.tar.

    Raises:
        SupervisorError: the database is not the embedded one.
        EmbeddedError: it cannot be written.
    """
    from .. import uploaded_files  # here and below: who serves has no use for it

    options = ServeOptions.from_environment(env)
    _require_embedded(options, "pg_dump")
    name = f"huanliu-{time.strftime('%Y%m%d-%H%M%S')}.dump"
    file = folder(env, "FILE") or options.data_dir / "backups" / name
    size = embedded.back_up(options.data_dir, file, options.pg_bin)
    print_progress(f"backed up to {file} ({size / 1e6:.1f} MB)")
    # after the database: a row is committed once its file is on the disk, so none of a row can be missing
    kept = uploaded_files.write_archive(_files_folder(options, env), _archive_beside(file))
    print_progress(f"backed up {kept} files to {_archive_beside(file)}")


def restore(env: Mapping[str, str]) -> None:
    """Put the database in FILE in place of the embedded one, and the files of the archive beside it back.

    Raises:
        SupervisorError: FILE is not given, or the database is not the embedded one.
        EmbeddedError: the service runs, or the file cannot be restored.
    """
    from .. import uploaded_files

    options = ServeOptions.from_environment(env)
    _require_embedded(options, "pg_restore")
    file = folder(env, "FILE")
    if file is None:
        raise SupervisorError("which backup? make restore FILE=var/backups/huanliu-....dump")
    replaced = embedded.restore(options.data_dir, file, options.pg_bin)
    if _archive_beside(file).exists():
        count = uploaded_files.read_archive(_files_folder(options, env), _archive_beside(file))
        print_progress(f"put {count} files back from {_archive_beside(file)}")
    else:
        print_progress(
            f"there is no {_archive_beside(file)}: the files kept on the disk are left as they are"
        )
    kept = "; what was there is kept as the database huanliu_before_restore" if replaced else ""
    print_progress(f"restored {file}{kept}; `make serve` brings it to the newest schema")


def _files_folder(options: ServeOptions, env: Mapping[str, str]) -> Path:
    """Where files are kept, as the processes that are started know it."""
    return replace(Settings.from_environment(env), data_dir=options.data_dir).files_folder


def _archive_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.files.tar")


def _require_embedded(options: ServeOptions, program: str) -> None:
    if options.database_url:
        raise SupervisorError(f"DATABASE_URL is set: use {program} of that server")
