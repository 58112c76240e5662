"""Shapes of appeals and repairs."""

from marshmallow import fields

from ..http.fields import Day, Lines, Moment, OneOf, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema, Schema, WarningSchema
from .models import AppealStatus, Decision, RepairDecision, RepairStatus


class NewAppealSchema(Schema):
    reason = Lines(2000, required=True, metadata={"description": "Why the event is wrong."})


class AppealDecisionSchema(Schema):
    decision = fields.String(
        required=True,
        validate=OneOf(Decision),
        metadata={"description": "uphold: the event remains; overturn: it is taken back."},
    )
    reason = Lines(1000, required=True, metadata={"description": "The enterprise reads it."})


class AppealSchema(ResponseSchema):
    optional = ("warnings",)

    id = fields.UUID()
    event_id = fields.UUID()
    enterprise_id = fields.UUID()
    rule = fields.String(metadata={"description": "The rule of the event."})
    status = Value(AppealStatus, "ended: the event was withdrawn or repaired in another way.")
    reason = fields.String()
    due_on = Day(metadata={"description": "The last day of the decision."})
    answer = fields.String(
        allow_none=True, metadata={"description": "Why it was decided so, or why it ended undecided."}
    )
    closed_at = Moment(allow_none=True)
    created_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


AppealPage = page_of(AppealSchema)


class AppealQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(AppealStatus),
        metadata={"description": "Only those in this state."},
    )


class NewRepairSchema(Schema):
    promise = Lines(
        2000,
        required=True,
        metadata={"description": "What was corrected, and what is promised in public for the future."},
    )


class RepairCheckSchema(Schema):
    note = Lines(1000, required=True, metadata={"description": "What was seen to be corrected, and how."})


class RepairExtensionSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "Why the case is complex."})


class RepairDecisionSchema(Schema):
    decision = fields.String(required=True, validate=OneOf(RepairDecision))
    reason = Lines(1000, required=True, metadata={"description": "The enterprise reads it."})


class RepairSchema(ResponseSchema):
    optional = ("warnings",)

    id = fields.UUID()
    event_id = fields.UUID()
    enterprise_id = fields.UUID()
    rule = fields.String(metadata={"description": "The rule of the event."})
    status = Value(RepairStatus, "ended: the event was withdrawn in the meantime.")
    promise = fields.String()
    complex = fields.Boolean(
        attribute="is_complex", metadata={"description": "Whether the time of the decision was extended."}
    )
    due_on = Day(metadata={"description": "The last day of the decision."})
    check_note = fields.String(allow_none=True)
    checked_at = Moment(allow_none=True)
    answer = fields.String(
        allow_none=True, metadata={"description": "Why it was decided so, or why it ended undecided."}
    )
    closed_at = Moment(allow_none=True)
    created_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


RepairPage = page_of(RepairSchema)


class RepairQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(RepairStatus),
        metadata={"description": "Only those in this state."},
    )
