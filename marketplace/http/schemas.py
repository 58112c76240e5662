"""Schemas that all rooms share. Unknown fields, NUL characters and lone surrogates are refused."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import marshmallow as ma
from marshmallow import ValidationError, fields, validates_schema
from marshmallow.utils import get_value

from matching import BASES, Grade

from .. import identity, lookalikes, plain_text
from ..plain_text import BadText
from .documents import DOCUMENT_TYPES
from .fields import (
    CRS,
    Day,
    Dict,
    Identifier,
    KnownValue,
    Length,
    Lines,
    List,
    Moment,
    Normalised,
    Number,
    OneOf,
    Range,
    Text,
    Value,
    localise_errors,
)
from .json_text import Doubled
from .languages import Message

MAX_CODE_TEXT = 200
"""Characters of a code as people write it: a category, a code and the name of the waste."""
SPELLINGS = (
    "Width, case, blanks, dashes and the European asterisk do not matter, and the category may stand beside"
    " its code: `hw08`, `HW08 900-249-08`, `90024908`, `16 05 06*`."
)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LONGEST_NAME = 100
"""Characters of a name as sent that are repeated in a sentence."""


class Shown(NamedTuple):
    """How one field of a response is written: under which name, from which entry, by what.

    A value of the type `plain` is shown as it is; `default` is shown where there is none.
    """

    name: str
    entry: str
    plain: type | None
    write: Callable[..., Any]
    default: Any

    @classmethod
    def by(cls, name: str, field: fields.Field[Any]) -> "Shown":
        entry = name if field.attribute is None else field.attribute
        default = field.dump_default() if callable(field.dump_default) else field.dump_default
        return cls(field.data_key or name, entry, plain_type(field), field._serialize, default)


def plain_type(field: fields.Field[Any]) -> type | None:
    """The type of values that marshmallow writes of such a field as they are; None: each is made."""
    how = type(field)._serialize
    if how is fields.String._serialize:
        return str
    if isinstance(field, fields.Number) and how is fields.Number._serialize and not field.as_string:
        return field.num_type  # type: ignore[no-any-return]
    return bool if how is fields.Boolean._serialize and isinstance(field, fields.Boolean) else None


class Schema(ma.Schema):
    """Base of every schema: refuses unknown fields, with messages in the caller's language.

    Responses are written as marshmallow writes them, but by a plan that is made once: a page of 20 items has
    hundreds of fields, and looking each one up anew took a third of the request.
    """

    class Meta:
        unknown = ma.RAISE
        ordered = True

    error_messages: Any = {"unknown": Message("unknown_field"), "type": Message("not_an_object")}
    is_read: bool = True
    """Whether bodies are read by it; then every list and object in it must have a bound."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        localise_errors(field_obj)
        if self.is_read and not field_obj.dump_only:
            require_bounds(field_obj, f"{type(self).__name__}.{field_name}")

    @cached_property
    def _plan(self) -> list[Shown]:
        return [Shown.by(name, field) for name, field in self.dump_fields.items()]

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        if many and obj is not None:
            return [self._serialize(item) for item in obj]
        is_dict = type(obj) is dict
        written = {}
        for name, entry, plain, write, default in self._plan:
            value = obj.get(entry, default) if is_dict else get_value(obj, entry, default)
            if value is None or type(value) is plain:
                written[name] = value
            elif value is not ma.missing:
                written[name] = write(value, name, obj)
        return written

    def __deepcopy__(self, memo: Any) -> "Schema":
        """Itself: a schema is never changed, and the OpenAPI document copies each many times."""
        return self


class ResponseSchema(Schema):
    """Base of what is only returned: every field is present, except those that `optional` names."""

    optional: tuple[str, ...] = ()
    is_read = False

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.required = field_name not in self.optional


def require_bounds(field: fields.Field[Any], name: str) -> None:
    """Raises: TypeError: the field, or one inside it, is a list or an object without a bound."""
    if isinstance(field, fields.List | fields.Dict) and not isinstance(field, List | Dict):
        raise TypeError(f"{name} has no bound: use List or Dict of marketplace.http.fields")
    for inside in ("inner", "key_field", "value_field"):
        if (inner := getattr(field, inside, None)) is not None:
            require_bounds(inner, name)


