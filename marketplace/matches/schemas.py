"""Shapes of ranked matches, explanations, feedback and policy."""

from typing import Any

from marshmallow import ValidationError, fields, validates

from ..http.fields import (
    MAX_VERSION,
    Adcode,
    Flag,
    Identifier,
    Lines,
    Moment,
    Number,
    OneOf,
    Price,
    QueryNumber,
    Range,
    Tonnes,
    Whole,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import ContactSchema, EnterpriseRefSchema, Prebuilt, ResponseSchema, Schema, WarningSchema
from .models import Verdict

COMPONENTS = ("code", "distance", "credit", "price", "quantity", "time")
MOST_HALF_DISTANCES = 500


class MatchQuery(PageQuery):
    min_score = QueryNumber(load_default=0.0, validate=Range(min=0, max=1))
    sort = fields.String(
        load_default="score", validate=OneOf(["score", "distance", "credit", "price"], "sort")
    )


class CounterpartSchema(ResponseSchema):
    """The other side's listing, in short."""

    id = fields.UUID()
    kind = fields.String()
    title = fields.String()
    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class LegalBasisSchema(ResponseSchema):
    kind = fields.String(metadata={"description": "general, licence, channel, exempt or collector"})
    reference = fields.String(allow_none=True)
    edition = fields.String(
        metadata={"description": "Edition of the catalogue on which the judgement is based."}
    )


class ScorePartSchema(ResponseSchema):
    name = fields.String()
    value = fields.Float()
    weight = fields.Float()
    contribution = fields.Float()
    raw = fields.Float(allow_none=True)
    unit = fields.String(allow_none=True)
    reason = fields.String()


class MatchSchema(ResponseSchema):
    optional: tuple[str, ...] = ("contact", "learned")

    rank = fields.Integer()
    score = fields.Float()
    learned = fields.Float(
        metadata={
            "description": "Value in the learned ranking, higher is better; comparable in one response only."
        }
    )
    listing = fields.Nested(CounterpartSchema)
    distance_km = fields.Float()
    legal_basis = Prebuilt(LegalBasisSchema)
    components = fields.List(Prebuilt(ScorePartSchema))
    warnings = fields.List(Prebuilt(WarningSchema))
    feedback = fields.String(allow_none=True, metadata={"description": "What your side answered."})
    contact = fields.Nested(
        ContactSchema, metadata={"description": "Contact of the other side, once both are interested."}
    )


class OrderSchema(ResponseSchema):
    name = fields.String(metadata={"description": "formula or learned"})
    model_version = fields.Integer(allow_none=True, metadata={"description": "Version of the ranking model."})


class MatchPage(ResponseSchema):
    policy_version = fields.Integer()
    order = fields.Nested(OrderSchema)
    as_of = Moment()
    total = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Number of lawful counterparts, where known: on the last page without `min_score`."
        },
    )
    items = fields.List(fields.Nested(MatchSchema))
    next = fields.String(allow_none=True)


class FailedGateSchema(ResponseSchema):
    gate = fields.String()
    reason = fields.String(metadata={"description": "A stable code in snake_case."})
    detail = fields.String()
    source = fields.String(metadata={"description": "The rule behind the gate."})


class PairingSchema(MatchSchema):
    optional = (
        "rank",
        "score",
        "listing",
        "distance_km",
        "legal_basis",
        "components",
        "warnings",
        "feedback",
        "contact",
    )

    class Meta(MatchSchema.Meta):
        exclude = ("learned",)

    lawful = fields.Boolean()
    failed_gates = fields.List(fields.Nested(FailedGateSchema))
    policy_version = fields.Integer()
    as_of = Moment()


class FeedbackRequestSchema(Schema):
    verdict = fields.String(required=True, validate=OneOf(Verdict))
    reason = Lines(500, load_default=None, allow_none=True)


class FeedbackSchema(ResponseSchema):
    optional = ("contact",)

    verdict = fields.String()
    mutual = fields.Boolean()
    contact = fields.Nested(ContactSchema)


