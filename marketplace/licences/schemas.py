"""Shapes of permits."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..catalogue.models import Mode
from ..http.documents import DOCUMENT_TYPES
from ..http.fields import (
    Adcode,
    Day,
    Identifier,
    Lines,
    List,
    Moment,
    OneOf,
    Text,
    Tonnes,
    Value,
    Whole,
    unique,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import CodeText, ResponseSchema, Schema, SchemeText, WarningSchema
from .models import LicenceKind, LicenceStatus

MOST_USED = 1e12
"""Tonnes: what is used is a sum, and may exceed any one entry."""


def _counted(description: str) -> Tonnes:
    return Tonnes(
        minimum=0,
        maximum=MOST_USED,
        dump_only=True,
        required=True,
        metadata={"description": description},
    )


class _Validity(Schema):
    valid_from = Day(required=True)
    valid_until = Day(required=True)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if "valid_from" in data and "valid_until" in data and data["valid_from"] > data["valid_until"]:
            raise ValidationError({"valid_until": [Message("ends_before_start")]})


class _Shown(Schema):
    id = fields.UUID(dump_only=True, required=True)
    revoked_at = Moment(dump_only=True, required=True, allow_none=True)
    created_at = Moment(dump_only=True, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), dump_only=True)


class LicenceFileSchema(ResponseSchema):
    id = fields.UUID()
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    created_at = Moment()


class PermitYearSchema(ResponseSchema):
    """A calendar year of a permit's allowance."""

    year = fields.Integer()
    reserved_t = _counted("Reserved for deals.")
    used_t = _counted("Used, also beyond the allowance.")
    left_t = _counted("What may still be reserved.")


class _Allowed(Schema):
    """An allowance of tonnes a year, with what is reserved, used and left of it."""

    tonnes_per_year = Tonnes(required=True)
    used_this_year_t = _counted("As `used_t`.")
    left_this_year_t = _counted("As `left_t`.")
    reserved_t = _counted("This year, reserved for deals.")
    used_t = _counted("This year, used, also beyond the allowance.")
    left_t = _counted("This year, what may still be reserved.")
    years = fields.List(
        fields.Nested(PermitYearSchema),
        dump_only=True,
        required=True,
        metadata={"description": "This year and every year of which something is reserved or used."},
    )


class LicenceLineSchema(_Allowed):
    """A line names one code or category, or several in `codes`, which then share its tonnes."""

    id = fields.UUID(dump_only=True, required=True)
    scheme = SchemeText()
    code = CodeText(allow_none=True, about="Null in responses for a line of several codes.")
    codes = List(
        CodeText(),
        200,
        1,
        checks=[unique],
        metadata={"description": "Several codes with joint tonnes, in place of `code`.", "uniqueItems": True},
    )
    modes = List(
        fields.String(validate=OneOf(Mode)),
        3,
        1,
        load_default=lambda: list(Mode),
    )

    @validates_schema
    def _names_codes_once(self, data: dict[str, Any], **_: Any) -> None:
        has_code = data.get("code") is not None
        if has_code and "codes" in data:
            raise ValidationError({"codes": [Message("code_or_codes")]})
        if not has_code and "codes" not in data:
            raise ValidationError({"code": [Message("field_required")]})


class LicenceSchema(_Validity, _Shown):
    enterprise_id = fields.UUID(metadata={"description": "The holder; may be left out by the holder itself."})
    number = Identifier(60, required=True)
    kind = fields.String(load_default=LicenceKind.COMPREHENSIVE, validate=OneOf(LicenceKind))
    lines = List(fields.Nested(LicenceLineSchema), 200, 1, required=True)
    status = Value(
        LicenceStatus,
        "submitted by its holder, confirmed (only then it counts), refused or suspended.",
        dump_only=True,
        required=True,
    )
    decided_at = Moment(dump_only=True, required=True, allow_none=True)
    reason = fields.String(dump_only=True, required=True, allow_none=True)
    files = fields.List(fields.Nested(LicenceFileSchema), dump_only=True, required=True)


class ChannelSchema(_Allowed, _Validity, _Shown):
    generator_id = fields.UUID(required=True)
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    use = Text(200, required=True)
    approval_number = Identifier(60, required=True)


class WhiteListSchema(_Validity, _Shown):
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    from_province = Adcode(required=True)


class ExemptionSchema(_Validity, _Shown):
    enterprise_id = fields.UUID(required=True)
    item = Whole(1, 999, required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    reference = Text(200, load_default="")


class PermitQuery(PageQuery):
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "Only those that this enterprise is a party to."}
    )


class LicenceQuery(PermitQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(LicenceStatus),
        metadata={"description": "Only those in this status."},
    )


class RefusalSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "The holder reads it."})


class SuspensionSchema(Schema):
    reason = Lines(
        500, required=True, metadata={"description": "The holder and the parties of deals read it."}
    )


class UsageSchema(Schema):
    """Tonnes to count against a year's allowance; negative takes back what was counted wrongly."""

    line_id = fields.UUID(
        load_default=None, metadata={"description": "Required for licences; not for channels."}
    )
    year = Whole(2000, 2200, required=True)
    tonnes = Tonnes(minimum=-100_000_000, required=True)
    note = Lines(200, load_default="")


LicencePage = page_of(LicenceSchema)


ChannelPage = page_of(ChannelSchema)


WhiteListPage = page_of(WhiteListSchema)


ExemptionPage = page_of(ExemptionSchema)
