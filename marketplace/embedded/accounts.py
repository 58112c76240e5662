"""As whom the servers run when root starts them, and files that root handles for them.

What lies in a folder of another account is touched as that account only: as root, a symbolic link that the
account left there would be followed with root's rights.
"""

import contextlib
import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from .errors import EmbeddedError
from .place import HOME

ACCOUNTS = ("huanliu", "nobody")
"""Who runs root's servers: the first that exists."""


@dataclass(frozen=True)
class Account:
    """The user under which servers run when root starts them."""

    uid: int
    gid: int

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """Touch files as this account, for the length of a block. Only where no other thread runs."""
        groups = os.getgroups()
        os.setgroups([])
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)


def acting(account: Account | None) -> contextlib.AbstractContextManager[None]:
    """Touch files as the account, or as ourselves where there is none."""
    return account.acting() if account else contextlib.nullcontext()


def account_for(place: Path) -> Account | None:
    """For root: whose the data is, else the first of ACCOUNTS; for others None, they run servers themselves.

    Raises:
        EmbeddedError: the data is somebody else's, or there is no account.
    """
    owners = [path.stat() for path in (place / "pg", HOME) if path.exists()]
    if os.getuid() != 0:
        if (place / "pg").exists() and owners[0].st_uid != os.getuid():
            owner = owners[0].st_uid
            raise EmbeddedError(
                f"{place / 'pg'} belongs to user {owner}: run as that user, or choose another DATA_DIR"
            )
        return None
    for found in owners:
        if found.st_uid != 0:
            return Account(found.st_uid, found.st_gid)
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root and there is no user {' or '.join(ACCOUNTS)}; set DATABASE_URL"
    )


def require_passwd_entry() -> None:
    """Raises: EmbeddedError: initdb would not know who it is."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        raise EmbeddedError(
            f"user {os.getuid()} has no entry in /etc/passwd, initdb needs one: add it, or set DATABASE_URL"
        ) from None


def give_folder(folder: Path, account: Account) -> None:
    """As root: make a folder the account's, with what root's servers of version 0.1 left in it.

    Raises:
        EmbeddedError: it is a link, or another user's.
    """
    with account.acting() if folder.parent == HOME else contextlib.nullcontext():
        folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid not in (0, account.uid):
        raise EmbeddedError(f"{folder} is not a folder of this user; remove it or choose another DATA_DIR")
    if status.st_uid == 0:
        for path in folder.iterdir():
            if path.lstat().st_uid == 0 and (path.name == "lock" or ".log" in path.name):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def give_home(account: Account) -> Account:
    """As root: make HOME, which the account owns and others may pass through. Returns who owns it."""
    if not HOME.exists():
        HOME.mkdir(mode=0o711, parents=True)
        HOME.chmod(0o711)
    owner = HOME.lstat().st_uid
    if owner in (0, account.uid):
        give_folder(HOME, account)
    return Account(HOME.lstat().st_uid, HOME.lstat().st_gid)


def installed(wheel: str, account: Account, *parts: Path) -> Path:
    """Copies of a wheel's folders where any account can run them, made once for each version.

    Args:
        account: whose HOME is.

    Returns:
        the folder that holds the copies, under the names that they have in the wheel.
    """
    target = HOME / "bin" / f"{wheel}-{version(wheel)}"
    if target.exists():
        return target
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    with account.acting():
        for folder in (target.parent, part):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
    for tree in parts:
        copy_tree(tree, part / tree.name, account, shared=True)
    with account.acting():
        try:
            part.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(part)
    return target


def copy_tree(source: Path, target: Path, account: Account, *, shared: bool = False) -> None:
    """Copy a folder: root reads, the account writes. Links stay links.

    Args:
        shared: others may read and run what its owner can; else nobody but the account sees it.
    """
    for folder, _, _ in os.walk(source):
        copy = target / Path(folder).relative_to(source)
        mode = _mode(Path(folder), shared)
        with account.acting():
            copy.mkdir()
            copy.chmod(mode)
        for path in Path(folder).iterdir():
            if path.is_symlink():
                with account.acting():
                    (copy / path.name).symlink_to(path.readlink())
            elif path.is_file():
                _copy_file(path, copy / path.name, account, _mode(path, shared))


def _mode(path: Path, shared: bool) -> int:
    own = path.stat().st_mode & 0o700
    return own | (own & 0o500) >> 3 | (own & 0o500) >> 6 if shared else own


def _copy_file(source: Path, target: Path, account: Account, mode: int) -> None:
    with source.open("rb") as read:
        with account.acting():
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            os.fchmod(descriptor, mode)
        with os.fdopen(descriptor, "wb") as write:
            shutil.copyfileobj(read, write, 1 << 20)
