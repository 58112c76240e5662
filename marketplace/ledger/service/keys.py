"""The keys of the ledger, from the settings: they seal entries and heads, and sign anchors.

Whoever owns the tables has none of them. An entry names the key that sealed it, so a new key takes over at
once while the earlier ones still verify.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flask import current_app

from ...settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HMAC, ED25519 = "HMAC-SHA256", "Ed25519"
SEALING_KEY = re.compile(r"([A-Za-z0-9_.-]{1,40}):([0-9a-f]{64})")
HEX_32 = re.compile(r"[0-9a-f]{64}")


class UnknownKey(LookupError):
    """A signature names a key that the settings do not have."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of an anchor: how, with which key, and the value as hexadecimal digits."""

    algorithm: str
    key: str
    value: str


def check_settings(settings: Settings) -> None:
    """Read all keys once, so that a wrong one keeps the program from starting.

    Raises:
        ValueError: a setting does not read as keys; the message names it, and holds nothing of it.
    """
    parse_sealing_keys(settings.credit_ledger_keys)
    _parse_public_keys(settings.credit_anchor_public_keys)
    if settings.credit_anchor_key and not HEX_32.fullmatch(settings.credit_anchor_key):
        raise ValueError("CREDIT_ANCHOR_KEY: an Ed25519 private key is 64 hexadecimal digits")


@cache
def parse_sealing_keys(text: str) -> dict[str, bytes]:
    """Keys by id, the one in use first. Raises: ValueError: they are written otherwise."""
    keys: dict[str, bytes] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        found = SEALING_KEY.fullmatch(part)
        if found is None or found[1] in keys:
            raise ValueError("CREDIT_LEDGER_KEYS: a key is `id:` and 64 hexadecimal digits, each id once")
        keys[found[1]] = bytes.fromhex(found[2])
    return keys


@cache
def _parse_public_keys(text: str) -> frozenset[str]:
    keys = frozenset(filter(None, map(str.strip, text.split(","))))
    if not all(map(HEX_32.fullmatch, keys)):
        raise ValueError("CREDIT_ANCHOR_PUBLIC_KEYS: an Ed25519 public key is 64 hexadecimal digits")
    return keys


def sealing_keys() -> dict[str, bytes]:
    """The keys that seal entries and heads, by id, the one in use first; empty if none is set."""
    return parse_sealing_keys(_settings().credit_ledger_keys)


def mac(key: bytes, text: bytes) -> str:
    """The HMAC-SHA256 of a text, as hexadecimal digits."""
    return hmac.digest(key, text, hashlib.sha256).hex()


def is_sealed(text: bytes, seal: str, key_id: str) -> bool:
    """Whether a key of ours made the seal of a text. Raises: UnknownKey."""
    key = sealing_keys().get(key_id)
    if key is None:
        raise UnknownKey(key_id)
    return hmac.compare_digest(mac(key, text).encode(), seal.encode())


def sign(statement: bytes) -> Signature:
    """Sign an anchor: by Ed25519 if there is a private key, else by the key of the ledger in use."""
    signature = _signed_by_private_key(statement)
    if signature is not None:
        return signature
    key_id, key = next(iter(sealing_keys().items()))
    return Signature(HMAC, key_id, mac(key, b"anchor\n" + statement))


def sign_file(kind: str, content: bytes) -> Signature | None:
    """Sign a file that is given away, in the same way as an anchor; None as long as there is no key.

    What is signed is the kind, a line feed and the file, so that it vouches for nothing else.
    """
    statement = kind.encode() + b"\n" + content
    signature = _signed_by_private_key(statement)
    keys = sealing_keys()
    if signature is not None or not keys:
        return signature
    key_id, key = next(iter(keys.items()))
    return Signature(HMAC, key_id, mac(key, statement))


def _signed_by_private_key(statement: bytes) -> Signature | None:
    private = _private_key(_settings().credit_anchor_key)
    if private is None:
        return None
    public = private.public_key().public_bytes_raw().hex()
    return Signature(ED25519, public, private.sign(statement).hex())


def is_signed(statement: bytes, signature: Signature) -> bool:
    """Whether a signature of an anchor was made with a key of ours. Raises: UnknownKey."""
    if signature.algorithm == HMAC:
        return is_sealed(b"anchor\n" + statement, signature.value, signature.key)
    if signature.algorithm != ED25519 or signature.key not in public_keys():
        raise UnknownKey(signature.key)
    return _verifies(statement, signature)


def public_keys() -> frozenset[str]:
    """The public keys that anchors may be signed for: that of the private key, and those named besides."""
    settings = _settings()
    private = _private_key(settings.credit_anchor_key)
    own = {private.public_key().public_bytes_raw().hex()} if private else set()
    return _parse_public_keys(settings.credit_anchor_public_keys) | own


def _verifies(statement: bytes, signature: Signature) -> bool:
    from cryptography.exceptions import InvalidSignature  # only here: 8 MB that few processes need
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key))
        public.verify(bytes.fromhex(signature.value), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _private_key(text: str) -> "Ed25519PrivateKey | None":
    if not text:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # only here, as above

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
