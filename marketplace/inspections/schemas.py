"""Shapes of inspections."""

from marshmallow import fields

from ..enterprises.models import Grade
from ..http.documents import PICTURE_TYPES
from ..http.fields import (
    Adcode,
    Choices,
    Day,
    Flag,
    Identifier,
    Lines,
    List,
    Moment,
    OneOf,
    Text,
    Value,
    Whole,
    unique,
)
from ..http.paging import PageQuery, page_of
from ..http.schemas import EnterpriseRefSchema, ResponseSchema, Schema, WarningSchema
from .models import (
    MOST_POINTS,
    Checklist,
    FindingRule,
    InspectionKind,
    InspectionResult,
    InspectionStatus,
    InspectionWay,
    PhotoOf,
)

MOST_ITEMS = 60
LONGEST_NOTE = 1000


class ChecklistItemSchema(ResponseSchema):
    """An item as it is asked; 2 points if it is met, 1 partly, 0 not."""

    code = fields.String()
    section_zh = fields.String()
    section_en = fields.String()
    text_zh = fields.String()
    text_en = fields.String()
    most_points = fields.Integer()
    veto = fields.Boolean(metadata={"description": "Whether 0 points here fail the whole."})
    rule = Value(FindingRule, "The credit rule that a finding suggests.", allow_none=True)
    basis = fields.String(allow_none=True, metadata={"description": "Id of a legal basis."})
    source = fields.String(metadata={"description": "Where the item comes from; ours says so."})
    valid_from = Day()
    valid_until = Day(allow_none=True)


class ChecklistSchema(ResponseSchema):
    checklist = Value(Checklist)
    most_points = fields.Integer()
    items = fields.List(fields.Nested(ChecklistItemSchema))


class InspectionPolicySchema(ResponseSchema):
    """What inspections are judged by."""

    pass_per_mille = fields.Integer(metadata={"description": "Of the points, for `pass`."})
    basic_per_mille = fields.Integer(metadata={"description": "Of the points, for `basic`."})
    rectification_days = fields.Integer(metadata={"description": "Working days, if no day is named."})
    self_report_days = fields.Integer(
        metadata={"description": "A defect named in a self-check so many days before costs half."}
    )
    months = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "By grade: months until the next check by an officer."},
    )
    source = fields.String()
    valid_from = Day()
    valid_until = Day(allow_none=True)


class ChecklistsSchema(ResponseSchema):
    policy = fields.Nested(
        InspectionPolicySchema,
        allow_none=True,
        metadata={"description": "Null on a day from before there were inspections."},
    )
    items = fields.List(fields.Nested(ChecklistSchema))


class ChecklistQuery(Schema):
    on = Day(load_default=None, metadata={"description": "As they are asked on this day; today if absent."})


class NewInspectionSchema(Schema):
    enterprise_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Who is checked; an enterprise that checks itself may leave it out."},
    )
    checklist = fields.String(required=True, validate=OneOf(Checklist))
    kind = fields.String(required=True, validate=OneOf(InspectionKind))
    way = fields.String(load_default=InspectionWay.SITE.value, validate=OneOf(InspectionWay))
    note = Lines(LONGEST_NOTE, load_default=None, allow_none=True)


class InspectionItemAnswerSchema(Schema):
    item = Identifier(20, required=True, metadata={"description": "Code of the item, as M1."})
    points = Whole(0, MOST_POINTS, required=True)
    note = Lines(LONGEST_NOTE, load_default=None, allow_none=True)
    rule = fields.String(
        validate=OneOf(FindingRule),
        load_default=None,
        allow_none=True,
        metadata={"description": "An officer: the credit rule to record the finding under at the end."},
    )


def _once(answers: list[dict[str, str]]) -> None:
    unique([answer["item"] for answer in answers])


class InspectionAnswersSchema(Schema):
    items = List(fields.Nested(InspectionItemAnswerSchema), MOST_ITEMS, 1, required=True, checks=[_once])


def _last_day() -> Day:
    return Day(
        load_default=None,
        allow_none=True,
        metadata={"description": "Last day to put findings right; else the policy's working days."},
    )


class InspectionFinishSchema(Schema):
    due_on = _last_day()
    note = Lines(LONGEST_NOTE, load_default=None, allow_none=True)


class InspectionRemedySchema(Schema):
    item = Identifier(20, required=True)
    text = Lines(LONGEST_NOTE, required=True, metadata={"description": "What was done about it."})


