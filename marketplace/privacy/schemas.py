"""Shapes of requests about personal data."""

from marshmallow import fields

from ..http.fields import Lines, Moment
from ..http.schemas import ResponseSchema, Schema


class ExportSchema(ResponseSchema):
    enterprise_id = fields.UUID()
    exported_at = Moment()
    tables = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Dict()),
        metadata={"description": "The rows by table, as they are stored; tables and columns may be added."},
    )


class PersonExportSchema(ResponseSchema):
    person_id = fields.UUID()
    exported_at = Moment()
    tables = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Dict()),
        metadata={"description": "The rows by table, as they are stored; tables and columns may be added."},
    )


class ErasureSchema(Schema):
    reason = Lines(
        500, required=True, metadata={"description": "Who asked for it and why; it stays in the audit."}
    )


class ErasedSchema(ResponseSchema):
    enterprise_id = fields.UUID()
    contact_erased_at = Moment()