class Prebuilt(fields.Nested):
    """A nested object that is already built as JSON, and is sent as it is."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return value


class InOrderSchema(Schema):
    """It has a `valid_until` that is not before its `valid_from`."""

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        until = data.get("valid_until")
        if until is not None and "valid_from" in data and data["valid_from"] > until:
            raise ValidationError({"valid_until": [Message("ends_before_start")]})


class PeriodSchema(InOrderSchema):
    """The first and the last day of something."""

    valid_from = Day(required=True)
    valid_until = Day(required=True)


class LocationSchema(Schema):
    """A place. Input may be in any of three coordinate systems; responses are always in WGS-84."""

    lon = Number(required=True, validate=Range(min=-180, max=180))
    lat = Number(required=True, validate=Range(min=-90, max=90))
    crs = fields.String(load_default="wgs84", validate=OneOf(CRS, "crs"))


class CodeRefSchema(ResponseSchema):
    """A code in its scheme, as the catalogue spells both."""

    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String()


class CodeText(Identifier):
    """A waste code as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": f"{kwargs.pop('about', 'A code or a category.')} {SPELLINGS}"}
        super().__init__(MAX_CODE_TEXT, metadata=about, **kwargs)


class SchemeText(Identifier):
    """The name of a scheme, which may be left out where the code shows it."""

    def __init__(self, **kwargs: Any) -> None:
        about = {
            "description": "cn-hw, cn-sw, eu-low or a local scheme; may be left out where the code shows it."
        }
        super().__init__(20, load_default=None, allow_none=True, metadata=about, **kwargs)


class WrittenCodeSchema(Schema):
    """A code as people write it, and its scheme where the code does not show it."""

    scheme = SchemeText()
    code = CodeText(required=True)


class StableCode(KnownValue):
    """The code of a refusal, a warning or a reason."""

    def __init__(self, about: str = "", **kwargs: Any) -> None:
        super().__init__(
            about=f"{about} A stable code in snake_case; /errors explains it.".lstrip(), **kwargs
        )


class EnterpriseRefSchema(ResponseSchema):
    """What every approved member may know about a trading enterprise."""

    id = fields.UUID()
    name = fields.String()
    grade = Value(grade.name for grade in Grade)
    score = fields.Integer(metadata={"description": "Credit score in whole points, rounded down."})


class PersonRefSchema(ResponseSchema):
    """Who acted for an enterprise or as staff: by name for its own people and for staff."""

    no = fields.Integer(metadata={"description": "What history calls a person for good."})
    name = fields.String(allow_none=True, metadata={"description": "Null of a person who was erased."})


def by_person() -> fields.Nested:
    """Which person did it, as far as the reader may know."""
    return fields.Nested(
        PersonRefSchema,
        allow_none=True,
        metadata={
            "description": "Which person it was, for people of the same enterprise and for staff; null to"
            " others, and where a key acted that is bound to nobody."
        },
    )


class Email(Normalised):
    """An e-mail address in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(254, identity.email, Message("email_form"), **kwargs)


class Phone(Normalised):
    """A telephone number in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(60, identity.phone, Message("phone_form"), **kwargs)


MOST_USCC = 40
"""Characters of a unified social credit code as people write it, in groups."""


