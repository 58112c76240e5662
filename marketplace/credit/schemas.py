"""Shapes of credit."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from .. import identity
from ..enterprises.models import MILLI_PER_POINT, Grade
from ..http.documents import DOCUMENT_TYPES
from ..http.fields import (
    FEN_PER_CNY,
    MAX_VERSION,
    Day,
    Flag,
    Identifier,
    Lines,
    List,
    Matches,
    Moment,
    Normalised,
    Number,
    OneOf,
    Range,
    Scaled,
    Text,
    Value,
    Whole,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema, Schema, StableCode, WarningSchema
from .models import (
    AXES,
    ESTABLISHED_BY,
    MOST_FEED_ROWS,
    BlockStatus,
    EventStatus,
    FeedResult,
    FeedStatus,
    Recorder,
    Severity,
)

MAX_AMOUNT_CNY = 100_000_000_000
"""More than any fine: a bound on typing errors."""
MAX_MONTHS = 120
"""Longer than anything is counted: records are kept ten years."""
MAX_RULES = 200


class Points(Scaled):
    """Credit points to 0.001, kept as whole thousandths."""

    per_unit = MILLI_PER_POINT

    def __init__(self, minimum: float = -100, maximum: float = 100, **kwargs: Any) -> None:
        super().__init__(minimum, maximum, **kwargs)


class Amount(Scaled):
    """CNY to 0.01, kept as whole fen."""

    per_unit = FEN_PER_CNY

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, MAX_AMOUNT_CNY, **kwargs)


class Total(Points):
    """The sum of the points of any number of events."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(minimum=-1e6, maximum=1e6, **kwargs)


class AxesSchema(ResponseSchema):
    law = Total()
    manifests = Total()
    reporting = Total()
    site = Total()
    fulfilment = Total()
    incidents = Total()


class CreditSchema(ResponseSchema):
    """A credit standing: in full for the enterprise and its overseers; approved members see the grade and the
    score in whole points, other keys the grade alone."""

    optional = ("score", "provisional", "axes", "valid_until", "blocked")

    score = Points()
    grade = Value(Grade)
    provisional = fields.Boolean()
    axes = fields.Nested(AxesSchema)
    valid_until = Day(allow_none=True)
    blocked = fields.Boolean()


KEPT = "Left out of a request, it stays as it is."


class RuleSchema(Schema):
    code = Identifier(60, required=True, checks=[Matches(r"[a-z]+\.[a-z_]+", "rule_code_form")])
    axis = fields.String(required=True, validate=OneOf(AXES, "axis"))
    points = Number(required=True, validate=Range(min=-100, max=100))
    title = Text(200, required=True)
    title_zh = Text(200, load_default=None, allow_none=True)
    most_per_year = Number(
        load_default=None,
        allow_none=True,
        validate=Range(min=0, max=100),
        metadata={"description": "Most points that all such events of one calendar year can add."},
    )
    blocks = Flag(
        load_default=False, metadata={"description": "Puts the enterprise on the blocked list at once."}
    )
    basis = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Id of a legal basis (GET /legal-bases), or text; null: the platform's own rule."
        },
    )
    valid_from = Day(
        load_default=None, allow_none=True, metadata={"description": "First day of acts that it is about."}
    )
    valid_until = Day(
        load_default=None, allow_none=True, metadata={"description": "Last day of acts that it is about."}
    )
    repeatable = Flag(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Whether one day may have several without a document; null: if it adds points."
        },
    )
    severity = fields.String(
        allow_none=True,
        validate=OneOf(Severity, "severity"),
        metadata={"description": f"How grave a deduction is; null of merits. {KEPT}"},
    )
    months = Whole(1, MAX_MONTHS, metadata={"description": f"For how many months an event counts. {KEPT}"})
    recorded_by = fields.String(
        validate=OneOf(Recorder, "recorder"),
        metadata={
            "description": "Who records its events: regulators may where it names them, admins always;"
            f" what the system records never makes grade E by itself. {KEPT}"
        },
    )
    evidence = Text(
        200, allow_none=True, metadata={"description": f"What an event of it is proven by. {KEPT}"}
    )
    public = Flag(metadata={"description": f"Whether its events may be a reason on the public board. {KEPT}"})
    enabled = Flag(metadata={"description": f"false: nothing is recorded by it. {KEPT}"})

    @validates_schema
    def _says_no_severity_of_a_merit(self, rule: dict[str, Any], **_: Any) -> None:
        if rule.get("severity") and rule.get("points", 0) > 0:
            raise ValidationError({"severity": [Message("merit_has_no_severity")]})

    @validates_schema
    def _ends_after_it_begins(self, rule: dict[str, Any], **_: Any) -> None:
        first, last = rule.get("valid_from"), rule.get("valid_until")
        if first and last and last < first:
            raise ValidationError({"valid_until": [Message("days_out_of_order")]})


