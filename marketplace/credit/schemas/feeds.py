"""Feeds, their imports, and what waits for its enterprise."""

from marshmallow import fields

from ... import identity
from ...http.fields import Day, Lines, List, Moment, Normalised, OneOf, Value
from ...http.languages import Message
from ...http.paging import PageQuery, page_of
from ...http.schemas import ResponseSchema, Schema, StableCode
from ..models import MOST_FEED_ROWS, FeedResult, FeedStatus, source_name
from .events import NewEventSchema


class FeedRowSchema(NewEventSchema):
    """A row of a feed: an entry that another system keeps under its own `reference`."""

    class Meta(NewEventSchema.Meta):
        exclude = ("enterprise_id", "evidence", "self_reported")

    reference = Normalised(
        100,
        identity.half_width,
        Message("field_required"),
        required=True,
        metadata={"description": "Of the source; the same is recorded once, in whatever width it is typed."},
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
        source_name,
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
        source_name,
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
