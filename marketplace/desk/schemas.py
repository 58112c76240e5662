"""Shapes of the desk and of the story of an enterprise."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields

from ..appeals.models import AppealStatus, RepairStatus
from ..credit.models import AXES, EventStatus, Severity
from ..deals.models import DealStatus, Side
from ..enterprises.models import MILLI_PER_POINT, Grade
from ..events.actor import ADMIN, REGULATOR
from ..http.fields import (
    Adcode,
    Choices,
    Day,
    Identifier,
    KnownValue,
    Lines,
    List,
    Moment,
    OneOf,
    Scaled,
    Tonnes,
    Value,
    Whole,
    unique,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema, Schema, StableCode
from ..inspections.models import Checklist, InspectionKind, InspectionResult, InspectionStatus
from ..listings.models import Kind, ListingStatus
from ..manifests.models import ManifestStatus, Part
from .models import DeskDecision, DeskKind, DeskSort

MOST_DECISIONS = 100
LONGEST_ID = 36
MOST_TASK_ID = 2**63 - 1


class Officer(Identifier):
    """The id of a member of the staff, or one of a few words for one, such as `me`."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(LONGEST_ID, **kwargs)
        self.words = words

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super().deserialize(value, *args, **kwargs)
        if not isinstance(text, str) or text in self.words:
            return text
        try:
            return UUID(text)
        except ValueError as error:
            raise ValidationError(Message("officer_form")) from error


class DeskFilterSchema(Schema):
    kind = Choices(
        [kind.value for kind in DeskKind],
        "desk_kind",
        load_default=None,
        metadata={"description": "Only these kinds, separated by commas."},
    )
    assigned = Officer(
        "me",
        "none",
        load_default=None,
        metadata={"description": "`me`, `none`, or the id of an officer: only what it has taken."},
    )
    region = Adcode(
        load_default=None, metadata={"description": "Only those of this region and the regions within it."}
    )
    sort = fields.String(
        load_default=DeskSort.SINCE,
        validate=OneOf(DeskSort),
        metadata={"description": "since: what has waited longest first; due: the earliest deadline first."},
    )


class DeskQuery(PageQuery, DeskFilterSchema):
    pass


class DeskEnterpriseSchema(ResponseSchema):
    id = fields.UUID()
    name = fields.String()
    region = Adcode()


class OfficerSchema(ResponseSchema):
    id = fields.UUID()
    name = fields.String()


class OfficerQuery(PageQuery):
    region = Adcode(
        load_default=None,
        metadata={"description": "Of the items: the `region` of an item's enterprise, or one above."},
    )
    kind = fields.String(
        load_default=None,
        validate=OneOf(DeskKind),
        metadata={"description": "Of the items: only officers who see this kind."},
    )


class OfficerToAssignSchema(OfficerSchema):
    kind = Value((ADMIN, REGULATOR))
    region = Adcode(allow_none=True, metadata={"description": "Of a regulator; null of an admin."})
    is_me = fields.Boolean(metadata={"description": "Whether it is you."})


OfficerPage = page_of(OfficerToAssignSchema, "OfficerPage")


class DeskItemSchema(ResponseSchema):
    kind = KnownValue(DeskKind)
    id = fields.UUID(metadata={"description": "Of what waits; with `kind` it names the item."})
    enterprise = fields.Nested(
        DeskEnterpriseSchema,
        allow_none=True,
        metadata={"description": "Null of an entry of a feed about a code that nobody has."},
    )
    region = Adcode(
        metadata={
            "description": "Where it lies; of an unknown code, the district in the code. A regulator also "
            "sees what would move into its region, and transfers to it while it is asked."
        }
    )
    since = Moment(metadata={"description": "Since when it waits."})
    due = Day(allow_none=True, metadata={"description": "Its last day, where a deadline is known."})
    assigned_to = fields.Nested(OfficerSchema, allow_none=True)
    title = fields.String(metadata={"description": "In the caller's language."})
    path = fields.String(metadata={"description": "Where it is shown, below the address of the API."})


class DeskCountSchema(ResponseSchema):
    kind = KnownValue(DeskKind)
    count = fields.Integer(metadata={"description": "Items that wait, counted to 100."})
    more = fields.Boolean(metadata={"description": "Whether there are more than these."})


class DeskPageSchema(page_of(DeskItemSchema)):  # type: ignore[misc]
    optional = ("counts",)

    counts = fields.List(
        fields.Nested(DeskCountSchema),
        metadata={"description": "Of all kinds, by region and officer as asked for; on the first page only."},
    )


