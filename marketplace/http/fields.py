"""Fields and validators that all rooms share; NaN, infinities and look-alike types are refused."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any

from flask.json.provider import DefaultJSONProvider
from marshmallow import ValidationError, fields, validate

from matching import KG_PER_T

from .. import plain_text
from ..messages.names import Name, group_of
from .languages import Message

FEN_PER_CNY = 100
MAX_TONNES = 100_000_000
MAX_PRICE = 1_000_000
MAX_VERSION = 2**31 - 1
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
NUMBER_TEXT = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
FIRST_YEAR, LAST_YEAR = 1990, 2200
CRS = ("wgs84", "gcj02", "bd09")


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


def localise_errors(field: fields.Field[Any]) -> None:
    """Give a built-in field, and those inside it, our sentences for its own errors."""
    kind = next(name for base in type(field).__mro__ if (name := KINDS.get(base)))
    field.error_messages = _sentences(kind, tuple(field.error_messages))
    for name in ("inner", "key_field", "value_field"):
        inner = getattr(field, name, None)
        if inner is not None:
            localise_errors(inner)


@cache
def _sentences(kind: str, errors: tuple[str, ...]) -> dict[str, Any]:
    """Our sentences for the errors of a kind of field, which the thousands of fields of that kind share."""
    return {error: Message(f"field_{error}", kind=Message(f"kind_{kind}")) for error in errors}


KINDS: dict[type, str] = {
    fields.String: "text",
    fields.Integer: "whole_number",
    fields.Float: "number",
    fields.Boolean: "flag",
    fields.Date: "day",
    fields.DateTime: "moment",
    fields.UUID: "id",
    fields.List: "list",
    fields.Dict: "object",
    fields.Nested: "object",
    fields.Raw: "object",
}
"""What a field is called in its own errors, by the nearest of its classes."""


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


BLANKS = 1000
"""Characters beyond its longest that a text may have before it is folded: blanks and marks are dropped."""


class Text(fields.String):
    """A line of 1 to `maximum` characters, folded by `plain_text`; may be empty if that is the default.

    What is far too long is refused before it is folded.
    """

    folded: Callable[[str], str] = staticmethod(plain_text.one_line)

    def __init__(self, maximum: int, minimum: int = 1, **kwargs: Any) -> None:
        minimum = 0 if kwargs.get("load_default") == "" else minimum
        self.length = Length(min=minimum, max=maximum)
        checks = [self.length, *kwargs.pop("checks", ())]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if len(text) > (self.length.max or 0) + BLANKS:
            self.length(text)
        try:
            return self.folded(text)
        except plain_text.BadText as error:
            raise ValidationError(Message(error.code, **error.facts)) from error


class Lines(Text):
    """A text of one or more lines."""

    folded = staticmethod(plain_text.lines)


class UnmarkedLines(Lines):
    """Lines that somebody writes to a stranger: text, never HTML."""

    markup = re.compile(r"<(?:/?[a-z][^<>]*>|!--)", re.IGNORECASE)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if self.markup.search(text):
            raise ValidationError(Message("markup"))
        return text


class Identifier(Text):
    """A code, number or address: one line in which nothing is dropped but at its ends."""

    folded = staticmethod(plain_text.identifier)


class Normalised(Identifier):
    """An identifier that `read` brings into its one form; what it refuses gets the sentence `refusal`."""

    def __init__(self, maximum: int, read: Callable[[str], str], refusal: Message, **kwargs: Any) -> None:
        super().__init__(maximum, **kwargs)
        self.read, self.refusal = read, refusal

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        self.length(text)
        try:
            return self.read(text)
        except ValueError as error:
            raise ValidationError(self.refusal) from error


class Number(fields.Float):
    """A finite JSON number; text that looks like one is refused."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        try:
            number = float(value)
        except OverflowError as error:
            raise self.make_error("too_large") from error
        if not math.isfinite(number):
            raise ValidationError(Message("not_finite"))
        return number + 0.0  # of a negative zero, zero


