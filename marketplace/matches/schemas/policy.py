"""Shapes of the matching policy and its presets."""

from typing import Any

from marshmallow import ValidationError, fields, validates

from ...http.fields import MAX_VERSION, Dict, Flag, Identifier, KnownValue, Number, OneOf, Range, Whole
from ...http.languages import Message
from ...http.paging import page_of
from ...http.schemas import ResponseSchema, Schema
from ..service.policy import PRESETS

MOST_HALF_DISTANCES = 500
MOST_OPEN = 1_000_000


class WeightsSchema(Schema):
    code = Number(required=True, validate=Range(min=0, max=1))
    distance = Number(required=True, validate=Range(min=0, max=1))
    credit = Number(required=True, validate=Range(min=0, max=1))
    price = Number(required=True, validate=Range(min=0, max=1))
    quantity = Number(required=True, validate=Range(min=0, max=1))
    time = Number(required=True, validate=Range(min=0, max=1))


class DelaysSchema(Schema):
    A = Whole(0, 604_800, required=True)
    B = Whole(0, 604_800, required=True)
    C = Whole(0, 604_800, required=True)
    D = Whole(0, 604_800, required=True)


class OpenListingsSchema(Schema):
    C = Whole(0, MOST_OPEN, required=True)
    D = Whole(0, MOST_OPEN, required=True, metadata={"description": "Of grade E too."})


class PolicySchema(Schema):
    """The whole policy. `version` is given by the platform and ignored when sent."""

    version = Whole(1, MAX_VERSION, metadata={"description": "Set by the platform; ignored in requests."})
    weights = fields.Nested(WeightsSchema, required=True)
    half_distance_km = Dict(
        MOST_HALF_DISTANCES,
        keys=Identifier(24),
        values=Number(validate=Range(min=0.001, max=20_100)),
        required=True,
        metadata={"required": ["default"], "maxProperties": MOST_HALF_DISTANCES},
    )
    price_scale_cny_per_t = Number(load_default=300.0, validate=Range(min=0.01, max=1e6))
    cross_province = fields.String(
        load_default="white_list", validate=OneOf(["white_list", "with_approval"], "cross_province")
    )
    push_threshold = Number(load_default=0.5, validate=Range(min=0, max=1))
    push_top = Whole(1, 100, load_default=20)
    push_daily_cap = Whole(0, 1000, load_default=10)
    push_pair_cap = Whole(
        0,
        10_000,
        load_default=5,
        metadata={
            "description": "Immediate messages a day by one sender to one receiver, whatever their codes; the"
            " rest are one line of the receiver's digest."
        },
    )
    push_delay_s = fields.Nested(
        DelaysSchema, load_default=lambda: {"A": 0, "B": 1800, "C": 7200, "D": 28800}
    )
    spread_within_tier_s = Whole(
        0,
        604_800,
        load_default=0,
        metadata={
            "description": "Seconds over which the messages of one listing to one tier are spread, the higher"
            " credit first, then the higher score; 0: all at once. No longer than the shortest time between"
            " two tiers."
        },
    )
    open_listings = fields.Nested(
        OpenListingsSchema,
        load_default=lambda: {"C": 20, "D": 5},
        metadata={"description": "The most open listings of an enterprise of grade C, and of D or E."},
    )
    learned_order = Flag(
        load_default=True,
        metadata={
            "description": "Whether the learned ranking, while in use, may rank the matches of supplies."
        },
    )

    @validates("half_distance_km")
    def _has_default(self, value: dict[str, Any], data_key: str = "") -> None:
        if "default" not in value:
            raise ValidationError([Message("default_missing")])
        if len(value) > MOST_HALF_DISTANCES:
            raise ValidationError([Message("length", least=1, most=MOST_HALF_DISTANCES)])


class PreviewedListingSchema(ResponseSchema):
    id = fields.UUID()
    title = fields.String()
    name = fields.String(metadata={"description": "Of its enterprise."})


class MovedSchema(ResponseSchema):
    """A counterpart that is, or would be, among the first five; places are counted to 20."""

    listing_id = fields.UUID()
    name = fields.String(metadata={"description": "Of the enterprise."})
    before = fields.Integer(data_key="from", attribute="from", allow_none=True)
    after = fields.Integer(data_key="to", attribute="to", allow_none=True)
    score_from = fields.Float(allow_none=True)
    score_to = fields.Float(allow_none=True)


class PreviewedSchema(ResponseSchema):
    listing = fields.Nested(PreviewedListingSchema)
    items = fields.List(fields.Nested(MovedSchema))


class PolicyPreviewSchema(ResponseSchema):
    """What another policy would change among the first counterparts of the newest open supplies."""

    policy_version = fields.Integer(metadata={"description": "Of the policy in force."})
    listings = fields.Integer(metadata={"description": "Supplies that were looked at, ten at most."})
    changed = fields.Integer(metadata={"description": "Of these: in how many somebody would move."})
    items = fields.List(fields.Nested(PreviewedSchema))


class PresetSchema(ResponseSchema):
    name = KnownValue(PRESETS)
    policy = fields.Nested(PolicySchema)


PresetPage = page_of(PresetSchema)
