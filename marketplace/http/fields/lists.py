"""Several values, no more than so many: counted before any of them is looked at."""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields

from .checks import Length, OneOf


class List(fields.List[Any]):
    """A list of at most `most` items; its length is checked before any of them is looked at."""

    def __init__(self, item: Any, most: int, least: int = 0, **kwargs: Any) -> None:
        self.length = Length(min=least, max=most)
        checks = [self.length, *kwargs.pop("checks", ())]
        super().__init__(item, validate=checks, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self.length(value)
        return super()._deserialize(value, *args, **kwargs)


class Dict(fields.Dict):
    """An object of at most `most` members, names free; their number is checked before any is looked at."""

    def __init__(self, most: int, least: int = 0, **kwargs: Any) -> None:
        self.length = Length(min=least, max=most)
        checks = [self.length, *kwargs.pop("checks", ())]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping):
            self.length(value)
        return super()._deserialize(value, *args, **kwargs)  # type: ignore[no-untyped-call]


MOST_CHOICES = 100
"""Choices that are looked at one by one; what follows them is taken as one, and refused."""


class Choices(fields.String):
    """One or several of `choices`, separated by commas; loaded as a sorted list."""

    def __init__(self, choices: Iterable[str], named: str | None = None, **kwargs: Any) -> None:
        choice = "|".join(choices)
        super().__init__(
            metadata={"pattern": f"^({choice})(,({choice}))*$", **kwargs.pop("metadata", {})}, **kwargs
        )
        self.check = OneOf(choices, named)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = super()._deserialize(value, *args, **kwargs).split(",", MOST_CHOICES)
        return sorted({self.check(choice) for choice in chosen})

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else ",".join(value)
