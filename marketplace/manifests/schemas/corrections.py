"""Corrections of what is sealed."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ...http.fields import Identifier, Lines, Moment, OneOf, Text, Tonnes, Value, Whole
from ...http.languages import Message
from ...http.schemas import ResponseSchema, Schema
from ...listings.models import Packaging
from ..models import CorrectionStatus, Part
from .loads import HEAVIEST_T, LONGEST_REASON, MOST_PACKAGES, LoadTonnes, reason_field


class NeverCorrected(fields.Raw):
    """A field that no correction changes; whoever names it is told what to do instead."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        raise ValidationError([Message("never_corrected")])


class ManifestCorrectedFieldsSchema(Schema):
    """What is to be changed; `weight_t` is the asker's own weight."""

    weight_t = LoadTonnes()
    refused_t = Tonnes(0, HEAVIEST_T)
    packages = Whole(1, MOST_PACKAGES)
    packing = fields.String(validate=OneOf(Packaging))
    component = Text(200)
    emergency = Lines(1000)
    vehicle = Identifier(20)
    driver = Text(50)
    escort = Text(50)
    note = Lines(LONGEST_REASON)
    reason = Lines(LONGEST_REASON)
    number = NeverCorrected()
    official_number = NeverCorrected()
    receiver = NeverCorrected()
    receiver_id = NeverCorrected()
    sender_id = NeverCorrected()
    supplier = NeverCorrected()
    supplier_id = NeverCorrected()

    @validates_schema
    def _not_empty(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError([Message("field_required")])


class ManifestCorrectionRequestSchema(Schema):
    changes = fields.Nested(ManifestCorrectedFieldsSchema, required=True)
    reason = reason_field(required=True)


class ManifestCorrectionSchema(ResponseSchema):
    id = fields.UUID()
    manifest_id = fields.UUID()
    status = Value(CorrectionStatus)
    part = Value(Part, "Whose part is to be corrected.")
    approver = Value(Part, "Who has to agree.")
    changes = fields.Dict(metadata={"description": "As asked for; weights in tonnes."})
    reason = fields.String()
    decision_reason = fields.String(allow_none=True)
    decided_at = Moment(allow_none=True)
    created_at = Moment()