class Kilometres(fields.Float):
    """A distance in a response."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": "Kilometres, to 0.1, between both places rounded to 0.01 degree."}
        super().__init__(metadata=about | kwargs.pop("metadata", {}), **kwargs)


class Scaled(Number):
    """A JSON number between two bounds, kept as an integer count of its smallest step."""

    per_unit: int

    def __init__(self, minimum: float, maximum: float, **kwargs: Any) -> None:
        bounds = {"minimum": minimum, "maximum": maximum, **kwargs.pop("metadata", {})}
        super().__init__(validate=Range(min=minimum, max=maximum), metadata=bounds, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        number = super()._deserialize(value, *args, **kwargs)
        super()._validate(number)
        scaled = number * self.per_unit
        whole = round(scaled)
        if abs(scaled - whole) > max(1e-6, abs(scaled) * 1e-12):
            raise ValidationError(Message("too_precise", step=1 / self.per_unit))
        return whole

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> float | None:
        return None if value is None else value / self.per_unit

    def _validate(self, value: Any) -> None:
        """Nothing: the number was checked against its bounds before it was scaled."""


class Tonnes(Scaled):
    """Metric tonnes to 0.001, kept as whole kilograms."""

    per_unit = KG_PER_T

    def __init__(self, minimum: float = 0.001, maximum: float = MAX_TONNES, **kwargs: Any) -> None:
        super().__init__(minimum, maximum, **kwargs)


class Price(Scaled):
    """CNY per tonne to 0.01 from the supplier's side, kept as whole fen."""

    per_unit = FEN_PER_CNY

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(-MAX_PRICE, MAX_PRICE, **kwargs)


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


GROWS = "More values may be added."


def text_of(value: Any) -> str:
    """A member of an enum, or a text, as JSON has it."""
    return str(getattr(value, "value", value))


def _described(about: str) -> dict[str, str]:
    return {"description": about} if about else {}


class TextNumber:
    """Mixin before a field of numbers: a query string writes them as JSON does."""

    from_text: Any = float

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not NUMBER_TEXT.fullmatch(value):
            raise self.make_error("invalid")  # type: ignore[attr-defined]
        return super()._deserialize(self.from_text(value), *args, **kwargs)  # type: ignore[misc]


class QueryWhole(TextNumber, fields.Integer):
    """A whole number in a query string."""

    from_text = str


class QueryNumber(TextNumber, Number):
    """A finite number in a query string."""


class QueryTonnes(TextNumber, Tonnes):
    """Tonnes in a query string, to 0.001, kept as whole kilograms."""


class QueryPrice(TextNumber, Price):
    """CNY per tonne in a query string, to 0.01, kept as whole fen."""


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


class Whole(fields.Integer):
    """A whole JSON number between two bounds."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=Range(min=minimum, max=maximum), **kwargs)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._validated(value)


class Adcode(fields.Integer):
    """A GB/T 2260 code: a string of six digits in JSON, a number in Python."""

    def __init__(self, **kwargs: Any) -> None:
        form = {"type": "string", "pattern": "^[0-9]{6}$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=form, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()):
            raise ValidationError(Message("adcode_form"))
        return int(value)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:06d}"


class Flag(fields.Boolean):
    """true or false; nothing that only resembles them."""

    truthy = {True}
    falsy = {False}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(fields.Date):
    """A calendar day, YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid")
        day = super()._deserialize(value, *args, **kwargs)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(Message("day_range"))
        return day


def moment_text(value: datetime) -> str:
    """A moment as responses show it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def json_value(value: Any) -> Any:
    """What no schema has shown, for JSON: moments and days as everywhere, not as in headers of HTTP."""
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else DefaultJSONProvider.default(value)


class Moment(fields.DateTime):
    """A moment, RFC 3339; always UTC in responses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else moment_text(value)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise self.make_error("invalid")
        moment = super()._deserialize(value.upper(), *args, **kwargs)
        if moment.tzinfo is None:
            raise self.make_error("invalid_awareness")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(Message("day_range"))
        return moment.astimezone(UTC)
