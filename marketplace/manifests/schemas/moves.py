"""What the parties send with a move."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ...http.fields import (
    CRS,
    Day,
    Flag,
    Identifier,
    Lines,
    List,
    Moment,
    Number,
    OneOf,
    Range,
    Text,
    Tonnes,
    Whole,
)
from ...http.languages import Message
from ...http.schemas import Schema
from .loads import (
    HEAVIEST_T,
    LONGEST_REASON,
    MOST_LINES,
    LoadTonnes,
    containers_field,
    optional_field,
    packages_field,
    reason_field,
)


class ManifestOptionalReasonSchema(Schema):
    """A move that needs no words of a party; an admin who makes it in place of one says why."""

    reason = reason_field()


class ManifestNeededReasonSchema(Schema):
    reason = reason_field(required=True)


class ManifestScheduleSchema(Schema):
    vehicle = Identifier(20, required=True, metadata={"description": "The plate."})
    driver = Text(50, required=True)
    escort = optional_field(Text, 50)
    planned_at = Moment(required=True)
    reason = reason_field()


class ManifestLineWeightSchema(Schema):
    no = Whole(1, MOST_LINES, required=True)
    weight_t = LoadTonnes(required=True)
    refused_t = Tonnes(0, HEAVIEST_T, load_default=0)


def _line_weights() -> List:
    about = {
        "description": "The weight of each line by its `no`; without it the weight is divided as planned."
    }
    return List(
        fields.Nested(ManifestLineWeightSchema),
        MOST_LINES,
        1,
        load_default=None,
        allow_none=True,
        metadata=about,
    )


def _signed_name() -> Text:
    about = {"description": "Who signs for it at the gate; sealed with the rest."}
    return Text(50, load_default=None, allow_none=True, metadata=about)


class ManifestPickupSchema(Schema):
    weight_t = LoadTonnes(required=True)
    packages = packages_field(load_default=None)
    vehicle = Identifier(20, required=True, metadata={"description": "The plate."})
    driver = Text(50, required=True)
    escort = optional_field(Text, 50)
    estimated = Flag(load_default=False, metadata={"description": "The weight was not weighed."})
    containers = containers_field(load_default=None)
    lines = _line_weights()
    signed_name = _signed_name()
    reason = reason_field()


class ManifestHandOverSchema(Schema):
    """From the carrier that has the load: the next one. From that one, to sign: the one before."""

    transporter_id = fields.UUID(required=True)
    place = Text(100, required=True)
    at = Moment(required=True)
    vehicle = optional_field(Identifier, 20)
    driver = optional_field(Text, 50)
    escort = optional_field(Text, 50)
    reason = reason_field()


class ManifestDeliverySchema(Schema):
    lon = optional_field(Number, validate=Range(min=-180, max=180))
    lat = optional_field(Number, validate=Range(min=-90, max=90))
    crs = fields.String(load_default="wgs84", validate=OneOf(CRS, "crs"))
    reason = reason_field()

    @validates_schema
    def _whole_place(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("lon", "lat") if data[name] is None]
        if len(missing) == 1:
            raise ValidationError({missing[0]: [Message("field_required")]})


class ManifestReceiptSchema(Schema):
    weight_t = LoadTonnes(required=True)
    refused_t = Tonnes(0, HEAVIEST_T, load_default=0)
    packages = packages_field(load_default=None)
    significant = optional_field(Flag, metadata={"description": "Whether you find a significant difference."})
    lines = _line_weights()
    note = optional_field(Lines, LONGEST_REASON)
    signed_name = _signed_name()
    reason = reason_field()


class ManifestOutcomeSchema(Schema):
    operation = Identifier(3, required=True, metadata={"description": "R1 to R13, D1 to D15."})
    on = Day(required=True)
    quantity_t = Tonnes(required=True)
    product = optional_field(Text, 100)
    reason = reason_field()


class ManifestFollowSchema(Schema):
    kind = fields.String(required=True, validate=OneOf(("return", "onward"), "manifest_kind"))
    deal_id = optional_field(fields.UUID)
    transporter_id = optional_field(fields.UUID)
    planned_on = optional_field(Day)
    reason = reason_field()
