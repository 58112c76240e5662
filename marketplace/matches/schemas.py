"""Shapes of ranked matches, explanations, feedback and policy."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validates

import matching
from matching.learning import WHY_UNUSED

from ..http.fields import (
    MAX_VERSION,
    Adcode,
    Dict,
    Flag,
    Identifier,
    Kilometres,
    KnownValue,
    Lines,
    List,
    Moment,
    Number,
    OneOf,
    Price,
    QueryNumber,
    Range,
    Tonnes,
    Value,
    Whole,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import (
    ContactSchema,
    EnterpriseRefSchema,
    LegalBasisSchema,
    Prebuilt,
    ResponseSchema,
    Schema,
    StableCode,
    WarningSchema,
)
from ..listings.models import Kind, ListingStatus
from ..messages import table
from .models import ORDERS, UNITS, InterestState, ModelStatus, Verdict
from .service.policy import PRESETS
from .service.ranking.near_misses import TERMS

REASONS_OF_GATES = sorted(
    code.removeprefix(f"why_{gate}_")
    for code in table()
    for gate in matching.GATES
    if code.startswith(f"why_{gate}_")
)
MOST_HALF_DISTANCES = 500
MOST_ANSWERS = 100
FORMATS = ("csv", "xlsx")
NOT_REPLAYED = {"description": "Null in a replayed response: a contact is shown as long as it may be seen."}


LEAST_SCORE = {"description": "Only matches with at least this score."}
FORMAT = {"description": "The kind of file to return."}


class MatchQuery(PageQuery):
    min_score = QueryNumber(load_default=0.0, validate=Range(min=0, max=1), metadata=LEAST_SCORE)
    sort = fields.String(
        load_default="score",
        validate=OneOf(["score", "distance", "credit", "price"], "sort"),
        metadata={"description": "By score, nearest first, best credit first, or best price for you first."},
    )
    group = fields.String(
        load_default=None,
        validate=OneOf(["enterprise"], "group"),
        metadata={
            "description": "One row an enterprise: its best offer, the others folded in `others`; by the"
            " formula."
        },
    )
    near_misses = fields.Boolean(
        load_default=None,
        metadata={
            "description": "Whether the first page says which change of the listing's own terms would open"
            " more matches; if left out, where at most 1,000 listings fit the code."
        },
    )


class NumberOrDay(fields.Float):
    """A figure as a JSON number, or a day as YYYY-MM-DD."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


NUMBER_OR_DAY = {"type": ["number", "string"]}


class NearMissSchema(ResponseSchema):
    """A change of one of your listing's own terms, and how many further matches it opens."""

    gate = Value(matching.GATES, "The only gate that these counterparts fail.")
    field = Value(
        dict.fromkeys(term.field for term in TERMS.values()), "The field of your listing to change."
    )
    now = NumberOrDay(metadata={"description": "Its present value: a number, or a day.", **NUMBER_OR_DAY})
    value = NumberOrDay(metadata={"description": "The value that opens the matches.", **NUMBER_OR_DAY})
    change = fields.Float(metadata={"description": "`value` less `now`, in `unit`."})
    unit = Value(dict.fromkeys(term.unit for term in TERMS.values()))
    opens = fields.Integer(
        metadata={
            "description": "Number of further lawful counterparts. What a permit stops is never counted."
        }
    )
    detail = fields.String()


class OfferSchema(ResponseSchema):
    """A further offer of the same enterprise."""

    id = fields.UUID()
    title = fields.String()
    score = fields.Float()
    distance_km = Kilometres()
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class CounterpartSchema(ResponseSchema):
    """The other side's listing, in short."""

    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class ScorePartSchema(ResponseSchema):
    name = Value(matching.COMPONENTS)
    value = fields.Float()
    weight = fields.Float()
    contribution = fields.Float()
    raw = fields.Float(allow_none=True)
    unit = Value(UNITS.values(), allow_none=True)
    reason = fields.String()


