"""Shapes of notifications and preferences."""

from marshmallow import fields

from ..enterprises.models import Grade
from ..http.fields import MAX_VERSION, Dict, Flag, KnownValue, List, Moment, OneOf, Text, Value, Whole
from ..http.paging import PageQuery, page_of
from ..http.schemas import EnterpriseRefSchema, ResponseSchema, Schema, WarningSchema, WrittenCodeSchema
from ..licences.models import PauseCause
from ..manifests.models import LateStep
from ..persons.models import Language
from ..transporters.models import PaperKind
from .models import Delivery, EmailPreference, NotificationKind, SearchNotify


class NotificationDataSchema(ResponseSchema):
    """`listing_id` is the reader's own listing, `counterpart_id` the other side's.

    What a saved search found has no listing of the reader's: its listing is the `counterpart_id`.
    """

    optional = (
        "listing_id", "counterpart_id", "score", "rank", "grade", "saved_search_id", "key_id", "name",
        "expires_at", "address", "reply", "event_id", "licence_id", "last_day", "reason", "grade_before",
        "change_id", "paper_id", "paper", "request_id", "registration_id", "number", "deal_id", "code",
        "tonnes", "permit_id", "deals", "manifest_id", "step", "offer_id", "title", "quantity_t",
        "price_cny_per_t", "cause", "appeal_id", "repair_id", "inspection_id", "report_id",
        "evaluation_id", "webhook_endpoint_id",
    )  # fmt: skip

    listing_id = fields.UUID()
    counterpart_id = fields.UUID()
    score = fields.Float()
    rank = fields.Integer()
    grade = Value(Grade, "The reader's grade, which set the release time; of an evaluation its own.")
    grade_before = Value(Grade, "Of a changed grade: the one before.")
    licence_id = fields.UUID()
    last_day = fields.String(
        metadata={
            "description": "Of a listing, licence, evaluation; for a decision, a report, or to put findings"
            " right."
        }
    )
    paper_id = fields.UUID()
    paper = KnownValue(PaperKind, "What kind of a transporter's paper it is.")
    reason = fields.String(metadata={"description": "Why it was decided so; may be empty."})
    permit_id = fields.UUID(metadata={"description": "The licence, channel or transfer approval."})
    cause = Value(PauseCause, "What paused the channel.")
    deals = fields.Integer(metadata={"description": "Living deals of the reader that rest on the permit."})
    saved_search_id = fields.UUID()
    key_id = fields.UUID()
    webhook_endpoint_id = fields.UUID(metadata={"description": "As GET /webhook-endpoints shows it."})
    change_id = fields.UUID(metadata={"description": "The proposal, as GET /enterprise-changes shows it."})
    name = fields.String(
        metadata={
            "description": "Name of the saved search, key or credit rule, title of the listing, number of the"
            " licence."
        }
    )
    deal_id = fields.UUID()
    number = fields.String(metadata={"description": "Of the deal or manifest."})
    request_id = fields.UUID(metadata={"description": "As GET /receiver-requests shows it."})
    registration_id = fields.UUID(metadata={"description": "As GET /receiver-registrations shows it."})
    code = fields.String(metadata={"description": "The waste code that it is about."})
    tonnes = fields.String(metadata={"description": "How much, in tonnes."})
    offer_id = fields.UUID()
    title = fields.String(metadata={"description": "Title of the supply that is offered."})
    quantity_t = fields.Float()
    price_cny_per_t = fields.Float(metadata={"description": "From the supplier's side."})
    expires_at = fields.String()
    address = fields.String(metadata={"description": "The e-mail address that was refused for good."})
    reply = fields.String(metadata={"description": "What the mail relay answered."})
    event_id = fields.UUID()
    appeal_id = fields.UUID(metadata={"description": "As GET /credit/appeals shows it."})
    repair_id = fields.UUID(metadata={"description": "As GET /credit/repairs shows it."})
    manifest_id = fields.UUID()
    inspection_id = fields.UUID()
    report_id = fields.UUID(metadata={"description": "The declaration or management plan."})
    evaluation_id = fields.UUID(metadata={"description": "As GET /credit/evaluations shows it."})
    step = Value(LateStep, "The step of the manifest that is overdue.")


