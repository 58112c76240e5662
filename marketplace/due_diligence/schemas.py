"""Shapes of due diligence."""

from marshmallow import fields

from ..http.fields import Day, Flag, KnownValue, Lines, Moment, OneOf, Value
from ..http.schemas import EnterpriseRefSchema, ResponseSchema, Schema, WarningSchema
from .models import Check, Contractor


class DueDiligenceQuery(Schema):
    transporter_id = fields.UUID(
        load_default=None,
        metadata={"description": "A transporter that is to be shown too, though nothing is confirmed of it."},
    )


class ConfirmationSchema(Schema):
    """All three must be true: that you checked them is what you confirm."""

    contractor = fields.String(required=True, validate=OneOf(Contractor))
    transporter_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Of a transporter: which."}
    )
    registration = Flag(required=True, metadata={"description": "That it may do it (主体资格)."})
    ability = Flag(required=True, metadata={"description": "That it is able to (技术能力)."})
    contract = Flag(
        required=True,
        metadata={"description": "That a written contract with pollution clauses is signed."},
    )
    note = Lines(500, load_default="")


class FactSchema(ResponseSchema):
    kind = KnownValue(about="What kind of document it is.")
    reference = fields.String()
    valid_until = fields.String(allow_none=True, metadata={"format": "date"})


class CheckSchema(ResponseSchema):
    check = Value(Check)
    facts = fields.List(
        fields.Nested(FactSchema), metadata={"description": "What is on file; empty: bring it yourself."}
    )


class ContractorSchema(ResponseSchema):
    contractor = Value(Contractor)
    enterprise = fields.Nested(EnterpriseRefSchema)
    state = Value(("missing", "outdated", "current"), "outdated: papers have changed or ended since.")
    checks = fields.List(fields.Nested(CheckSchema))
    note = fields.String(allow_none=True)
    confirmed_at = Moment(allow_none=True)
    valid_until = Day(allow_none=True)
    confirmations = fields.Integer(metadata={"description": "How many are kept, the newest shown."})


class DueDiligenceSchema(ResponseSchema):
    """Whether receiver and carriers of a deal were verified, and what is on file of them."""

    deal_id = fields.UUID()
    current = fields.Boolean()
    items = fields.List(fields.Nested(ContractorSchema))
    warnings = fields.List(fields.Nested(WarningSchema))
