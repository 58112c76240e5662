"""Passwords: which are taken, and how they are kept (argon2id, RFC 9106)."""

import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ....errors import Invalid

FEWEST_CHARACTERS = 5
"""Different ones that a password has; our own choice."""
LEAST_OF_NAME = 4
"""Characters that a name, or the part of an address before the @, must have to count as a part."""

HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
"""What the OWASP Password Storage Cheat Sheet names first: 19 MiB and two passes."""
_at_once = BoundedSemaphore(2)
"""No flood of log-ins may take all memory and processors of a process."""


def require_strong(password: str, *known: str | None) -> None:
    """Refuse a password that is easily guessed.

    Args:
        known: what others know of the person: name, address, number.
    Raises:
        Invalid: it is one of few characters (`password_repeats`) or says who the person is
            (`password_says_who`).
    """
    if len(set(password)) < FEWEST_CHARACTERS:
        raise Invalid("password_repeats", at="password", least=FEWEST_CHARACTERS)
    folded = password.casefold()
    parts = [part.partition("@")[0].casefold() for part in known if part]
    if any(len(part) >= LEAST_OF_NAME and part in folded for part in parts):
        raise Invalid("password_says_who", at="password")


def hash_password(password: str) -> str:
    """What is kept of a password."""
    with _at_once:
        return HASHER.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; without any, no, after as much work."""
    with _at_once:
        try:
            HASHER.verify(kept or _nobodys(), password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def unguessable_hash() -> str:
    """What is kept of somebody who has no password: one that nobody was told. Another is set by e-mail."""
    return hash_password(secrets.token_urlsafe(32))


@cache
def _nobodys() -> str:
    """A password's hash that nobody has, so that a stranger's log-in takes as long as a member's."""
    return HASHER.hash("nobody's password")
