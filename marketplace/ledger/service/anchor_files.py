"""The anchors outside the database: a folder with one file for each, written once and never changed.

A file has two lines, the statement and its signature, both JSON: `000012-2026-12-01.json`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from flask import current_app

from .keys import Signature

NAME = re.compile(r"(\d{6,9})-\d{4}-\d\d-\d\d\.json")


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """An anchor as it is kept: which, what it says, by whose signature; None: the file reads otherwise."""

    no: int
    statement: str
    signature: Signature | None


def anchor_folder() -> Path | None:
    """The folder of the anchors; None if the settings name none."""
    place = current_app.config["SETTINGS"].credit_anchor_dir
    return Path(place) if place else None


def last_number(folder: Path) -> int:
    """The number of the last anchor in a folder, 0 if it has none."""
    return max((no for no, _ in _files(folder)), default=0)


def read_files(folder: Path) -> Iterator[SignedStatement]:
    """The anchors in a folder, in order."""
    for no, path in sorted(_files(folder)):
        yield _read(no, path)


def write_file(folder: Path, day: str, anchor: SignedStatement) -> Path:
    """Write an anchor to its file: whole or not at all, and never in place of another.

    Raises:
        FileExistsError: there is one of this number and day.
    """
    assert anchor.signature is not None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{anchor.no:06d}-{day}.json"
    signature = {
        "algorithm": anchor.signature.algorithm,
        "key": anchor.signature.key,
        "signature": anchor.signature.value,
    }
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"{anchor.statement}\n{orjson.dumps(signature).decode()}\n")
        out.flush()
        os.fsync(out.fileno())
    part.chmod(0o444)
    try:
        os.link(part, path)
    finally:
        part.unlink()
    return path


def _files(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.glob("*.json"):
        found = NAME.fullmatch(path.name)
        if found:
            yield int(found[1]), path


def _read(no: int, path: Path) -> SignedStatement:
    try:
        statement, said = path.read_text(encoding="utf-8").split("\n")[:2]
        about = orjson.loads(said)
        signature = Signature(*(str(about[name]) for name in ("algorithm", "key", "signature")))
    except (ValueError, KeyError, TypeError):
        return SignedStatement(no, "", None)
    return SignedStatement(no, statement, signature)
