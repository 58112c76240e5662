"""Shapes of appeals and repairs."""

from enum import StrEnum

from marshmallow import fields

from ..credit.models import FileSender
from ..http.fields import Day, Lines, Moment, OneOf, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import KeptFileSchema, ResponseSchema, Schema, WarningSchema
from .models import AppealStatus, Decision, RepairDecision, RepairStatus


class _RequestSchema(ResponseSchema):
    """What is shown of an appeal and of a repair alike."""

    optional = ("warnings",)

    id = fields.UUID()
    event_id = fields.UUID()
    enterprise_id = fields.UUID()
    rule = fields.String(metadata={"description": "The rule of the event."})
    due_on = Day(metadata={"description": "The last day of the decision."})
    answer = fields.String(
        allow_none=True, metadata={"description": "Why it was decided so, or why it ended undecided."}
    )
    closed_at = Moment(allow_none=True)
    created_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


def _reason_of_decision() -> Lines:
    return Lines(1000, required=True, metadata={"description": "The enterprise reads it."})


def _only_in_state(states: type[StrEnum]) -> fields.String:
    return fields.String(
        load_default=None, validate=OneOf(states), metadata={"description": "Only those in this state."}
    )


class NewAppealSchema(Schema):
    reason = Lines(2000, required=True, metadata={"description": "Why the event is wrong."})


class AppealDecisionSchema(Schema):
    decision = fields.String(
        required=True,
        validate=OneOf(Decision),
        metadata={"description": "uphold: the event remains; overturn: it is taken back."},
    )
    reason = _reason_of_decision()


class AppealSchema(_RequestSchema):
    status = Value(AppealStatus, "ended: the event was withdrawn or repaired in another way.")
    reason = fields.String()


AppealPage = page_of(AppealSchema)


class AppealQuery(PageQuery):
    status = _only_in_state(AppealStatus)


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
    reason = _reason_of_decision()


class RepairSchema(_RequestSchema):
    status = Value(RepairStatus, "ended: the event was withdrawn in the meantime.")
    promise = fields.String()
    complex = fields.Boolean(
        attribute="is_complex", metadata={"description": "Whether the time of the decision was extended."}
    )
    check_note = fields.String(allow_none=True)
    checked_at = Moment(allow_none=True)


RepairPage = page_of(RepairSchema)


class RepairQuery(PageQuery):
    status = _only_in_state(RepairStatus)


class AppealFileSchema(KeptFileSchema):
    """A file that an enterprise added with its appeal, kept as a file of the event."""

    by = Value(FileSender, "Who added it.")
