"""Shapes of applications for transfer approvals."""

from marshmallow import fields

from ..catalogue.models import Mode
from ..http.documents import DOCUMENT_TYPES
from ..http.fields import Day, Identifier, Lines, Moment, OneOf, Tonnes, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import CodeText, InOrderSchema, ResponseSchema, Schema, SchemeText, WarningSchema
from .models import ToAct, TransferPaperKind, TransferStatus


class TransferPaperSchema(ResponseSchema):
    id = fields.UUID()
    kind = Value(TransferPaperKind, "What the paper is.")
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    created_at = Moment()


class TransferStepSchema(ResponseSchema):
    """A step that was taken, and whether it was in time."""

    move = fields.String()
    source = Value(TransferStatus, "The state before.")
    target = Value(TransferStatus, "The state after.")
    due_on = fields.Date(
        allow_none=True, metadata={"description": "By when it was due; null without a limit."}
    )
    on = fields.Date()
    was_late = fields.Boolean()
    note = fields.String(allow_none=True)


class TransferApplicationSchema(InOrderSchema):
    """An application to move one waste to one receiver in another province, in one way."""

    id = fields.UUID(dump_only=True, required=True)
    status = Value(TransferStatus, "How far it is.", dump_only=True, required=True)
    generator_id = fields.UUID(
        load_default=None, metadata={"description": "The applicant; it leaves this out itself."}
    )
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    tonnes = Tonnes(required=True)
    way = fields.String(required=True, validate=OneOf(Mode))
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    to_act = Value(ToAct, "Who must act next.", dump_only=True, required=True, allow_none=True)
    due_on = Day(dump_only=True, required=True, allow_none=True)
    is_overdue = fields.Boolean(dump_only=True, required=True)
    reason = fields.String(dump_only=True, required=True, allow_none=True)
    approval_id = fields.UUID(dump_only=True, required=True, allow_none=True)
    papers = fields.List(fields.Nested(TransferPaperSchema), dump_only=True, required=True)
    missing_papers = fields.List(Value(TransferPaperKind), dump_only=True, required=True)
    steps = fields.List(fields.Nested(TransferStepSchema), dump_only=True, required=True)
    created_at = Moment(dump_only=True, required=True)
    updated_at = Moment(dump_only=True, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), dump_only=True)


class ApplicationQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(TransferStatus),
        metadata={"description": "Only those in this state."},
    )
    overdue = fields.Boolean(load_default=False, metadata={"description": "Only those whose step is late."})


class PaperQuery(Schema):
    kind = fields.String(
        required=True, validate=OneOf(TransferPaperKind), metadata={"description": "What the paper is."}
    )


class StepSchema(Schema):
    reason = Lines(500, load_default=None, allow_none=True, metadata={"description": "The parties read it."})


class StepReasonSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "The parties read it."})


class GrantSchema(Schema):
    """The approval as the province gave it; what is left out is as it was applied for."""

    number = Identifier(60, required=True)
    tonnes = Tonnes(load_default=None, allow_none=True)
    valid_from = Day(load_default=None, allow_none=True)
    valid_until = Day(load_default=None, allow_none=True)


ApplicationPage = page_of(TransferApplicationSchema)
