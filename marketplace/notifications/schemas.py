"""Shapes of notifications and preferences."""

from marshmallow import fields

from ..http.paging import PageQuery
from ..http.schemas import CodeRefSchema, Length, Moment, OneOf, Schema


class NotificationDataSchema(Schema):
    """`listing_id` is the reader's own listing, `counterpart_id` the other side's."""

    listing_id = fields.UUID()
    counterpart_id = fields.UUID()
    score = fields.Float()
    rank = fields.Integer()
    grade = fields.String(metadata={"description": "The reader's grade, which set the release time."})
    key_id = fields.UUID()
    name = fields.String()
    expires_at = fields.String()


class NotificationSchema(Schema):
    id = fields.UUID()
    kind = fields.String()
    created_at = Moment(attribute="released_at", metadata={"description": "When it came into the inbox."})
    read_at = Moment(allow_none=True)
    delivery = fields.String(
        metadata={"description": "Beside the inbox: immediate (e-mail), digest, or inbox (nothing else)."}
    )
    data = fields.Nested(NotificationDataSchema)


class NotificationQuery(PageQuery):
    unread = fields.Boolean(load_default=False)


class NotificationPage(Schema):
    items = fields.List(fields.Nested(NotificationSchema))
    next = fields.String(allow_none=True)


class ReadAllSchema(Schema):
    read = fields.Integer()


class PreferencesSchema(Schema):
    """`email`: each message at once (by day), one digest a day, or off. The inbox gets all in any case."""

    version = fields.Integer(metadata={"description": "Given by the platform; ignored when sent."})
    email = fields.String(required=True, validate=OneOf(["immediate", "digest", "off"]))
    language = fields.String(load_default="zh", validate=OneOf(["zh", "en"]))
    muted_codes = fields.List(
        fields.Nested(CodeRefSchema),
        load_default=list,
        validate=Length(min=0, max=200),
        metadata={"description": "Codes and categories about which no match is told."},
    )
