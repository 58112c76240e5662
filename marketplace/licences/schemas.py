"""Shapes of permits."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema

from ..catalogue import service as catalogue
from ..catalogue.models import Mode
from ..http.documents import DOCUMENT_TYPES
from ..http.fields import (
    MAX_TONNES,
    Adcode,
    Day,
    Identifier,
    Lines,
    List,
    Moment,
    Number,
    OneOf,
    Range,
    Text,
    Tonnes,
    Value,
    Whole,
    unique,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import CodeText, PeriodSchema, ResponseSchema, Schema, SchemeText, WarningSchema
from .models import ChannelFileKind, ChannelStatus, LicenceKind, LicenceStatus, PauseCause

MOST_COMPONENTS = 50
"""Components of a standard or a test."""
MOST_AMOUNT = 1e9
"""Of a component, in any unit."""
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


class LicenceSchema(PeriodSchema, _Shown):
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


class BoundSchema(Schema):
    """A component of an entry standard and its bounds; an end left out is open."""

    component = Identifier(50, required=True)
    min = Number(allow_none=True, load_default=None, validate=Range(min=0, max=MOST_AMOUNT))
    max = Number(allow_none=True, load_default=None, validate=Range(min=0, max=MOST_AMOUNT))
    unit = Identifier(20, load_default="%")

    @pre_load
    def _with_unit(self, data: Any, **_: Any) -> Any:
        return _with_default_unit(data)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("min"), data.get("max")
        if low is None and high is None:
            raise ValidationError({"min": [Message("component_without_range")]})
        if low is not None and high is not None and low > high:
            raise ValidationError({"max": [Message("range_reversed")]})


class ResultSchema(Schema):
    """What a laboratory measured of a component."""

    component = Identifier(50, required=True)
    value = Number(required=True, validate=Range(min=0, max=MOST_AMOUNT))
    unit = Identifier(20, load_default="%")

    @pre_load
    def _with_unit(self, data: Any, **_: Any) -> Any:
        return _with_default_unit(data)


def _with_default_unit(data: Any) -> Any:
    """Of a component without a unit that which is meant: pH of a pH value, else per cent."""
    if not isinstance(data, dict) or "unit" in data or not isinstance(data.get("component"), str):
        return data
    return {**data, "unit": catalogue.default_unit(data["component"])}


def _named_once(components: list[dict[str, Any]]) -> None:
    keys = [catalogue.with_key({**component, "min": None, "max": None})["key"] for component in components]
    if len(set(keys)) != len(keys):
        raise ValidationError([Message("repeated")])


class ChannelFileSchema(ResponseSchema):
    id = fields.UUID()
    kind = Value(ChannelFileKind, "What the file is.")
    media_type = Value(DOCUMENT_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    created_at = Moment()


class OutOfBoundsSchema(ResponseSchema):
    """A result outside the standard, and its bounds in their own unit."""

    component = fields.String()
    value = fields.Float()
    unit = fields.String()
    min = fields.Float(allow_none=True)
    max = fields.Float(allow_none=True)
    bound_unit = fields.String()


class ChannelTestSchema(Schema):
    """A monthly test; what it says is judged against the channel's standard at once."""

    id = fields.UUID(dump_only=True, required=True)
    channel_id = fields.UUID(dump_only=True, required=True)
    sampled_on = Day(required=True)
    lab = Text(120, required=True)
    cma = Identifier(40, required=True, metadata={"description": "The laboratory's CMA number."})
    cnas = Identifier(40, required=True, metadata={"description": "The laboratory's CNAS number."})
    results = List(fields.Nested(ResultSchema), MOST_COMPONENTS, 1, required=True)
    passed = fields.Boolean(dump_only=True, required=True)
    out_of_bounds = fields.List(fields.Nested(OutOfBoundsSchema), dump_only=True, required=True)
    files = fields.List(fields.Nested(ChannelFileSchema), dump_only=True, required=True)
    created_at = Moment(dump_only=True, required=True)


