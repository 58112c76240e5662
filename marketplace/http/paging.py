"""Pages by cursor: the cursor is where the last page ended, so rows that come later disturb nothing."""

import base64
import binascii
import json
from typing import Any
from uuid import UUID

from marshmallow import fields

from ..errors import Invalid
from .fields import QueryWhole, Range
from .schemas import Schema

DEFAULT_LIMIT = 20
MOST = 100
MOST_POSITION = 2**64 - 1
LONGEST = 500
"""Letters of a cursor; the longest of ours, that of the matches, has fewer than 220."""


class PageQuery(Schema):
    """How much to answer and where to go on."""

    limit = QueryWhole(load_default=DEFAULT_LIMIT, validate=Range(min=1, max=MOST))
    cursor = fields.String(
        load_default=None,
        metadata={"description": "`next` of the page before.", "maxLength": LONGEST},
    )


def cursor_of(position: list[Any]) -> str:
    """A position as url-safe text."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def position_of(cursor: str | None, kinds: tuple[type, ...]) -> list[Any] | None:
    """The position in a cursor, its parts of these kinds (int, float, str, UUID); None without a cursor.

    Raises:
        Invalid: it is none of ours (`bad_cursor`).
    """
    if cursor is None:
        return None
    try:
        if len(cursor) > LONGEST:
            raise ValueError(cursor)
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Invalid("bad_cursor", at="cursor") from error


def _part(kind: type, part: Any) -> Any:
    written_as = str if kind is UUID else kind
    if type(part) is not written_as or (isinstance(part, int | float) and not abs(part) <= MOST_POSITION):
        raise ValueError(part)
    return kind(part)