class Uscc(Normalised):
    """A unified social credit code in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": "统一社会信用代码, GB 32100-2015; blanks, dashes, width, case are free."}
        super().__init__(MOST_USCC, identity.uscc, Message("uscc_invalid"), metadata=about, **kwargs)


class EnterpriseName(Text):
    """The name of an enterprise: letters and digits in plain forms, and in scripts that belong together."""

    folded = staticmethod(lambda text: lookalikes.one_form(plain_text.one_line(text)))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if found := lookalikes.mixed_scripts(name):
            character, place = found
            about = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
            raise ValidationError(Message("name_mixes_scripts", character=about, place=place))
        return name


SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
"""Characters; NIST SP 800-63B asks for eight at least, the rest is our own choice."""


class Password(fields.String):
    """A password, as it was typed: nothing of it is folded away."""

    def __init__(self, about: str = "", shortest: int = SHORTEST_PASSWORD) -> None:
        """Args: shortest: 1 of a password that was chosen before, whatever the bounds were then."""
        described = {"description": about} if about else {}
        bounds = Length(min=shortest, max=LONGEST_PASSWORD)
        super().__init__(required=True, validate=bounds, metadata={"format": "password", **described})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        password: str = super()._deserialize(value, *args, **kwargs)
        if not password.isprintable():
            raise ValidationError([Message("password_unprintable")])
        return password


class ContactSchema(Schema):
    """How to reach an enterprise."""

    name = Text(50, required=True)
    email = Email(required=True)
    phone = Phone(required=True)


class ApprovalRefSchema(ResponseSchema):
    """A transfer approval by which a pairing crosses a province line."""

    id = fields.UUID()
    number = fields.String()
    valid_from = fields.String(metadata={"format": "date"})
    valid_until = fields.String(metadata={"format": "date", "description": "Its last day."})
    source = fields.String(metadata={"description": "The law that asks for it, as in force on the day."})


class LegalBasisSchema(ResponseSchema):
    """What makes a pairing lawful, and the document behind it."""

    optional = ("approval",)

    kind = Value(BASES)
    reference = fields.String(allow_none=True)
    edition = fields.String(
        metadata={"description": "Edition of the catalogue on which the judgement is based."}
    )
    codes = fields.List(
        fields.String(),
        metadata={
            "description": "Codes and categories that the licence, channel or verified exemption names."
        },
    )
    valid_from = fields.String(allow_none=True, metadata={"format": "date"})
    valid_until = fields.String(
        allow_none=True,
        metadata={"format": "date", "description": "Its last day; null where no such document is needed."},
    )
    approval = fields.Nested(
        ApprovalRefSchema,
        metadata={"description": "Where the pairing crosses a province line by an approval of its own."},
    )


class WarningSchema(ResponseSchema):
    code = StableCode()
    field = fields.String(allow_none=True)
    detail = fields.String()


class ProblemSchema(ResponseSchema):
    """RFC 9457."""

    optional: tuple[str, ...] = (
        "errors", "error_count", "entry_id", "left_t", "year", "failed_gates",
    )  # fmt: skip

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    fix = fields.String(
        metadata={"description": "What to do, with the routes and fields that it takes; for developers."}
    )
    code = StableCode()
    request_id = fields.String(allow_none=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Field path to messages, of the first 50 errors."},
    )
    error_count = fields.Integer(metadata={"description": "How many errors there are in all."})
    entry_id = fields.UUID(
        metadata={"description": "Of `already_entered` and others: what there is already, if you may see it."}
    )
    left_t = fields.Float(metadata={"description": "Of `not_enough_left`: the tonnes that are left."})
    year = fields.Integer(metadata={"description": "Of `not_enough_left`: the calendar year, if one counts."})
    failed_gates = fields.List(
        fields.Dict(),
        metadata={"description": "Of a pairing that is not lawful: gate, reason, detail and source of each."},
    )


class FaultSchema(ResponseSchema):
    """An error at one place of a table that was sent."""

    optional = ("suggestions",)

    row = fields.Integer(metadata={"description": "Counted as in a spreadsheet: the headings are row 1."})
    column = fields.String()
    code = StableCode(about="That of the broken rule.")
    detail = fields.String()
    suggestions = fields.List(
        fields.Dict(), metadata={"description": "With `code_suggested`: waste codes, the likeliest first."}
    )


class TableProblemSchema(ProblemSchema):
    """A problem with a table that was sent: its first 50 errors, and how many there are in all."""

    optional = (*ProblemSchema.optional, "rows")

    rows = fields.List(fields.Nested(FaultSchema))


class ReasonSchema(Schema):
    reason = Lines(500, load_default=None, allow_none=True)


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


class FileNameQuery(Schema):
    """Beside a file that is sent as the body itself."""

    name = Text(
        1000,
        load_default=None,
        metadata={"description": "What the file is called; a form says so itself."},
    )


class KeptFileSchema(ResponseSchema):
    """A file as it is kept."""

    id = fields.UUID()
    name = fields.String(metadata={"description": "The sender's name for it, with an ending by its content."})
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()
