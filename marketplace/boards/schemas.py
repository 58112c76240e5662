"""Shapes of boards, totals and exposure."""

from marshmallow import fields

from ..credit.models import AXES, Severity
from ..deals.models import Side
from ..enterprises.models import MILLI_PER_POINT, ROLES, Grade
from ..http.fields import Adcode, Day, Moment, OneOf, QueryWhole, Range, Scaled, Text, Tonnes, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema, Schema
from ..listings.models import Kind
from .models import PointsBy

MOST_MONTHS = 120
"""As long as records are kept."""
MOST_DAYS = 365


class Points(Scaled):
    """Credit points to 0.001, kept as whole thousandths."""

    per_unit = MILLI_PER_POINT

    def __init__(self, **kwargs: object) -> None:
        super().__init__(-1e9, 1e9, **kwargs)


class RegionFilterSchema(Schema):
    region = Adcode(
        load_default=None, metadata={"description": "Only those of this region and the regions within it."}
    )


class BoardQuery(PageQuery, RegionFilterSchema):
    q = Text(
        50,
        load_default=None,
        metadata={"description": "A part of the name, or the first characters of the credit code."},
    )


class NamedSchema(ResponseSchema):
    name = fields.String()
    uscc = fields.String(metadata={"description": "Unified social credit code."})
    region = Adcode()


class BoardReasonSchema(ResponseSchema):
    rule = fields.String()
    title = fields.String(metadata={"description": "In the caller's language."})
    axis = Value(AXES)
    severity = Value(Severity)
    points = Points(attribute="points_milli", metadata={"description": "Of this platform."})
    document = fields.String(allow_none=True, metadata={"description": "Number of the decision."})
    authority = fields.String(allow_none=True)
    decided_on = Day(allow_none=True)
    served_on = Day(allow_none=True)
    citation = fields.String(
        allow_none=True, metadata={"description": "What it cites of the law, in the caller's language."}
    )
    published_until = Day(metadata={"description": "The first day on which it is published no more."})


class ListedSchema(NamedSchema):
    grade = Value((Grade.D, Grade.E))
    score = fields.Integer(metadata={"description": "Credit score in whole points, rounded down."})
    reasons = fields.List(fields.Nested(BoardReasonSchema))


class HonourSchema(ResponseSchema):
    rule = fields.String()
    title = fields.String(metadata={"description": "In the caller's language."})
    document = fields.String(allow_none=True)
    authority = fields.String(allow_none=True)
    decided_on = Day(allow_none=True)
    effective_on = Day()
    citation = fields.String(allow_none=True)
    counts_until = Day(metadata={"description": "The first day on which it counts no more."})


class HonouredSchema(NamedSchema):
    honours = fields.List(fields.Nested(HonourSchema))


NOTICE = {"description": "What the points are and are not, in the caller's language."}


class BoardPageSchema(page_of(ListedSchema)):  # type: ignore[misc]
    notice = fields.String(metadata=NOTICE)


class RedListPageSchema(page_of(HonouredSchema)):  # type: ignore[misc]
    notice = fields.String(metadata=NOTICE)


class GradeQuery(PageQuery, RegionFilterSchema):
    q = Text(50, load_default=None, metadata={"description": "A part of the name."})
    grade = fields.String(
        load_default=None, validate=OneOf(Grade), metadata={"description": "Only those of this credit grade."}
    )


class GradeSchema(ResponseSchema):
    optional = ("score",)

    id = fields.UUID()
    name = fields.String()
    region = Adcode()
    roles = fields.List(Value(ROLES))
    grade = Value(Grade)
    score = fields.Integer(metadata={"description": "In whole points; shown to approved members and staff."})
    valid_until = Day(
        allow_none=True, metadata={"description": "When its evaluation ends; null without one that holds."}
    )


GradePage = page_of(GradeSchema)


class BoardExportQuery(RegionFilterSchema):
    format = fields.String(
        load_default="json", validate=OneOf(["json", "csv"]), metadata={"description": "Kind of file."}
    )
    since = Day(
        load_default=None,
        metadata={
            "description": "Only what came to the board from that day on, and what was withdrawn since:"
            " delete that. Ask again from the day of the last file on."
        },
    )


