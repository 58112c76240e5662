"""Shapes of findings: open listings without any lawful counterpart."""

from marshmallow import fields

import matching

from ...http.fields import KnownValue, Moment, OneOf, Value
from ...http.paging import PageQuery, page_of
from ...http.schemas import ResponseSchema
from .near_misses import NearMissSchema


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
