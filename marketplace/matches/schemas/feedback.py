"""Shapes of feedback on pairings, and of the interests that come of it."""

from marshmallow import fields

from ...http.fields import Lines, List, Moment, OneOf, Value
from ...http.paging import PageQuery, page_of
from ...http.schemas import ContactSchema, ResponseSchema, Schema, StableCode
from ..models import InterestState, Verdict
from .listing_summaries import InterestCounterpartSchema, InterestListingSchema

MOST_ANSWERS = 100
NOT_REPLAYED = {"description": "Null in a replayed response: a contact is shown as long as it may be seen."}


class FeedbackRequestSchema(Schema):
    verdict = fields.String(required=True, validate=OneOf(Verdict))
    reason = Lines(500, load_default=None, allow_none=True)


class FeedbackSchema(ResponseSchema):
    optional = ("contact",)

    verdict = Value(Verdict)
    mutual = fields.Boolean(metadata={"description": "Both sides are interested now."})
    contact = fields.Nested(ContactSchema, allow_none=True, metadata=NOT_REPLAYED)


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


class InterestQuery(PageQuery):
    state = fields.String(
        load_default=None,
        validate=OneOf(InterestState),
        metadata={"description": "Only interests in this state."},
    )
    listing_id = fields.UUID(
        load_default=None, metadata={"description": "Only interests about this listing of yours."}
    )


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