class AssignmentRequestSchema(Schema):
    to = Officer(
        "me",
        required=True,
        allow_none=True,
        metadata={"description": "The id of an officer, `me`, or null to take it back."},
    )


class DeskDecisionSchema(Schema):
    kind = fields.String(required=True, validate=OneOf(DeskKind))
    id = fields.UUID(required=True)
    decision = fields.String(
        required=True,
        validate=OneOf(DeskDecision),
        metadata={
            "description": "registration: approve, reject. receiver_registration: confirm, refuse."
            " transporter_paper: verify, refuse. appeal: uphold, overturn. repair: check, grant, refuse."
            " provisional_block: confirm, lift. grade_change: see. profile_change, licence: confirm, refuse."
            " uscc_claim: uphold_claim, dismiss_claim. exemption_review: accept, refuse."
            " Other kinds have none."
        },
    )
    reason = Lines(
        500, load_default="", metadata={"description": "Compulsory but for approve, confirm, verify and see."}
    )


class DeskDecisionsSchema(Schema):
    items = List(fields.Nested(DeskDecisionSchema), MOST_DECISIONS, 1, required=True)


class DeskDecidedSchema(ResponseSchema):
    """What became of one decision; `code` and `detail` say why it was refused."""

    kind = KnownValue(DeskKind)
    id = fields.UUID()
    decision = Value(DeskDecision)
    status = fields.Integer(
        metadata={"description": "As the status of a request of its own: 200, 403, 404, 409, 422."}
    )
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    field = fields.String(
        allow_none=True, metadata={"description": "Which member of the decision is wrong, if one is."}
    )


class DeskDecidedManySchema(ResponseSchema):
    items = fields.List(fields.Nested(DeskDecidedSchema))


class StoryPoints(Scaled):
    """Credit points to 0.001, kept as whole thousandths."""

    per_unit = MILLI_PER_POINT

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(-1e9, 1e9, **kwargs)


class StoryEnterpriseSchema(DeskEnterpriseSchema):
    uscc = fields.String(metadata={"description": "Unified social credit code."})


class ScorePointSchema(ResponseSchema):
    day = Day(metadata={"description": "From which on it was so."})
    score = StoryPoints()
    grade = Value(Grade)


class StoryOtherSchema(ResponseSchema):
    """Another enterprise."""

    id = fields.UUID()
    name = fields.String()


class StoryEventSchema(ResponseSchema):
    id = fields.UUID()
    rule = fields.String()
    title = fields.String(metadata={"description": "In the caller's language."})
    axis = Value(AXES)
    points = StoryPoints(attribute="points_milli")
    severity = Value(Severity, allow_none=True)
    status = Value(EventStatus)
    counts = fields.Boolean(metadata={"description": "Whether it counts today."})
    document = fields.String(allow_none=True)
    effective_on = Day()
    lapses_on = Day()
    created_at = Moment()


class StoryEvaluationSchema(ResponseSchema):
    id = fields.UUID()
    published_on = Day()
    valid_until = Day()
    created_at = Moment()


class StoryInspectionSchema(ResponseSchema):
    id = fields.UUID()
    checklist = Value(Checklist)
    kind = Value(InspectionKind)
    status = Value(InspectionStatus)
    result = Value(InspectionResult, allow_none=True)
    begun_on = Day()
    due_on = Day(allow_none=True)


class StoryAppealSchema(ResponseSchema):
    id = fields.UUID()
    event_id = fields.UUID()
    status = Value(AppealStatus)
    due_on = Day()
    created_at = Moment()
    closed_at = Moment(allow_none=True)


class StoryRepairSchema(StoryAppealSchema):
    status = Value(RepairStatus)


class StoryListingSchema(ResponseSchema):
    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    status = Value(ListingStatus)
    quantity_t = Tonnes(attribute="quantity_kg")
    created_at = Moment()


class StoryDealSchema(ResponseSchema):
    id = fields.UUID()
    number = fields.String()
    status = Value(DealStatus)
    side = Value(Side, "Which side it is.")
    other = fields.Nested(StoryOtherSchema, metadata={"description": "The other side."})
    quantity_t = Tonnes(attribute="quantity_kg")
    agreed_at = Moment()


class StoryManifestSchema(ResponseSchema):
    id = fields.UUID()
    number = fields.String()
    status = Value(ManifestStatus)
    part = Value(Part, "Which part it has.")
    other = fields.Nested(
        StoryOtherSchema, metadata={"description": "Of a sender the receiver, else the sender."}
    )
    planned_t = Tonnes(attribute="planned_kg")
    planned_on = Day()
    closed_at = Moment(allow_none=True)