class NotificationSchema(ResponseSchema):
    id = fields.UUID()
    kind = KnownValue(NotificationKind, "What it is about.")
    created_at = Moment(attribute="released_at", metadata={"description": "When it arrived in the inbox."})
    read_at = Moment(allow_none=True)
    delivery = Value(Delivery, "In addition to the inbox: immediate (e-mail), digest, or inbox (inbox only).")
    title = fields.String(
        metadata={"description": "Title of the other side's listing; without one, what the message is about."}
    )
    name = fields.String(allow_none=True, metadata={"description": "Name of the other enterprise."})
    enterprise = fields.Nested(
        EnterpriseRefSchema,
        allow_none=True,
        metadata={"description": "The other enterprise, while yours is approved."},
    )
    listing_title = fields.String(allow_none=True, metadata={"description": "Title of your own listing."})
    detail = fields.String(metadata={"description": "What happened, in a sentence."})
    data = fields.Nested(NotificationDataSchema)


class NotificationQuery(PageQuery):
    unread = fields.Boolean(
        load_default=False, metadata={"description": "Only messages that nobody has marked as read."}
    )


NotificationPage = page_of(NotificationSchema)


class ReadAllSchema(ResponseSchema):
    read = fields.Integer()


class NotForMeSchema(Schema):
    """`pairing`: the two listings of a match, or the other enterprise with that code; `code`: the code."""

    of = fields.String(load_default="pairing", validate=OneOf(["pairing", "code"], "silence"))


class ShownWarningSchema(Schema):
    """A warning in what may be sent back as it was read."""

    code = Text(80)
    field = Text(80, allow_none=True)
    detail = Text(2000)


class PreferencesSchema(Schema):
    """`email`: each message at once (by day), one digest a day, or off. The inbox gets all in any case.

    What law or contract gives a right, a duty or a time limit by is mailed even where all else is off.

    Nothing is mailed before the contact's address is proven: `email_proven_at` says since when it is.
    """

    version = Whole(0, MAX_VERSION, metadata={"description": "Set by the platform; ignored in requests."})
    email_proven_at = Moment(
        allow_none=True, metadata={"description": "Set by the platform; ignored in requests."}
    )
    warnings = List(
        fields.Nested(ShownWarningSchema),
        10,
        metadata={"description": "Why nothing is mailed; ignored in requests."},
    )
    email = fields.String(required=True, validate=OneOf(EmailPreference))
    kinds = Dict(
        len(NotificationKind),
        keys=fields.String(validate=OneOf(NotificationKind)),
        values=fields.String(validate=OneOf(EmailPreference)),
        load_default=dict,
        metadata={"description": "The same by kind of message; `email` applies to all other kinds."},
    )
    language = fields.String(load_default="zh", validate=OneOf(Language))
    muted_codes = List(
        fields.Nested(WrittenCodeSchema),
        200,
        load_default=list,
        metadata={"description": "Codes and categories whose matches are not notified."},
    )


QUERY = {"description": "A filter with the parameters of GET /listings; null or missing ones do not filter."}
MOST_FILTERS = 50
"""Parameters of one query; `GET /listings` has fewer than thirty."""
HOW = {"description": "At once as for a match, in the daily digest, or not at all."}


class NewSearchSchema(Schema):
    name = Text(80, required=True)
    query = Dict(MOST_FILTERS, keys=fields.String(), required=True, metadata=QUERY)
    notify = fields.String(load_default="immediate", validate=OneOf(SearchNotify), metadata=HOW)
    paused = Flag(load_default=False)


class SearchChangeSchema(Schema):
    name = Text(80)
    query = Dict(MOST_FILTERS, keys=fields.String(), metadata=QUERY)
    notify = fields.String(validate=OneOf(SearchNotify), metadata=HOW)
    paused = Flag()


class SavedSearchSchema(ResponseSchema):
    id = fields.UUID()
    name = fields.String()
    query = fields.Dict(keys=fields.String(), metadata=QUERY)
    notify = Value(SearchNotify, HOW["description"])
    paused = fields.Boolean()
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(
        fields.Nested(WarningSchema),
        dump_default=list,
        metadata={"description": "After saving: what the filter cannot find."},
    )


SavedSearchPage = page_of(SavedSearchSchema)