class ChannelSchema(_Allowed, PeriodSchema, _Shown):
    generator_id = fields.UUID(required=True)
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    use = Text(200, required=True)
    approval_number = Identifier(60, required=True)
    standard = List(
        fields.Nested(BoundSchema),
        MOST_COMPONENTS,
        load_default=list,
        checks=[_named_once],
        metadata={"description": "The entry standard: bounds of components. Monthly tests are judged by it."},
    )
    pollution_control = Lines(
        2000, load_default=None, allow_none=True, metadata={"description": "How pollution is controlled."}
    )
    product_standard = Text(200, load_default=None, allow_none=True)
    product_use = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={"description": "What the product may be used for; never food, feed or drugs."},
    )
    status = Value(ChannelStatus, "running, or paused: then nothing moves through it.", dump_only=True)
    paused = fields.Boolean(dump_only=True, required=True)
    paused_at = Moment(dump_only=True, required=True, allow_none=True)
    pause_cause = Value(PauseCause, "What paused it.", dump_only=True, required=True, allow_none=True)
    pause_reason = fields.String(dump_only=True, required=True, allow_none=True)
    paused_for = Day(
        dump_only=True,
        required=True,
        allow_none=True,
        metadata={"description": "Sampling day of the test that failed, or first day of the month without."},
    )
    test_due_on = Day(
        dump_only=True,
        required=True,
        allow_none=True,
        metadata={"description": "Until the end of this day the next monthly test is in time."},
    )
    tests = fields.List(
        fields.Nested(ChannelTestSchema),
        dump_only=True,
        required=True,
        metadata={"description": "The twelve that were sampled last."},
    )
    files = fields.List(fields.Nested(ChannelFileSchema), dump_only=True, required=True)


class PauseReasonSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "Both parties read it."})


class ChannelFileQuery(Schema):
    kind = fields.String(
        load_default=ChannelFileKind.EXPERT_REVIEW,
        validate=OneOf([kind for kind in ChannelFileKind if kind != ChannelFileKind.TEST]),
        metadata={"description": "What the file is."},
    )


class SecondaryWasteSchema(Schema):
    """An entry of the book; a correction has negative tonnes and names the entry that it takes back."""

    id = fields.UUID(dump_only=True, required=True)
    on = Day(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    tonnes = Tonnes(required=True)
    to = Text(200, required=True, metadata={"description": "Who took it, or where it was brought."})
    note = Text(500, load_default=None, allow_none=True)
    corrects_id = fields.UUID(dump_only=True, required=True, allow_none=True)
    at = Moment(dump_only=True, required=True)
    kept_until = Day(dump_only=True, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), dump_only=True)


class SecondaryWasteEntrySchema(SecondaryWasteSchema):
    """An entry as the book shows it."""

    tonnes = Tonnes(-MAX_TONNES, required=True)


class CorrectionSchema(Schema):
    tonnes = Tonnes(required=True, metadata={"description": "How much of the entry to take back."})
    note = Text(500, required=True)


class TransferApprovalSchema(PeriodSchema, _Shown):
    """An approval of moving one waste of one generator to one receiver across a province line."""

    generator_id = fields.UUID(required=True)
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    tonnes = Tonnes(required=True, metadata={"description": "For its whole life."})
    way = fields.String(required=True, validate=OneOf(Mode))
    number = Identifier(60, required=True)
    asked_until = Day(
        dump_only=True,
        required=True,
        metadata={
            "description": "The last day asked for; `valid_until` is the least of it, of 12 months, and of"
            " the receiver's licence."
        },
    )
    reserved_t = _counted("Reserved for deals.")
    used_t = _counted("Used.")
    left_t = _counted("What may still be reserved.")


class WhiteListSchema(PeriodSchema, _Shown):
    receiver_id = fields.UUID(required=True)
    scheme = SchemeText()
    code = CodeText(required=True)
    from_province = Adcode(required=True)


class ExemptionSchema(PeriodSchema, _Shown):
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


ChannelTestPage = page_of(ChannelTestSchema)


SecondaryWastePage = page_of(SecondaryWasteEntrySchema)


TransferApprovalPage = page_of(TransferApprovalSchema)