class PointsQuery(RegionFilterSchema):
    by = fields.String(
        load_default="axis", validate=OneOf(PointsBy), metadata={"description": "What is summed by."}
    )
    months = QueryWhole(
        load_default=12,
        validate=Range(min=1, max=MOST_MONTHS),
        metadata={"description": "Calendar months, this one included."},
    )


class PointsSumSchema(ResponseSchema):
    key = fields.String(metadata={"description": "Axis, code of the district, or month (2026-12)."})
    name = fields.String(metadata={"description": "What people call it."})
    points = Points(metadata={"description": "Points lost, before yearly limits; never negative."})
    events = fields.Integer()
    enterprises = fields.Integer(metadata={"description": "Enterprises that lost some."})


class PointsTotalsSchema(ResponseSchema):
    by = Value(PointsBy)
    since = Day()
    until = Day(metadata={"description": "Today."})
    points = Points(metadata={"description": "The same whatever is summed by."})
    events = fields.Integer()
    items = fields.List(fields.Nested(PointsSumSchema))


class WasteClassSchema(ResponseSchema):
    scheme = fields.String()
    code = fields.String()
    name = fields.String(metadata={"description": "In the caller's language, as far as it has one."})
    hazardous = fields.Boolean()


class ClassFigureSchema(WasteClassSchema):
    listings = fields.Integer()
    quantity_t = Tonnes(0, attribute="quantity_kg")


class LatestListingSchema(ResponseSchema):
    kind = Value(Kind)
    codes = fields.List(
        fields.Nested(WasteClassSchema), metadata={"description": "Of a demand, what it accepts."}
    )
    quantity_t = Tonnes(0, attribute="quantity_kg", metadata={"description": "What is left of it."})
    region = Adcode()
    region_name = fields.String()
    published_on = Day()


class FiguresSchema(ResponseSchema):
    as_of = Moment(metadata={"description": "When they were counted, at most a minute ago."})
    since = Day(metadata={"description": "Deals and loads count from this day on."})
    supplies = fields.Integer(metadata={"description": "Open supplies of approved enterprises."})
    supply_t = Tonnes(0, attribute="supply_kg")
    demands = fields.Integer()
    demand_t = Tonnes(0, attribute="demand_kg")
    classes = fields.List(
        fields.Nested(ClassFigureSchema),
        metadata={"description": "Open supplies by category or chapter, the heaviest first."},
    )
    deals = fields.Integer(metadata={"description": "Agreed, and not cancelled or lapsed since."})
    issued = fields.Integer(metadata={"description": "Manifests issued and not cancelled."})
    closed = fields.Integer(metadata={"description": "Of these, closed."})
    rate = fields.Float(
        allow_none=True, metadata={"description": "Closed of issued, from 0 to 1; null if none was issued."}
    )
    moved_t = Tonnes(0, attribute="moved_kg", metadata={"description": "Accepted with the closed ones."})
    latest = fields.List(
        fields.Nested(LatestListingSchema),
        metadata={"description": "The newest open listings, without titles, names and prices."},
    )


class CockpitQuery(Schema):
    region = Adcode(
        load_default=None,
        metadata={"description": "This region with all within it; a regulator's own without it."},
    )


class IndicatorSchema(ResponseSchema):
    name = fields.String(
        metadata={
            "description": "`closing_rate`: manifests closed of those issued. `on_time`: loads under way that"
            " are not late. `good_credit`: enterprises of grade A or B. `same_city`: kilograms that were"
            " accepted in the city that they left."
        }
    )
    target = fields.Float(metadata={"description": "From 0 to 1, as the city sets itself."})
    present = fields.Float(allow_none=True, metadata={"description": "Part of whole; null without any."})
    part = fields.Integer(metadata={"description": "In kilograms for `same_city`, else a count."})
    whole = fields.Integer()


class DistrictGradesSchema(ResponseSchema):
    A = fields.Integer()
    B = fields.Integer()
    C = fields.Integer()
    D = fields.Integer()
    E = fields.Integer()


