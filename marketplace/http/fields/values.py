"""In responses: values of a closed list, and of one that grows."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from marshmallow import fields

CRS = ("wgs84", "gcj02", "bd09")
GROWS = "More values may be added."


class Value(fields.String):
    """In a response, a value of a closed list: an enum, or the tuple that is its one source."""

    def __init__(self, choices: type[Enum] | Iterable[str], about: str = "", **kwargs: Any) -> None:
        values = list(map(text_of, choices))
        listed = [*values, None] if kwargs.get("allow_none") else values
        super().__init__(metadata={"enum": listed, **_described(about)}, **kwargs)


class KnownValue(fields.String):
    """In a response, a value of a list that grows: a client must bear one that it does not know.

    The document names those of today in `x-extensible-enum`, which closes nothing.
    """

    def __init__(self, choices: type[Enum] | Iterable[str] = (), about: str = "", **kwargs: Any) -> None:
        known = list(map(text_of, choices))
        metadata = {"x_extensible_enum": known} if known else {}
        super().__init__(metadata={**metadata, **_described(f"{about} {GROWS}".lstrip())}, **kwargs)


def text_of(value: Any) -> str:
    """A member of an enum, or a text, as JSON has it."""
    return str(getattr(value, "value", value))


def _described(about: str) -> dict[str, str]:
    return {"description": about} if about else {}
