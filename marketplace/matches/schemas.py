"""Shapes of ranked matches, explanations, feedback, policy and plans."""

from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema

from ..http.paging import PageQuery
from ..http.problems import Said
from ..http.schemas import (
    MOST_VERSION,
    Adcode,
    Answer,
    CodeRefSchema,
    ContactSchema,
    Day,
    EnterpriseRefSchema,
    Length,
    Moment,
    Number,
    OneOf,
    Price,
    QueryNumber,
    Range,
    Schema,
    Text,
    Tonnes,
    WarningSchema,
    Whole,
)

COMPONENTS = ("code", "distance", "credit", "price", "quantity", "time")
MOST_HALF_DISTANCES = 500


class MatchQuery(PageQuery):
    min_score = QueryNumber(load_default=0.0, validate=Range(min=0, max=1))
    sort = fields.String(load_default="score", validate=OneOf(["score", "distance", "credit", "price"]))


class CounterpartSchema(Answer):
    """The other side's listing, in short."""

    id = fields.UUID()
    kind = fields.String()
    title = fields.String()
    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    remaining_t = Tonnes(least=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class LegalBasisSchema(Answer):
    kind = fields.String(metadata={"description": "general, licence, channel, exempt or collector"})
    reference = fields.String(allow_none=True)
    edition = fields.String(metadata={"description": "Edition of the catalogue it was judged by."})


class ScorePartSchema(Answer):
    name = fields.String()
    value = fields.Float()
    weight = fields.Float()
    contribution = fields.Float()
    raw = fields.Float(allow_none=True)
    unit = fields.String(allow_none=True)
    reason = fields.String()


class MatchSchema(Answer):
    sometimes: tuple[str, ...] = ("contact",)

    rank = fields.Integer()
    score = fields.Float()
    listing = fields.Nested(CounterpartSchema)
    distance_km = fields.Float()
    legal_basis = fields.Nested(LegalBasisSchema)
    components = fields.List(fields.Nested(ScorePartSchema))
    warnings = fields.List(fields.Nested(WarningSchema))
    feedback = fields.String(allow_none=True, metadata={"description": "What the asker's side said."})
    contact = fields.Nested(
        ContactSchema, metadata={"description": "Of the other side, once both are interested."}
    )


class MatchPage(Answer):
    policy_version = fields.Integer()
    as_of = Moment()
    total = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Lawful counterparts in all; null where there are too many to judge them all."
        },
    )
    items = fields.List(fields.Nested(MatchSchema))
    next = fields.String(allow_none=True)


class FailedGateSchema(Answer):
    gate = fields.String()
    reason = fields.String(metadata={"description": "Stable, snake_case."})
    detail = fields.String()
    source = fields.String(metadata={"description": "The rule behind the gate."})


