"""Shapes of offers and deals."""

from typing import Any

from marshmallow import fields

from ..http.fields import (
    Adcode,
    Choices,
    Day,
    KnownValue,
    Lines,
    List,
    Moment,
    OneOf,
    Price,
    Scaled,
    Tonnes,
    UnmarkedLines,
    Value,
    Whole,
)
from ..http.paging import PageQuery, page_of
from ..http.schemas import (
    ContactSchema,
    EnterpriseRefSchema,
    LegalBasisSchema,
    ResponseSchema,
    Schema,
    StableCode,
    WarningSchema,
    by_person,
)
from .models import DealStatus, Fault, InvoiceStatus, OfferStatus, Side

MOST_ANSWERS = 100
"""Offers that one request may answer."""
MAX_CHARGE = 1_000_000
NOT_REPLAYED = "Null in a replayed response: a contact is shown as long as it may be seen."


class Yuan(Scaled):
    """An amount in CNY to 0.01, kept as whole fen."""

    per_unit = 100

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, MAX_CHARGE, **kwargs)


class AnswerReasonSchema(Schema):
    """Why; compulsory for an admin who acts in place of a side."""

    reason = Lines(500, load_default=None, allow_none=True)


class TermsSchema(Schema):
    """The terms of an offer; days that are left out are those on the table, at first the shared window."""

    quantity_t = Tonnes(required=True, attribute="quantity_kg")
    price_cny_per_t = Price(required=True, attribute="price_fen")
    valid_until = Moment(required=True, metadata={"description": "A moment, at most 60 days ahead."})
    first_day = Day(data_key="from", attribute="from_day", load_default=None, allow_none=True)
    last_day = Day(data_key="until", attribute="until_day", load_default=None, allow_none=True)
    freight = fields.String(
        load_default=Side.SUPPLIER,
        validate=OneOf(Side),
        metadata={"description": "Who arranges and pays the transport."},
    )
    minimum_charge_cny = Yuan(
        attribute="minimum_charge_fen",
        load_default=0,
        metadata={"description": "What is owed at least once anything is accepted."},
    )
    note = UnmarkedLines(500, load_default=None, allow_none=True)


class NewOfferSchema(TermsSchema):
    supply_id = fields.UUID(required=True)
    demand_id = fields.UUID(required=True)


class CounterSchema(TermsSchema):
    reason = Lines(
        500, load_default=None, allow_none=True, metadata={"description": "Of an admin who acts for a side."}
    )


class _ShownTermsSchema(ResponseSchema):
    """Terms as they are shown."""

    quantity_t = Tonnes(attribute="quantity_kg")
    price_cny_per_t = Price(
        attribute="price_fen", metadata={"description": "From the supplier's side: below zero it pays."}
    )
    valid_until = Moment()
    first_day = Day(data_key="from", attribute="from_day")
    last_day = Day(data_key="until", attribute="until_day")
    freight = Value(Side, "Who arranges and pays the transport.")
    minimum_charge_cny = Yuan(attribute="minimum_charge_fen")
    note = fields.String(allow_none=True)


class OfferRoundSchema(_ShownTermsSchema):
    no = fields.Integer()
    by = Value(Side)
    by_person = by_person()
    at = Moment()


class OfferSchema(_ShownTermsSchema):
    """An offer with all its rounds; the terms beside them are those on the table."""

    id = fields.UUID()
    status = Value(OfferStatus)
    whose_turn = Value(Side, "Who may accept, counter or reject; null once it has ended.", allow_none=True)
    maker = Value(Side, "Who began it.")
    supply_id = fields.UUID()
    demand_id = fields.UUID()
    supplier = fields.Nested(EnterpriseRefSchema)
    receiver = fields.Nested(EnterpriseRefSchema)
    rounds = fields.List(fields.Nested(OfferRoundSchema))
    reason = fields.String(allow_none=True, metadata={"description": "Why it was rejected or withdrawn."})
    deal_id = fields.UUID(allow_none=True, metadata={"description": "Of an accepted offer."})
    ended_at = Moment(allow_none=True)
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


