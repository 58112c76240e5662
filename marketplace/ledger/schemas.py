"""Shapes of the ledger."""

from marshmallow import fields

from ..http.fields import Day, Moment, Value
from ..http.paging import page_of
from ..http.schemas import ResponseSchema
from .service import LedgerFault


class BadRowSchema(ResponseSchema):
    """Where the ledger does not add up, and how."""

    fault = Value(
        LedgerFault,
        "content, seal: an entry was changed, or made without the key; gap, tail: one is missing; head: the"
        " end of a chain was changed; row_changed, row_missing, row_added: a row differs from its entries;"
        " anchored: an anchor knows other entries; anchor: one was changed or is gone; key: one is not set.",
    )
    enterprise_id = fields.UUID(
        allow_none=True, metadata={"description": "Zeros: the chain of the rule tables."}
    )
    no = fields.Integer(allow_none=True, metadata={"description": "Number of the entry in its chain."})
    kind = fields.String(allow_none=True, metadata={"description": "Table of the row that it is about."})
    row_id = fields.String(allow_none=True)
    anchor = fields.Integer(allow_none=True, metadata={"description": "Number of the anchor."})


class VerificationSchema(ResponseSchema):
    ok = fields.Boolean(
        allow_none=True,
        metadata={"description": "null: nothing is wrong as far as the time of a request reached."},
    )
    complete = fields.Boolean(
        attribute="is_complete", metadata={"description": "Whether all of it was checked."}
    )
    begun = fields.Boolean(
        attribute="is_begun",
        metadata={
            "description": "Whether the ledger keeps all that it should; false right after an upgrade."
        },
    )
    rows = fields.Integer(metadata={"description": "Entries that were checked."})
    enterprises = fields.Integer(metadata={"description": "Chains that were checked."})
    anchors = fields.Integer()
    unsealed = fields.Integer(
        metadata={
            "description": "Rows that the ledger does not keep yet, or without a column that was added."
        }
    )
    first_bad = fields.Nested(BadRowSchema, allow_none=True)


class AnchorSchema(ResponseSchema):
    no = fields.Integer()
    day = Day()
    rows = fields.Integer(metadata={"description": "Entries of all chains."})
    enterprises = fields.Integer(metadata={"description": "Enterprises with a chain."})
    previous = fields.String(allow_none=True, metadata={"description": "`digest` of the anchor before."})
    digest = fields.String(metadata={"description": "SHA-256 of the statement, the first line of its file."})
    algorithm = fields.String(metadata={"description": "Ed25519 or HMAC-SHA256."})
    key = fields.String(metadata={"description": "Public key in hexadecimal digits, or the id of our key."})
    signature = fields.String()
    created_at = Moment()


AnchorPage = page_of(AnchorSchema)