class FindingQuery(PageQuery):
    gate = Identifier(30, load_default=None)


class FindingSchema(ResponseSchema):
    listing_id = fields.UUID()
    gate = fields.String()
    detail = fields.String()
    stopped = fields.Dict(keys=fields.String(), values=fields.Integer())
    candidates = fields.Integer()
    at = Moment()


FindingPage = page_of(FindingSchema)


class WeightsSchema(Schema):
    code = Number(required=True, validate=Range(min=0, max=1))
    distance = Number(required=True, validate=Range(min=0, max=1))
    credit = Number(required=True, validate=Range(min=0, max=1))
    price = Number(required=True, validate=Range(min=0, max=1))
    quantity = Number(required=True, validate=Range(min=0, max=1))
    time = Number(required=True, validate=Range(min=0, max=1))


class DelaysSchema(Schema):
    A = Whole(0, 604_800, required=True)
    B = Whole(0, 604_800, required=True)
    C = Whole(0, 604_800, required=True)
    D = Whole(0, 604_800, required=True)


class PolicySchema(Schema):
    """The whole policy. `version` is given by the platform and ignored when sent."""

    version = Whole(1, MAX_VERSION, metadata={"description": "Set by the platform; ignored in requests."})
    weights = fields.Nested(WeightsSchema, required=True)
    half_distance_km = fields.Dict(
        keys=Identifier(24),
        values=Number(validate=Range(min=0.001, max=20_100)),
        required=True,
        metadata={"required": ["default"], "maxProperties": MOST_HALF_DISTANCES},
    )
    price_scale_cny_per_t = Number(load_default=300.0, validate=Range(min=0.01, max=1e6))
    cross_province = fields.String(
        load_default="white_list", validate=OneOf(["white_list", "with_approval"], "cross_province")
    )
    push_threshold = Number(load_default=0.5, validate=Range(min=0, max=1))
    push_top = Whole(1, 100, load_default=20)
    push_daily_cap = Whole(0, 1000, load_default=10)
    push_delay_s = fields.Nested(
        DelaysSchema, load_default=lambda: {"A": 0, "B": 1800, "C": 7200, "D": 28800}
    )

    learned_order = Flag(
        load_default=True,
        metadata={
            "description": "Whether the learned ranking, while in use, may rank the matches of supplies."
        },
    )

    @validates("half_distance_km")
    def _has_default(self, value: dict[str, Any], data_key: str = "") -> None:
        if "default" not in value:
            raise ValidationError([Message("default_missing")])
        if len(value) > MOST_HALF_DISTANCES:
            raise ValidationError([Message("length", least=1, most=MOST_HALF_DISTANCES)])


class PresetSchema(ResponseSchema):
    name = fields.String()
    policy = fields.Nested(PolicySchema)


PresetPage = page_of(PresetSchema)


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
    kind = fields.String(metadata={"description": "What ranks; docs/evaluation.md describes the kinds."})
    features = fields.List(fields.String())
    weights = fields.Dict(keys=fields.String(), values=fields.Float())
    mrr_on_suppliers_left_out = fields.Dict(keys=fields.String(), values=fields.Float())
    metrics = fields.Nested(MetricsSchema, allow_none=True)


class RankingModelSchema(ResponseSchema):
    version = fields.Integer()
    status = fields.String(metadata={"description": "queued, running or done"})
    used = fields.Boolean(
        metadata={"description": "Whether it is clearly better than the formula on later data."}
    )
    reason = fields.String(
        allow_none=True,
        metadata={
            "description": "Why it is not used: too_few_earlier, too_few_later or not_better; else null."
        },
    )
    detail = fields.String(allow_none=True, metadata={"description": "The reason in words."})
    created_at = Moment()
    trained_at = Moment(allow_none=True)
    card = fields.Nested(CardSchema, allow_none=True)


RankingModelPage = page_of(RankingModelSchema)
