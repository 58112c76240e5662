"""Shapes of registrations."""

from marshmallow import fields

from ..catalogue.models import Mode
from ..http.fields import Adcode, Day, Identifier, Lines, List, Moment, OneOf, Text, Tonnes, Value, unique
from ..http.paging import PageQuery, page_of
from ..http.schemas import InOrderSchema, LocationSchema, Schema, WarningSchema, WrittenCodeSchema
from .models import RegistrationStatus, SiteKind


class SiteSchema(Schema):
    """A plant or store; without a location its holder's own place."""

    id = fields.UUID(dump_only=True, required=True)
    kind = fields.String(required=True, validate=OneOf(SiteKind))
    name = Text(80, required=True)
    region = Adcode(load_default=None, allow_none=True)
    location = fields.Nested(LocationSchema, load_default=None, allow_none=True)
    modes = List(
        fields.String(validate=OneOf(Mode)),
        3,
        1,
        load_default=None,
        allow_none=True,
        checks=[unique],
        metadata={"description": "A plant uses or disposes (both by default), a store stores."},
    )
    capacity_t = Tonnes(
        required=True, metadata={"description": "Of a plant in a year; of a store at one time."}
    )
    codes = List(fields.Nested(WrittenCodeSchema), 200, 1, required=True)


class ReceiverRegistrationSchema(InOrderSchema):
    id = fields.UUID(dump_only=True, required=True)
    enterprise_id = fields.UUID(metadata={"description": "The holder; may be left out by the holder itself."})
    number = Identifier(60, required=True)
    authority = Text(80, load_default=None, allow_none=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    sites = List(fields.Nested(SiteSchema), 50, 1, required=True)
    status = Value(
        RegistrationStatus,
        "submitted by its holder, confirmed (only then it counts) or refused.",
        dump_only=True,
        required=True,
    )
    decided_at = Moment(dump_only=True, required=True, allow_none=True)
    reason = fields.String(dump_only=True, required=True, allow_none=True)
    revoked_at = Moment(dump_only=True, required=True, allow_none=True)
    created_at = Moment(dump_only=True, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), dump_only=True)


class RegistrationQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None, metadata={"description": "Only those of this enterprise."})
    status = fields.String(
        load_default=None,
        validate=OneOf(RegistrationStatus),
        metadata={"description": "Only those in this status."},
    )


class ReceiverRegistrationRefusalSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "The holder reads it."})


RegistrationPage = page_of(ReceiverRegistrationSchema)
