"""Shapes of trips and tracks."""

from typing import Any

from marshmallow import fields, pre_load

from ..http.fields import Adcode, Day, KnownValue, Length, Moment, Number, Range, Tonnes, Value
from ..http.paging import page_of
from ..http.schemas import ContactSchema, EnterpriseRefSchema, LocationSchema, ResponseSchema, Schema
from ..manifests.models import ManifestKind, ManifestStatus
from .models import FindingKind, Mark

MOST_KMH = 1000
MOST_AT_ONCE = 1000
BATCH = Length(min=1, max=MOST_AT_ONCE)


class TrackPointSchema(Schema):
    """A place of the vehicle at a moment; WGS-84, km/h."""

    at = Moment(required=True)
    lon = Number(required=True, validate=Range(min=-180, max=180))
    lat = Number(required=True, validate=Range(min=-90, max=90))
    speed = Number(load_default=None, allow_none=True, validate=Range(min=0, max=MOST_KMH))

    @pre_load(pass_collection=True)
    def _bounded(self, data: Any, many: bool, **_: Any) -> Any:
        """Refuse a batch of none or too many points before any is looked at."""
        if many and isinstance(data, list):
            BATCH(data)
        return data


class TrackIntakeSchema(ResponseSchema):
    """What became of a batch."""

    accepted = fields.Integer(metadata={"description": "Points that are new."})
    repeated = fields.Integer(metadata={"description": "Points that were sent before; they are dropped."})
    marked = fields.Integer(metadata={"description": "Of the new ones, those that are not judged."})
    points = fields.Integer(metadata={"description": "All points of the manifest."})


class LinePointSchema(ResponseSchema):
    at = Moment()
    lon = fields.Float()
    lat = fields.Float()


class ShownPointSchema(LinePointSchema):
    speed = fields.Float(allow_none=True)
    mark = Value(Mark, "Why it is not judged; null for one that is.", allow_none=True)


class TrackFindingSchema(ResponseSchema):
    """Something that is to be explained, with time and place."""

    kind = Value(FindingKind)
    at = Moment()
    until = Moment()
    lon = fields.Float()
    lat = fields.Float()
    figure = fields.Float(
        metadata={"description": "Kilometres of detour or distance, minutes of a stop or silence, or km/h."}
    )
    detail = fields.String(metadata={"description": "What it means, in a sentence."})


class TrackSchema(ResponseSchema):
    """The way of a load: its points, and a line that lies nowhere farther from them than the tolerance."""

    manifest_id = fields.UUID()
    total = fields.Integer(metadata={"description": "Points that were sent."})
    tolerance_m = fields.Float()
    points = fields.List(
        fields.Nested(ShownPointSchema),
        metadata={
            "description": "As they were sent, by time, the first 10,000; empty once they are deleted."
        },
    )
    line = fields.List(fields.Nested(LinePointSchema), metadata={"description": "The simplified way."})
    findings = fields.List(fields.Nested(TrackFindingSchema))
    raw_deleted_at = Moment(
        allow_none=True, metadata={"description": "When the points themselves were deleted."}
    )


class TripLineSchema(ResponseSchema):
    scheme = KnownValue()
    code = fields.String()
    name = fields.String()
    form = KnownValue(allow_none=True)
    hazard = fields.String(allow_none=True)
    packing = KnownValue(allow_none=True)
    packages = fields.Integer(allow_none=True)
    quantity_t = Tonnes(attribute="quantity_kg")


class TripEndSchema(ResponseSchema):
    """One end of a trip."""

    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    location = fields.Nested(LocationSchema)
    contact = fields.Nested(
        ContactSchema,
        allow_none=True,
        metadata={"description": "Null until the transporter has scheduled the trip."},
    )


class TripSchema(ResponseSchema):
    """A manifest as who carries it needs it; GET /manifests/{id} has the rest."""

    id = fields.UUID(metadata={"description": "Of the manifest."})
    number = fields.String()
    official_number = fields.String(allow_none=True)
    status = Value(ManifestStatus)
    kind = Value(ManifestKind)
    hazardous = fields.Boolean()
    planned_on = Day()
    planned_at = Moment(allow_none=True)
    vehicle = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    escort = fields.String(allow_none=True)
    emergency = fields.String(allow_none=True)
    planned_t = Tonnes(attribute="planned_kg")
    lines = fields.List(fields.Nested(TripLineSchema))
    supplier = fields.Nested(TripEndSchema)
    receiver = fields.Nested(TripEndSchema)


TripPage = page_of(TripSchema)


class DayPlanQuery(Schema):
    day = Day(load_default=None, metadata={"description": "In Asia/Shanghai; today if left out."})


class DayPlanSchema(ResponseSchema):
    day = Day()
    total_t = Tonnes(minimum=0)
    vehicles = fields.Integer(metadata={"description": "Vehicles that are on the road that day."})
    items = fields.List(fields.Nested(TripSchema))