class MatchSchema(ResponseSchema):
    optional: tuple[str, ...] = ("contact", "learned", "others", "others_total")

    rank = fields.Integer()
    score = fields.Float()
    learned = fields.Float(
        metadata={
            "description": "Value in the learned ranking, higher is better; comparable in one response only."
        }
    )
    listing = fields.Nested(CounterpartSchema)
    distance_km = Kilometres()
    legal_basis = Prebuilt(LegalBasisSchema)
    components = fields.List(Prebuilt(ScorePartSchema))
    warnings = fields.List(Prebuilt(WarningSchema))
    feedback = Value(Verdict, "What your side answered.", allow_none=True)
    their_feedback = Value(
        (Verdict.INTERESTED,),
        "interested where the other side answered so; that it called the pairing not suitable is not shown.",
        allow_none=True,
    )
    contact = fields.Nested(
        ContactSchema,
        metadata={
            "description": "Contact of the other side, once both were interested; it stays whatever either"
            " side answers or closes later, except while one of them is suspended."
        },
    )

    others = fields.List(
        fields.Nested(OfferSchema),
        metadata={"description": "With `group=enterprise`: up to 20 further lawful offers, best first."},
    )
    others_total = fields.Integer(metadata={"description": "With `group=enterprise`: how many there are."})


class OrderSchema(ResponseSchema):
    name = Value(ORDERS, "What the page is ranked by.")
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
    near_misses = fields.List(
        fields.Nested(NearMissSchema),
        allow_none=True,
        metadata={"description": "null where they were not looked for; see the parameter of that name."},
    )
    next = fields.String(allow_none=True)


class FailedGateSchema(ResponseSchema):
    gate = Value(matching.GATES)
    reason = KnownValue(REASONS_OF_GATES, "A stable code in snake_case.")
    detail = fields.String()
    source = fields.String(metadata={"description": "The rule behind the gate."})


class PairingSchema(MatchSchema):
    optional = (
        "rank",
        "score",
        "legal_basis",
        "components",
        "contact",
    )

    class Meta(MatchSchema.Meta):
        exclude = ("learned", "others", "others_total")

    lawful = fields.Boolean()
    failed_gates = fields.List(fields.Nested(FailedGateSchema))
    policy_version = fields.Integer()
    as_of = Moment()


class FeedbackRequestSchema(Schema):
    verdict = fields.String(required=True, validate=OneOf(Verdict))
    reason = Lines(500, load_default=None, allow_none=True)


class PairFeedbackRequestSchema(FeedbackRequestSchema):
    """A verdict on one pairing: your own listing and the other side's."""

    listing_id = fields.UUID(required=True)
    counterpart_id = fields.UUID(required=True)


class ManyFeedbackRequestSchema(Schema):
    items = List(fields.Nested(PairFeedbackRequestSchema), MOST_ANSWERS, 1, required=True)


class PairFeedbackSchema(ResponseSchema):
    """What became of one verdict; `code` and `detail` say why it was refused."""

    optional = ("contact",)

    listing_id = fields.UUID()
    counterpart_id = fields.UUID()
    status = fields.Integer(metadata={"description": "As the status of a request of its own: 200, 404, 409."})
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    verdict = Value(Verdict)
    mutual = fields.Boolean(allow_none=True)
    contact = fields.Nested(ContactSchema, allow_none=True, metadata=NOT_REPLAYED)


class ManyFeedbackSchema(ResponseSchema):
    items = fields.List(fields.Nested(PairFeedbackSchema))


class FeedbackSchema(ResponseSchema):
    optional = ("contact",)

    verdict = Value(Verdict)
    mutual = fields.Boolean(metadata={"description": "Both sides are interested now."})
    contact = fields.Nested(ContactSchema, allow_none=True, metadata=NOT_REPLAYED)


