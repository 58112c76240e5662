"""Schemas that all rooms share. Unknown fields, NUL characters and lone surrogates are refused."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError, fields

from matching import BASES, Grade

from .. import identity
from ..plain_text import BadText
from .fields import (
    CRS,
    Identifier,
    KnownValue,
    Lines,
    Normalised,
    Number,
    OneOf,
    Range,
    Text,
    Value,
    localise_errors,
)
from .languages import Message

MAX_CODE_TEXT = 200
"""Characters of a code as people write it: a category, a code and the name of the waste."""
SPELLINGS = (
    "Width, case, blanks, dashes and the European asterisk do not matter, and the category may stand beside"
    " its code: `hw08`, `HW08 900-249-08`, `90024908`, `16 05 06*`."
)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Schema(ma.Schema):
    """Base of every schema: refuses unknown fields, with messages in the caller's language."""

    class Meta:
        unknown = ma.RAISE
        ordered = True

    error_messages: Any = {"unknown": Message("unknown_field"), "type": Message("not_an_object")}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        localise_errors(field_obj)

    def __deepcopy__(self, memo: Any) -> "Schema":
        """Itself: a schema is never changed, and the OpenAPI document copies each many times."""
        return self


class ResponseSchema(Schema):
    """Base of what is only returned: every field is present, except those that `optional` names."""

    optional: tuple[str, ...] = ()

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.required = field_name not in self.optional


class Prebuilt(fields.Nested):
    """A nested object that is already built as JSON, and is sent as it is."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return value


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
    """What everybody may know about a trading enterprise."""

    id = fields.UUID()
    name = fields.String()
    grade = Value(grade.name for grade in Grade)


class ContactSchema(Schema):
    """How to reach an enterprise."""

    name = Text(50, required=True)
    email = Normalised(254, identity.email, Message("email_form"), required=True)
    phone = Normalised(60, identity.phone, Message("phone_form"), required=True)


class LegalBasisSchema(ResponseSchema):
    """What makes a pairing lawful, and the document behind it."""

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


class WarningSchema(ResponseSchema):
    code = StableCode()
    field = fields.String(allow_none=True)
    detail = fields.String()


class ProblemSchema(ResponseSchema):
    """RFC 9457."""

    optional: tuple[str, ...] = ("errors", "entry_id")

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = StableCode()
    request_id = fields.String(allow_none=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Field path to messages."},
    )
    entry_id = fields.UUID(
        metadata={"description": "Of `already_entered`: the entry that this one repeats, if you may see it."}
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
    """A problem with a table that was sent: its first 1,000 errors, and how many there are in all."""

    optional = ("errors", "entry_id", "rows", "error_count")

    rows = fields.List(fields.Nested(FaultSchema))
    error_count = fields.Integer()


class ReasonSchema(Schema):
    reason = Lines(500, load_default=None, allow_none=True)


class Doubled(dict[str, Any]):
    """A JSON object as sent in which `name` stands more than once: nobody can say which value is meant."""

    name = ""


def json_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object from its members in their order, `Doubled` if one of them hides another."""
    found = dict(members)
    if len(found) < len(members):
        found = Doubled(found)
        ((found.name, _),) = Counter(name for name, _ in members).most_common(1)
    return found


MOST_LEVELS = 20
"""How deep JSON may be nested; our own bodies need five levels."""


def refuse_bad_characters(value: Any, path: str = "", levels: int = MOST_LEVELS) -> None:
    """Raise ValidationError, naming the place, for text with a NUL or a lone surrogate in `value`.

    PostgreSQL can store neither; what else a text may hold is decided by its field. JSON nested deeper
    than `levels` is refused too, so that nothing after this recurses without a bound: what the parser itself
    refuses differs between versions of Python.
    """
    if isinstance(value, str):
        found = UNSTORABLE.search(value)
        if found:
            bad = BadText("bad_character", found[0], found.start() + 1)
            raise ValidationError({path or "body": [Message(bad.code, **bad.facts)]})
    elif isinstance(value, Mapping | list):
        if not levels:
            raise ValidationError(
                {path.split(".")[0] or "body": [Message("nested_too_deep", most=MOST_LEVELS)]}
            )
        _refuse_bad_items(value, path, levels - 1)


def _refuse_bad_items(items: Mapping[str, Any] | list[Any], path: str, levels: int) -> None:
    if isinstance(items, Mapping):
        for key in items:
            refuse_bad_characters(key, path)
    if isinstance(items, Doubled):
        at = f"{path}.{items.name}" if path else items.name
        raise ValidationError({at: [Message("name_repeated", name=items.name)]})
    for name, below in items.items() if isinstance(items, Mapping) else enumerate(items):
        refuse_bad_characters(below, f"{path}.{name}" if path else str(name), levels)
