"""Shapes of receivers and of requests for contact to them."""

from typing import Any

from marshmallow import fields, validates_schema

from ..catalogue.models import Mode
from ..errors import Invalid
from ..http.fields import (
    CRS,
    Adcode,
    Kilometres,
    Moment,
    OneOf,
    QueryNumber,
    QueryTonnes,
    Range,
    Tonnes,
    UnmarkedLines,
    Value,
)
from ..http.paging import PageQuery, page_of
from ..http.schemas import (
    CodeRefSchema,
    CodeText,
    ContactSchema,
    EnterpriseRefSchema,
    LegalBasisSchema,
    ResponseSchema,
    Schema,
    SchemeText,
    WarningSchema,
)
from .models import RequestStatus


def _about(description: str) -> dict[str, Any]:
    return {"load_default": None, "metadata": {"description": description}}


class ReceiverQuery(PageQuery):
    """The waste, where it lies, and how it is to be treated."""

    scheme = SchemeText()
    code = CodeText(required=True)
    lon = QueryNumber(
        validate=Range(min=-180, max=180),
        **_about("Longitude of the waste; with `lat`. Without both your own place."),
    )
    lat = QueryNumber(validate=Range(min=-90, max=90), **_about("Latitude of the waste; with `lon`."))
    crs = fields.String(
        load_default="wgs84",
        validate=OneOf(CRS, "crs"),
        metadata={"description": "The coordinate system of `lon` and `lat`."},
    )
    tonnes = QueryTonnes(**_about("How much it is; `enough` says who may still take all of it this year."))
    mode = fields.String(validate=OneOf(Mode), **_about("How it is to be treated; any way if left out."))

    @validates_schema
    def _has_whole_point(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("lon", "lat") if data[name] is None]
        if len(missing) == 1:
            raise Invalid("point_incomplete", at=missing[0])


class ReceiverSchema(ResponseSchema):
    """An enterprise that may lawfully take the waste."""

    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    distance_km = Kilometres()
    basis = fields.Nested(LegalBasisSchema)
    enough = fields.Boolean(metadata={"description": "Whether what is left this year reaches for `tonnes`."})
    open_demand_id = fields.UUID(
        allow_none=True, metadata={"description": "Its newest open demand that accepts the code."}
    )
    warnings = fields.List(fields.Nested(WarningSchema))


ReceiverPage = page_of(ReceiverSchema, warned=True)


class NewRequestSchema(Schema):
    scheme = SchemeText()
    code = CodeText(required=True)
    tonnes = Tonnes(required=True)
    note = UnmarkedLines(500, load_default="")


class RequestContactsSchema(ResponseSchema):
    supplier = fields.Nested(ContactSchema, allow_none=True)
    receiver = fields.Nested(ContactSchema, allow_none=True)


class ReceiverRequestSchema(CodeRefSchema):
    """A request for contact; both contacts are shown once it is accepted."""

    id = fields.UUID()
    status = Value(RequestStatus)
    supplier = fields.Nested(EnterpriseRefSchema, metadata={"description": "Who asks."})
    receiver = fields.Nested(EnterpriseRefSchema, metadata={"description": "Who is asked."})
    tonnes = Tonnes()
    note = fields.String()
    reason = fields.String(allow_none=True)
    contacts = fields.Nested(
        RequestContactsSchema, allow_none=True, metadata={"description": "From acceptance on."}
    )
    answered_at = Moment(allow_none=True)
    created_at = Moment()
    updated_at = Moment()


class RequestQuery(PageQuery):
    status = fields.String(validate=OneOf(RequestStatus), **_about("Only those in this status."))
    mine = fields.Boolean(load_default=False, metadata={"description": "Only those that you made."})


ReceiverRequestPage = page_of(ReceiverRequestSchema)
