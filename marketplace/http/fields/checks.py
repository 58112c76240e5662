"""What a value must keep to: a length, a range, a choice, a pattern; refused with our sentences."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from marshmallow import ValidationError, validate

from ...messages.names import Name, group_of
from ..languages import Message


class Length(validate.Length):
    def _format_error(self, value: Any, message: str) -> Any:
        return Message("length", least=self.min or 0, most=self.max or self.equal)


class Range(validate.Range):
    def _format_error(self, value: Any, message: str) -> Any:
        return Message("range", least=self.min, most=self.max)


class OneOf(validate.OneOf):
    """One of an enum's values, or of the values whose names are the group `named` of names.toml.

    Values without a group are known by what they are, such as file formats.
    """

    def __init__(self, choices: type[Enum] | Iterable[str], named: str | None = None) -> None:
        if isinstance(choices, type):
            named, choices = group_of(choices), [str(member.value) for member in choices]
        super().__init__(list(choices))
        self.names = tuple(Name(named, choice) if named else choice for choice in self.choices)

    def _format_error(self, value: Any) -> Any:
        return Message("one_of", choices=self.names)


def unique(values: list[Any]) -> None:
    """Refuse a list that has a value twice. Raises: ValidationError."""
    if len(set(values)) != len(values):
        raise ValidationError([Message("repeated")])


class Matches(validate.Regexp):
    """The whole text matches `pattern`, which Python and ECMAScript must read alike."""

    def __init__(self, pattern: str, code: str) -> None:
        super().__init__(f"^{pattern}$")
        self.code = code

    def __call__(self, value: Any) -> Any:
        if not self.regex.fullmatch(value):
            raise ValidationError(Message(self.code))
        return value