class PairingSchema(MatchSchema):
    sometimes = (
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

    lawful = fields.Boolean()
    failed_gates = fields.List(fields.Nested(FailedGateSchema))
    policy_version = fields.Integer()
    as_of = Moment()


class FeedbackRequestSchema(Schema):
    verdict = fields.String(required=True, validate=OneOf(["interested", "not_suitable"]))
    reason = Text(500, load_default=None, allow_none=True)


class FeedbackSchema(Answer):
    sometimes = ("contact",)

    verdict = fields.String()
    mutual = fields.Boolean()
    contact = fields.Nested(ContactSchema)


class FindingQuery(PageQuery):
    gate = Text(30, load_default=None)


class FindingSchema(Answer):
    listing_id = fields.UUID()
    gate = fields.String()
    detail = fields.String()
    stopped = fields.Dict(keys=fields.String(), values=fields.Integer())
    candidates = fields.Integer()
    at = Moment()


class FindingPage(Answer):
    items = fields.List(fields.Nested(FindingSchema))
    next = fields.String(allow_none=True)


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

    version = Whole(1, MOST_VERSION, metadata={"description": "Given by the platform; ignored when sent."})
    weights = fields.Nested(WeightsSchema, required=True)
    half_distance_km = fields.Dict(
        keys=Text(24),
        values=Number(validate=Range(min=0.001, max=20_100)),
        required=True,
        metadata={"required": ["default"], "maxProperties": MOST_HALF_DISTANCES},
    )
    price_scale_cny_per_t = Number(load_default=300.0, validate=Range(min=0.01, max=1e6))
    cross_province = fields.String(load_default="white_list", validate=OneOf(["white_list", "with_approval"]))
    push_threshold = Number(load_default=0.5, validate=Range(min=0, max=1))
    push_top = Whole(1, 100, load_default=20)
    push_daily_cap = Whole(0, 1000, load_default=10)
    push_delay_s = fields.Nested(
        DelaysSchema, load_default=lambda: {"A": 0, "B": 1800, "C": 7200, "D": 28800}
    )

    @validates("half_distance_km")
    def _has_default(self, value: dict[str, Any], data_key: str = "") -> None:
        if "default" not in value:
            raise ValidationError([Said("default_missing")])
        if len(value) > MOST_HALF_DISTANCES:
            raise ValidationError([Said("length", least=1, most=MOST_HALF_DISTANCES)])


class PresetSchema(Answer):
    name = fields.String()
    policy = fields.Nested(PolicySchema)


class PresetPage(Answer):
    items = fields.List(fields.Nested(PresetSchema))
    next = fields.String(allow_none=True)


MOST_ALLOCATION_DAYS = 731
MOST_ALLOCATION_CODES = 50
MOST_REGION_TONNES = 10**15


class AllocationRequestSchema(Schema):
    """What to plan: supplies of a region that are open on some day of the period, narrowed to codes."""

    region = Adcode(required=True, metadata={"description": "The supplies lie in it or in one below it."})
    first_day = Day(required=True, data_key="from")
    last_day = Day(required=True, data_key="until")
    scheme = Text(20, load_default=None, allow_none=True)
    codes = fields.List(
        Text(24),
        load_default=list,
        validate=Length(max=MOST_ALLOCATION_CODES),
        metadata={"description": "Codes or categories with all below them; none means all."},
    )
    receivers = fields.String(
        load_default="anywhere",
        validate=OneOf(["anywhere", "region"]),
        metadata={"description": "Where receivers may lie: anywhere lawful, or in the region too."},
    )

    @validates_schema
    def _is_period(self, data: dict[str, Any], **_: Any) -> None:
        days = (data["last_day"] - data["first_day"]).days
        if days < 0:
            raise ValidationError({"until": [Said("ends_before_start")]})
        if days >= MOST_ALLOCATION_DAYS:
            raise ValidationError({"until": [Said("period_too_long", most=MOST_ALLOCATION_DAYS)]})


class RegionTonnes(Tonnes):
    """Tonnes of many listings together."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=0, most=MOST_REGION_TONNES, **kwargs)


class GapSchema(Answer):
    """What lacks for a code in a district."""

    waste = fields.Nested(CodeRefSchema)
    name = fields.String()
    region = Adcode()
    region_name = fields.String()
    supply_t = RegionTonnes(attribute="supply_kg")
    unplaced_t = RegionTonnes(attribute="unplaced_kg")
    no_lawful_way_t = RegionTonnes(attribute="no_lawful_way_kg")
    no_capacity_t = RegionTonnes(attribute="no_capacity_kg")
    below_lot_t = RegionTonnes(attribute="below_lot_kg")
    price = fields.Float(
        allow_none=True,
        metadata={
            "description": "What one more tonne of capacity would add to the plan's value where it adds"
            " most; null where nobody may take the waste at all."
        },
    )


class AllocationTotalsSchema(Answer):
    supplies = fields.Integer()
    demands = fields.Integer()
    ways = fields.Integer(metadata={"description": "Lawful pairings, by each permit and year."})
    placements = fields.Integer()
    supply_t = RegionTonnes(attribute="supply_kg")
    capacity_t = RegionTonnes(attribute="capacity_kg")
    placed_t = RegionTonnes(attribute="placed_kg")
    unplaced_t = RegionTonnes(attribute="unplaced_kg")
    no_lawful_way_t = RegionTonnes(attribute="no_lawful_way_kg")
    no_capacity_t = RegionTonnes(attribute="no_capacity_kg")
    below_lot_t = RegionTonnes(attribute="below_lot_kg")
    value = fields.Float(metadata={"description": "Sum of score times tonnes."})
    bound = fields.Float(metadata={"description": "What no lawful plan can exceed."})
    gap = fields.Float(metadata={"description": "How far below the bound the value is, as a part of it."})


class AllocationProgressSchema(Answer):
    stage = fields.String(allow_none=True, metadata={"description": "reading, judging or planning"})
    done = fields.Integer()
    of = fields.Integer(allow_none=True)


class AllocationHeadSchema(Answer):
    """A plan without its parts; `code` and `detail` say why it was refused."""

    id = fields.UUID()
    status = fields.String(metadata={"description": "queued, running, done, refused or failed"})
    region = Adcode()
    first_day = Day(data_key="from")
    last_day = Day(data_key="until")
    scheme = fields.String(allow_none=True)
    codes = fields.List(fields.String())
    receivers = fields.String()
    progress = fields.Nested(AllocationProgressSchema)
    policy_version = fields.Integer(allow_none=True)
    totals = fields.Nested(AllocationTotalsSchema, allow_none=True)
    code = fields.String(allow_none=True)
    detail = fields.String(allow_none=True)
    created_at = Moment()
    as_of = Moment(allow_none=True, metadata={"description": "When the listings were read."})
    ended_at = Moment(allow_none=True)


class AllocationSchema(AllocationHeadSchema):
    first_gaps = fields.List(fields.Nested(GapSchema))


class AllocationPage(Answer):
    items = fields.List(fields.Nested(AllocationHeadSchema))
    next = fields.String(allow_none=True)


class AllocationSideSchema(Answer):
    id = fields.UUID()
    title = fields.String()
    region = Adcode()
    enterprise = fields.Nested(EnterpriseRefSchema)


class PlacementBasisSchema(Answer):
    kind = fields.String(metadata={"description": "general, licence, channel, exempt or collector"})
    reference = fields.String(allow_none=True)


class PlacementSchema(Answer):
    supply = fields.Nested(AllocationSideSchema)
    demand = fields.Nested(AllocationSideSchema)
    waste = fields.Nested(CodeRefSchema)
    tonnes = RegionTonnes(attribute="kg")
    score = fields.Float()
    distance_km = fields.Float()
    year = fields.Integer(metadata={"description": "Whose tonnes of the permit it uses."})
    legal_basis = fields.Nested(PlacementBasisSchema)
    warnings = fields.List(fields.Nested(WarningSchema))


class PlacementPage(Answer):
    items = fields.List(fields.Nested(PlacementSchema))
    next = fields.String(allow_none=True)


class UnplacedSchema(Answer):
    supply = fields.Nested(AllocationSideSchema)
    waste = fields.Nested(CodeRefSchema)
    tonnes = RegionTonnes(attribute="kg")
    of_t = RegionTonnes(attribute="of_kg")
    reason = fields.String(metadata={"description": "no_lawful_way, no_capacity or below_lot"})
    gate = fields.String(allow_none=True, metadata={"description": "That stopped most, if no way is lawful."})
    detail = fields.String()


class UnplacedPage(Answer):
    items = fields.List(fields.Nested(UnplacedSchema))
    next = fields.String(allow_none=True)


class GapPage(Answer):
    items = fields.List(fields.Nested(GapSchema))
    next = fields.String(allow_none=True)


class AllocationExportQuery(Schema):
    part = fields.String(load_default="placements", validate=OneOf(["placements", "unplaced", "gaps"]))
    format = fields.String(load_default="csv", validate=OneOf(["csv", "xlsx"]))
