"""Where the servers of a data folder keep their files.

For everybody but root that is the folder itself. Neither server runs as root: root's run as an account, which
has to reach their files. They lie in the folder itself if every folder above it lets others pass, else in one
that the account owns. What lies above either is left as it is: a home of mode 0700 stays closed.
"""

import hashlib
import os
import stat
from pathlib import Path

HOME = Path("/var/lib/huanliu")
"""For root: binaries, and the data of folders that the servers' account cannot reach."""
PROGRAM = Path(__file__).resolve().parents[2]
OURS = ("lock", "pg", "valkey")


def place_of(data_dir: Path) -> Path:
    """The folder of `data_dir`'s data, sockets, lock and logs; the same for every process of this user."""
    data = Path(data_dir).resolve()
    if os.getuid() != 0:
        return data
    moved = HOME / f"data-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    return data if not moved.exists() and _is_within_reach(data) else moved


def is_ours(folder: Path) -> bool:
    """Whether a folder is for the servers alone: new, empty, private, or theirs already."""
    if not folder.exists():
        return True
    private = not stat.S_IMODE(folder.stat().st_mode) & 0o077
    return private or any((folder / name).exists() for name in OURS) or not any(folder.iterdir())


def _is_within_reach(data: Path) -> bool:
    """Whether another account gets to a folder, and it may be given to that account."""
    above = data.parents
    open_above = data.parent.exists() and all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
    return open_above and PROGRAM not in above and is_ours(data)
