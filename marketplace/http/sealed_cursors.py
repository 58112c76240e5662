"""Cursors as callers hold them: sealed by a key of the server, so that nobody reads or changes one, and bound
to what they continue, so that nobody carries one to another list.

AES-SIV (RFC 5297) without a nonce: the same position of the same list is always the same cursor, so a page
keeps its ETag. Positions are padded, so that the length of a cursor does not tell how long a number is.
"""

import base64

from . import cursor_keys

NUMBER_BYTES = 4
"""The number of the key, in front."""
BLOCK = 64
"""Positions are padded to a multiple of so many bytes."""
MAX_CURSOR = 500
"""Characters of a cursor; the longest that we issue, that of the matches, has fewer than 400."""


class NotSealedHere(ValueError):
    """A text is no cursor of ours, belongs to another list, or its key is no longer in use."""


def seal(position: str, belongs_to: bytes) -> str:
    """A position as URL-safe text that only `unseal` with the same `belongs_to` can read."""
    number, cipher = cursor_keys.sealing_key()
    content = position.encode()
    padded = content.ljust(-(-len(content) // BLOCK) * BLOCK)
    return _written(number.to_bytes(NUMBER_BYTES) + cipher.encrypt(padded, [belongs_to]))


def unseal(cursor: str, belongs_to: bytes) -> str:
    """The position in a cursor, with blanks behind it.

    Raises:
        NotSealedHere: we did not seal it, or for something else, or its key has ended.
    """
    from cryptography.exceptions import InvalidTag  # only here, as in cursor_keys

    if len(cursor) > MAX_CURSOR:
        raise NotSealedHere()
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        cipher = cursor_keys.opening_key(int.from_bytes(sealed[:NUMBER_BYTES]))
        if cipher is None or _written(sealed) != cursor:  # base64 leaves bits and characters unread
            raise NotSealedHere()
        return cipher.decrypt(sealed[NUMBER_BYTES:], [belongs_to]).decode()
    except (ValueError, InvalidTag) as error:
        raise NotSealedHere() from error


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