class GradesSchema(Schema):
    """The lowest score of each grade."""

    A = Number(validate=Range(min=0, max=100))
    B = Number(validate=Range(min=0, max=100))
    C = Number(validate=Range(min=0, max=100))
    D = Number(validate=Range(min=0, max=100))
    E = Number(validate=Range(min=0, max=100))


def _codes_once(rules: list[dict[str, Any]]) -> None:
    codes = [rule["code"] for rule in rules]
    if len(set(codes)) != len(codes):
        raise ValidationError([Message("repeated")])


def _rules(**kwargs: Any) -> List:
    return List(fields.Nested(RuleSchema), MAX_RULES, 1, checks=[_codes_once], **kwargs)


class NewRuleTableSchema(Schema):
    """The rules of a version, as `items` or as `rules`; the view gets them as `items`."""

    version = Whole(1, MAX_VERSION, metadata={"description": "Set by the platform; ignored in requests."})
    grades = fields.Nested(
        GradesSchema,
        metadata={"description": "Lowest score of each grade; set by the platform, refused if changed."},
    )
    items = _rules()
    rules = _rules(metadata={"description": "Another name of `items`; send one of the two."})

    @validates_schema
    def _one_of_the_two(self, body: dict[str, Any], **_: Any) -> None:
        if "items" in body and "rules" in body:
            raise ValidationError({"items": [Message("rules_sent_twice")]})
        if "items" not in body and "rules" not in body:
            raise ValidationError({"items": [Message("field_required")]})

    @post_load
    def _as_items(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        rules = body.pop("rules", None)
        return body if rules is None else body | {"items": rules}


class RuleTableSchema(ResponseSchema):
    version = fields.Integer()
    grades = fields.Nested(GradesSchema, metadata={"description": "Lowest score of each grade."})
    items = fields.List(fields.Nested(RuleSchema))


class GradeChangeSchema(ResponseSchema):
    enterprise_id = fields.UUID()
    before = Value(Grade, data_key="from", attribute="from")
    after = Value(Grade, data_key="to", attribute="to")


class GradeCountsSchema(ResponseSchema):
    A = fields.Integer()
    B = fields.Integer()
    C = fields.Integer()
    D = fields.Integer()
    E = fields.Integer()


class SimulationCountsSchema(ResponseSchema):
    """Of all enterprises: how many would change grade, and how many have each now and then."""

    enterprises = fields.Integer()
    changed = fields.Integer()
    up = fields.Integer()
    down = fields.Integer()
    before = fields.Nested(GradeCountsSchema, data_key="from", attribute="from")
    after = fields.Nested(GradeCountsSchema, data_key="to", attribute="to")


class SimulationSchema(ResponseSchema):
    """Who would change grade if every event that counts today had these terms."""

    changes = fields.List(
        fields.Nested(GradeChangeSchema),
        metadata={"description": "The first thousand, those that lose most grades first."},
    )
    counts = fields.Nested(SimulationCountsSchema)


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


class CreditFileQuery(Schema):
    name = Text(
        1000,
        load_default=None,
        metadata={"description": "What the file is called; a form says so itself."},
    )


class CreditFileSchema(ResponseSchema):
    """A file that proves an event, as it is kept."""

    id = fields.UUID()
    name = fields.String(metadata={"description": "The sender's name for it, with an ending by its content."})
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()


class CreditFilesSchema(ResponseSchema):
    """The files of an event, first added first; ten at most."""

    items = fields.List(fields.Nested(CreditFileSchema))


def _source(text: str) -> str:
    """The name of a source as it is compared: width and case aside."""
    return unicodedata.normalize("NFKC", text).casefold()


class FeedRowSchema(NewEventSchema):
    """A row of a feed: an entry that another system keeps under its own `reference`."""

    class Meta(NewEventSchema.Meta):
        exclude = ("enterprise_id", "evidence", "self_reported")

    reference = Identifier(
        100, required=True, metadata={"description": "Of the source; the same is recorded once."}
    )
    uscc = Normalised(
        30,
        identity.uscc,
        Message("uscc_invalid"),
        required=True,
        metadata={"description": "Whom it is about; one that nobody has yet waits until it is approved."},
    )
    note = Lines(1000, load_default="")


class FeedSchema(Schema):
    """A feed as JSON."""

    rows = List(fields.Nested(FeedRowSchema), MOST_FEED_ROWS, 1, required=True)


class FeedQuery(Schema):
    source = Normalised(
        60,
        _source,
        Message("field_required"),
        required=True,
        metadata={"description": "The name of the system that keeps the feed; references are its own."},
    )


class FeedProblemSchema(ResponseSchema):
    """Why nothing was recorded of a row."""

    row = fields.Integer(metadata={"description": "As the sheet counts; of JSON, from 1."})
    reference = fields.String(allow_none=True)
    result = Value(FeedResult)
    field = fields.String()
    code = StableCode()
    detail = fields.String()


class FeedImportSchema(ResponseSchema):
    """An import of a feed. Rows whose result is none of the five are still to be looked at."""

    optional = ("problems",)

    id = fields.UUID()
    source = fields.String()
    status = Value(FeedStatus)
    rows = fields.Integer(attribute="rows_total")
    recorded = fields.Integer()
    skipped = fields.Integer(
        metadata={"description": "The same reference with the same content was recorded before."}
    )
    conflicting = fields.Integer(metadata={"description": "The same reference says something else."})
    refused = fields.Integer()
    unmatched = fields.Integer(metadata={"description": "Nobody has their USCC yet; they are kept."})
    created_at = Moment()
    ended_at = Moment(allow_none=True)
    problems = fields.List(
        fields.Nested(FeedProblemSchema),
        metadata={"description": "The first 50; the report has all of them."},
    )


class FeedImportListItemSchema(FeedImportSchema):
    class Meta(FeedImportSchema.Meta):
        exclude = ("problems",)


FeedImportPage = page_of(FeedImportListItemSchema, "FeedImportPage")


class ReportQuery(Schema):
    format = fields.String(
        load_default="csv",
        validate=OneOf(["csv", "xlsx"]),
        metadata={"description": "The kind of file to return."},
    )


class UnmatchedQuery(PageQuery):
    uscc = Normalised(
        30,
        identity.uscc,
        Message("uscc_invalid"),
        load_default=None,
        metadata={"description": "Only entries about this code."},
    )
    source = Normalised(
        60,
        _source,
        Message("field_required"),
        load_default=None,
        metadata={"description": "Only entries of this source."},
    )


class UnmatchedSchema(ResponseSchema):
    """An entry of a feed that waits for its enterprise, or could not be recorded once that was there."""

    id = fields.UUID()
    import_id = fields.UUID()
    source = fields.String()
    reference = fields.String()
    uscc = fields.String()
    rule = fields.String()
    effective_on = Day()
    created_at = Moment()
    settled_at = Moment(
        allow_none=True, metadata={"description": "When an enterprise of that code was there."}
    )
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True, metadata={"description": "Why it could not be recorded then."})


