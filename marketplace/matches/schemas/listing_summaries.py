"""The listings of a pairing, in short."""

from marshmallow import fields

from ...http.fields import Adcode, Kilometres, Price, Tonnes, Value
from ...http.schemas import EnterpriseRefSchema, ResponseSchema
from ...listings.models import Kind, ListingStatus


class CounterpartSchema(ResponseSchema):
    """The other side's listing, in short."""

    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    enterprise = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class FurtherOfferSchema(ResponseSchema):
    """A further offer of the same enterprise."""

    id = fields.UUID()
    title = fields.String()
    score = fields.Float()
    distance_km = Kilometres()
    remaining_t = Tonnes(minimum=0, attribute="remaining_kg")
    price_cny_per_t = Price(attribute="price_fen", allow_none=True)


class InterestListingSchema(ResponseSchema):
    """A listing of one's own, in short."""

    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    status = Value(ListingStatus)


class InterestCounterpartSchema(CounterpartSchema):
    """The other side's listing, in short, and whether it is still open."""

    status = Value(ListingStatus)
