"""What PostgreSQL cannot store, and JSON that is nested too deep: refused before a schema reads a body."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from ...plain_text import BadText
from ..json_text import Doubled
from ..languages import Message

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LONGEST_NAME = 100
"""Characters of a name as sent that are repeated in a sentence."""
MOST_LEVELS = 20
"""How deep JSON may be nested; our own bodies need five levels."""
Path = tuple[str | int, ...]
"""Names and places that lead to a value; joined only where a fault is named."""


def refuse_bad_characters(value: Any) -> None:
    """Raise ValidationError, naming the place, for text with a NUL or a lone surrogate in `value`.

    PostgreSQL can store neither; what else a text may hold is decided by its field. A name that an object has
    twice is refused, and so is JSON nested deeper than `MOST_LEVELS`, so that nothing after this recurses
    without a bound.
    """
    for path, fault in _bad_values(value, ()):
        raise ValidationError({".".join(map(str, path)) or "body": [fault]})


def _bad_values(value: Any, path: Path) -> Iterator[tuple[Path, Message]]:
    if isinstance(value, str):
        if found := UNSTORABLE.search(value):
            bad = BadText("bad_character", found[0], found.start() + 1)
            yield path, Message(bad.code, **bad.facts)
    elif isinstance(value, Mapping | list):
        if len(path) >= MOST_LEVELS:
            yield path[:1], Message("nested_too_deep", most=MOST_LEVELS)
            return
        yield from _bad_items(value, path)


def _bad_items(items: Mapping[str, Any] | list[Any], path: Path) -> Iterator[tuple[Path, Message]]:
    if isinstance(items, Mapping):
        for written in items:
            yield from ((path, fault) for _, fault in _bad_values(written, ()))
    if isinstance(items, Doubled):
        yield (*path, items.name), Message("name_repeated", name=items.name[:LONGEST_NAME])
    members: Iterable[tuple[str | int, Any]]
    members = items.items() if isinstance(items, Mapping) else enumerate(items)
    for name, below in members:
        yield from _bad_values(below, (*path, name))