OfferPage = page_of(OfferSchema)


class _TradeQuery(PageQuery):
    """What may be asked of the lists of offers and deals."""

    listing_id = fields.UUID(
        load_default=None, metadata={"description": "Only those about this supply or demand."}
    )
    mine = fields.Boolean(
        load_default=False,
        metadata={"description": "Only those of which you are a side; for members all are."},
    )
    first_day = Day(
        data_key="from", load_default=None, metadata={"description": "The first day on which they began."}
    )
    last_day = Day(
        data_key="until", load_default=None, metadata={"description": "The last day on which they began."}
    )


class OfferQuery(_TradeQuery):
    status = Choices(
        OfferStatus, "offer_status", load_default=None, metadata={"description": "One or several, by commas."}
    )
    my_turn = fields.Boolean(
        load_default=False, metadata={"description": "Only those that wait for your answer."}
    )


class DealQuery(_TradeQuery):
    status = Choices(
        DealStatus, "deal_status", load_default=None, metadata={"description": "One or several, by commas."}
    )


class ContactsSchema(ResponseSchema):
    """How to reach each side; null where the contact is not for the reader, or was erased."""

    supplier = fields.Nested(ContactSchema, allow_none=True)
    receiver = fields.Nested(ContactSchema, allow_none=True)


class ShownRatingSchema(ResponseSchema):
    by = Value(Side)
    at = Moment()
    punctual = fields.Integer()
    as_described = fields.Integer()
    cooperation = fields.Integer()
    safety = fields.Integer()


class DealSchema(ResponseSchema):
    """A deal. Its terms are as they were agreed; tonnes move from left to planned, moving, and accepted."""

    id = fields.UUID()
    number = fields.String(metadata={"description": "D, the region, the day, a serial."})
    status = Value(DealStatus)
    offer_id = fields.UUID()
    supplier = fields.Nested(EnterpriseRefSchema)
    receiver = fields.Nested(EnterpriseRefSchema)
    supply_id = fields.UUID()
    demand_id = fields.UUID()
    region = Adcode(metadata={"description": "Where the waste lies."})
    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String()
    quantity_t = Tonnes(attribute="quantity_kg")
    planned_t = Tonnes(
        0, attribute="planned_kg", metadata={"description": "On manifests that are not picked up."}
    )
    moving_t = Tonnes(0, attribute="moving_kg", metadata={"description": "Picked up and not closed."})
    shipped_t = Tonnes(0, attribute="shipped_kg", metadata={"description": "All that was picked up."})
    refused_t = Tonnes(0, attribute="refused_kg", metadata={"description": "Refused and not returned yet."})
    accepted_t = Tonnes(0, attribute="accepted_kg")
    over_t = Tonnes(0, attribute="over_kg", metadata={"description": "Accepted beyond what was agreed."})
    left_t = Tonnes(0, attribute="left_kg", metadata={"description": "May still be put on a manifest."})
    price_cny_per_t = Price(
        attribute="price_fen", metadata={"description": "From the supplier's side: below zero it pays."}
    )
    minimum_charge_cny = Yuan(attribute="minimum_charge_fen")
    first_day = Day(data_key="from", attribute="from_day")
    last_day = Day(data_key="until", attribute="until_day")
    freight = Value(Side, "Who arranges and pays the transport.")
    legal_basis = fields.Nested(LegalBasisSchema, metadata={"description": "As it was when it was agreed."})
    policy_version = fields.Integer()
    contacts = fields.Nested(ContactsSchema, allow_none=True, metadata={"description": NOT_REPLAYED})
    ratings = fields.List(
        fields.Nested(ShownRatingSchema),
        metadata={"description": "Yours at once; the other side's when both have rated or after 7 days."},
    )
    fault = Value(Fault, "Whose fault a cancellation is said to be.", allow_none=True)
    reason = fields.String(allow_none=True, metadata={"description": "Why it ended so."})
    ended_by = Value(Side, "The other side may dispute the end for 7 days.", allow_none=True)
    disputed_by = Value(Side, allow_none=True)
    dispute_reason = fields.String(allow_none=True)
    invoice_status = Value(InvoiceStatus)
    carbon = fields.Dict(
        allow_none=True, metadata={"description": "What the transfer saves and causes, with its range."}
    )
    agreed_at = Moment()
    ended_at = Moment(allow_none=True)
    created_at = Moment()
    updated_at = Moment()


