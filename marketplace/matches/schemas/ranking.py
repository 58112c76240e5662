"""Shapes of ranked matches, of one listing and of all, and of the explanation of one pairing."""

from marshmallow import fields

import matching

from ...http.fields import Identifier, Kilometres, KnownValue, Moment, OneOf, QueryNumber, Range, Value
from ...http.paging import PageQuery
from ...http.schemas import ContactSchema, LegalBasisSchema, Prebuilt, ResponseSchema, WarningSchema
from ...listings.models import Kind
from ...messages import table
from ..models import ORDERS, UNITS, Verdict
from .listing_summaries import CounterpartSchema, FurtherOfferSchema, InterestListingSchema
from .near_misses import NearMissSchema

REASONS_OF_GATES = sorted(
    code.removeprefix(f"why_{gate}_")
    for code in table()
    for gate in matching.GATES
    if code.startswith(f"why_{gate}_")
)
FORMATS = ("csv", "xlsx")
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


class MatchExportQuery(MatchQuery):
    """The parameters of the list, and a format; all matches are answered."""

    class Meta(MatchQuery.Meta):
        exclude = ("limit", "cursor", "near_misses", "group")

    format = fields.String(load_default="csv", validate=OneOf(FORMATS), metadata=FORMAT)


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
    listing = Prebuilt(CounterpartSchema)
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
        fields.Nested(FurtherOfferSchema),
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
    items = fields.List(Prebuilt(MatchSchema))
    near_misses = fields.List(
        fields.Nested(NearMissSchema),
        allow_none=True,
        metadata={"description": "null where they were not looked for; see the parameter of that name."},
    )
    next = fields.String(allow_none=True)


class OwnMatchSchema(MatchSchema):
    """A match of one of your listings."""

    class Meta(MatchSchema.Meta):
        exclude = ("learned", "others", "others_total")

    optional = ("contact",)

    own_listing = fields.Nested(InterestListingSchema)


class AllMatchesPage(ResponseSchema):
    policy_version = fields.Integer()
    as_of = Moment()
    items = fields.List(Prebuilt(OwnMatchSchema))
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
