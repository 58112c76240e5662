"""What a response says of faults: warnings, problems, faults of a table."""

from marshmallow import fields

from .base import ResponseSchema
from .texts import StableCode


class WarningSchema(ResponseSchema):
    code = StableCode()
    field = fields.String(allow_none=True)
    detail = fields.String()


class ProblemSchema(ResponseSchema):
    """RFC 9457."""

    optional: tuple[str, ...] = (
        "errors", "error_count", "entry_id", "left_t", "year", "failed_gates",
    )  # fmt: skip

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    fix = fields.String(
        metadata={"description": "What to do, with the routes and fields that it takes; for developers."}
    )
    code = StableCode()
    request_id = fields.String(allow_none=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Field path to messages, of the first 50 errors."},
    )
    error_count = fields.Integer(metadata={"description": "How many errors there are in all."})
    entry_id = fields.UUID(
        metadata={"description": "Of `already_entered` and others: what there is already, if you may see it."}
    )
    left_t = fields.Float(metadata={"description": "Of `not_enough_left`: the tonnes that are left."})
    year = fields.Integer(metadata={"description": "Of `not_enough_left`: the calendar year, if one counts."})
    failed_gates = fields.List(
        fields.Dict(),
        metadata={"description": "Of a pairing that is not lawful: gate, reason, detail and source of each."},
    )


class FaultSchema(ResponseSchema):
    """An error at one place of a table that was sent."""

    optional = ("suggestions",)

    row = fields.Integer(metadata={"description": "Counted as in a spreadsheet: the headings are row 1."})
    column = fields.String()
    code = StableCode(about="That of the broken rule.")
    detail = fields.String()
    suggestions = fields.List(
        fields.Dict(), metadata={"description": "With `code_suggested`: waste codes, the likeliest first."}
    )


class TableProblemSchema(ProblemSchema):
    """A problem with a table that was sent: its first 50 errors, and how many there are in all."""

    optional = (*ProblemSchema.optional, "rows")

    rows = fields.List(fields.Nested(FaultSchema))