DealPage = page_of(DealSchema)


class AcceptedSchema(ResponseSchema):
    deal = fields.Nested(DealSchema)


class OfferAnswerSchema(Schema):
    id = fields.UUID(required=True)
    answer = fields.String(required=True, validate=OneOf(["accept", "reject"], "offer_answer"))
    reason = Lines(500, load_default=None, allow_none=True)


class OfferAnswersSchema(Schema):
    items = List(fields.Nested(OfferAnswerSchema), MOST_ANSWERS, 1, required=True)


class AnsweredSchema(ResponseSchema):
    """What became of one answer; `code` and `detail` say why it was refused."""

    id = fields.UUID()
    status = fields.Integer(metadata={"description": "As the status of a request of its own: 200, 404, 409."})
    code = StableCode(allow_none=True)
    detail = fields.String(allow_none=True)
    deal_id = fields.UUID(allow_none=True, metadata={"description": "Of an accepted offer."})


class AnsweredManySchema(ResponseSchema):
    items = fields.List(fields.Nested(AnsweredSchema))


class CancelSchema(Schema):
    reason = Lines(500, required=True)
    fault = fields.String(
        required=True, validate=OneOf(Fault), metadata={"description": "Whose fault it is."}
    )


class DisputeSchema(Schema):
    reason = Lines(500, required=True)


class SettleSchema(Schema):
    outcome = fields.String(
        required=True,
        validate=OneOf([DealStatus.MOVING, DealStatus.COMPLETED, DealStatus.CANCELLED], "deal_status"),
    )
    reason = Lines(500, required=True)
    fault = fields.String(
        load_default=None,
        allow_none=True,
        validate=OneOf(Fault),
        metadata={"description": "Whose fault it is; without it what was said stays."},
    )


class RatingSchema(Schema):
    """1 (worst) to 5 (best) for each question."""

    punctual = Whole(1, 5, required=True)
    as_described = Whole(1, 5, required=True)
    cooperation = Whole(1, 5, required=True)
    safety = Whole(1, 5, required=True)


class InvoiceSchema(Schema):
    status = fields.String(
        required=True, validate=OneOf([InvoiceStatus.ISSUED, InvoiceStatus.PAID], "invoice_status")
    )
    reason = Lines(500, load_default=None, allow_none=True)


class SettlementSchema(ResponseSchema):
    """Who owes whom what, by accepted weight; amounts include the tax, but `net_cny`."""

    deal_id = fields.UUID()
    number = fields.String()
    as_of = Moment()
    accepted_t = Tonnes(0, attribute="accepted_kg")
    price_cny_per_t = Price(attribute="price_fen")
    amount_cny = fields.Float(
        metadata={"description": "Price times accepted tonnes, as the supplier sees it."}
    )
    minimum_charge_cny = fields.Float()
    total_cny = fields.Float(metadata={"description": "What the payer owes the payee."})
    net_cny = fields.Float(metadata={"description": "The total without tax."})
    tax_cny = fields.Float()
    tax_rate = fields.Float(
        allow_none=True, metadata={"description": "Value-added tax of a general taxpayer on that day."}
    )
    tax_source = fields.String(allow_none=True)
    freight = Value(Side, "Who pays the transporter; it is not part of the total.")
    payer = Value(Side, allow_none=True)
    payee = Value(Side, "null where nothing is to be paid.", allow_none=True)
    invoice_status = Value(InvoiceStatus)
