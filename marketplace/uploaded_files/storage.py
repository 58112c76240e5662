"""The folder in which files are kept, each under the digest of its content.

A file is written to the disk before the row that names it is committed. One whose row never came stays behind
until `unused_since` finds it; who removes it must hold whatever keeps a row from being written meanwhile.
"""

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

DIGEST = re.compile(r"[0-9a-f]{64}")
PART = ".part"
"""The ending of a file that is still being written."""


class DamagedFile(Exception):
    """What lies in the folder is not what was put there, or is gone."""


def store(folder: Path, sha256: str, content: bytes) -> None:
    """Write a file so that it is there after a power cut, for this account only (mode 0600).

    One of the same content is replaced: should it have been damaged, it is whole again.
    """
    place = _place(folder, sha256)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_name(f"{sha256}.{uuid4().hex}{PART}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    _sync(place.parent)
    _sync(folder)


def read(folder: Path, sha256: str) -> bytes:
    """The content of a file. Raises: DamagedFile: it is gone, or was changed on the disk."""
    try:
        descriptor = os.open(_place(folder, sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read()
    except OSError as error:
        raise DamagedFile(sha256) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DamagedFile(sha256)
    return content


def remove(folder: Path, sha256: str) -> None:
    """Remove a file, if it is there."""
    _place(folder, sha256).unlink(missing_ok=True)


def unused_since(folder: Path, moment: datetime) -> Iterator[str]:
    """The digests of files that nobody has written since a moment; what was left half written is removed."""
    for place in folder.glob("??/*"):
        with suppress(FileNotFoundError):
            if place.stat().st_mtime >= moment.timestamp():
                continue
            if DIGEST.fullmatch(place.name):
                yield place.name
            elif place.suffix == PART:
                place.unlink()


def write_archive(folder: Path, archive: Path) -> int:
    """Write all files of the folder into a tar archive, which must not exist. Returns how many.

    Raises: FileExistsError.
    """
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    kept = 0
    with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
        for place in sorted(folder.glob("??/*")):
            if DIGEST.fullmatch(place.name) and place.is_file():
                tar.add(place, arcname=f"{place.parent.name}/{place.name}", recursive=False)
                kept += 1
    return kept


def read_archive(folder: Path, archive: Path) -> int:
    """Put the files of an archive into the folder, beside those that are there. Returns how many.

    Nothing of the archive but contents is believed. Raises: DamagedFile: one is not what its digest says.
    """
    put_back = 0
    with tarfile.open(archive, mode="r:") as tar:
        for member in tar:
            sha256 = member.name.rpartition("/")[2]
            source = tar.extractfile(member) if member.isreg() and DIGEST.fullmatch(sha256) else None
            if source is None:
                continue
            with closing(source):
                content = source.read()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise DamagedFile(sha256)
            store(folder, sha256, content)
            put_back += 1
    return put_back


def _place(folder: Path, sha256: str) -> Path:
    """Raises: ValueError: it is no digest; nothing else may name a place on the disk."""
    if not DIGEST.fullmatch(sha256):
        raise ValueError(sha256)
    return folder / sha256[:2] / sha256


def _sync(folder: Path) -> None:
    """Have the disk know which files the folder holds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
