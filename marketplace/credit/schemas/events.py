"""Events, and the files that prove them."""

from marshmallow import fields

from ...http.fields import Day, Flag, Identifier, Lines, Moment, Text, Value
from ...http.paging import page_of
from ...http.schemas import KeptFileSchema, ResponseSchema, Schema, WarningSchema
from ..models import AXES, EventStatus, FileSender, Recorder, Severity
from .points import Amount, Points


class NewEventSchema(Schema):
    enterprise_id = fields.UUID(required=True)
    rule = Identifier(60, required=True)
    effective_on = Day(required=True)
    note = Lines(1000, required=True)
    evidence = Lines(1000, load_default=None, allow_none=True)
    document = Text(
        100,
        load_default=None,
        allow_none=True,
        metadata={"description": "Number of the decision; the same number is entered once."},
    )
    authority = Text(100, load_default=None, allow_none=True, metadata={"description": "Who decided."})
    acted_on = Day(
        load_default=None,
        allow_none=True,
        metadata={"description": "Day of the act, by whose law it is judged; effective_on if absent."},
    )
    decided_on = Day(load_default=None, allow_none=True)
    served_on = Day(load_default=None, allow_none=True)
    basis = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "What the decision cites: an id (GET /legal-bases) or text; else the rule's basis."
        },
    )
    amount_cny = Amount(attribute="amount_fen", load_default=None, allow_none=True)
    self_reported = Flag(
        attribute="is_self_reported",
        load_default=False,
        metadata={
            "description": "A defect of the site that the enterprise found and reported itself costs half."
        },
    )


class WithdrawalSchema(Schema):
    reason = Lines(500, required=True)


class EventSchema(ResponseSchema):
    optional = ("warnings",)

    id = fields.UUID()
    enterprise_id = fields.UUID()
    rule = fields.String()
    rule_version = fields.Integer()
    axis = Value(AXES)
    points = Points(attribute="points_milli")
    effective_on = Day()
    lapses_on = Day()
    title = fields.String(metadata={"description": "What its rule is called."})
    repairable_from = Day(
        allow_none=True,
        metadata={"description": "When its repair may be asked for; null where nothing can be repaired."},
    )
    counts = fields.Boolean(
        metadata={
            "description": "Whether it has taken effect, has not lapsed, was not withdrawn or repaired."
        }
    )
    severity = Value(Severity, allow_none=True)
    months = fields.Integer(metadata={"description": "For how many months it counts from its first day."})
    recorded_as = Value(Recorder, "Whom its rule named to record it, whoever did.")
    public = fields.Boolean(
        attribute="is_public", metadata={"description": "Whether it may be a reason on the public board."}
    )
    self_reported = fields.Boolean(attribute="is_self_reported")
    status = Value(EventStatus, "recorded, withdrawn, compensation (of a withdrawn event), or repaired.")
    withdraws = fields.UUID(allow_none=True, metadata={"description": "The event that this one compensates."})
    document = fields.String(allow_none=True)
    authority = fields.String(allow_none=True)
    acted_on = Day(allow_none=True)
    decided_on = Day(allow_none=True)
    served_on = Day(allow_none=True)
    basis = fields.String(allow_none=True, metadata={"description": "An id of a legal basis, or text."})
    citation = fields.String(
        allow_none=True, metadata={"description": "The basis as sentences cite it, in the caller's language."}
    )
    amount_cny = Amount(attribute="amount_fen", allow_none=True)
    note = fields.String()
    evidence = fields.String(allow_none=True)
    created_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


EventPage = page_of(EventSchema)


class CreditFileSchema(KeptFileSchema):
    """A file that proves an event, or what is wrong with it, as it is kept."""

    by = Value(FileSender, "Who added it: an officer, or the enterprise with its appeal.")


class CreditFilesSchema(ResponseSchema):
    """The files of an event, first added first; ten at most by officers and ten by the enterprise."""

    items = fields.List(fields.Nested(CreditFileSchema))