UnmatchedPage = page_of(UnmatchedSchema)


class ScoreLineSchema(ResponseSchema):
    """One rule's part in a score, or the `cap`: what the platform's own events do not take, because they
    alone never make grade E."""

    rule = fields.String(metadata={"description": "The rule's code, or `cap`."})
    axis = Value(AXES, "null: the cap, which is of no axis.", allow_none=True)
    recorded_as = Value(Recorder, "Whom the rule names to record its events.", allow_none=True)
    year = fields.Integer(
        allow_none=True, metadata={"description": "The year, if the rule has a yearly limit."}
    )
    events = fields.Integer()
    points = Total(metadata={"description": "Points that count, after the yearly limit."})


class CreditExplanationSchema(ResponseSchema):
    """Why a score is what it is: base, and the lines that add up to it before the clamp to 0..100."""

    base = Points()
    established_by = Value(ESTABLISHED_BY, allow_none=True)
    lines = fields.List(fields.Nested(ScoreLineSchema))
    sum = Total()
    score = Points()
    grade = Value(Grade)
    blocks = fields.List(fields.UUID())


class NewBlockSchema(Schema):
    enterprise_id = fields.UUID(required=True)
    reason = Lines(500, required=True)


class BlockSchema(ResponseSchema, NewBlockSchema):
    id = fields.UUID()
    event_id = fields.UUID(allow_none=True)
    state = Value(BlockStatus)
    placed_at = Moment()
    confirmed_at = Moment(allow_none=True)
    lifted_at = Moment(allow_none=True)
    lift_reason = fields.String(allow_none=True)


BlockPage = page_of(BlockSchema)


class BlockQuery(PageQuery):
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "Only entries about this enterprise."}
    )


class LiftSchema(Schema):
    reason = Lines(500, required=True)
