"""Shapes of documents."""

from marshmallow import fields

from ..http.fields import KnownValue
from ..http.schemas import ResponseSchema
from .models import DocumentKind


class VerifiedSchema(ResponseSchema):
    """What a document says of itself: nothing of its parties, tonnes or prices."""

    kind = KnownValue(DocumentKind)
    number = fields.String(metadata={"description": "Number of the deal or manifest that it is about."})
    status = KnownValue(about="The state that the deal or manifest is in now.")
    checksum = fields.String(metadata={"description": "SHA-256 of the file that was issued, hexadecimal."})
