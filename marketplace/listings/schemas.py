"""Shapes of listings."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema

from ..catalogue import service as catalogue
from ..enterprises.models import GRADES
from ..errors import Invalid
from ..http.documents import PICTURE_TYPES
from ..http.fields import (
    CRS,
    Adcode,
    Choices,
    Day,
    Flag,
    Identifier,
    Kilometres,
    KnownValue,
    Lines,
    List,
    Moment,
    Number,
    OneOf,
    Price,
    QueryNumber,
    QueryPrice,
    QueryTonnes,
    Range,
    Text,
    Tonnes,
    Value,
    Whole,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import (
    SPELLINGS,
    CodeRefSchema,
    EnterpriseRefSchema,
    FaultSchema,
    LocationSchema,
    ResponseSchema,
    Schema,
    StableCode,
    WarningSchema,
    WrittenCodeSchema,
)
from .models import ExemptionReview, Form, ImportStatus, Kind, ListingStatus, Packaging

FARTHEST_KM = 20_100
MAX_CODES_TEXT = 500
"""Characters of the codes in a filter: some thirty codes."""
MOST_COMPONENTS, MOST_ACCEPTS = 50, 100
"""Components of a composition, and codes that a demand accepts."""
MOST_AT_ONCE = 100
"""Listings that one request may publish."""


class ComponentSchema(Schema):
    """A component and the range of its share; an end left out is open.

    Without a unit `%` is meant, of a pH value `pH`. Names and units are held to their closed forms where the
    catalogue is known: `catalogue.check_components`.
    """

    component = Identifier(50, required=True)
    min = Number(allow_none=True, load_default=None, validate=Range(min=0, max=1e9))
    max = Number(allow_none=True, load_default=None, validate=Range(min=0, max=1e9))
    unit = Identifier(20, load_default="%")

    @pre_load
    def _with_unit(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict) or "unit" in data or not isinstance(data.get("component"), str):
            return data
        return {**data, "unit": catalogue.default_unit(data["component"])}

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("min"), data.get("max")
        if low is None and high is None:
            raise ValidationError({"min": [Message("component_without_range")]})
        if low is not None and high is not None and low > high:
            raise ValidationError({"max": [Message("range_reversed")]})


def _named_once(components: list[dict[str, Any]]) -> None:
    keys = [catalogue.with_key(component)["key"] for component in components]
    if len(set(keys)) != len(keys):
        raise ValidationError([Message("repeated")])


class _Terms(Schema):
    """What both the new and the changed listing may say."""

    max_distance_km = Number(allow_none=True, validate=Range(min=0.001, max=FARTHEST_KM))
    price_cny_per_t = Price(allow_none=True)
    region = Adcode(allow_none=True)
    location = fields.Nested(LocationSchema, allow_none=True)
    form = fields.String(allow_none=True, validate=OneOf(Form))
    packaging = fields.String(allow_none=True, validate=OneOf(Packaging))
    composition = List(fields.Nested(ComponentSchema), MOST_COMPONENTS, allow_none=True, checks=[_named_once])
    requires = List(fields.Nested(ComponentSchema), MOST_COMPONENTS, allow_none=True, checks=[_named_once])
    treatment = Identifier(3, allow_none=True)
    exemption_item = Whole(1, 999, allow_none=True)
    external_id = Identifier(
        64,
        allow_none=True,
        metadata={"description": "What you call it in your own books; no two listings of yours share one."},
    )


class NewListingSchema(_Terms):
    kind = fields.String(required=True, validate=OneOf(Kind))
    title = Text(120, required=True)
    waste = fields.Nested(WrittenCodeSchema, allow_none=True)
    accepts = List(fields.Nested(WrittenCodeSchema), MOST_ACCEPTS, 1, allow_none=True)
    quantity_t = Tonnes(required=True)
    min_lot_t = Tonnes(required=True)
    available_from = Day(required=True)
    available_until = Day(required=True)
    publish = Flag(load_default=False)


class ListingChangeSchema(_Terms):
    title = Text(120)
    waste = fields.Nested(WrittenCodeSchema)
    accepts = List(fields.Nested(WrittenCodeSchema), MOST_ACCEPTS, 1)
    quantity_t = Tonnes()
    min_lot_t = Tonnes()
    available_from = Day()
    available_until = Day()


class ListingSchema(ResponseSchema):
    """A listing; to others than its owner and overseers the location is rounded to 0.01 degree."""

    optional = ("distance_km",)

    id = fields.UUID()
    external_id = fields.String(
        allow_none=True, metadata={"description": "Shown to the owner and its overseers only."}
    )
    kind = Value(Kind)
    status = Value(ListingStatus)
    title = fields.String()
    waste = fields.Nested(CodeRefSchema, allow_none=True)
    accepts = fields.List(fields.Nested(CodeRefSchema), allow_none=True)
    quantity_t = Tonnes(attribute="quantity_kg")
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    min_lot_t = Tonnes(attribute="min_lot_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)
    region = Adcode()
    location = fields.Nested(LocationSchema)
    max_distance_km = fields.Float(allow_none=True)
    available_from = Day()
    available_until = Day()
    form = Value(Form, allow_none=True)
    packaging = Value(Packaging, allow_none=True)
    composition = fields.List(fields.Nested(ComponentSchema))
    requires = fields.List(fields.Nested(ComponentSchema))
    treatment = KnownValue(about="A recovery (R) or disposal (D) operation: `R4`, `D10`.", allow_none=True)
    exemption_item = fields.Integer(allow_none=True)
    exemption_review = Value(
        ExemptionReview, "What an admin decided of the evidence for an exemption.", allow_none=True
    )
    enterprise = fields.Nested(EnterpriseRefSchema)
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))
    distance_km = Kilometres(
        metadata={
            "description": "In a search from a point: great-circle kilometres, to 0.1, from it to the"
            " listing's place rounded to 0.01 degree."
        }
    )


class ListingPhotoSchema(ResponseSchema):
    """A photo of a listing."""

    number = fields.Integer(metadata={"description": "From 1; one that was given up is given again."})
    media_type = Value(PICTURE_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()


class ListingPhotosSchema(ResponseSchema):
    """The photos of a listing."""

    items = fields.List(fields.Nested(ListingPhotoSchema))


SORTS = ("newest", "updated", "distance", "price", "-price")


def _about(description: str) -> dict[str, Any]:
    return {"load_default": None, "metadata": {"description": description}}


class ListingFilter(Schema):
    """What a listing must be to be found, in a query string or in a saved search; null filters nothing."""

    kind = fields.String(validate=OneOf(Kind), **_about("Supply or demand."))
    code = Identifier(
        MAX_CODES_TEXT,
        **_about(
            "One or several codes or categories, separated by commas. Of supplies it finds the code, all"
            " below it and local codes that map to it; of demands also those that accept the code by its"
            f" category. {SPELLINGS}"
        ),
    )
    region = Adcode(**_about("A region with all regions within it."))
    q = Text(50, **_about("Words that must all occur in the title, in any case and width."))
    lon = QueryNumber(
        validate=Range(min=-180, max=180), **_about("Longitude of the point to search from; with `lat`.")
    )
    lat = QueryNumber(
        validate=Range(min=-90, max=90), **_about("Latitude of the point to search from; with `lon`.")
    )
    crs = fields.String(
        load_default="wgs84",
        validate=OneOf(CRS, "crs"),
        metadata={"description": "The coordinate system of `lon` and `lat`."},
    )
    within_km = QueryNumber(
        validate=Range(min=0.001, max=FARTHEST_KM),
        **_about("Greatest distance from the point, by the listing's location rounded to 0.01 degree."),
    )
    price_min = QueryPrice(**_about("CNY/t from the supplier's side; listings without a price do not match."))
    price_max = QueryPrice(**_about("CNY/t from the supplier's side; listings without a price do not match."))
    quantity_min_t = QueryTonnes(minimum=0, **_about("Of the remaining quantity."))
    quantity_max_t = QueryTonnes(minimum=0, **_about("Of the remaining quantity."))
    available_from = Day(**_about("First day of a period that must overlap with the listing's."))
    available_until = Day(**_about("Last day of a period that must overlap with the listing's."))
    grade = Choices(GRADES, "grade", **_about("Grades of the owner, comma separated: `A,B`."))

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        for low, high in BOUNDS:
            if data[low] is not None and data[high] is not None and data[low] > data[high]:
                raise ValidationError({high: [Message("range_reversed")]})

    @validates_schema
    def _from_a_point(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("lon", "lat") if data[name] is None]
        needed = data.get("sort") == "distance" or data["within_km"] is not None or len(missing) == 1
        if missing and needed:
            raise Invalid("point_incomplete", at=missing[0])


class ListingQuery(ListingFilter, PageQuery):
    """A search, its sort order and its page."""

    status = fields.String(validate=OneOf(ListingStatus), **_about("The status of the listing."))
    mine = fields.Boolean(load_default=False, metadata={"description": "Only your own."})
    external_id = Identifier(64, **_about("Your own listing of this `external_id`."))
    sort = fields.String(
        load_default="newest",
        validate=OneOf(SORTS, "sort"),
        metadata={
            "description": "`updated`: last changed first. By price, listings without one come last; by"
            " distance, from `lon` and `lat`."
        },
    )


BOUNDS = (
    ("price_min", "price_max"),
    ("quantity_min_t", "quantity_max_t"),
    ("available_from", "available_until"),
)


ListingPage = page_of(ListingSchema, warned=True)


class BulkPublishSchema(Schema):
    ids = List(
        fields.UUID(),
        MOST_AT_ONCE,
        1,
        required=True,
        metadata={"description": "Drafts of yours, published in this order; a repeated id counts once."},
    )


class PublishedSchema(ResponseSchema):
    """One listing of a bulk: published, with its warnings, or refused, with the code and what to do."""

    id = fields.UUID()
    published = fields.Boolean()
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    warnings = fields.List(fields.Nested(WarningSchema))


class BulkPublishedSchema(ResponseSchema):
    items = fields.List(fields.Nested(PublishedSchema))
    published = fields.Integer()
    refused = fields.Integer()


class ImportQuery(Schema):
    publish = fields.Boolean(
        load_default=False, metadata={"description": "Publish the listings at once; else they are drafts."}
    )
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Check the sheet only; nothing is written."}
    )
    marked = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Answer a refused sheet with the same workbook, its faults marked, in place of the"
            " problem. `Accept` with the media type of XLSX asks for the same."
        },
    )


class ImportSchema(ResponseSchema):
    """An import; `code` and `detail` say why it was refused, `errors` are its first 50 faults."""

    id = fields.UUID(allow_none=True, metadata={"description": "null for a short dry run."})
    status = Value(ImportStatus)
    publish = fields.Boolean()
    dry_run = fields.Boolean()
    rows_total = fields.Integer(allow_none=True)
    rows_done = fields.Integer()
    created = fields.Integer(metadata={"description": "Listings made by this request."})
    unchanged = fields.Integer(
        metadata={"description": "Listings that an earlier import of the same sheet has made."}
    )
    listing_ids = fields.List(fields.UUID())
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    errors = fields.List(fields.Nested(FaultSchema))
    error_count = fields.Integer()
    warnings = fields.List(fields.Nested(WarningSchema))
    created_at = Moment()
    ended_at = Moment(allow_none=True)


class ExportQuery(ListingQuery):
    """The filters of the list, and a format; all that match are answered."""

    class Meta(ListingQuery.Meta):
        exclude = ("limit", "cursor")

    format = fields.String(
        load_default="csv",
        validate=OneOf(["csv", "xlsx", "geojson"]),
        metadata={"description": "The kind of file to return."},
    )


class ExemptionReviewSchema(Schema):
    decision = fields.String(required=True, validate=OneOf(ExemptionReview))
    reason = Lines(500, required=True)
