"""The standing of an enterprise, and why it is what it is."""

from marshmallow import fields

from ...enterprises.models import Grade
from ...http.fields import Day, Value
from ...http.schemas import ResponseSchema
from ..models import AXES, ESTABLISHED_BY, Recorder
from .points import Points, Total


class AxesSchema(ResponseSchema):
    law = Total()
    manifests = Total()
    reporting = Total()
    site = Total()
    fulfilment = Total()
    incidents = Total()


class CreditSchema(ResponseSchema):
    """A credit standing: in full for the enterprise and its overseers; approved members see the grade and the
    score in whole points, other keys the grade alone."""

    optional = ("score", "provisional", "axes", "valid_until", "blocked")

    score = Points()
    grade = Value(Grade)
    provisional = fields.Boolean()
    axes = fields.Nested(AxesSchema)
    valid_until = Day(allow_none=True)
    blocked = fields.Boolean()


class ScoreLineSchema(ResponseSchema):
    """One rule's part in a score, or the `cap`: what the platform's own events do not take, because they
    alone never make grade E."""

    rule = fields.String(metadata={"description": "The rule's code, or `cap`."})
    axis = Value(AXES, "null: the cap, which is of no axis.", allow_none=True)
    recorded_as = Value(Recorder, "Whom the rule names to record its events.", allow_none=True)
    year = fields.Integer(
        allow_none=True, metadata={"description": "The year, if the rule has a yearly limit."}
    )
    events = fields.Integer()
    points = Total(metadata={"description": "Points that count, after the yearly limit."})
    title = fields.String(
        allow_none=True, metadata={"description": "What the table in force calls the rule, if it has it."}
    )


class NextGradeSchema(ResponseSchema):
    grade = Value(Grade)
    missing = Points(metadata={"description": "Points that the score lacks."})


class ScoreAheadSchema(ResponseSchema):
    """What the score will be from a day on, if nothing else happens."""

    on = Day()
    score = Points()
    grade = Value(Grade)


class CreditExplanationSchema(ResponseSchema):
    """Why a score is what it is: base, and the lines that add up to it before the clamp to 0..100."""

    base = Points()
    established_by = Value(ESTABLISHED_BY, allow_none=True)
    lines = fields.List(fields.Nested(ScoreLineSchema))
    sum = Total()
    score = Points()
    grade = Value(Grade)
    next_grade = fields.Nested(
        NextGradeSchema, allow_none=True, metadata={"description": "null: there is no better one."}
    )
    ahead = fields.List(
        fields.Nested(ScoreAheadSchema),
        metadata={"description": "The next ten days on which an event or an evaluation ends."},
    )
    blocks = fields.List(fields.UUID())