class InterestQuery(PageQuery):
    state = fields.String(
        load_default=None,
        validate=OneOf(InterestState),
        metadata={"description": "Only interests in this state."},
    )
    listing_id = fields.UUID(
        load_default=None, metadata={"description": "Only interests about this listing of yours."}
    )


class AllMatchesQuery(PageQuery):
    min_score = QueryNumber(load_default=0.0, validate=Range(min=0, max=1), metadata=LEAST_SCORE)
    kind = fields.String(
        load_default=None, validate=OneOf(Kind), metadata={"description": "Only of your supplies or demands."}
    )
    code = Identifier(
        24,
        load_default=None,
        metadata={"description": "Only of your listings with this code, or a code of this category."},
    )
    listing_id = fields.UUID(load_default=None, metadata={"description": "Only of this listing of yours."})


class AllMatchesExportQuery(AllMatchesQuery):
    """The filters of the list, and a format; all that match are answered."""

    class Meta(AllMatchesQuery.Meta):
        exclude = ("limit", "cursor")

    format = fields.String(load_default="csv", validate=OneOf(FORMATS), metadata=FORMAT)


class MatchExportQuery(MatchQuery):
    """The parameters of the list, and a format; all matches are answered."""

    class Meta(MatchQuery.Meta):
        exclude = ("limit", "cursor", "near_misses", "group")

    format = fields.String(load_default="csv", validate=OneOf(FORMATS), metadata=FORMAT)


class InterestListingSchema(ResponseSchema):
    """A listing of one's own, in short."""

    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    status = Value(ListingStatus)


class OwnMatchSchema(MatchSchema):
    """A match of one of your listings."""

    class Meta(MatchSchema.Meta):
        exclude = ("learned", "others", "others_total")

    optional = ("contact",)

    own_listing = fields.Nested(InterestListingSchema)


class AllMatchesPage(ResponseSchema):
    policy_version = fields.Integer()
    as_of = Moment()
    items = fields.List(fields.Nested(OwnMatchSchema))
    next = fields.String(allow_none=True)


class InterestCounterpartSchema(CounterpartSchema):
    """The other side's listing, in short, and whether it is still open."""

    status = Value(ListingStatus)


class InterestSchema(ResponseSchema):
    optional = ("contact",)

    state = Value(
        InterestState,
        "mine (you are interested), theirs (the other side is), or mutual (both were at one time).",
    )
    at = Moment(metadata={"description": "When it came into this state."})
    listing = fields.Nested(InterestListingSchema, metadata={"description": "Your own listing."})
    counterpart = fields.Nested(InterestCounterpartSchema)
    feedback = Value(Verdict, "What your side answers now.", allow_none=True)
    their_feedback = Value(
        (Verdict.INTERESTED,), "interested where the other side answers so now.", allow_none=True
    )
    contact = fields.Nested(
        ContactSchema, metadata={"description": "Contact of the other side, once the interest was mutual."}
    )


InterestPage = page_of(InterestSchema)


class FindingQuery(PageQuery):
    gate = fields.String(
        load_default=None,
        validate=OneOf(matching.GATES, "gate"),
        metadata={"description": "Only listings that this gate stops most."},
    )


class FindingSchema(ResponseSchema):
    """An open listing without any lawful counterpart, as it is now."""

    listing_id = fields.UUID()
    title = fields.String()
    gate = Value(matching.GATES, "The gate that stops most.")
    reason = KnownValue(about="Whose terms that is, or what is to be done: a stable code in snake_case.")
    detail = fields.String()
    near_misses = fields.List(fields.Nested(NearMissSchema))
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
    half_distance_km = Dict(
        MOST_HALF_DISTANCES,
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
    push_pair_cap = Whole(
        0,
        10_000,
        load_default=5,
        metadata={
            "description": "Immediate messages a day by one sender to one receiver, whatever their codes; the"
            " rest are one line of the receiver's digest."
        },
    )
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
    name = KnownValue(PRESETS)
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
