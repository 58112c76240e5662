"""What another rule table would change."""

from marshmallow import fields

from ...enterprises.models import Grade
from ...http.fields import Adcode, Value
from ...http.schemas import ResponseSchema


class GradeChangeSchema(ResponseSchema):
    enterprise_id = fields.UUID()
    name = fields.String(metadata={"description": "Of the enterprise."})
    region = Adcode()
    before = Value(Grade, data_key="from", attribute="from")
    after = Value(Grade, data_key="to", attribute="to")


class GradeCountsSchema(ResponseSchema):
    A = fields.Integer()
    B = fields.Integer()
    C = fields.Integer()
    D = fields.Integer()
    E = fields.Integer()


class SimulationCountsSchema(ResponseSchema):
    """Of all enterprises: how many would change grade, and how many have each now and then."""

    enterprises = fields.Integer()
    changed = fields.Integer()
    up = fields.Integer()
    down = fields.Integer()
    before = fields.Nested(GradeCountsSchema, data_key="from", attribute="from")
    after = fields.Nested(GradeCountsSchema, data_key="to", attribute="to")


class SimulationSchema(ResponseSchema):
    """Who would change grade if every event that counts today had these terms."""

    changes = fields.List(
        fields.Nested(GradeChangeSchema),
        metadata={"description": "The first thousand, those that lose most grades first."},
    )
    counts = fields.Nested(SimulationCountsSchema)
