"""Shapes of the feed, of endpoints and deliveries."""

from marshmallow import fields

from ..http.fields import (
    Choices,
    Identifier,
    KnownValue,
    List,
    Moment,
    OneOf,
    QueryWhole,
    Range,
    Text,
    Value,
    unique,
)
from ..http.paging import MAX_LIMIT, page_of
from ..http.schemas import ResponseSchema, Schema
from ..outgoing import LONGEST_URL
from .models import AttemptOutcome, DeliveryStatus, StopReason
from .service.kinds import CHOICES, GROUPS, KINDS, WANTED

LARGEST_NO = 2**63 - 1
SUBJECTS = sorted({kind for group in GROUPS.values() for kind in group.subjects})
KIND = "What happened, as docs/events.md lists it."


class EventQuery(Schema):
    after = QueryWhole(
        load_default=0,
        validate=Range(min=0, max=LARGEST_NO),
        metadata={
            "description": "The `next` of the answer before: what follows it. Without it, from the oldest on."
        },
    )
    kinds = Choices(
        CHOICES,
        load_default=list,
        metadata={"description": "Kinds (`deal.agreed`) or groups of kinds (`deal`), divided by commas."},
    )
    limit = QueryWhole(
        load_default=MAX_LIMIT, validate=Range(min=1, max=MAX_LIMIT), metadata={"description": "Most items."}
    )


class EventSubjectSchema(ResponseSchema):
    """What an event is about."""

    kind = KnownValue(SUBJECTS, "What it is about.")
    id = fields.String(metadata={"description": "Its id."})


class FeedEventSchema(ResponseSchema):
    id = fields.Integer(
        attribute="no", metadata={"description": "Its number: later events have higher ones."}
    )
    kind = KnownValue(KINDS, KIND)
    at = Moment()
    subject = fields.Nested(EventSubjectSchema)
    data = fields.Dict(
        keys=fields.String(), metadata={"description": "Ids, numbers and states: docs/events.md."}
    )


class FeedPageSchema(ResponseSchema):
    items = fields.List(fields.Nested(FeedEventSchema))
    next = fields.Integer(
        metadata={"description": "Send it as `after` next time, also when nothing was new."}
    )


class NewEndpointSchema(Schema):
    url = Identifier(
        LONGEST_URL,
        required=True,
        metadata={"description": "HTTPS, at an address of the public internet; redirects are not followed."},
    )
    kinds = List(
        fields.String(validate=OneOf(WANTED)),
        len(WANTED),
        load_default=list,
        checks=[unique],
        metadata={"description": "Kinds or groups of kinds; none means all."},
    )
    description = Text(200, load_default="")


class EndpointSchema(ResponseSchema):
    id = fields.UUID()
    url = fields.String()
    description = fields.String()
    kinds = fields.List(KnownValue(WANTED, KIND))
    failing_since = Moment(
        allow_none=True,
        metadata={"description": "Since when nothing was taken any more; after five days it is stopped."},
    )
    stopped_at = Moment(
        allow_none=True,
        metadata={
            "description": "Since when nothing is delivered any more; a test or a replay begins again."
        },
    )
    stopped_for = Value(
        StopReason, "`gone`: it answered 410; `failing`: it failed for days.", allow_none=True
    )
    created_at = Moment()


class SecretEndpointSchema(EndpointSchema):
    secret = fields.String(
        allow_none=True, metadata={"description": "Shown only once; null in a replayed response."}
    )


EndpointPage = page_of(EndpointSchema)


class AttemptSchema(ResponseSchema):
    at = Moment()
    outcome = Value(AttemptOutcome, "How the try ended.")
    http_status = fields.Integer(
        allow_none=True, metadata={"description": "What was answered, if anything was."}
    )
    took_ms = fields.Integer()


class WebhookDeliverySchema(ResponseSchema):
    id = fields.UUID()
    endpoint_id = fields.UUID()
    message_id = fields.String(metadata={"description": "Its `webhook-id`: the same in every try."})
    kind = KnownValue((), KIND)
    status = Value(DeliveryStatus)
    body = fields.Dict(keys=fields.String(), metadata={"description": "What is sent."})
    due_at = Moment(metadata={"description": "Of one that waits: when it is tried next."})
    created_at = Moment()
    ended_at = Moment(allow_none=True)
    attempts = fields.List(fields.Nested(AttemptSchema), metadata={"description": "The first first."})


WebhookDeliveryPage = page_of(WebhookDeliverySchema)


class ReplaySchema(Schema):
    since = Moment(required=True, metadata={"description": "Events are kept for 30 days."})


class ReplayedEventsSchema(ResponseSchema):
    replayed = fields.Integer(
        metadata={"description": "How many are delivered once more: the first 1,000 now, the others follow."}
    )
