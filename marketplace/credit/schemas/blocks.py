"""Entries of the blocked list."""

from marshmallow import fields

from ...http.fields import Lines, Moment, Value
from ...http.paging import PageQuery, page_of
from ...http.schemas import ResponseSchema, Schema
from ..models import BlockStatus


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
