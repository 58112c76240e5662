"""Parts of what several rooms are sent: a period, a place, a code, a contact, a reason."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..fields import CRS, Day, Lines, Number, OneOf, Range, Text
from ..languages import Message
from .base import Schema
from .texts import CodeText, Email, Phone, SchemeText


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


class WrittenCodeSchema(Schema):
    """A code as people write it, and its scheme where the code does not show it."""

    scheme = SchemeText()
    code = CodeText(required=True)


class ContactSchema(Schema):
    """How to reach an enterprise."""

    name = Text(50, required=True)
    email = Email(required=True)
    phone = Phone(required=True)


class ReasonSchema(Schema):
    reason = Lines(500, load_default=None, allow_none=True)


class FileNameQuery(Schema):
    """Beside a file that is sent as the body itself."""

    name = Text(
        1000,
        load_default=None,
        metadata={"description": "What the file is called; a form says so itself."},
    )
