"""Keys on an embedded database, of the ledger of credit and of secrets: made with it, in files beside it."""

import os
import secrets
from pathlib import Path

LEDGER, ANCHOR, SECRET = "ledger.keys", "anchor.key", "secret.keys"
"""Files of the keys that seal the ledger (`id:hexadecimal`, the one in use first), of the one that signs its
anchors, and of those that seal what the database must not say."""


def make_own_keys(place: Path) -> None:
    """Write the keys, unless they are there."""
    for name, before in ((LEDGER, "1:"), (ANCHOR, ""), (SECRET, "1:")):
        try:
            descriptor = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w") as out:
            out.write(before + secrets.token_hex(32))


def own_key(place: Path, name: str) -> str:
    """What a file of keys holds; empty before the servers have started for the first time."""
    try:
        return (place / name).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def anchor_dir(data_dir: Path) -> Path:
    """Where the anchors of an embedded database are kept, beside it."""
    return Path(data_dir).absolute() / "anchors"
