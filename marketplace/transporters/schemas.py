"""Shapes of transporters' registers and papers."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from .. import identity
from ..http.documents import DOCUMENT_TYPES
from ..http.fields import (
    Adcode,
    Day,
    Flag,
    Identifier,
    Lines,
    List,
    Moment,
    Normalised,
    OneOf,
    Text,
    Tonnes,
    Value,
    unique,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import EnterpriseRefSchema, PeriodSchema, ResponseSchema, Schema, WarningSchema
from .models import CardKind, PaperKind, PaperStatus

MOST_REGIONS = 100
MOST_PAYLOAD_T = 100
"""Tonnes; the largest combination on our roads weighs 49 with its load, special ones more."""


class RegisterChangeSchema(Schema):
    """What a transporter says of itself; the whole of it."""

    service_area = List(
        Adcode(),
        MOST_REGIONS,
        load_default=list,
        checks=[unique],
        metadata={"description": "Regions that it serves, beside its own.", "uniqueItems": True},
    )
    hazardous = Flag(
        load_default=False, metadata={"description": "Whether it offers to carry hazardous waste."}
    )
    duty_phone = Normalised(
        60, identity.phone, Message("phone_form"), load_default=None, allow_none=True,
        metadata={"description": "Answered day and night while a load is on its way."},
    )  # fmt: skip
    note = Lines(500, load_default=None, allow_none=True)


class PermitRequestSchema(PeriodSchema):
    """A permit for road transport; its scope is shown to others as it is written."""

    number = Identifier(60, required=True)
    scope = Text(200, required=True)


class InsuranceRequestSchema(PeriodSchema):
    """An insurance of carriage."""

    number = Identifier(60, required=True)
    insurer = Text(100, load_default="")


class VehicleRequestSchema(Schema):
    """A vehicle; `valid_until` is the last day of its transport certificate."""

    plate = Normalised(
        20, identity.plate, Message("plate_form"), required=True,
        metadata={"description": "A Chinese number plate; width, case and dots do not matter."},
    )  # fmt: skip
    kind = Text(40, required=True, attribute="vehicle_kind")
    payload_t = Tonnes(maximum=MOST_PAYLOAD_T, required=True, attribute="payload_kg")
    valid_until = Day(required=True)
    tracker = Identifier(60, load_default=None, allow_none=True)


class CrewCardSchema(Schema):
    """A card of a person."""

    kind = fields.String(required=True, validate=OneOf(CardKind))
    number = Identifier(40, required=True)
    valid_until = Day(required=True)


class CrewRequestSchema(Schema):
    """A member of the crew and its cards, one of a kind."""

    name = Text(50, required=True)
    cards = List(fields.Nested(CrewCardSchema), len(CardKind), 1, required=True)

    @validates_schema
    def _has_each_kind_once(self, data: dict[str, Any], **_: Any) -> None:
        kinds = [card["kind"] for card in data.get("cards", ()) if "kind" in card]
        if len(set(kinds)) < len(kinds):
            raise ValidationError({"cards": [Message("repeated")]})


class ShownCrewCardSchema(ResponseSchema):
    """A card of a person; its number is in full for the employer, masked in lists for officials."""

    kind = Value(CardKind)
    number = fields.String()
    valid_until = Day()


class PaperFileSchema(ResponseSchema):
    id = fields.UUID()
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    created_at = Moment()


class PaperSchema(ResponseSchema):
    """A paper, with the fields of its kind."""

    optional = (
        "number", "scope", "insurer", "plate", "kind", "payload_t", "tracker", "name", "cards",
        "valid_from", "valid_until", "warnings",
    )  # fmt: skip

    id = fields.UUID()
    transporter_id = fields.UUID()
    paper = Value(PaperKind)
    status = Value(PaperStatus, "submitted by its holder, verified (only then it counts) or refused.")
    reason = fields.String(allow_none=True, metadata={"description": "What the official said to it."})
    decided_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True, metadata={"description": "When it was ended or replaced."})
    created_at = Moment()
    files = fields.List(fields.Nested(PaperFileSchema))
    number = fields.String()
    scope = fields.String()
    insurer = fields.String()
    plate = fields.String()
    kind = fields.String(metadata={"description": "Of a vehicle: what it is."})
    payload_t = Tonnes()
    tracker = fields.String(allow_none=True)
    name = fields.String(metadata={"description": "Of a member of the crew."})
    cards = fields.List(fields.Nested(ShownCrewCardSchema))
    valid_from = Day()
    valid_until = Day()
    warnings = fields.List(fields.Nested(WarningSchema))


class RegisterSchema(ResponseSchema):
    """A transporter's register, for itself and its overseers."""

    id = fields.UUID(metadata={"description": "The id of the enterprise."})
    service_area = fields.List(Adcode())
    hazardous = fields.Boolean()
    duty_phone = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    created_at = Moment(allow_none=True, metadata={"description": "Null before its first entry."})
    updated_at = Moment(allow_none=True)
    permits = fields.List(fields.Nested(PaperSchema))
    vehicles = fields.List(fields.Nested(PaperSchema))
    crew = fields.List(fields.Nested(PaperSchema))
    insurance = fields.List(fields.Nested(PaperSchema))


class PaperQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(PaperStatus),
        metadata={"description": "Only those in this status."},
    )
    paper = fields.String(
        load_default=None, validate=OneOf(PaperKind), metadata={"description": "Only those of this kind."}
    )
    transporter_id = fields.UUID(
        load_default=None, metadata={"description": "Only those of this transporter."}
    )


class PermitScopeSchema(ResponseSchema):
    scope = fields.String(metadata={"description": "As the permit says; it is shown, not judged."})
    valid_until = Day()


class TransporterSchema(EnterpriseRefSchema):
    """A transporter as every member sees it, by its verified papers of today."""

    region = Adcode()
    hazardous = fields.Boolean(
        metadata={
            "description": "Whether it has a permit, a vehicle, a driver and an escort for hazardous waste."
        }
    )
    service_area = fields.List(Adcode())
    permits = fields.List(fields.Nested(PermitScopeSchema))
    vehicles = fields.Integer()
    payload_t = Tonnes(minimum=0, metadata={"description": "Of all its vehicles."})


class TransporterQuery(PageQuery):
    region = Adcode(
        load_default=None, metadata={"description": "Only those that lie in this region or serve it."}
    )
    hazardous = fields.Boolean(
        load_default=False,
        metadata={"description": "true: only those that may carry hazardous waste today."},
    )


PaperPage = page_of(PaperSchema)


TransporterPage = page_of(TransporterSchema)
