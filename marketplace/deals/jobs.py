"""What the workers run for offers and deals."""

from uuid import UUID

from . import service


def lapse_offers(listing_id: str, status: str) -> None:
    """A listing has closed."""
    service.lapse_offers_of(UUID(listing_id))