def _part_of(item: type[Schema]) -> fields.Nested:
    """The newest rows of a part of a story, and how many there are."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), metadata={"description": "The newest first, 50 at most."}),
        "total": fields.Integer(metadata={"description": "How many there are."}),
    }
    name = f"{item.__name__.removesuffix('Schema')}Part"
    return fields.Nested(ResponseSchema.from_dict(members, name=name))


class StorySchema(ResponseSchema):
    """All that is known of an enterprise, for its overseers."""

    enterprise = fields.Nested(StoryEnterpriseSchema)
    score = StoryPoints()
    grade = Value(Grade)
    axes = fields.Dict(keys=Value(AXES), values=StoryPoints())
    scores = fields.List(
        fields.Nested(ScorePointSchema),
        metadata={
            "description": "The days on which the score changed, newest first, 50 at most, by what is"
            " on record today: what was withdrawn or repaired since counts on none."
        },
    )
    events = _part_of(StoryEventSchema)
    evaluations = _part_of(StoryEvaluationSchema)
    inspections = _part_of(StoryInspectionSchema)
    appeals = _part_of(StoryAppealSchema)
    repairs = _part_of(StoryRepairSchema)
    listings = _part_of(StoryListingSchema)
    deals = _part_of(StoryDealSchema)
    manifests = _part_of(StoryManifestSchema)


class QueueSchema(ResponseSchema):
    """What a queue has still to do."""

    queue = fields.String()
    pending = fields.Integer()
    parked = fields.Integer(metadata={"description": "Tasks that were given up."})
    oldest_due_s = fields.Float(metadata={"description": "Seconds that its oldest due task waits."})


class ParkedTaskSchema(ResponseSchema):
    """A task that failed too often, until it is replayed; its payload is not shown."""

    id = fields.Integer()
    subscriber = fields.String(metadata={"description": "What it does."})
    queue = fields.String()
    attempts = fields.Integer()
    reason = fields.String(allow_none=True)
    created_at = Moment()
    ended_at = Moment(allow_none=True)


class IndexStateSchema(ResponseSchema):
    """The matching index of the process that answers."""

    is_ready = fields.Boolean()
    as_of = Moment(allow_none=True, metadata={"description": "When it was last brought up to date."})
    supply_rows = fields.Integer(allow_none=True)
    demand_rows = fields.Integer(allow_none=True)


class MailRefusedSchema(ResponseSchema):
    """An enterprise whose e-mail address a relay refused for good."""

    id = fields.UUID()
    name = fields.String()
    at = Moment()
    reply = fields.String(metadata={"description": "The code of the relay's reply."})


class FailedWebhookSchema(ResponseSchema):
    """A delivery to an endpoint of an enterprise that was given up."""

    id = fields.UUID(metadata={"description": "As POST /webhook-deliveries/{id}/redeliver takes it."})
    enterprise_id = fields.UUID()
    name = fields.String(metadata={"description": "Of the enterprise."})
    kind = KnownValue(about="The kind of the event.")
    ended_at = Moment()
    stopped_at = Moment(
        allow_none=True, metadata={"description": "Since when nothing is delivered there any more."}
    )


class OperationsSchema(ResponseSchema):
    queues = fields.List(fields.Nested(QueueSchema))
    tick_age_s = fields.Float(
        allow_none=True, metadata={"description": "Seconds since the scheduler ticked; null: it never ran."}
    )
    parked = fields.List(
        fields.Nested(ParkedTaskSchema), metadata={"description": "The oldest first, 100 at most."}
    )
    parked_total = fields.Integer()
    index = fields.Nested(IndexStateSchema)
    mail_refused = fields.List(
        fields.Nested(MailRefusedSchema), metadata={"description": "The latest first, 50 at most."}
    )
    mail_refused_total = fields.Integer()
    webhooks_failed = fields.List(
        fields.Nested(FailedWebhookSchema), metadata={"description": "The latest first, 50 at most."}
    )
    webhooks_failed_total = fields.Integer()


class ReplayRequestSchema(Schema):
    tasks = List(Whole(1, MOST_TASK_ID), MOST_DECISIONS, 1, required=True, checks=[unique])


class ReplayedSchema(ResponseSchema):
    replayed = fields.Integer(metadata={"description": "How many were parked and are due again."})
