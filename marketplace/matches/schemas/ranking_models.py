"""Shapes of trained ranking models and their cards."""

from marshmallow import fields

from matching.learning import WHY_UNUSED

from ...http.fields import KnownValue, Moment, Value
from ...http.paging import page_of
from ...http.schemas import ResponseSchema
from ..models import ModelStatus


class WindowSchema(ResponseSchema):
    first = fields.Date(
        metadata={"description": "Day of the first action: interest, offer, deal or transfer."}
    )
    split = fields.Date(metadata={"description": "First day of the later part."})
    last = fields.Date()


class CountsSchema(ResponseSchema):
    shown = fields.Integer()
    not_suitable = fields.Integer()
    interested = fields.Integer()
    offered = fields.Integer()
    dealt = fields.Integer()
    closed = fields.Integer()


class PartsSchema(ResponseSchema):
    earlier = fields.Integer(metadata={"description": "The part used for training."})
    later = fields.Integer(metadata={"description": "The part used for comparison."})


class FigureSchema(ResponseSchema):
    value = fields.Float()
    low = fields.Float(metadata={"description": "Lower end of the 95 % bootstrap interval over suppliers."})
    high = fields.Float()


class MetricSchema(ResponseSchema):
    formula = fields.Nested(FigureSchema)
    learned = fields.Nested(FigureSchema)
    gain = fields.Nested(FigureSchema)


class MetricsSchema(ResponseSchema):
    mrr = fields.Nested(MetricSchema)
    ndcg_at_10 = fields.Nested(MetricSchema)


class CardSchema(ResponseSchema):
    """What a training saw and found; the later entries are there as far as it came."""

    optional = ("supplies", "kind", "features", "weights", "mrr_on_suppliers_left_out")

    window = fields.Nested(WindowSchema, allow_none=True)
    outcomes = fields.Nested(CountsSchema)
    suppliers = fields.Nested(PartsSchema)
    supplies = fields.Nested(PartsSchema)
    kind = KnownValue(about="What ranks; docs/evaluation.md describes the kinds.")
    features = fields.List(fields.String())
    weights = fields.Dict(keys=fields.String(), values=fields.Float())
    mrr_on_suppliers_left_out = fields.Dict(keys=fields.String(), values=fields.Float())
    metrics = fields.Nested(MetricsSchema, allow_none=True)


class RankingModelSchema(ResponseSchema):
    version = fields.Integer()
    status = Value(ModelStatus)
    used = fields.Boolean(
        metadata={"description": "Whether it is clearly better than the formula on later data."}
    )
    reason = Value(WHY_UNUSED, "Why it is not used; else null.", allow_none=True)
    detail = fields.String(allow_none=True, metadata={"description": "The reason in words."})
    created_at = Moment()
    trained_at = Moment(allow_none=True)
    card = fields.Nested(CardSchema, allow_none=True)


RankingModelPage = page_of(RankingModelSchema)
