"""What responses say of something of another room: a code, an enterprise, a person, a legal basis, a file."""

from marshmallow import fields

from matching import BASES, Grade

from ..documents import DOCUMENT_TYPES
from ..fields import KnownValue, Moment, Value
from .base import ResponseSchema


class CodeRefSchema(ResponseSchema):
    """A code in its scheme, as the catalogue spells both."""

    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String()


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


class KeptFileSchema(ResponseSchema):
    """A file as it is kept."""

    id = fields.UUID()
    name = fields.String(metadata={"description": "The sender's name for it, with an ending by its content."})
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()
