"""Shapes of evaluations and of the jobs that make them."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..credit.models import EvaluationStatus
from ..enterprises.models import MILLI_PER_POINT, Grade
from ..http.fields import Adcode, Day, Lines, Moment, OneOf, Scaled, Tonnes, Value
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema, Schema
from ..inspections.models import Checklist, InspectionKind, InspectionResult, InspectionWay
from .models import EvaluationJobStatus, MissingInput


class Points(Scaled):
    """Credit points to 0.001, kept as whole thousandths."""

    per_unit = MILLI_PER_POINT

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, 100, **kwargs)


class NewEvaluationSchema(Schema):
    """Of whom previews are to be made. With `published_on`, an evaluation is published at once."""

    enterprise_id = fields.UUID(metadata={"description": "One enterprise."})
    region = Adcode(
        metadata={"description": "All approved enterprises of this region and the regions within it."}
    )
    published_on = Day(
        metadata={"description": "The day of an evaluation that was made elsewhere: it is published at once."}
    )
    note = Lines(1000, load_default="")

    @validates_schema
    def _names_one(self, body: dict[str, Any], **_: Any) -> None:
        if "enterprise_id" in body:
            if "region" in body:
                raise ValidationError({"region": [Message("either_enterprise_or_region")]})
        elif "region" not in body or "published_on" in body:
            raise ValidationError({"enterprise_id": [Message("field_required")]})


class EvaluationQuery(PageQuery):
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "Only evaluations of this enterprise."}
    )
    job_id = fields.UUID(load_default=None, metadata={"description": "Only those that this job made."})
    status = fields.String(
        load_default=None,
        validate=OneOf(EvaluationStatus),
        metadata={"description": "Only previews, or only what is published."},
    )
    ends_by = Day(
        load_default=None, metadata={"description": "Only published ones that count no more on this day."}
    )
    mine = fields.Boolean(
        load_default=False,
        metadata={"description": "Only of your own enterprise; for staff: only those that you asked for."},
    )


class EvaluationJobQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(EvaluationJobStatus),
        metadata={"description": "Only jobs that are not done yet, or only those that are."},
    )
    region = Adcode(
        load_default=None,
        metadata={"description": "Only jobs of this region, of regions within it, and of enterprises there."},
    )


class EvaluationAxesSchema(ResponseSchema):
    law = Points()
    manifests = Points()
    reporting = Points()
    site = Points()
    fulfilment = Points()
    incidents = Points()


class MissingInputSchema(ResponseSchema):
    what = Value(MissingInput)
    detail = fields.String(metadata={"description": "In the caller's language."})


class EvaluationHeadSchema(ResponseSchema):
    """An evaluation. All members see the grade and the end of what is published; the enterprise and its
    overseers see all of it."""

    optional: tuple[str, ...] = (
        "status", "published_on", "score", "axes", "provisional", "missing", "note", "job_id",
        "inputs_sha256", "created_at",
    )  # fmt: skip

    id = fields.UUID()
    enterprise_id = fields.UUID()
    name = fields.String(metadata={"description": "Of the enterprise."})
    status = Value(EvaluationStatus)
    grade = Value(
        Grade,
        "With the evaluation in force; null of one that was published before grades were kept.",
        allow_none=True,
    )
    score = Points(
        attribute="score_milli",
        allow_none=True,
        metadata={"description": "With the evaluation in force, on the day it was made."},
    )
    axes = fields.Nested(EvaluationAxesSchema, allow_none=True)
    provisional = fields.Boolean(
        allow_none=True, metadata={"description": "Whether the enterprise was a newcomer when it was made."}
    )
    missing = fields.List(
        fields.Nested(MissingInputSchema), metadata={"description": "What was not known when it was made."}
    )
    published_on = Day(allow_none=True)
    valid_until = Day(
        allow_none=True, metadata={"description": "The first day on which it counts no more; null: preview."}
    )
    note = fields.String()
    job_id = fields.UUID(allow_none=True)
    inputs_sha256 = fields.String(
        allow_none=True,
        metadata={
            "description": "SHA-256 of `inputs` as JSON with sorted names and no blanks, in hexadecimal;"
            " null: published without a preview."
        },
    )
    created_at = Moment()


EvaluationPage = page_of(EvaluationHeadSchema, "EvaluationPage")


class CurrentStandingSchema(ResponseSchema):
    """The standing without the evaluation, on the day it was made."""

    score = Points(attribute="score_milli")
    grade = Value(Grade)


class OnlineHalfSchema(ResponseSchema):
    """Reports that were due in the year before: how completely and how truly they were made."""

    applies = fields.Boolean(
        metadata={"description": "False: it owes no reports and none was due; nothing is judged."}
    )
    detail = fields.String(metadata={"description": "The same in a sentence, in the caller's language."})
    due = fields.Integer(metadata={"description": "Declarations that were due."})
    confirmed = fields.Integer()
    filed = fields.Integer(metadata={"description": "With a receipt of the national system."})
    late = fields.Integer()
    plans_due = fields.Integer(metadata={"description": "Management plans that were due."})
    plans_submitted = fields.Integer()
    agreeing = fields.Integer(
        metadata={"description": "Confirmed, balanced, and equal to the closed manifests of the period."}
    )
    gaps = fields.Integer(metadata={"description": "Confirmed ones whose balance does not close."})
    differences = fields.Integer(metadata={"description": "Confirmed ones that differ from manifests."})
    unusual = fields.Integer(metadata={"description": "Confirmed ones with a figure far from earlier ones."})
    hinted = fields.Integer(metadata={"description": "Confirmed ones with round or repeated figures."})
    in_hand_t = Tonnes(0, attribute="in_hand_kg", metadata={"description": "Opening, generated, received."})
    gap_t = Tonnes(0, attribute="gap_kg", metadata={"description": "What the balances lack, added up."})
    completeness_percent = fields.Float(
        allow_none=True, metadata={"description": "Confirmed of due; null if none was due."}
    )
    truth_percent = fields.Float(
        allow_none=True, metadata={"description": "Agreeing of confirmed; null if none is confirmed."}
    )


class SiteHalfSchema(ResponseSchema):
    """The newest finished inspection by an officer; without one, the newest self-check."""

    inspection_id = fields.UUID()
    number = fields.String()
    checklist = Value(Checklist)
    kind = Value(InspectionKind)
    way = Value(InspectionWay)
    result = Value(InspectionResult)
    points = fields.Integer()
    most_points = fields.Integer()
    percent = fields.Float(allow_none=True)
    finished_on = fields.String(metadata={"format": "date"})
    findings = fields.Integer()
    open_findings = fields.Integer()
    was_late = fields.Boolean()


class EvaluationSchema(EvaluationHeadSchema):
    """An evaluation with what it was made of, for the enterprise and its overseers."""

    optional = (*EvaluationHeadSchema.optional, "current", "online", "site", "inputs")

    current = fields.Nested(CurrentStandingSchema)
    online = fields.Nested(OnlineHalfSchema)
    site = fields.Nested(SiteHalfSchema, allow_none=True)
    inputs = fields.Dict(
        metadata={
            "description": "What it was made of, as it was frozen; points in thousandths, weights in kg."
        }
    )


class EvaluationJobSchema(ResponseSchema):
    """A job that makes previews. `Location` of the response that began it is where to follow it."""

    id = fields.UUID()
    status = Value(EvaluationJobStatus)
    enterprise_id = fields.UUID(allow_none=True)
    region = Adcode(allow_none=True)
    note = fields.String()
    total = fields.Integer(metadata={"description": "Enterprises, as counted when it began."})
    done = fields.Integer(metadata={"description": "Enterprises of which there is a preview."})
    created_at = Moment()
    ended_at = Moment(allow_none=True)


EvaluationJobPage = page_of(EvaluationJobSchema, "EvaluationJobPage")