class InspectionRectificationSchema(Schema):
    """One entry for each open finding."""

    items = List(fields.Nested(InspectionRemedySchema), MOST_ITEMS, 1, required=True, checks=[_once])


class InspectionVerdictSchema(Schema):
    item = Identifier(20, required=True)
    corrected = Flag(required=True)
    note = Lines(LONGEST_NOTE, load_default=None, allow_none=True)


class InspectionRecheckSchema(Schema):
    """One entry for each open finding."""

    items = List(fields.Nested(InspectionVerdictSchema), MOST_ITEMS, 1, required=True, checks=[_once])
    due_on = _last_day()


class InspectionCancelSchema(Schema):
    reason = Lines(500, required=True)


class InspectionPhotoQuery(Schema):
    item = Identifier(20, required=True, metadata={"description": "Code of the item, as M1."})
    name = Text(
        1000,
        load_default=None,
        metadata={"description": "What the photo is called; a form says so itself."},
    )


class InspectionPhotoSchema(ResponseSchema):
    """A photo as it is kept: the picture alone."""

    id = fields.UUID()
    shows = Value(PhotoOf, "What was found, what was done about it, or what was seen then.")
    name = fields.String()
    media_type = Value(PICTURE_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()


class InspectionItemSchema(ResponseSchema):
    """An item, what was found, what was done about it."""

    item = fields.Nested(ChecklistItemSchema)
    points = fields.Integer(allow_none=True)
    note = fields.String(allow_none=True)
    is_finding = fields.Boolean(metadata={"description": "Whether it is to be put right."})
    rule = Value(FindingRule, "The credit rule that the finding is recorded under.", allow_none=True)
    event_id = fields.UUID(allow_none=True, metadata={"description": "The credit event of the finding."})
    remedy = fields.String(allow_none=True)
    is_corrected = fields.Boolean(allow_none=True, metadata={"description": "null: not checked again yet."})
    recheck_note = fields.String(allow_none=True)
    photos = fields.List(fields.Nested(InspectionPhotoSchema))


class InspectionHeadSchema(ResponseSchema):
    id = fields.UUID()
    number = fields.String()
    status = Value(InspectionStatus, "How far it is.")
    enterprise_id = fields.UUID()
    enterprise = fields.Nested(EnterpriseRefSchema)
    checklist = Value(Checklist)
    kind = Value(InspectionKind, "Who checks.")
    way = Value(InspectionWay)
    begun_on = Day()
    note = fields.String(allow_none=True)
    points = fields.Integer(allow_none=True)
    most_points = fields.Integer(allow_none=True)
    percent = fields.Float(allow_none=True)
    result = Value(InspectionResult, "Null until it is finished.", allow_none=True)
    due_on = Day(allow_none=True, metadata={"description": "Last day to put findings right."})
    was_late = fields.Boolean(metadata={"description": "Whether a rectification was late."})
    finished_at = Moment(allow_none=True)
    answered_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)
    created_at = Moment()
    updated_at = Moment()


class InspectionSchema(InspectionHeadSchema):
    optional = ("warnings",)

    items = fields.List(fields.Nested(InspectionItemSchema))
    warnings = fields.List(fields.Nested(WarningSchema))


InspectionPage = page_of(InspectionHeadSchema, "InspectionPage")


class InspectionQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None, metadata={"description": "Only of this enterprise."})
    checklist = fields.String(
        validate=OneOf(Checklist), load_default=None, metadata={"description": "Only by this checklist."}
    )
    kind = fields.String(
        validate=OneOf(InspectionKind), load_default=None, metadata={"description": "Only of this kind."}
    )
    status = Choices(
        [status.value for status in InspectionStatus],
        "inspection_status",
        load_default=None,
        metadata={"description": "Only in these states, separated by commas."},
    )
    mine = fields.Boolean(
        load_default=False,
        metadata={"description": "Only of your own enterprise; for staff: only those that you began."},
    )


class DueInspectionSchema(ResponseSchema):
    """An enterprise whose next check by an officer is due."""

    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    grade = Value(Grade)
    last_on = Day(allow_none=True, metadata={"description": "Day of the last check; null: none yet."})
    due_on = Day()


DueInspectionPage = page_of(DueInspectionSchema, "DueInspectionPage")


class DueInspectionQuery(PageQuery):
    on = Day(load_default=None, metadata={"description": "Due by this day; today if absent."})
