"""The listings of a pairing, in short."""

from typing import Any

from marshmallow import fields

from matching import KG_PER_T

from ...http.fields import FEN_PER_CNY, Adcode, Kilometres, Price, Tonnes, Value
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


def counterpart_json(listing: dict[str, Any]) -> dict[str, Any]:
    """As `CounterpartSchema` writes a listing, without going through its fields one by one."""
    fen = listing["price_fen"]
    return {
        "id": listing["id"],
        "kind": listing["kind"],
        "title": listing["title"],
        "enterprise": listing["enterprise"],
        "region": f"{listing['region']:06d}",
        "remaining_t": listing["remaining_kg"] / KG_PER_T,
        "price_cny_per_t": None if fen is None else fen / FEN_PER_CNY,
    }


class FurtherOfferSchema(ResponseSchema):
    """A further offer of the same enterprise."""

    id = fields.UUID()
    title = fields.String()
    score = fields.Float()
    distance_km = Kilometres()
    remaining_t = Tonnes(minimum=0)
    price_cny_per_t = Price(allow_none=True)


class InterestListingSchema(ResponseSchema):
    """A listing of one's own, in short."""

    id = fields.UUID()
    kind = Value(Kind)
    title = fields.String()
    status = Value(ListingStatus)


class InterestCounterpartSchema(CounterpartSchema):
    """The other side's listing, in short, and whether it is still open."""

    status = Value(ListingStatus)
