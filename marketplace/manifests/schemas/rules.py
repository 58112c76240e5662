"""The deadlines and tolerances that apply."""

from marshmallow import fields

from ...http.fields import KnownValue, Value
from ...http.schemas import ResponseSchema
from ..models import LateStep


class ManifestDeadlineSchema(ResponseSchema):
    step = Value(LateStep)
    working = fields.Boolean(metadata={"description": "Whether the days are working days."})
    reminded_days = fields.Integer(allow_none=True)
    escalated_days = fields.Integer(allow_none=True)
    recorded_days = fields.Integer(allow_none=True)
    mark = Value(("T", "S", "O"), "T: by the text of the law; S: by a summary of it; O: our own choice.")
    source = fields.String()


class ManifestToleranceSchema(ResponseSchema):
    form = KnownValue(allow_none=True)
    packing = KnownValue(allow_none=True)
    per_mille = fields.Integer()
    least_kg = fields.Integer()
    significant_per_mille = fields.Integer()
    source = fields.String()


class ManifestRulesSchema(ResponseSchema):
    deadlines = fields.List(fields.Nested(ManifestDeadlineSchema))
    tolerances = fields.List(fields.Nested(ManifestToleranceSchema))
