"""How many of the issued manifests are closed."""

from marshmallow import fields

from ...http.fields import Adcode, Day, OneOf
from ...http.schemas import EnterpriseRefSchema, ResponseSchema, Schema
from .queries import about


class ClosingRateQuery(Schema):
    region = Adcode(**about("Where the loads leave from: a region with all within it."))
    from_ = Day(data_key="from", **about("First day of issue."))
    until = Day(**about("Last day of issue."))
    by = fields.String(
        load_default="enterprise", validate=OneOf(("enterprise", "district")),
        metadata={"description": "Whether `items` count each sender apart, or its district as a whole."},
    )  # fmt: skip


class ManifestRateSchema(ResponseSchema):
    optional = ("enterprise",)

    region = Adcode()
    enterprise = fields.Nested(EnterpriseRefSchema)
    issued = fields.Integer()
    closed = fields.Integer()
    rate = fields.Float(allow_none=True)


class ClosingRateSchema(ResponseSchema):
    issued = fields.Integer(metadata={"description": "Issued in the period and not cancelled."})
    closed = fields.Integer(metadata={"description": "Of those, closed or treated."})
    rate = fields.Float(
        allow_none=True, metadata={"description": "`closed / issued`; null where nothing was issued."}
    )
    items = fields.List(fields.Nested(ManifestRateSchema))
