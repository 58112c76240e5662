"""JSON of strangers, read within bounds that are the same on every Python.

How deep Python's own parser goes differs between versions: some raise RecursionError, some go on until the
stack ends. So depth and number of values are counted on the bytes first, in one pass; only what is within
both bounds is parsed. Nothing is imported here but the standard library.
"""

import json
import re
from collections import Counter
from itertools import accumulate
from typing import Any

MOST_PARSED_LEVELS = 100
"""Deeper than this is not parsed at all; `schemas.MOST_LEVELS` says what a body may have."""
MOST_VALUES = 20_000
"""Values of a body. Our own choice: the largest that is of use, a permit of 200 lines, has far fewer."""
STRING = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
"""A string, or the rest of the text where its end is missing: so nothing is looked through twice."""
OPENING, CLOSING = b"[{", b"]}"
_NO_STRUCTURE = bytes(set(range(256)) - set(OPENING + CLOSING + b","))
_STEPS = [1 if code in OPENING else -1 if code in CLOSING else 0 for code in range(256)]


class TooManyValues(ValueError):
    """The text has more values than may be."""


class Doubled(dict[str, Any]):
    """A JSON object as sent in which `name` stands more than once: nobody can say which value is meant."""

    name = ""


def parsed(data: bytes) -> Any:
    """The value that JSON in UTF-8 means, an object that repeats a name as `Doubled`.

    Raises:
        TooManyValues: it has more than `MOST_VALUES`.
        ValueError: it is not JSON, not UTF-8, or nested deeper than `MOST_PARSED_LEVELS`.
    """
    structure = STRING.sub(b"", data).translate(None, _NO_STRUCTURE)
    if max(accumulate(map(_STEPS.__getitem__, structure[: 2 * MOST_VALUES])), default=0) > MOST_PARSED_LEVELS:
        raise ValueError("nested too deep")
    if len(structure.translate(None, CLOSING)) > MOST_VALUES:
        raise TooManyValues(MOST_VALUES)
    return json.loads(data.decode("utf-8-sig"), object_pairs_hook=json_object)


def json_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object from its members in their order, `Doubled` if one of them hides another."""
    found = dict(members)
    if len(found) < len(members):
        found = Doubled(found)
        ((found.name, _),) = Counter(name for name, _ in members).most_common(1)
    return found