class DistrictFiguresSchema(ResponseSchema):
    region = Adcode()
    name = fields.String()
    lon = fields.Float(metadata={"description": "Of its seat, WGS-84."})
    lat = fields.Float()
    supply_listings = fields.Integer(metadata={"description": "Open, of enterprises that may trade."})
    supply_t = Tonnes(0, attribute="supply_kg")
    demand_listings = fields.Integer()
    demand_t = Tonnes(0, attribute="demand_kg")
    deals = fields.Integer(
        metadata={"description": "Agreed in the months of `months`, by place of the waste."}
    )
    agreed_t = Tonnes(0, attribute="agreed_kg")
    issued = fields.Integer(metadata={"description": "Manifests of loads that left here, since `since`."})
    closed = fields.Integer()
    rate = fields.Float(allow_none=True, metadata={"description": "Closed of issued; null without any."})
    under_way = fields.Integer(metadata={"description": "Issued, and neither closed nor refused yet."})
    late = fields.Integer(metadata={"description": "Under way, and past a deadline."})
    moved_t = Tonnes(0, attribute="moved_kg", metadata={"description": "Accepted of what left here."})
    enterprises = fields.Integer(metadata={"description": "Approved."})
    grades = fields.Nested(DistrictGradesSchema)
    mean_score = fields.Float(allow_none=True, metadata={"description": "Credit, in points."})


class FlowSchema(ResponseSchema):
    origin = Adcode(metadata={"description": "A district of the region, or a city elsewhere."})
    origin_name = fields.String()
    destination = Adcode()
    destination_name = fields.String()
    closed = fields.Integer(metadata={"description": "Manifests closed."})
    moved_t = Tonnes(0, attribute="moved_kg", metadata={"description": "Accepted."})


class TradeMonthSchema(ResponseSchema):
    month = fields.String(metadata={"description": "Such as 2026-12."})
    deals = fields.Integer(metadata={"description": "Agreed, and not cancelled or lapsed since."})
    quantity_t = Tonnes(0, attribute="quantity_kg")


class CockpitSchema(ResponseSchema):
    as_of = Moment(metadata={"description": "When it was counted, at most a minute ago."})
    since = Day(metadata={"description": "Manifests count from this day on."})
    region = Adcode(allow_none=True, metadata={"description": "Null for all regions."})
    region_name = fields.String(allow_none=True)
    indicators = fields.List(fields.Nested(IndicatorSchema))
    districts = fields.List(
        fields.Nested(DistrictFiguresSchema), metadata={"description": "Those in which there is anything."}
    )
    flows = fields.List(fields.Nested(FlowSchema), metadata={"description": "The heaviest first."})
    other_flows_t = Tonnes(
        0, attribute="other_flows_kg", metadata={"description": "What is not among `flows`."}
    )
    months = fields.List(fields.Nested(TradeMonthSchema), metadata={"description": "The last twelve."})


class ExposureQuery(Schema):
    days = QueryWhole(
        load_default=30, validate=Range(min=1, max=MOST_DAYS), metadata={"description": "Up to now."}
    )


class ExposureSchema(ResponseSchema):
    """One grade on one side. An enterprise that supplies and receives is on both."""

    grade = Value(Grade)
    side = Value(Side)
    enterprises = fields.Integer(
        metadata={"description": "Approved, of this grade today, with an open listing of this side today."}
    )
    planned = fields.Integer(metadata={"description": "Messages of matches planned in these days."})
    released = fields.Integer(metadata={"description": "Of these, released by now."})
    dropped = fields.Integer(
        metadata={"description": "Of these, never sent, because their reason no longer held."}
    )
    median_delay_s = fields.Float(
        allow_none=True,
        metadata={"description": "From the publication of the other listing to the release, in the median."},
    )
    first_places = fields.Integer(
        metadata={"description": "Of the planned, those that rank 1 for a listing."}
    )
    first_place_share = fields.Float(
        allow_none=True, metadata={"description": "Of all first places of this side, from 0 to 1."}
    )
    deals = fields.Integer(metadata={"description": "Agreed in these days, by the grade of today."})


class ExposuresSchema(ResponseSchema):
    days = fields.Integer()
    since = Moment()
    items = fields.List(fields.Nested(ExposureSchema))
