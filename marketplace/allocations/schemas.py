"""Shapes of plans for regions and their parts."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

import matching

from ..http.fields import Adcode, Day, Identifier, Kilometres, KnownValue, List, Moment, OneOf, Tonnes, Value
from ..http.languages import Message
from ..http.paging import page_of
from ..http.schemas import (
    CodeRefSchema,
    CodeText,
    EnterpriseRefSchema,
    LegalBasisSchema,
    ResponseSchema,
    Schema,
    StableCode,
    WarningSchema,
)
from .models import STAGES, AllocationStatus, Receivers, UnplacedReason

MOST_ALLOCATION_DAYS = 731
MOST_ALLOCATION_CODES = 50
MOST_REGION_TONNES = 10**15


class AllocationRequestSchema(Schema):
    """What to plan: supplies of a region that are open on some day of the period, narrowed to codes."""

    region = Adcode(
        required=True,
        metadata={"description": "Supplies in this region and the regions within it are planned."},
    )
    first_day = Day(required=True, data_key="from")
    last_day = Day(required=True, data_key="until")
    scheme = Identifier(20, load_default=None, allow_none=True)
    codes = List(
        CodeText(about="A code, or a category with all codes in it."),
        MOST_ALLOCATION_CODES,
        load_default=list,
        metadata={"description": "Codes, or categories with all codes in them; none means all."},
    )
    receivers = fields.String(
        load_default=Receivers.ANYWHERE.value,
        validate=OneOf(Receivers),
        metadata={"description": "Where receivers may be: anywhere lawful, or only in the region."},
    )

    @validates_schema
    def _is_period(self, data: dict[str, Any], **_: Any) -> None:
        days = (data["last_day"] - data["first_day"]).days
        if days < 0:
            raise ValidationError({"until": [Message("ends_before_start")]})
        if days >= MOST_ALLOCATION_DAYS:
            raise ValidationError({"until": [Message("period_too_long", most=MOST_ALLOCATION_DAYS)]})


class RegionTonnes(Tonnes):
    """Tonnes of many listings together."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(minimum=0, maximum=MOST_REGION_TONNES, **kwargs)


class GapSchema(ResponseSchema):
    """What lacks for a code in a district."""

    waste = fields.Nested(CodeRefSchema)
    name = fields.String()
    region = Adcode()
    region_name = fields.String()
    supply_t = RegionTonnes(attribute="supply_kg")
    unplaced_t = RegionTonnes(attribute="unplaced_kg")
    no_lawful_way_t = RegionTonnes(attribute="no_lawful_way_kg")
    no_capacity_t = RegionTonnes(attribute="no_capacity_kg")
    below_lot_t = RegionTonnes(attribute="below_lot_kg")
    price = fields.Float(
        allow_none=True,
        metadata={
            "description": "What one more tonne of capacity would add to the plan's value where it adds"
            " most; null where nobody may take the waste at all."
        },
    )


class AllocationTotalsSchema(ResponseSchema):
    supplies = fields.Integer()
    demands = fields.Integer()
    ways = fields.Integer(metadata={"description": "Number of lawful pairings, counted by permit and year."})
    placements = fields.Integer()
    supply_t = RegionTonnes(attribute="supply_kg")
    capacity_t = RegionTonnes(attribute="capacity_kg")
    placed_t = RegionTonnes(attribute="placed_kg")
    unplaced_t = RegionTonnes(attribute="unplaced_kg")
    no_lawful_way_t = RegionTonnes(attribute="no_lawful_way_kg")
    no_capacity_t = RegionTonnes(attribute="no_capacity_kg")
    below_lot_t = RegionTonnes(attribute="below_lot_kg")
    value = fields.Float(metadata={"description": "Sum of score times tonnes."})
    bound = fields.Float(metadata={"description": "A value that no lawful plan can exceed."})
    gap = fields.Float(metadata={"description": "How far the value is below the bound, as a fraction of it."})


class AllocationProgressSchema(ResponseSchema):
    stage = Value(STAGES, allow_none=True)
    done = fields.Integer()
    of = fields.Integer(allow_none=True)


class AllocationHeadSchema(ResponseSchema):
    """A plan without its parts; `code` and `detail` say why it was refused."""

    id = fields.UUID()
    status = Value(AllocationStatus)
    region = Adcode()
    first_day = Day(data_key="from")
    last_day = Day(data_key="until")
    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.", allow_none=True)
    codes = fields.List(fields.String())
    receivers = Value(Receivers)
    progress = fields.Nested(AllocationProgressSchema)
    policy_version = fields.Integer(allow_none=True)
    totals = fields.Nested(AllocationTotalsSchema, allow_none=True)
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    created_at = Moment()
    as_of = Moment(allow_none=True, metadata={"description": "When the listings were read."})
    ended_at = Moment(allow_none=True)


class AllocationSchema(AllocationHeadSchema):
    first_gaps = fields.List(fields.Nested(GapSchema))


AllocationPage = page_of(AllocationHeadSchema, "AllocationPage")


class AllocationSideSchema(ResponseSchema):
    id = fields.UUID()
    title = fields.String()
    region = Adcode()
    enterprise = fields.Nested(EnterpriseRefSchema)


class PlacementSchema(ResponseSchema):
    supply = fields.Nested(AllocationSideSchema)
    demand = fields.Nested(AllocationSideSchema)
    waste = fields.Nested(CodeRefSchema)
    tonnes = RegionTonnes(attribute="kg")
    score = fields.Float()
    distance_km = Kilometres()
    year = fields.Integer(metadata={"description": "The year whose tonnes of the permit are used."})
    legal_basis = fields.Nested(LegalBasisSchema)
    warnings = fields.List(fields.Nested(WarningSchema))


PlacementPage = page_of(PlacementSchema)


class UnplacedSchema(ResponseSchema):
    supply = fields.Nested(AllocationSideSchema)
    waste = fields.Nested(CodeRefSchema)
    tonnes = RegionTonnes(attribute="kg")
    of_t = RegionTonnes(attribute="of_kg")
    reason = Value(UnplacedReason)
    gate = Value(matching.GATES, "The gate that stopped most, if nothing is lawful.", allow_none=True)
    detail = fields.String()


UnplacedPage = page_of(UnplacedSchema)


GapPage = page_of(GapSchema)


class AllocationExportQuery(Schema):
    part = fields.String(
        load_default="placements",
        validate=OneOf(["placements", "unplaced", "gaps"], "part"),
        metadata={"description": "Which part of the plan to return."},
    )
    format = fields.String(
        load_default="csv",
        validate=OneOf(["csv", "xlsx"]),
        metadata={"description": "The kind of file to return."},
    )
