"""What the database keeps but must not say: sealed with keys that are in no table and in no backup of one.

The keys come from SECRET_KEYS; for each purpose another one is derived, so that what was sealed or signed for
one opens nothing for another. What is kept names its key: a new one seals from then on while the earlier ones
still open.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from secrets import token_bytes

from flask import current_app

from .errors import Unavailable
from .settings import Settings

KEY = re.compile(r"([A-Za-z0-9_-]{1,40}):([0-9a-f]{64})")
NONCE_BYTES = 16
TAG_BYTES = 16
"""Of a signature: half of an HMAC-SHA256, which is as many as nobody can try."""


class Unsealable(ValueError):
    """What is kept was changed, belongs to another row, or its key is not in SECRET_KEYS any more."""


def check_settings(settings: Settings) -> None:
    """Read the keys once, so that a wrong one keeps the program from starting. Raises: ValueError."""
    parse_keys(settings.secret_keys)


@cache
def parse_keys(text: str) -> dict[str, bytes]:
    """Keys by id, the one in use first. Raises: ValueError: they are written otherwise."""
    keys: dict[str, bytes] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        found = KEY.fullmatch(part)
        if found is None or found[1] in keys:
            raise ValueError("SECRET_KEYS: a key is `id:` and 64 hexadecimal digits, each id once")
        keys[found[1]] = bytes.fromhex(found[2])
    return keys


def has_keys() -> bool:
    """Whether anything can be sealed or signed."""
    return bool(_keys())


def key_in_use() -> str:
    """The id of the key that seals now; what is kept begins with it and a dot. Raises: Unavailable."""
    return _in_use(_keys())[0]


def seal(purpose: str, belongs_to: str, text: str, keys: dict[str, bytes] | None = None) -> str:
    """A text as it is kept; it opens for that purpose and owner only.

    Args:
        keys: None for those of the settings.
    Raises:
        Unavailable: there is no key (`secret_keys_missing`).
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # only here: 8 MB that few processes need

    key_id, key = _in_use(_keys() if keys is None else keys)
    nonce = token_bytes(NONCE_BYTES)
    sealed = AESSIV(_derived(key, purpose, 64)).encrypt(text.encode(), [belongs_to.encode(), nonce])
    return f"{key_id}.{_written(nonce + sealed)}"


def unseal(purpose: str, belongs_to: str, kept: str, keys: dict[str, bytes] | None = None) -> str:
    """The text that was sealed. Raises: Unsealable."""
    from cryptography.exceptions import InvalidTag  # only here, as above
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    key_id, _, written = kept.partition(".")
    key = (_keys() if keys is None else keys).get(key_id)
    if key is None:
        raise Unsealable(f"sealed with key {key_id[:40]!r}, which SECRET_KEYS does not have")
    try:
        sealed = _read(written)
        cipher = AESSIV(_derived(key, purpose, 64))
        return cipher.decrypt(sealed[NONCE_BYTES:], [belongs_to.encode(), sealed[:NONCE_BYTES]]).decode()
    except (InvalidTag, ValueError) as error:
        raise Unsealable("it was changed, or belongs to another row") from error


def signature(purpose: str, text: str) -> str:
    """What proves that a text was written by us; of the key in use. Raises: Unavailable."""
    _, key = _in_use(_keys())
    return _signed(key, purpose, text)


def is_signed(purpose: str, text: str, given: str) -> bool:
    """Whether one of our keys made the signature of a text."""
    return any(hmac.compare_digest(_signed(key, purpose, text).encode(), given.encode())
               for key in _keys().values())  # fmt: skip


def _signed(key: bytes, purpose: str, text: str) -> str:
    return _written(hmac.digest(_derived(key, purpose, 32), text.encode(), hashlib.sha256)[:TAG_BYTES])


def _derived(key: bytes, purpose: str, length: int) -> bytes:
    """The key of a purpose: HKDF-Expand of RFC 5869, as our keys are random already."""
    block, derived = b"", b""
    for number in range(1, length // 32 + 1):
        block = hmac.digest(key, block + f"huanliu {purpose}".encode() + bytes([number]), hashlib.sha256)
        derived += block
    return derived


def _in_use(keys: dict[str, bytes]) -> tuple[str, bytes]:
    if not keys:
        raise Unavailable("secret_keys_missing")
    return next(iter(keys.items()))


def _keys() -> dict[str, bytes]:
    settings: Settings = current_app.config["SETTINGS"]
    return parse_keys(settings.secret_keys)


def _written(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _read(written: str) -> bytes:
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))
