"""The tables of offers with their rounds, and of the deals that are agreed."""

from .deals import (
    DEAL_LIFE,
    DISPUTE_DAYS,
    INVOICE_LIFE,
    LIVE_DEALS,
    RATINGS_SHOWN_AFTER,
    Deal,
    DealLoad,
    DealSerial,
    DealStatus,
    Fault,
    InvoiceStatus,
    Rating,
)
from .offers import (
    LIVE_OFFERS,
    LONGEST_VALID,
    MOST_LIVE_OFFERS,
    MOST_ROUNDS,
    OFFER_LIFE,
    Offer,
    OfferRound,
    OfferStatus,
)
from .sides import EITHER, OTHER, Side, side_of

__all__ = [
    "DEAL_LIFE",
    "DISPUTE_DAYS",
    "EITHER",
    "INVOICE_LIFE",
    "LIVE_DEALS",
    "LIVE_OFFERS",
    "LONGEST_VALID",
    "MOST_LIVE_OFFERS",
    "MOST_ROUNDS",
    "OFFER_LIFE",
    "OTHER",
    "RATINGS_SHOWN_AFTER",
    "Deal",
    "DealLoad",
    "DealSerial",
    "DealStatus",
    "Fault",
    "InvoiceStatus",
    "Offer",
    "OfferRound",
    "OfferStatus",
    "Rating",
    "Side",
    "side_of",
]
