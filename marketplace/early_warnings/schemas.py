"""Shapes of early warnings and of what they are computed by."""

from marshmallow import fields

from ..http.fields import Adcode, Day, Moment, QueryNumber, Range, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import EnterpriseRefSchema, ResponseSchema
from .models import STATUSES, WarningPart

NOTICE = {"description": "What a warning is and is not, in the caller's language."}


class EarlyWarningQuery(PageQuery):
    region = Adcode(
        load_default=None, metadata={"description": "Only those of this region and the regions within it."}
    )
    min_risk = QueryNumber(
        load_default=0.0,
        validate=Range(min=0, max=1),
        metadata={"description": "Only those with this risk or a higher one, from 0 to 1."},
    )


class WarningPartSchema(ResponseSchema):
    part = Value(WarningPart)
    text = fields.String(metadata={"description": "What it is, in the caller's language."})
    value = fields.Float(metadata={"description": "Its value: points, events or days."})
    log_odds = fields.Float(metadata={"description": "By how much it raises the log-odds of a fall."})


class EarlyWarningSchema(ResponseSchema):
    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    risk = fields.Float(
        metadata={"description": "Of falling to grade D or E within 90 days, from 0 to 1; calibrated."}
    )
    parts = fields.List(
        fields.Nested(WarningPartSchema),
        metadata={"description": "The largest three, against an enterprise of which nothing is known."},
    )
    others_log_odds = fields.Float(
        metadata={"description": "What all else adds to the log-odds: together with the parts their whole."}
    )
    computed_on = Day()


class EarlyWarningPageSchema(page_of(EarlyWarningSchema)):  # type: ignore[misc]
    notice = fields.String(metadata=NOTICE)


class AmountsSchema(ResponseSchema):
    """How much history there is, or has to be."""

    optional = ("enterprises",)

    months = fields.Integer()
    falls = fields.Integer(metadata={"description": "From grade C or better to D or E."})
    enterprises = fields.Integer(metadata={"description": "Whose history is looked at."})


class LearningPartSchema(ResponseSchema):
    first = Day(allow_none=True)
    last = Day(allow_none=True, metadata={"description": "Last day of the 90 days of its last rows."})
    rows = fields.Integer(metadata={"description": "Enterprises on the first days of months."})
    fell = fields.Integer(metadata={"description": "Rows that were followed by a fall within 90 days."})


class LearningPartsSchema(ResponseSchema):
    training = fields.Nested(LearningPartSchema)
    calibration = fields.Nested(LearningPartSchema)
    test = fields.Nested(LearningPartSchema, metadata={"description": "What the figures below are of."})


class CalibrationBinSchema(ResponseSchema):
    rows = fields.Integer()
    predicted = fields.Float(metadata={"description": "Mean risk, from 0 to 1."})
    observed = fields.Float(metadata={"description": "Share that fell, from 0 to 1."})


CARD_PARTS = (
    "history", "needed", "parts", "calibration", "calibration_error", "brier", "brier_of_mean", "lift",
    "lift_of_score", "lift_of_recent",
)  # fmt: skip
"""What is shown of the card of a training, as far as it has it."""


class EarlyWarningModelSchema(ResponseSchema):
    """The newest training; the later entries are there as far as it came."""

    optional = (*CARD_PARTS, "simulated_notice")

    status = Value(STATUSES, "Whether it warns, or why not.")
    detail = fields.String(metadata={"description": "The status in words."})
    notice = fields.String(metadata=NOTICE)
    model_id = fields.UUID(allow_none=True)
    trained_at = Moment(allow_none=True)
    simulated = fields.Boolean(
        allow_none=True, metadata={"description": "Whether the history is that of a simulated city."}
    )
    simulated_notice = fields.String(metadata={"description": "Then: what the figures do not say."})
    history = fields.Nested(AmountsSchema)
    needed = fields.Nested(AmountsSchema)
    parts = fields.Nested(LearningPartsSchema)
    calibration = fields.List(
        fields.Nested(CalibrationBinSchema), metadata={"description": "Ten bins, the lowest risks first."}
    )
    calibration_error = fields.Float(
        metadata={"description": "Mean distance of predicted from observed over the bins."}
    )
    brier = fields.Float(metadata={"description": "Mean square of risk less what happened."})
    brier_of_mean = fields.Float(metadata={"description": "The same, if all had the mean as their risk."})
    lift = fields.Float(
        metadata={"description": "How many times as often the tenth with the highest risks fell as all."}
    )
    lift_of_score = fields.Float(metadata={"description": "The same of the tenth with the lowest scores."})
    lift_of_recent = fields.Float(
        metadata={"description": "The same of the tenth with the most deductions of the last 90 days."}
    )
